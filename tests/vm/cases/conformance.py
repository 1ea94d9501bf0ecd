# SPDX-License-Identifier: MIT
"""One suite for what a hypervisor must do (tests/conformance), on Xen and on argo_loopback: each must pass all of it."""

import re

from lab.cases import case, each, expect
from lab.loopback import CONTROL

NEEDS = ["argo", "argo_conformance"]
# Rings are spoilt on purpose, and core says so.
SPOILT = [r"argo\d*: ring \d+ .* makes no sense"]


# For tests/conformance/rights.c in the virtual domain 1 whose peer is 0; tests/vm/flask/argo_rights.te says it for Xen.
RIGHTS = """
allow any any {0} send register register-any
allow any any {1} send
allow any any {2} register
allow any any {3} register-any
allow 1 0 {5} send
""".format(*range(0x5c0ff100, 0x5c0ff106))


def conformance(lab, domain, where, device, peer, options=""):
    """Each of its tests is a result; what it says of a failure goes with it."""
    domain.check(f"modprobe argo; modprobe argo_conformance device={device} peer={peer} {options}; rmmod argo_conformance",
                 120)
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


@each("pv61", "pvh612", xen="patched", flask="rights", needs=NEEDS)
def of_rights_on_xen(lab, u):
    conformance(lab, u, f"rights,{u.kind}", "argo", 0, "only=rights")


@case(needs=NEEDS, loopback="only")
def of_rights_on_loopback(lab):
    set_rules(lab, RIGHTS)
    try:
        conformance(lab, lab.vm, "rights,loopback", "argo1", 0, "only=rights")
        denials = lab.vm.check("dmesg | grep denied")
        expect("argo_loopback: denied { register-any } for any source, owner=d1 port=1544548609" in denials, denials)
        expect("argo_loopback: denied { register } for source=d0 owner=d1 port=1544548609" in denials, denials)
        expect(denials.count("owner=d1 port=") == 10, "as many as are logged in a period", denials)
        shown = rules(lab)
        expect(RIGHTS.strip() in shown and re.search(r"# argo1: [1-9][0-9]* denied", shown), shown)
    finally:
        set_rules(lab, "off")


@case("pv61", xen="patched", needs=NEEDS)
def of_cables_on_xen(lab, peer):
    conformance(lab, lab.dom0, "cables,dom0", "argo", peer.domid, "only=cables")


@case(needs=NEEDS, loopback="only")
def of_cables_on_loopback(lab):
    conformance(lab, lab.vm, "cables,loopback", "argo0", 1, "only=cables")


@case(needs=["argo_loopback", "argo-ctl"], loopback="only")
def rules_are_replaced_as_a_whole(lab):
    # So many denials of the first are logged already that its next may not be.
    a, b = lab.guests[1:3]
    echo = b.spawn("exec argo-ctl echo --port 7000")
    echo.wait_for("7000")
    # An endpoint without a port of its own gets one of the last billion.
    others = "allow any any 3221225472-4294967295 send register register-any"
    try:
        for rule, why in ((f"allow any {b.domid} 7001 send", "policy denies it"), (f"allow {a.domid} {b.domid} 7000 send", "")):
            set_rules(lab, f"{others}\n{rule}")
            done = a.run(f"argo-ctl ping {b.domid}:7000 -c 1 -W 2", timeout=30)
            expect(why in done.err and (done.rc != 0) == bool(why), rule, done.rc, done.out, done.err)
            expect(rule in rules(lab))
        denial = f"denied {{ send }} for source=d{a.domid} owner=d{b.domid} port=7000"
        expect(denial in lab.vm.check("dmesg"), denial)
        for text in ("allow 1 2 nothing send", "allow"):
            done = lab.vm.run(f"printf '%s\\n' '{text}' >{CONTROL}/rules")
            expect(done.rc != 0, text)
            expect(rule in rules(lab), "the rules have changed")
        # A second write in one opening does not take the place of the first.
        done = lab.vm.run(f"{{ echo '{others}'; echo '{rule}'; }} >{CONTROL}/rules")
        expect(done.rc != 0 and rule not in rules(lab) and others in rules(lab), rules(lab))
    finally:
        set_rules(lab, "off")
    expect(a.run(f"argo-ctl ping {b.domid}:7000 -c 1", timeout=30).rc == 0)
    echo.kill(2)


def set_rules(lab, text):
    lab.vm.check(f"cat >{CONTROL}/rules <<'EOF'\n{text}\nEOF")


def rules(lab):
    return lab.vm.check(f"cat {CONTROL}/rules")
