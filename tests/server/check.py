#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Each fault of the scripted server is what --list-faults says, seen on the wire.

Usage: check.py NFS-SERVER

By a client of its own, in a few bytes: no RPC library takes part.  A kind of fault
without a test here fails the last test.  Seen to fail when runts were cut at 30
bytes, when a failed FSSTAT lacked its absent attributes, when no bit was changed in
what READ gives, and when +SKIP did not count down.
"""

import socket
import struct
import subprocess
import sys
import time

from nfs_server import Server
from tap import Tap

PORTMAP, NFS, MOUNT = 100000, 100003, 100005
NULL, GETATTR, READ, WRITE, CREATE, REMOVE, FSSTAT, COMMIT = 0, 1, 6, 7, 8, 12, 18, 21
QUICK = 0.25  # seconds that mean: nothing more will come
HTTP = b"HTTP/1.1 400"


def opaque(data):
    return struct.pack(">I", len(data)) + data + bytes(-len(data) % 4)


def words(data):
    return struct.unpack(f">{len(data) // 4}I", data[:len(data) // 4 * 4])


class Client:
    """A connection to one of @server's ports."""

    def __init__(self, server, program=NFS):
        self.port = {PORTMAP: server.portmap, NFS: server.nfs, MOUNT: server.mount}[program]
        self.program = program
        self.socket = socket.create_connection(("127.0.0.1", self.port), 2)
        self.xid = 0x01020304

    def send(self, procedure, args=b"", version=3, uid=0):
        cred = struct.pack(">I", 0) + opaque(b"test") + struct.pack(">III", uid, uid, 0)
        call = struct.pack(">6I", self.xid, 0, 2, self.program, version, procedure)
        call += struct.pack(">I", 1) + opaque(cred) + struct.pack(">II", 0, 0) + args
        self.socket.sendall(struct.pack(">I", 0x80000000 | len(call)) + call)
        return self

    def bytes(self, count, seconds=2):
        """Up to @count bytes; fewer when the time is up or the connection closed."""
        data = b""
        until = time.monotonic() + seconds
        try:
            while len(data) < count:
                self.socket.settimeout(max(0.01, until - time.monotonic()))
                got = self.socket.recv(count - len(data))
                if not got:
                    break
                data += got
        except TimeoutError:
            pass
        return data

    def record(self, seconds=2):
        """The next record, b"" if there is none."""
        data = b""
        while True:
            mark = self.bytes(4, seconds)
            if len(mark) < 4:
                return b""
            (mark,) = words(mark)
            data += self.bytes(mark & 0x7fffffff)
            if mark & 0x80000000:
                return data

    def call(self, procedure, args=b"", version=3, uid=0):
        """The results of a call that is accepted, as words."""
        reply = self.send(procedure, args, version, uid).record()
        assert reply[:24] == struct.pack(">6I", self.xid, 1, 0, 0, 0, 0), reply[:24]
        return words(reply[24:])

    def ended(self):
        """"closed" or "reset" by the server, else "open"."""
        try:
            self.socket.settimeout(QUICK)
            return "closed" if self.socket.recv(65536) == b"" else "open"
        except TimeoutError:
            return "open"
        except ConnectionResetError:
            return "reset"


def root(server):
    """The handle of the export's root, as an argument."""
    result = Client(server, MOUNT).call(1, opaque(b"/export"))
    assert result[0] == 0, result
    return opaque(struct.pack(">4I", *result[2:6]))


def canary(server, uid=0):
    """Create, write, commit and read a file; returns the results of each."""
    directory = root(server)
    client = Client(server)
    made = client.call(CREATE, directory + opaque(b"c") + struct.pack(">I8s", 2, b"8 bytes!"),
                       uid=uid)
    if made[0]:
        return {"create": made}
    handle = opaque(struct.pack(">4I", *made[3:7]))
    data = bytes(range(64))
    written = client.call(WRITE, handle + struct.pack(">QII", 0, 64, 0) + opaque(data), uid=uid)
    commit = client.call(COMMIT, handle + struct.pack(">QI", 0, 0), uid=uid)
    read = client.call(READ, handle + struct.pack(">QI", 0, 4096), uid=uid)
    removed = client.call(REMOVE, directory + opaque(b"c"), uid=uid)
    return {"create": made, "write": written, "commit": commit, "read": read,
            "remove": removed, "data": words(data)}


def null_record(server):
    return Client(server).send(NULL).record(QUICK)


def refused(server):
    try:
        Client(server)
        return False
    except ConnectionRefusedError:
        return True


def backlog(server):
    try:
        socket.create_connection(("127.0.0.1", server.nfs), QUICK)
        return False
    except TimeoutError:
        return True


def no_accept(server):
    client = Client(server).send(NULL)
    return client.record(QUICK) == b"" and server.stats()["connections"] == 0


def silent(server):
    client = Client(server).send(NULL)
    return client.record(QUICK) == b"" and client.ended() == "open"


