#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""What a probe costs: round trips, at most 6, and at most 11 with the canary.

Usage: cost.py NFSAFE NFS-SERVER

Each answer is held back for DELAY, much longer than the probe thinks.  The server
counts what must have been waited for (rounds, see server.h; a connect is one); the
clock is the second witness: connects are not delayed, so the answers alone make the
time, and it may not be more than the rounds allow.

Seen to fail with: GETATTR, FSINFO, FSSTAT and ACCESS one after the other.
"""

import sys

from nfs_server import Server
from probe import Prober
from tap import Tap

DELAY = 150  # ms
ROWS = [
    (("--vers=3",), 6),
    (("--vers=3", "--write"), 11),
    (("--vers=4.0",), 6),
    (("--vers=4.0", "--write"), 11),
    (("--vers=4.1",), 6),
    (("--vers=4.1", "--write"), 11),
]


def check(tap, server, prober, options, limit):
    server.faults(f"delay:{DELAY}")
    result = prober.run(*options)
    stats = server.stats()
    waited = result.report["elapsed_ms"] / DELAY
    name = " ".join(options)
    tap.ok(result.report["verdict"] == "ok", f"{name}: ok", result.text())
    tap.ok(stats["rounds"] <= limit, f"{name}: at most {limit} round trips", stats)
    tap.ok(waited < limit, f"{name}: no more time than that", f"{waited:.2f} delays")
    tap.note(f"{name}: {stats['rounds']} round trips, {stats['calls']} calls on "
             f"{stats['connections']} connections, {waited:.2f} delays waited")


def main(nfsafe, program):
    tap = Tap()
    with Server(program) as server:
        prober = Prober(nfsafe, server, 5)
        for options, limit in ROWS:
            check(tap, server, prober, options, limit)
    return tap.done()


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
