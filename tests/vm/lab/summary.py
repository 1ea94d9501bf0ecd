# SPDX-License-Identifier: MIT
"""Counts of the parts of `make check`, and their sum.

python3 -m lab.summary unit [NAME…]          the counts of ctest's accounts; each NAME is one more failure
python3 -m lab.summary total PART=STATUS…    the sum; status 1 if anything failed
"""

import json
import sys
import xml.etree.ElementTree

from .paths import BUILD

KINDS = ("passed", "failed", "skipped")
# ctest's words.
STATUS = {"run": "passed", "fail": "failed"}


def _line(counts):
    return ", ".join(f"{counts[kind]} {kind}" for kind in KINDS)


def tell(failures, margin=""):
    """The first line of each names it; .ci/run takes the others by their mark."""
    for failure in failures:
        first, *rest = failure.splitlines()
        print(f"{margin}failed: {first}")
        for line in rest:
            print(f"{margin}  | {line}")


def account(part, accounts, broken=()):
    """Counts what ctest says of a part; each name of `broken` is one more failure."""
    results = [(name, "failed") for name in broken]
    for path in accounts:
        for case in xml.etree.ElementTree.parse(path).getroot().iter("testcase"):
            results.append((case.get("name"), STATUS.get(case.get("status"), "skipped")))
    return write(part, results)


def write(part, results):
    """Leaves the counts of a part for the sum, given as names and words of KINDS; status 1 if anything failed."""
    counts, failures = dict.fromkeys(KINDS, 0), []
    for name, status in results:
        counts[status] += 1
        if status == "failed":
            failures.append(name)
    (BUILD / "results").mkdir(parents=True, exist_ok=True)
    (BUILD / "results" / f"{part}.json").write_text(
        json.dumps({"counts": counts, "failures": failures}), encoding="utf-8")
    print(_line(counts))
    return 1 if failures else 0


def total(parts):
    counts = dict.fromkeys(KINDS, 0)
    for part in parts:
        name, status = part.split("=")
        path = BUILD / "results" / f"{name}.json"
        if not path.exists():
            print(f"{name}: broke off")
            counts["failed"] += 1
            continue
        found = json.loads(path.read_text(encoding="utf-8"))
        print(f"{name}: {_line(found['counts'])}")
        tell(found["failures"], "  ")
        for kind in KINDS:
            counts[kind] += found["counts"][kind]
        if status != "0" and not found["counts"]["failed"]:
            print(f"  {name} ended with status {status} though no test failed")
            counts["failed"] += 1
    print(_line(counts))
    return 1 if counts["failed"] else 0


if __name__ == "__main__":
    if sys.argv[1] == "unit":
        sys.exit(account("unit", sorted((BUILD / "results").glob("*.xml")), sys.argv[2:]))
    sys.exit(total(sys.argv[2:]))
