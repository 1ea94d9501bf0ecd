# SPDX-License-Identifier: MIT
"""make bench: what a message costs in the lab, beside what it costs with nothing above the hypervisor.

Both are measured in one boot, since the machine under the lab differs from run to run more than anything in it.
Nothing here passes or fails by the clock; the status is 1 only if a message was lost or a kernel complained.
"""

import os
import pathlib
import sys

from lab import machine
from lab.errors import LabError
from lab.steps import Steps

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))

from argobench import driver, floor, report, targets  # noqa: E402

GUESTS = ("pv61", "pvh61")
SIZES = (64, 1024, 16 * 1024, 64 * 1024)
# What every out-of-tree module makes a kernel say.
EXPECTED_LOG = ("loading out-of-tree module taints kernel",)


def pin(lab, guest):
    """dom0 on one processor and the guest on the other: as on a machine that has enough of them."""
    lab.dom0.check("xl vcpu-pin Domain-0 all 0")
    lab.dom0.check(f"xl vcpu-pin {guest.name} all 1")


def busy():
    """A line that says so when the machine has other work, else nothing: then the times are not worth much."""
    load, processors = os.getloadavg()[0], os.cpu_count()
    if load < 0.7 * processors:
        return ""
    return (f"\nThe machine was busy before this began (load {load:.1f} on {processors} processors): times and their "
            "ratios are worse than on a quiet one.")


def measure(lab, guest, steps):
    """A report.Pair: the floor between dom0 and a guest, and then the driver in both directions."""
    pin(lab, guest)
    with steps.step(f"measuring the floor, dom0 and {guest.kind}"):
        system_calls = {domain.kind: floor.system_call(domain) for domain in (lab.dom0, guest)}
        sends = {domain.kind: floor.sends(domain) for domain in (lab.dom0, guest)}
        streams = {lab.dom0.kind: floor.streams(lab.dom0, guest), guest.kind: floor.streams(guest, lab.dom0)}
        round_trips = floor.round_trips(lab.dom0, guest, SIZES)
    with steps.step(f"measuring the driver, dom0 and {guest.kind}"):
        for domain in (lab.dom0, guest):
            domain.check("modprobe argo")
        directions = [driver.measure(lab.dom0, guest, SIZES), driver.measure(guest, lab.dom0, SIZES)]
        # The other guest's floor is measured with no driver in dom0.
        lab.dom0.check("modprobe -r argo_char argo")
    return report.Pair(guest.kind, system_calls, sends, streams, round_trips, directions)


def main():
    warning = busy()
    steps = Steps(machine.Built.STEPS + 1 + 2 * len(GUESTS))
    built = machine.Built(steps)
    for needed in ("argo", "argo_bench", "argo-ctl"):
        if not built.has(needed):
            raise LabError(f"there is nothing to measure: {needed} was not built (make user builds argo-ctl)")
    pairs, complaints = [], []
    with steps.step("booting Xen"):
        lab = machine.Lab(built, logs="bench")
    with lab:
        for kind in GUESTS:
            guest = lab.create(kind)
            pairs.append(measure(lab, guest, steps))
            complaints += lab.complaints(EXPECTED_LOG)
            guest.destroy()

    print(report.tables(pairs, SIZES))
    print(report.verdicts(targets.evaluate(pairs)))
    if warning:
        print(warning)
    for complaint in complaints:
        print(f"left in a log: {complaint}")
    lost = [row for pair in pairs for direction in pair.directions for row in direction.rows if not row.clean]
    for row in lost:
        print(f"not all arrived: {row.mode}, {row.size} bytes: {row.sent} sent, {row.received} received")
    return 1 if complaints or lost else 0
