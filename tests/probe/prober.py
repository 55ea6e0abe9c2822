#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""The process that parses the network has no privileges, and its death is a verdict.

Usage: prober.py NFSAFE NFS-SERVER CRASH.SO

  - /proc/PID/status of the prober: a seccomp filter, no new privileges, no
    capability, and when the probe was started by root, not root's ids;
  - no other process of the probe has the connection open;
  - when it crashes while it reads a server's answer (crash.c), the verdict on that
    server is `garbage`, exit 2, in time, and the sources beside it have their own;
  - killed while it waits, another one goes on, and no verdict changes.

Seen to fail with: no filter, no isolation, a crash that nobody is blamed for, and a
prober that is not restarted.
"""

import os
import signal
import sys
import time

from nfs_server import Server
from probe import MARGIN, Prober, have_root, status
from tap import Tap

TIMEOUT = 3.0


def sockets(pid):
    """Inodes of the sockets that a process has open."""
    found = set()
    try:
        for name in os.listdir(f"/proc/{pid}/fd"):
            try:
                target = os.readlink(f"/proc/{pid}/fd/{name}")
            except OSError:
                continue
            if target.startswith("socket:["):
                found.add(target)
    except OSError:
        pass
    return found


def tcp_inodes():
    """socket:[INODE] of each TCP socket."""
    inodes = set()
    for name in "tcp", "tcp6":
        with open(f"/proc/net/{name}", encoding="ascii") as file:
            inodes |= {f"socket:[{line.split()[9]}]" for line in list(file)[1:]}
    return inodes


def wait_for_call(server, seconds=2):
    """Until the server has got a call."""
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        if server.stats()["calls"] > 0:
            return True
        time.sleep(0.01)
    return False


def check_sandbox(tap, server, prober):
    server.faults("silent@nfs")
    running = prober.start("--vers=3", "--write")
    tap.ok(wait_for_call(server), "the server was called")
    pid = running.prober()
    if not tap.ok(pid is not None, "there is a prober with a filter"):
        running.process.kill()
        running.end()
        return
    now = status(pid)
    tap.equal(now.get("Seccomp"), "2", "Seccomp: a filter")
    tap.equal(now.get("NoNewPrivs"), "1", "NoNewPrivs")
    for field in "CapInh", "CapPrm", "CapEff", "CapAmb":
        tap.equal(int(now.get(field, "1"), 16), 0, field)
    if have_root():
        for field in "Uid", "Gid":
            tap.ok("0" not in now.get(field, "0").split(), f"{field} is not root's", now)
        tap.equal(now.get("Groups", "").split(), [], "no group is left")
    else:
        tap.skip("ids are not root's", "needs root")
    tap.ok(sockets(pid) & tcp_inodes(), "the prober has the connection")
    others = {p for p in [running.process.pid, *running.children()] if p != pid}
    tap.ok(not any(sockets(p) & tcp_inodes() for p in others), "nobody else has it")
    running.end()


def check_crash(tap, server, prober, preload):
    """An answer that kills who reads it, for one source of three."""
    server.faults("fragments@FSSTAT%127.0.0.2", "silent@nfs%127.0.0.3")
    env = {**os.environ, "LD_PRELOAD": preload,
           "ASAN_OPTIONS": "verify_asan_link_order=0:handle_segv=0:detect_leaks=0"}
    running = prober.start("--vers=3", *(f"127.0.0.{i}:/export" for i in (2, 3, 4)), env=env)
    result = running.end()
    verdicts = {source.split(":")[0]: report["verdict"]
                for source, report in result.reports.items()}
    tap.equal(verdicts, {"127.0.0.2": "garbage", "127.0.0.3": "frozen", "127.0.0.4": "ok"},
              "a crash while reading an answer: garbage; the others as ever", result.text())
    tap.ok("signal 11" in result.out, "a crash: it is said to be one", result.text())
    tap.ok(result.status == 2, "a crash: exit code", result.text())
    tap.ok(result.wall <= TIMEOUT + MARGIN, "a crash: in time", result.text())


def check_killed(tap, server, prober, number):
    """Killed while it waits: nobody's fault, another one goes on, in the same time."""
    name = signal.Signals(number).name
    server.faults("silent@nfs%127.0.0.2", "delay:400@GETATTR%127.0.0.3")
    running = prober.start("--vers=3", *(f"127.0.0.{i}:/export" for i in (2, 3, 4)))
    wait_for_call(server)
    time.sleep(0.1)
    pid = running.prober()
    if tap.ok(pid is not None, f"{name}: there is a prober"):
        os.kill(pid, number)
    time.sleep(0.3)
    tap.ok(running.prober() not in (None, pid), f"{name}: there is another one")
    result = running.end()
    verdicts = {source.split(":")[0]: report["verdict"]
                for source, report in result.reports.items()}
    tap.equal(verdicts, {"127.0.0.2": "frozen", "127.0.0.3": "ok", "127.0.0.4": "ok"},
              f"{name}: verdicts", result.text())
    tap.ok(result.wall <= TIMEOUT + MARGIN, f"{name}: in time", result.text())


def check_killed_again(tap, server, prober):
    """Killed whenever there is one: the probe gives up, says so, and does not hang."""
    server.faults("silent@nfs")
    running = prober.start("--vers=3")
    killed = 0
    while running.process.poll() is None and time.monotonic() < running.begin + TIMEOUT:
        pid = running.prober(0.2)
        if pid is not None:
            os.kill(pid, signal.SIGKILL)
            killed += 1
            time.sleep(0.05)
    result = running.end()
    tap.ok(killed > 1, "killed again and again", killed)
    tap.ok(result.status in (2, 3), "killed again and again: no good verdict", result.text())
    tap.ok(result.wall <= TIMEOUT + MARGIN, "killed again and again: in time", result.text())


def main(nfsafe, program, preload):
    tap = Tap()
    with Server(program, "--address", "0.0.0.0") as server:
        prober = Prober(nfsafe, server, TIMEOUT)
        check_sandbox(tap, server, prober)
        check_crash(tap, server, prober, os.path.abspath(preload))
        for number in signal.SIGSEGV, signal.SIGKILL:
            check_killed(tap, server, prober, number)
        check_killed_again(tap, server, prober)
    return tap.done()


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
