# SPDX-License-Identifier: MIT
"""nfsafe probe, as a test runs it."""

import json
import os
import subprocess
import tempfile
import time

# Built with sanitizers, it takes several times as long and as much memory.
SANITIZED = bool(os.environ.get("NFSAFE_TEST_SANITIZED"))

TIMEOUT = 0.7  # seconds that the probe is given
MARGIN = 0.5 if SANITIZED else 0.1  # and may take in addition, whatever the server does


class Result:
    """What a run of the probe gave."""

    def __init__(self, running):
        self.wall = time.monotonic() - running.begin
        self.status = running.process.returncode
        self.out = running.output()
        running.err.seek(0)
        self.err = running.err.read()

    @property
    def reports(self):
        """The objects of --json, by source."""
        lines = [json.loads(line) for line in self.out.splitlines()]
        return {line["source"]: line for line in lines}

    @property
    def report(self):
        """The only one; one that nothing is right about if there is none."""
        reports = self.reports
        if len(reports) != 1:
            return {"verdict": None, "layer": None, "elapsed_ms": float("inf")}
        return next(iter(reports.values()))

    def text(self):
        return f"exit {self.status} after {self.wall:.3f} s\n{self.out}{self.err}"


class Running:
    """A probe that has been started.  It writes to files: nobody has to read along."""

    def __init__(self, program, arguments, env=None):
        self.out, self.err = tempfile.TemporaryFile("w+"), tempfile.TemporaryFile("w+")
        self.begin = time.monotonic()
        self.process = subprocess.Popen([*program, "probe", *arguments], text=True, env=env,
                                        stdin=subprocess.DEVNULL, stdout=self.out,
                                        stderr=self.err)

    def end(self, seconds=30):
        """Its result; one that does not end in time is killed, and has exit -9."""
        try:
            self.process.wait(seconds)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        return Result(self)

    def output(self):
        """What it has written so far."""
        return os.pread(self.out.fileno(), 1 << 24, 0).decode()

    def children(self):
        """Pids of its children and theirs."""
        found, todo = [], [self.process.pid]
        while todo:
            pid = todo.pop()
            try:
                with open(f"/proc/{pid}/task/{pid}/children", encoding="ascii") as file:
                    pids = [int(word) for word in file.read().split()]
            except OSError:
                continue
            found += pids
            todo += pids
        return found

    def prober(self, seconds=3):
        """The pid of the child that speaks with the network: it has a filter."""
        until = time.monotonic() + seconds
        while time.monotonic() < until:
            for pid in self.children():
                if status(pid).get("Seccomp") == "2":
                    return pid
            time.sleep(0.01)
        return None


def status(pid):
    """/proc/PID/status, {} if the process is gone."""
    try:
        with open(f"/proc/{pid}/status", encoding="utf-8") as file:
            return dict(line.rstrip("\n").split(":\t", 1) for line in file if ":\t" in line)
    except OSError:
        return {}


class Prober:
    """Runs the probe on @server: its ports are options of each run."""

    def __init__(self, program, server, timeout=TIMEOUT):
        self.program = program.split()
        self.options = [f"--timeout={round(timeout * 1000)}ms", f"--port={server.nfs}",
                        "--json"]
        self.mountport = f"--mountport={server.mount}"
        self.timeout = timeout

    def start(self, *arguments, env=None):
        if not any(a.startswith("--vers=4") for a in arguments):
            arguments = (self.mountport, *arguments)
        if not any(":/" in a for a in arguments):
            arguments = (*arguments, "127.0.0.1:/export")
        return Running(self.program, [*self.options, *arguments], env)

    def run(self, *arguments, **kwargs):
        return self.start(*arguments, **kwargs).end()


def have_root():
    return os.geteuid() == 0
