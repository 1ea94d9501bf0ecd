# SPDX-License-Identifier: MIT
"""make bench: what a message costs in the lab, beside what it costs with nothing above the hypervisor.

And a byte stream over AF_VSOCK, beside those that Xen has otherwise. All are measured in one boot, since the machine under
the lab differs from run to run more than anything in it. Nothing here passes or fails by the clock; the status is 1 only if
something was lost or a kernel complained.
"""

import contextlib
import os
import pathlib
import sys

from lab.errors import LabError
from lab.settings import XEN
from lab.steps import Steps

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))

from argobench import driver, floor, report, rules, streamreport, streams, targets  # noqa: E402

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
        streamed = {lab.dom0.kind: floor.streams(lab.dom0, guest), guest.kind: floor.streams(guest, lab.dom0)}
        round_trips = floor.round_trips(lab.dom0, guest, SIZES)
    with steps.step(f"measuring the driver, dom0 and {guest.kind}"):
        for domain in (lab.dom0, guest):
            domain.check("modprobe argo")
        directions = [driver.measure(lab.dom0, guest, SIZES), driver.measure(guest, lab.dom0, SIZES)]
    with steps.step(f"measuring the firewall, dom0 and {guest.kind}"):
        ruled = rules.measure(lab.dom0, guest)
        # The other guest's floor is measured with no driver in dom0.
        lab.dom0.check("modprobe -r argo_char argo")
    return report.Pair(guest.kind, system_calls, sends, streamed, round_trips, directions, ruled)


def measure_streams(lab, guest, steps):
    """A streamreport.StreamPair: both directions, over all that can carry a stream between them."""
    pin(lab, guest)
    over = streams.transports(lab.built)
    with steps.step(f"measuring byte streams, dom0 and {guest.kind}"):
        streams.prepare(over, lab.dom0, guest)
        directions = [streams.measure(lab.dom0, guest, SIZES, over), streams.measure(guest, lab.dom0, SIZES, over)]
        streams.end(over, lab.dom0, guest)
    return streamreport.StreamPair(guest.kind, directions)


def lost(pairs, stream_pairs):
    """A line for each measurement in which not all arrived as it was sent."""
    lines = [f"not all arrived: {row.mode}, {row.size} bytes: {row.sent} sent, {row.received} received"
             for pair in pairs for direction in pair.directions for row in direction.rows if not row.clean]
    return lines + [f"not all arrived as it was sent: {row.transport}, {row.mode}, {row.size} bytes"
                    for pair in stream_pairs for direction in pair.directions for row in direction.rows
                    if not row.intact]


def main():
    warning = busy()
    steps = Steps(XEN.steps + 1 + 4 * len(GUESTS))
    built = XEN.build(steps)
    for needed in ("argo", "argo_bench", "argo-ctl", "argo-stream-bench"):
        if not built.has(needed):
            raise LabError(f"there is nothing to measure: {needed} was not built (make user builds programs)")
    pairs, stream_pairs, complaints = [], [], []
    with contextlib.ExitStack() as stack:
        with steps.step("booting Xen"):
            lab = stack.enter_context(XEN.boot(built, logs="bench"))
        for kind in GUESTS:
            guest = lab.create(kind)
            pairs.append(measure(lab, guest, steps))
            complaints += lab.complaints(EXPECTED_LOG)
            guest.destroy()
        # Last: the floor is measured with no driver in dom0, and argo_vsock cannot be unloaded while it has a ring.
        for kind in GUESTS:
            guest = lab.create(kind, vif=True)
            stream_pairs.append(measure_streams(lab, guest, steps))
            complaints += lab.complaints(EXPECTED_LOG)
            guest.destroy()

    print(report.tables(pairs, SIZES))
    print(streamreport.tables(stream_pairs, SIZES))
    print(report.verdicts(targets.evaluate(pairs) + targets.evaluate_streams(stream_pairs)))
    if warning:
        print(warning)
    for complaint in complaints:
        print(f"left in a log: {complaint}")
    missing = lost(pairs, stream_pairs)
    for text in missing:
        print(text)
    return 1 if complaints or missing else 0
