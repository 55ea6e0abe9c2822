# SPDX-License-Identifier: MIT
"""The scripted server, started and told what to do by a test."""

import select
import subprocess
import time


class Server:
    """A running nfs-server with a control line.  Use it in a with statement.

    It ends with its standard input, so it does not outlive a test that dies.
    """

    def __init__(self, program, *options, faults=()):
        command = [*program.split(), "--control", *options]
        for fault in faults:
            command += ["--fault", fault]
        self.process = subprocess.Popen(command, stdin=subprocess.PIPE,
                                        stdout=subprocess.PIPE, bufsize=0)
        self.buffer = b""
        ready = self.line()
        if not ready.startswith("ready "):
            self.close()
            raise RuntimeError(f"nfs-server: {ready or 'did not start'}")
        ports = dict(word.split("=") for word in ready.split()[1:])
        self.nfs, self.mount, self.portmap = (int(ports[key])
                                              for key in ("nfs", "mount", "portmap"))

    def line(self, seconds=5):
        """The next line of its output; "" when none comes in time."""
        until = time.monotonic() + seconds
        out = self.process.stdout
        while b"\n" not in self.buffer:
            ready = select.select([out], [], [], max(0, until - time.monotonic()))[0]
            data = out.read(4096) if ready else b""
            if not data:
                return ""
            self.buffer += data
        line, self.buffer = self.buffer.split(b"\n", 1)
        return line.decode()

    def command(self, text):
        self.process.stdin.write(text.encode() + b"\n")
        answer = self.line()
        if answer == "ok":
            return
        raise RuntimeError(f"nfs-server: {text}: {answer}")

    def faults(self, *faults):
        """These faults and no other from now on; what was before is forgotten."""
        for command in ("clear", "drop", "reset", "empty", *(f"fault {f}" for f in faults)):
            self.command(command)

    def stats(self):
        """Counts by name; in "names" the procedures in the order of their calls, in
        "peers" (service, port) of where each connection came from."""
        self.process.stdin.write(b"stats\n")
        counts, names = self.line().split(" names:")
        counts, peers = counts.split(" peers:")
        stats = {key: int(value) for key, value in
                 (word.split("=") for word in counts.split())}
        stats["names"] = names.split()
        stats["peers"] = [(service, int(port)) for service, port in
                          (word.split(":") for word in peers.split())]
        self.line()
        return stats

    def close(self):
        """End it; returns its exit status."""
        self.process.stdin.close()
        try:
            return self.process.wait(5)
        except subprocess.TimeoutExpired:
            self.process.kill()
            return self.process.wait()

    def __enter__(self):
        return self

    def __exit__(self, *unused):
        self.close()
