#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Time commands against each other, and see what memory they take.

Usage: measure.py [--repeat=N] [--limit=SECONDS] SCENARIO NAME=COMMAND...

The commands take turns, so that whatever else the machine does hits all of them
alike.  For each one a line on standard output, separated by tabs: SCENARIO, NAME, the
median of its wall time in seconds, the highest sum of PSS of it and its children in
KiB, and its last exit status ("-" when it was ended at the limit).
"""

import argparse
import os
import signal
import statistics
import subprocess
import time

SAMPLE = 0.05  # seconds between two looks at the memory


def tree(pid):
    """@pid and all that descend from it."""
    pids, todo = [], [pid]
    while todo:
        pids.append(todo.pop())
        try:
            with open(f"/proc/{pids[-1]}/task/{pids[-1]}/children", encoding="ascii") as file:
                todo += [int(word) for word in file.read().split()]
        except OSError:
            pass
    return pids


def pss(pids):
    """Sum of their proportional set sizes; KiB."""
    total = 0
    for pid in pids:
        try:
            with open(f"/proc/{pid}/smaps_rollup", encoding="ascii") as file:
                total += sum(int(line.split()[1]) for line in file
                             if line.startswith("Pss:"))
        except OSError:
            pass
    return total


class Command:
    def __init__(self, text):
        self.name, self.command = text.split("=", 1)
        self.seconds, self.memory, self.status = [], 0, "-"

    def run(self, limit, memory):
        """Once; with @memory watched, which costs time, or with the time taken."""
        begin = time.monotonic()
        process = subprocess.Popen(["sh", "-c", f"exec {self.command}"],
                                   stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                                   stderr=subprocess.DEVNULL, start_new_session=True)
        try:
            if memory:
                self.watch(process, begin + limit)
            self.status = process.wait(begin + limit - time.monotonic())
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()
            self.status = "-"
        self.seconds.append(time.monotonic() - begin)

    def watch(self, process, until):
        while process.poll() is None and time.monotonic() < until:
            self.memory = max(self.memory, pss(tree(process.pid)))
            time.sleep(SAMPLE)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--repeat", type=int, default=5)
    parser.add_argument("--limit", type=float, default=30)
    parser.add_argument("--memory", action="store_true")
    parser.add_argument("scenario")
    parser.add_argument("commands", nargs="+", type=Command)
    args = parser.parse_args()
    for _ in range(args.repeat):
        for command in args.commands:
            command.run(args.limit, args.memory)
    for command in args.commands:
        print(args.scenario, command.name, f"{statistics.median(command.seconds):.4f}",
              command.memory, command.status, sep="\t", flush=True)


if __name__ == "__main__":
    main()
