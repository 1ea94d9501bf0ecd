# SPDX-License-Identifier: MIT
"""One suite for what a hypervisor must do (tests/conformance), on Xen and on argo_loopback: each must pass all of it."""

import re

from lab.cases import case, each, expect

NEEDS = ["argo", "argo_conformance"]
# Rings are spoilt on purpose, and core says so.
SPOILT = [r"argo\d*: ring \d+ .* makes no sense"]


def conformance(lab, domain, where, device, peer):
    """Each of its tests is a result; what it says of a failure goes with it."""
    domain.check(f"modprobe argo; modprobe argo_conformance device={device} peer={peer}; rmmod argo_conformance", 120)
    said = domain.fetch("dmesg").rpartition("KTAP version 1")[2]
    planned = int(re.search(r"^(?:\[.*?\] )?1\.\.(\d+)$", said, re.M).group(1))
    remarks, seen = [], 0
    for line in said.splitlines():
        # A time, where the kernel gives one.
        text = re.sub(r"^\[.*?\] ", "", line)
        if text.startswith("# "):
            remarks.append(text)
        result = re.match(r"(not )?ok \d+ (.*)", text)
        if result:
            status = "failed" if result.group(1) else "passed"
            lab.results.add(status, f"conformance[{where}]: {result.group(2)}", "\n".join(remarks))
            remarks, seen = [], seen + 1
    expect(seen == planned, f"{seen} of {planned} results")


@case("pv61", needs=NEEDS, expects=SPOILT)
def of_xen_in_dom0(lab, peer):
    conformance(lab, lab.dom0, "dom0", "argo", peer.domid)


@each("pv61", "pvh61", "pv612", "pvh612", needs=NEEDS, expects=SPOILT)
def of_xen(lab, u):
    conformance(lab, u, u.kind, "argo", 0)


@case(needs=NEEDS, loopback="only", expects=SPOILT)
def of_loopback(lab):
    conformance(lab, lab.vm, "loopback", "argo0", 1)
