# SPDX-License-Identifier: MIT
"""What only a debug kernel can do: to the threads of a test memory is refused now and then."""

from cases.servants import passes
from cases.stress import NEEDS, stressed
from lab.cases import case, expect

REFUSERS = ("failslab", "fail_page_alloc")


def refuse(domain, percent):
    """Of the memory that marked threads ask for; what may sleep is refused, too."""
    for refuser in REFUSERS:
        settings = {"task-filter": "Y", "ignore-gfp-wait": "N", "verbose": 0, "times": -1, "probability": percent}
        domain.check(f"cd /sys/kernel/debug/{refuser} && "
                     + " && ".join(f"echo {value} >{name}" for name, value in settings.items()))


@case("pv61", "pvh612", timeout=900, needs=NEEDS, loopback="only", debug=True)
def while_memory_is_refused(lab, a, b):
    refuse(lab.vm, 2)
    try:
        totals = stressed(lab, [lab.dom0, a, b], options="--fail-memory")
    finally:
        refuse(lab.vm, 0)
    expect(all(said["no_memory"] > 0 for said in totals), totals)
    passes(lab.dom0, a)
    passes(b, lab.dom0)
