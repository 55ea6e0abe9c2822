# SPDX-License-Identifier: MIT
"""Test Anything Protocol, as meson reads it (protocol: 'tap')."""

import sys


class Tap:
    """Prints a line for each test as it ends; done() prints the plan."""

    def __init__(self):
        self.count = 0
        self.failed = 0

    def ok(self, good, name, *details):
        """One test; @details are printed if it failed.  Returns @good."""
        self.count += 1
        print(f"{'ok' if good else 'not ok'} {self.count} - {name}")
        if not good:
            self.failed += 1
            for detail in details:
                self.note(detail)
        sys.stdout.flush()
        return good

    def equal(self, got, wanted, name, *details):
        return self.ok(got == wanted, name, f"got {got!r}, wanted {wanted!r}", *details)

    def skip(self, name, why):
        self.count += 1
        print(f"ok {self.count} - {name} # SKIP {why}")

    def note(self, text):
        for line in str(text).splitlines():
            print(f"# {line}")

    def done(self):
        """The plan; returns the status to exit with."""
        print(f"1..{self.count}")
        return 1 if self.failed else 0
