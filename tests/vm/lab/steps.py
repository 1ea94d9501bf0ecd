# SPDX-License-Identifier: MIT
"""Progress for people: which step, of how many, and how long it took."""

import contextlib
import sys
import time


class Steps:
    """Numbered steps; the line shows before the step is done."""

    def __init__(self, total):
        self._at, self._total = 0, total

    @contextlib.contextmanager
    def step(self, what, shows=False):
        """shows: the step prints lines of its own."""
        self._at += 1
        sys.stdout.write(f"[{self._at:2}/{self._total}] {what} ... " + ("\n" if shows else ""))
        sys.stdout.flush()
        start = time.monotonic()
        try:
            yield
        except BaseException:
            sys.stdout.write("failed\n")
            raise
        sys.stdout.write(f"{'        ' if shows else ''}{time.monotonic() - start:.0f} s\n")
        sys.stdout.flush()
