#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""What nfsafe costs while it watches.

Usage: watching.py NAME SECONDS COMMAND...

COMMAND is nfsafe with a job that does nothing.  From the moment when its lock says that
the job runs, and for SECONDS, all processes named nfsafe are looked at.  Prints one line as
measure.py does: "watching", NAME, percent of one processor, the highest sum of their PSS in
KiB, and how many there are.
"""

import glob
import os
import subprocess
import sys
import time

LOCK = "/tmp/site/run/nfsafe.lock"
TICKS = os.sysconf("SC_CLK_TCK")


def processes():
    for path in glob.glob("/proc/[0-9]*"):
        try:
            with open(path + "/comm", encoding="utf-8", errors="replace") as file:
                if file.read().startswith("nfsafe"):
                    yield path
        except OSError:
            pass


def used(pids):
    """{pid: seconds of processor time, with that of the children it has waited for}"""
    found = {}
    for path in pids:
        try:
            with open(path + "/stat", encoding="utf-8", errors="replace") as file:
                fields = file.read().rsplit(")", 1)[1].split()
            found[path] = sum(int(field) for field in fields[11:15]) / TICKS
        except OSError:
            pass
    return found


def pss(pids):
    total = 0
    for path in pids:
        try:
            with open(path + "/smaps_rollup", encoding="ascii") as file:
                total += sum(int(line.split()[1]) for line in file if line.startswith("Pss:"))
        except OSError:
            pass
    return total


def phase():
    try:
        with open(LOCK, encoding="utf-8") as file:
            return " phase=backup " in file.read()
    except OSError:
        return False


def main(name, seconds, command):
    run = subprocess.Popen(command, stdin=subprocess.DEVNULL)
    until = time.monotonic() + 30
    while not phase() and time.monotonic() < until:
        time.sleep(0.05)
    time.sleep(2)  # what starting cost is another figure
    before, begin = used(processes()), time.monotonic()
    memory = 0
    while time.monotonic() < begin + seconds and run.poll() is None:
        memory = max(memory, pss(processes()))
        time.sleep(min(5, seconds / 4))
    after, took = used(processes()), time.monotonic() - begin
    cost = sum(s - before.get(pid, 0) for pid, s in after.items())
    run.terminate()
    run.wait()
    print("watching", name, f"{100 * cost / took:.3f}", memory, len(after), sep="\t", flush=True)


if __name__ == "__main__":
    main(sys.argv[1], float(sys.argv[2]), sys.argv[3:])