def timed(server):
    begin = time.monotonic()
    reply = Client(server).send(NULL).record()
    return time.monotonic() - begin, len(reply)


def delay(server):
    seconds, length = timed(server)
    return 0.2 <= seconds < 0.4 and length == 24


def late(server):
    """A COMMIT that takes long is served after the REMOVE that came behind it."""
    directory = root(server)
    client = Client(server)
    made = client.call(CREATE, directory + opaque(b"c") + struct.pack(">I8s", 2, b"8 bytes!"))
    handle = opaque(struct.pack(">4I", *made[3:7]))
    client.send(COMMIT, handle + struct.pack(">QI", 0, 0))
    client.send(REMOVE, directory + opaque(b"c"))
    first, second = words(client.record())[6], words(client.record())[6]
    return (first, second) == (0, 70)


def drip(server):
    seconds, length = timed(server)
    return 27 * 0.005 <= seconds < 0.6 and length == 24


def half(server, ending):
    client = Client(server).send(NULL)
    try:
        data = client.bytes(28, QUICK)
    except ConnectionResetError:  # it overtook the data
        return ending == "reset"
    return len(data) == 14 and client.ended() == ending


def twice(server):
    client = Client(server).send(NULL)
    return client.record() == client.record() != b""


def fragments(server):
    client = Client(server).send(NULL)
    return client.bytes(28 + 8)[:4] == struct.pack(">I", 8) and client.ended() == "open"


def flood(server):
    client = Client(server).send(NULL)
    return all(words(client.record())[0] == 0x01020304 ^ 0x5a000000 for _ in range(1000))


def empty_fragments(server):
    return Client(server).send(NULL).bytes(100000) == bytes(100000)


def ones(server):
    reply = null_record(server)
    return words(reply)[1:7] == (1, 0, 0, 0, 0, 0) and reply[28:] == b"\xff" * 256


def garbage_body(server):
    reply = null_record(server)
    return words(reply)[:6] == (0x01020304, 1, 0, 0, 0, 0) and len(reply) == 88


def oversize(server):
    return Client(server).send(NULL).bytes(4) == b"\xff" * 4


def getport(server, program):
    return Client(server, PORTMAP).call(3, struct.pack(">4I", program, 3, 6, 0), 2)[0]


def read_results(server):
    result = canary(server)["read"]
    return result[23], result[24], result[26:]  # count, eof, data


def corrupt(server):
    count, _, data = read_results(server)
    wanted = words(bytes(range(64)))
    return count == 64 and sum(a != b for a, b in zip(data, wanted)) == 1


def fsstat(server):
    result = Client(server).call(FSSTAT, root(server))
    return result[23:35]  # total, free, available; files: the same; in halves


def created_uid(server, uid):
    return canary(server, uid)["create"][11]


# For each kind of fault: the faults to set, and what must be true then.
CASES = {
    "refuse": ("refuse@nfs", refused),
    "backlog": ("backlog@nfs", backlog),
    "no-accept": ("no-accept@nfs", no_accept),
    "silent": ("silent@nfs.NULL", silent),
    "close": ("close@NULL", lambda s: Client(s).send(NULL).ended() == "closed"),
    "delay": ("delay:200", delay),
    "late": ("late:200@COMMIT", late),
    "drip": ("drip:5", drip),
    "cut": ("cut", lambda s: half(s, "closed")),
    "reset": ("reset", lambda s: half(s, "reset")),
    "twice": ("twice", twice),
    "fragments": ("fragments", fragments),
    "flood": ("flood", flood),
    "empty-fragments": ("empty-fragments", empty_fragments),
    "garbage": ("garbage", lambda s: len(null_record(s)) == 200),
    "garbage-body": ("garbage-body", garbage_body),
    "ones": ("ones", ones),
    "no-body": ("no-body", lambda s: len(Client(s).send(GETATTR, opaque(b"")).record()) == 24),
    "runt": ("runt", lambda s: len(null_record(s)) == 3),
    "oversize": ("oversize", oversize),
    "http": ("http", lambda s: Client(s).send(NULL).bytes(12) == HTTP),
    "wrong-xid": ("wrong-xid", lambda s: words(null_record(s))[0] == 0x5b020304),
    "call": ("call", lambda s: words(null_record(s))[:2] == (0x01020304, 0)),
    "prog-unavail": ("prog-unavail", lambda s: words(null_record(s))[2:] == (0, 0, 0, 1)),
    "prog-mismatch": ("prog-mismatch:4",
                      lambda s: words(null_record(s))[2:] == (0, 0, 0, 2, 4, 4)),
    "proc-unavail": ("proc-unavail", lambda s: words(null_record(s))[2:] == (0, 0, 0, 3)),
    "garbage-args": ("garbage-args", lambda s: words(null_record(s))[2:] == (0, 0, 0, 4)),
    "system-err": ("system-err", lambda s: words(null_record(s))[2:] == (0, 0, 0, 5)),
    "rpc-mismatch": ("rpc-mismatch", lambda s: words(null_record(s))[1:] == (1, 1, 0, 3, 3)),
    "unregistered": ("unregistered@mount",
                     lambda s: getport(s, MOUNT) == 0 and getport(s, NFS) == s.nfs),
    "wrong-port": ("wrong-port@nfs",
                   lambda s: getport(s, NFS) == 1 and getport(s, MOUNT) == s.mount),
    "verifier": ("verifier@COMMIT",
                 lambda s: (r := canary(s))["write"][-2:] != r["commit"][-2:]),
    "corrupt": ("corrupt", corrupt),
    "short-read": ("short-read", lambda s: read_results(s)[:2] == (32, 1)),
    "short-write": ("short-write", lambda s: canary(s)["write"][-4] == 32),
    "read-only": ("read-only", lambda s: canary(s)["create"] == (30, 0, 0)),
    "full": ("full", lambda s: fsstat(s)[2:6] == (0,) * 4 and canary(s)["write"][0] == 28),
    "no-inodes": ("no-inodes", lambda s: fsstat(s)[8:] == (0,) * 4 and
                  canary(s)["create"][0] == 28),
    "squash": ("squash:77", lambda s: created_uid(s, 1000) == 77),
    "root-squash": ("root-squash",
                    lambda s: (created_uid(s, 0), created_uid(s, 5)) == (65534, 5)),
    "not-dir": ("not-dir", lambda s: Client(s).call(GETATTR, root(s))[1] == 1),
}


