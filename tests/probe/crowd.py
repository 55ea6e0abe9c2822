#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Every way to break an answer, at every procedure that the probe calls, at once.

Usage: crowd.py NFSAFE NFS-SERVER

A healthy run tells which procedures there are; then one process probes a source for
each pair of fault and procedure, and some healthy ones between them.  No liar may
change what is said of another source, and each verdict comes within its time-out
and 100 ms (elapsed_ms; the process within the time-out and a second, see many.py).
As in faults.py, what is late because the machine is busy is not late three times.

Seen to fail with: empty fragments that are read on and on, as the probe first did.
"""

import sys

from nfs_server import Server
from probe import MARGIN, SANITIZED, Prober
from tap import Tap

ATTEMPTS = 3
TIMEOUT = 4.0 if SANITIZED else 2.0  # hundreds at once
HEALTHY = 20

# Answers that are sent and do not matter any more.
COURTESIES = {"mount.UMNT", "nfs4.DESTROY_SESSION", "nfs4.DESTROY_CLIENTID"}
# What follows the status does not matter, or there is nothing: any bytes are as good.
EMPTY = {"nfs3.NULL", "nfs4.NULL", "mount.NULL"}
UNREAD = EMPTY | {"nfs3.FSINFO", "nfs3.REMOVE"}

SILENT = {"nfs3": {"frozen"}, "nfs4": {"frozen"}, "mount": {"mountd-dead"}}
CLOSED = {"nfs3": {"refused"}, "nfs4": {"refused"}, "mount": {"mountd-dead"}}
GARBAGE = dict.fromkeys(("nfs3", "nfs4", "mount"), {"garbage"})


def always(*verdicts):
    return dict.fromkeys(("nfs3", "nfs4", "mount"), set(verdicts))


# For each fault the verdicts that are right, by program.
FAULTS = {
    "silent": SILENT,
    "drip:250": SILENT,
    "close": CLOSED,
    "cut": CLOSED,
    "reset": CLOSED,
    "fragments": always("ok"),
    "twice": always("ok", "garbage"),  # the second answers no call
    "garbage": GARBAGE,
    "garbage-body": GARBAGE,
    "ones": GARBAGE,
    "no-body": GARBAGE,
    "runt": GARBAGE,
    "oversize": GARBAGE,
    "http": GARBAGE,
    "wrong-xid": GARBAGE,
    "call": GARBAGE,
    "flood": GARBAGE,
    "empty-fragments": GARBAGE,
    "prog-unavail": always("version"),
    "prog-mismatch": always("version"),
    "proc-unavail": always("version", "garbage"),
    "garbage-args": GARBAGE,
    "system-err": SILENT,
    "rpc-mismatch": GARBAGE,
    "AUTH_TOOWEAK": always("denied"),
}


def allowed(fault, point):
    verdicts = FAULTS[fault][point.split(".")[0]]
    if (point in COURTESIES or point in UNREAD and fault == "ones" or
            point in EMPTY and fault in ("garbage-body", "no-body")):
        return verdicts | {"ok"}
    return verdicts


def points_of(server, prober, options):
    """What a healthy probe calls, in order, each once."""
    server.faults()
    result = prober.run(*options)
    if result.status != 0:
        raise RuntimeError(f"without faults: {result.text()}")
    return list(dict.fromkeys(server.stats()["names"]))


def lateness(cases, result):
    """Who was too late."""
    bound = (TIMEOUT + MARGIN) * 1000
    late = [f"{cases[source]}: {report['elapsed_ms']} ms"
            for source, report in result.reports.items() if report["elapsed_ms"] > bound]
    if result.wall > TIMEOUT + 1:
        late.append(f"all: {result.wall} s")
    return late


def check(tap, options, cases, result):
    """One test for each fault: of all procedures."""
    reports = result.reports
    wrong = {fault: [] for fault in ("", *FAULTS)}
    for source, (fault, point) in cases.items():
        report = reports.get(source, {"verdict": "missing", "layer": "-"})
        if report["verdict"] not in (allowed(fault, point) if fault else {"ok", "slow"}):
            wrong[fault].append(f"{fault or 'healthy'}@{point}: {report['verdict']} at "
                                f"{report['layer']}: {report.get('detail')}")
    for fault, lines in wrong.items():
        tap.ok(not lines, f"{' '.join(options)}: {fault or 'healthy ones'}", *lines)
    late = lateness(cases, result)
    tap.ok(not late, f"{' '.join(options)}: {len(cases)} sources, each in time", *late)
    tap.ok(result.status == 2, f"{' '.join(options)}: exit code", f"{result.status}", result.err)


def run(tap, server, prober, options):
    points = points_of(server, prober, options)
    pairs = [(fault, point) for fault in FAULTS for point in points]
    pairs += [("", "")] * HEALTHY
    addresses = [f"127.1.{i // 250}.{i % 250 + 1}" for i in range(len(pairs))]
    cases = {f"{address}:/export": pair for pair, address in zip(pairs, addresses)}
    for _ in range(ATTEMPTS):
        server.faults(*(f"{fault}@{point}%{address}"
                        for (fault, point), address in zip(pairs, addresses) if fault))
        result = prober.run(*options, *cases)
        if not lateness(cases, result):
            break
    check(tap, options, cases, result)


def main(nfsafe, program):
    tap = Tap()
    with Server(program, "--address", "0.0.0.0") as server:
        prober = Prober(nfsafe, server, TIMEOUT)
        for options in (("--vers=3", "--write"), ("--vers=4.0", "--write"),
                        ("--vers=4.1", "--write")):
            run(tap, server, prober, options)
    return tap.done()


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
