# SPDX-License-Identifier: MIT
"""The programs that try packages: each function of theirs is a case, and raises LabError with what it saw instead."""

import argparse
import sys
import time

from .errors import LabError, NotHere
from .runner import Results


def _run(results, name, function):
    start = time.monotonic()
    try:
        function()
        results.add("passed", name, seconds=time.monotonic() - start)
    except NotHere as error:
        results.add("skipped", name, str(error))
    except LabError as error:
        results.add("failed", name, str(error), seconds=time.monotonic() - start)


def _run_suite(results, suite, found, only):
    try:
        for case, function in found:
            if only in case:
                _run(results, case, function)
    except NotHere as error:
        results.add("skipped", suite, str(error))


def main(name, description, cases_of, suites=(None,)):
    """Runs them, and exits. cases_of(suite): pairs of a name and a function, for each suite that the command line names."""
    parser = argparse.ArgumentParser(description=description)
    if len(suites) > 1:
        parser.add_argument("suites", metavar="SUITE", nargs="*", help=f"{', '.join(suites)}; without: all of them")
    parser.add_argument("--only", metavar="TEXT", default="", help="cases with that text in their name")
    args = parser.parse_args()
    results = Results()
    try:
        for suite in getattr(args, "suites", None) or suites:
            _run_suite(results, f"{name}.{suite}", cases_of(suite), args.only)
    except LabError as error:
        sys.exit(f"{name}: {error}")
    results.save(name)
    print(results.line())
    # All of them skipped is no success.
    sys.exit(1 if results.counts["failed"] or not results.counts["passed"] else 0)
