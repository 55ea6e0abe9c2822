#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""What needs ports below 1024, routes and names: in a network namespace of its own.

Usage: network.py NFSAFE NFS-SERVER

  - rpcbind on port 111: found, dead, silent, lying, without registrations;
  - sources without --port: 111 and 2049;
  - the calls come from a reserved port when the probe was started by root;
  - a name with several addresses, the first of them dead; IPv6;
  - a name without an address; a network without a route; a server whose packets
    are dropped.

Needs root and ip(8) (package iproute2); without them, it is skipped.

Seen to fail with: no reserved ports.
"""

import os
import shutil
import subprocess
import sys
import tempfile

from nfs_server import Server
from probe import MARGIN, TIMEOUT, Running, have_root
from tap import Tap

INSIDE = "NFSAFE_TEST_NETWORK"
V3, V41 = "--vers=3", "--vers=4.1"

# Faults, options, verdict, layer.
RPCBIND = [
    ("", V3, "ok", None),
    ("", V41, "ok", None),
    ("refuse@portmap", V3, "rpcbind-dead", "rpcbind"),
    ("refuse@portmap", V41, "ok", None),  # it needs none
    ("silent@portmap", V3, "rpcbind-dead", "rpcbind"),
    ("no-accept@portmap", V3, "rpcbind-dead", "rpcbind"),
    ("backlog@portmap", V3, "rpcbind-dead", "rpcbind"),
    ("close@portmap", V3, "rpcbind-dead", "rpcbind"),
    ("garbage@portmap", V3, "garbage", "rpcbind"),
    ("http@portmap", V3, "garbage", "rpcbind"),
    ("wrong-xid@portmap", V3, "garbage", "rpcbind"),
    ("drip:60@portmap", V3, "rpcbind-dead", "rpcbind"),
    ("prog-mismatch@portmap", V3, "rpcbind-dead", "rpcbind"),
    ("unregistered@mount", V3, "not-registered", None),
    ("unregistered@mount unregistered@nfs", V3, "not-registered", None),
    ("unregistered@nfs", V41, "ok", None),
    ("wrong-port@mount", V3, "mountd-dead", "mountd"),
    ("wrong-port@nfs", V3, "refused", "nfsd"),
    # Everything is dead but TCP: the incident outranks its parts.
    ("no-accept", V3, "frozen", "nfsd"),
    ("no-accept@portmap no-accept@nfs", V3, "frozen", "nfsd"),
    ("silent", V3, "frozen", "nfsd"),
    ("refuse", V3, "refused", "connect"),
    ("backlog", V3, "unreachable", "connect"),
]


def probe(nfsafe, *arguments, timeout=TIMEOUT):
    return Running(nfsafe.split(), [f"--timeout={round(timeout * 1000)}ms", "--json",
                                    *arguments]).end()


def check(tap, name, result, verdict, layer=None):
    report = result.report if result.out.count("\n") == 1 else {}
    tap.ok(report.get("verdict") == verdict and layer in (None, report.get("layer")),
           f"{name}: {verdict}" + (f" at {layer}" if layer else ""), result.text())
    tap.ok(result.wall <= TIMEOUT + MARGIN, f"{name}: in time", result.text())


def check_rpcbind(tap, server, nfsafe):
    for faults, vers, verdict, layer in RPCBIND:
        server.faults(*faults.split())
        result = probe(nfsafe, vers, "127.0.0.1:/export")
        check(tap, f"{faults or 'no fault'} ({vers})", result, verdict, layer)


def check_cost(tap, server, nfsafe):
    """Asking rpcbind is within the 6 and 11 round trips."""
    for options, limit in ((V3,), 6), ((V3, "--write"), 11):
        server.faults("delay:100")
        result = probe(nfsafe, *options, "127.0.0.1:/export", timeout=5)
        stats = server.stats()
        tap.ok(result.report["verdict"] == "ok" and stats["rounds"] <= limit,
               f"with rpcbind, {' '.join(options)}: at most {limit} round trips",
               result.text(), stats)
        tap.note(f"with rpcbind, {' '.join(options)}: {stats['rounds']} round trips, "
                 f"{result.report['elapsed_ms'] / 100:.2f} delays waited")


def check_reserved(tap, server, nfsafe):
    server.faults()
    probe(nfsafe, V3, "127.0.0.1:/export")
    ports = server.stats()["peers"]
    tap.ok(ports and all(port < 1024 for service, port in ports if service != "portmap"),
           "mountd and nfsd are called from reserved ports", ports)


def check_names(tap, server, nfsafe):
    with open("/etc/hosts", "w", encoding="ascii") as hosts:
        hosts.write("127.0.0.9 two\n127.0.0.1 two\n::1 six\n127.0.0.3 dead\n"
                    "192.0.2.1 far\n127.0.0.1 localhost\n")
    with open("/etc/resolv.conf", "w", encoding="ascii") as resolv:
        resolv.write("nameserver 127.0.0.77\n")
    server.faults()
    check(tap, "a name", probe(nfsafe, V3, "localhost:/export"), "ok")
    check(tap, "IPv6 by name", probe(nfsafe, V3, "six:/export"), "ok")
    check(tap, "IPv6", probe(nfsafe, V3, "[::1]:/export"), "ok")
    check(tap, "IPv6, 4.1", probe(nfsafe, V41, "[::1]:/export"), "ok")
    check(tap, "two addresses, one dead", probe(nfsafe, V3, "two:/export"), "ok")
    check(tap, "an address where nobody is", probe(nfsafe, V3, "dead:/export"), "refused",
          "connect")
    check(tap, "no route", probe(nfsafe, V3, "far:/export"), "unreachable", "connect")
    check(tap, "no such name, name server dead",
          probe(nfsafe, V3, "no-such-host.invalid:/export"), "unresolved", "resolve")
    run("ip", "link", "add", "hole", "type", "dummy")
    run("ip", "addr", "add", "192.0.2.2/24", "dev", "hole")
    run("ip", "link", "set", "hole", "up")
    check(tap, "packets vanish", probe(nfsafe, V3, "far:/export"), "unreachable", "connect")
    with open("/etc/resolv.conf", "w", encoding="ascii") as resolv:
        resolv.write("nameserver 192.0.2.1\n")
    check(tap, "name server cut off", probe(nfsafe, V3, "no-such-host.invalid:/export"),
          "unresolved", "resolve")


def run(*command):
    return subprocess.run(command, check=False, stdout=subprocess.DEVNULL,
                          stderr=subprocess.DEVNULL).returncode


def enter():
    """Run ourselves in namespaces of our own; returns the status, None if it cannot be."""
    unshare = ["unshare", "--net", "--mount"]
    if not have_root() or not shutil.which("ip") or run(*unshare, "true") != 0:
        return None
    return subprocess.run([*unshare, sys.executable, *sys.argv], check=False,
                          env={**os.environ, INSIDE: "1"}).returncode


def private_etc(folder):
    """Files of /etc that are ours to write."""
    for name in "hosts", "resolv.conf":
        path = os.path.realpath(f"/etc/{name}")
        private = f"{folder}/{name}"
        with open(private, "w", encoding="ascii"):
            pass
        if run("mount", "--bind", private, path) != 0:
            return False
    return True


def inside(nfsafe, program):
    tap = Tap()
    run("ip", "link", "set", "lo", "up")
    with Server(program, "--portmap-port=111", "--port=2049", "--address=127.0.0.1",
                "--address=::1") as server, tempfile.TemporaryDirectory() as folder:
        check_rpcbind(tap, server, nfsafe)
        check_cost(tap, server, nfsafe)
        check_reserved(tap, server, nfsafe)
        if private_etc(folder):
            check_names(tap, server, nfsafe)
        else:
            tap.skip("names", "cannot mount over /etc/hosts")
    return tap.done()


def main(nfsafe, program):
    if INSIDE in os.environ:
        return inside(nfsafe, program)
    status = enter()
    if status is None:
        tap = Tap()
        tap.skip("rpcbind, names, routes", "needs root and ip(8)")
        return tap.done()
    return status


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