def check_code(server, name, tap):
    """A fault with the name of its protocol."""
    server.faults(name)
    if name.startswith("AUTH_"):
        reply = words(null_record(server))
        good = reply[1:4] == (1, 1, 1) and len(reply) == 5
    elif name.startswith("MNT3ERR_"):
        good = len(Client(server, MOUNT).call(1, opaque(b"/export"))) == 1
    elif name.startswith("NFS3ERR_"):
        handle = root(server)
        good = (Client(server).call(FSSTAT, handle)[1:] == (0,) and
                len(Client(server).call(GETATTR, handle)) == 1)
    else:
        putrootfh = opaque(b"") + struct.pack(">III", 0, 1, 24)
        reply = Client(server).call(1, putrootfh, 4)
        good = reply[0] != 0 and (reply[2] == 0 or reply[4] == reply[0])
    tap.ok(good, name)


def check_qualifiers(server, tap):
    server.faults("silent@NULL+1*1")
    client = Client(server)
    answers = [client.send(NULL).record(QUICK) != b"" for _ in range(3)]
    tap.equal(answers, [True, False, True], "+SKIP and *TIMES")
    server.faults("silent%127.0.0.2")
    tap.ok(null_record(server) != b"", "%ADDRESS, another one's")
    server.faults("silent%127.0.0.1")
    tap.ok(null_record(server) == b"", "%ADDRESS")
    server.faults("silent@mount", "silent@nfs4.NULL", "silent@GETATTR")
    tap.ok(null_record(server) != b"", "other programs, versions and procedures")
    for wrong in ("nonsense", "silent@nonsense.NULL", "delay:x"):
        try:
            server.faults(wrong)
            tap.ok(False, f"{wrong} is refused")
        except RuntimeError:
            tap.ok(True, f"{wrong} is refused")


def check_honest(server, tap):
    server.faults()
    results = canary(server)
    tap.equal([results[k][0] for k in ("create", "write", "commit", "read", "remove")],
              [0] * 5, "without faults: the canary")
    tap.equal(results["read"][26:], results["data"], "without faults: what was written")
    tap.equal(getport(server, NFS), server.nfs, "without faults: GETPORT")
    tap.ok(words(Client(server).send(99).record())[2:] == (0, 0, 0, 3),
           "without faults: an unknown procedure is PROC_UNAVAIL")


def check_rounds(server, tap):
    server.faults("delay:60")
    client = Client(server)
    client.call(NULL)
    other = Client(server)
    client.send(NULL)
    other.send(NULL)
    client.record()
    other.record()
    tap.equal(server.stats()["rounds"], 4,
              "rounds: connect, call, connect, two calls at once")


def main(program):
    tap = Tap()
    listed = subprocess.run([*program.split(), "--list-faults"], check=True, text=True,
                            stdout=subprocess.PIPE).stdout
    kinds = [line.split("\t")[0] for line in listed.splitlines()]
    server = Server(program)
    for kind in kinds:
        if kind in CASES:
            fault, test = CASES[kind]
            server.faults(fault)
            tap.ok(test(server), fault)
        elif kind.isupper():
            check_code(server, kind, tap)
    check_qualifiers(server, tap)
    check_honest(server, tap)
    check_rounds(server, tap)
    tap.equal([k for k in kinds if k not in CASES and not k.isupper()], [],
              "every kind has a test")
    tap.equal(server.close(), 0, "it ends with its input, and leaks nothing")
    return tap.done()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
