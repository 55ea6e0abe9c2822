#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Tables in Markdown from the lines of measure.py.  Usage: table.py FILE"""

import datetime
import os
import sys

ROWS = [
    ("probe 3", "`nfsafe probe`, v3"),
    ("rpcinfo", "`rpcinfo -T tcp HOST nfs 3`"),
    ("showmount", "`showmount -e HOST`"),
    ("mount 3", "`mount`, `df`, `umount`, v3"),
    ("probe 4.1", "`nfsafe probe`, v4.1"),
    ("mount 4.1", "`mount`, `df`, `umount`, v4.1"),
    ("probe 3 --write", "`nfsafe probe --write`, v3"),
]
# Whose time a row is compared with.
AGAINST = {"rpcinfo": "probe 3", "showmount": "probe 3", "mount 3": "probe 3",
           "mount 4.1": "probe 4.1", "probe 3 --write": "probe 3"}
DELAYS = [("0 ms", "at hand"), ("20 ms", "20 ms away (each way)")]


def read(path):
    """{(scenario, name): (seconds, KiB, status)}"""
    found = {}
    with open(path, encoding="utf-8") as file:
        for line in file:
            fields = line.rstrip("\n").split("\t")
            if len(fields) == 5:
                scenario, name, seconds, memory, status = fields
                found[scenario, name] = (float(seconds), int(memory), status)
    return found


def row(*cells):
    print("| " + " | ".join(cells) + " |")


def header(*cells):
    row(*cells)
    row("---", *["---:"] * (len(cells) - 1))


def one_server(found):
    header("what one can do", *(f"{text}: s" for _, text in DELAYS),
           *(f"{text}: ratio" for _, text in DELAYS), "server frozen: s (exit)")
    for name, text in ROWS:
        seconds, ratios = [], []
        took, _, status = found["frozen", name]
        frozen = f"{took:.1f} ({status})" if status != "-" else f"over {took:.0f}"
        for scenario, _ in DELAYS:
            took = found[scenario, name][0]
            seconds.append(f"{took:.3f}")
            ratios.append(f"{took / found[scenario, AGAINST[name]][0]:.1f}"
                          if name in AGAINST else "1")
        row(text, *seconds, *ratios, frozen)
    print("\nThe ratio is the time against that of the probe of the same version (v3 where there")
    print("is none).  The probe had its default time-out, 5 s; what did not end was ended after")
    print("20 s.  rpcinfo makes one NULL call, showmount asks mountd only.\n")


def many(found):
    scenario = "1,000 sources"
    probe = found[scenario, "probe 3"]
    header("1,000 servers, 100 of them frozen", "s", "ratio", "memory: MiB", "ratio")
    for name, text in (("probe 3", "one `nfsafe probe`, v3"),
                       ("rpcinfo", "`xargs -P 64 timeout 2 rpcinfo`")):
        took, memory, status = found[scenario, name]
        over = "over " if status == "-" else ""  # it was ended
        row(text, f"{over}{took:.1f}", f"{over}{took / probe[0]:.1f}", f"{memory / 1024:.1f}",
            f"{memory / probe[1]:.1f}")


def safe_mount(found):
    header("a mount for one command (`true`)", *(f"{text}: s" for _, text in DELAYS),
           *(f"{text}: ratio" for _, text in DELAYS))
    for vers in "3", "4.1":
        script = [found[scenario, f"script {vers}"][0] for scenario, _ in DELAYS]
        ours = [found[scenario, f"exec {vers}"][0] for scenario, _ in DELAYS]
        row(f"script: `rpcinfo`, `mount`, `umount`, v{vers}", *(f"{s:.3f}" for s in script),
            "1", "1")
        row(f"`nfsafe exec`, v{vers}", *(f"{s:.3f}" for s in ours),
            *(f"{o / s:.2f}" for o, s in zip(ours, script)))


def watching(found):
    header("while watching", "memory (PSS): MiB", "goal", "one processor: %", "goal", "processes")
    for vers in "3", "4.1":
        percent, memory, processes = found["watching", f"watch {vers}"]
        row(f"all of `nfsafe run`, v{vers}", f"{memory / 1024:.1f}", "16", f"{percent:.2f}", "0.5",
            processes)


def main(path):
    found = read(path)
    print(f"Measured on {datetime.date.today()}, host kernel {os.uname().release}, in the lab's "
          "private kernel:\nratios mean something, seconds only beside each other.\n")
    # Those of which there are figures: scripts/bench can be told to make only some.
    for scenario, name, table in (("frozen", "probe 3", one_server),
                                  ("1,000 sources", "probe 3", many),
                                  ("20 ms", "exec 4.1", safe_mount),
                                  ("watching", "watch 4.1", watching)):
        if (scenario, name) in found:
            table(found)
            print()
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
