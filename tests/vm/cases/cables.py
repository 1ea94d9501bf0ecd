# SPDX-License-Identifier: MIT
"""Cables: a Xen with our patches and argo_loopback have them, an earlier Xen says that it has none."""

import json

from cases.ports import domu
from cases.firewall import rules
from lab.cases import case, expect, gtest

NEEDS = ["argo_char", "argo-ctl"]
TESTS = ["argo_char", "argo-cable-tests"]
NO_CABLE, NOBODY_MAY = "its port has no cable", "run as root in domain 0"
MOST = 64
# One that the policy "ports" lets any domain bind.
OWN = 3221230000


def ctl(domain, command):
    return domain.run(f"argo-ctl {command}", timeout=60)


def gives(domain, command, text, rc=1):
    """It fails, and says why."""
    done = ctl(domain, command)
    expect(done.rc == rc and text in done.err, command, done.rc, done.out, done.err)


def add(lab, src, dst):
    lab.dom0.check(f"argo-ctl cable add {src} {dst}")


def remove(lab, src):
    lab.dom0.check(f"argo-ctl cable remove {src}")


def listed(lab):
    """SRC -> DST of each."""
    cables = json.loads(lab.dom0.check("argo-ctl cable list --json"))["cables"]
    return [f"{each['source']} -> {each['destination']}" for each in cables]


@case(xen="patched", needs=TESTS, loopback=True)
def of_the_device(lab):
    gtest(lab, lab.dom0, "argo-cable-tests")


@case("pv61", "pvh612", xen="patched", needs=NEEDS, loopback=True)
def lead_to_the_port_at_the_other_end(lab, u, v):
    echo = v.spawn("exec argo-ctl echo --port 7200")
    echo.wait_for("7200")
    gives(u, "ping cable --port 42 -c 1", NO_CABLE, rc=4)
    add(lab, f"{u.domid}:42", f"{v.domid}:7200")
    done = ctl(u, "ping cable --port 42 -c 3 -i 0.1")
    expect(done.rc == 0, done.out, done.err)
    # Another port of the same domain, and the same port of another.
    gives(u, "ping cable --port 43 -c 1", NO_CABLE, rc=4)
    gives(lab.dom0, "ping cable --port 42 -c 1", NO_CABLE, rc=4)
    expect(listed(lab) == [f"{u.domid}:42 -> {v.domid}:7200"], listed(lab))
    expect(f"{u.domid}:42  {v.domid}:7200" in lab.dom0.check("argo-ctl cable list"))
    remove(lab, f"{u.domid}:42")
    gives(u, "ping cable --port 42 -c 1", NO_CABLE, rc=4)
    echo.kill(2)


@case("pv61", xen="patched", needs=NEEDS, loopback=True)
def are_an_address_for_rules(lab, u):
    """Wherever a cable leads, the domain's own rules name it as one."""
    echo = lab.dom0.spawn("exec argo-ctl echo --port 7200")
    echo.wait_for("7200")
    for port in (42, 43):
        add(lab, f"{u.domid}:{port}", f"{lab.dom0.domid}:7200")
    with rules(u, "deny self:42 -> cable", f"deny self:43 -> {lab.dom0.domid}", "default out allow"):
        gives(u, "ping cable --port 42 -c 1", "Permission denied")
        expect(ctl(u, "ping cable --port 43 -c 1").rc == 0)
        expect("denied by rule 1" in u.run("argo-ctl firewall test self:42 cable").out)
    with rules(u, "allow self:42 -> cable", f"allow {lab.dom0.domid} -> self:42", "default out deny", "default in deny"):
        expect(ctl(u, "ping cable --port 42 -c 1").rc == 0)
        gives(u, "ping cable --port 43 -c 1", "Permission denied")
    for port in (42, 43):
        remove(lab, f"{u.domid}:{port}")
    echo.kill(2)
    echo.wait(10)


@case("pv61", xen="patched", needs=NEEDS, loopback=True)
def are_administered_in_dom0(lab, u):
    ends = f"{u.domid}:42 0:7200"
    for command in (f"cable add {ends}", f"cable remove {u.domid}:42", "cable list"):
        gives(u, command, NOBODY_MAY)
    gives(lab.dom0, f"cable remove {u.domid}:42", "the port has no cable")
    gives(lab.dom0, "cable add 999:42 0:7200", "no domain has that id", rc=4)
    gives(lab.dom0, f"cable add {u.domid}:42 999:7200", "no domain has that id", rc=4)
    add(lab, *ends.split())
    gives(lab.dom0, f"cable add {ends}", "the port has a cable")
    gives(u, "ping cable --port 42 -c 1", "start the peer", rc=4)
    remove(lab, f"{u.domid}:42")
    add(lab, f"{u.domid}:42", "parent:1")
    gives(u, "ping cable --port 42 -c 1", "the cable leads to the parent hypervisor", rc=4)
    expect(listed(lab) == [f"{u.domid}:42 -> parent:1"], listed(lab))
    remove(lab, f"{u.domid}:42")


@case("pv61", xen="patched", needs=NEEDS, loopback=True)
def carry_a_file(lab, u):
    """More than a ring holds, so that the sender waits for space along the cable."""
    add(lab, f"{u.domid}:42", "0:7201")
    receiver = lab.dom0.spawn("exec argo-ctl recv --port 7201 -o /tmp/along --ring-size 64K --checksum -q")
    lab.dom0.check("until argo-ctl rings | grep -qw 7201; do sleep 0.1; done")
    u.check("dd if=/dev/urandom of=/tmp/file bs=64k count=64 2>&1")
    done = ctl(u, "send /tmp/file cable --port 42 --checksum -q")
    expect(done.rc == 0, done.out, done.err)
    expect(receiver.wait(60).rc == 0, receiver.err)
    expect(lab.dom0.check("sha256sum </tmp/along") == u.check("sha256sum </tmp/file"), "another file arrived")
    lab.dom0.check("rm /tmp/along")
    u.check("rm /tmp/file")
    remove(lab, f"{u.domid}:42")


@case("pv61", "pv612", xen="patched", needs=NEEDS, loopback=True, fresh=True)
def end_with_the_domain_at_the_other_end(lab, u, other):
    """And a domain's table has room again for as many cables as have lost their ends."""
    plugs = "; ".join(f"argo-ctl cable add 0:{1000 + n} {other.domid}:7200" for n in range(MOST))
    lab.dom0.check(plugs, timeout=200)
    gives(lab.dom0, f"cable add 0:42 {u.domid}:7200", "all cables that it may have")
    add(lab, f"{u.domid}:42", "0:7200")
    add(lab, f"{other.domid}:42", "0:7200")
    expect(len(listed(lab)) == MOST + 2, listed(lab))
    other.destroy()
    gives(lab.dom0, "ping cable --port 1000 -c 1", NO_CABLE, rc=4)
    add(lab, "0:42", f"{u.domid}:7200")
    expect(listed(lab) == [f"0:42 -> {u.domid}:7200", f"{u.domid}:42 -> 0:7200"], listed(lab))
    remove(lab, "0:42")
    remove(lab, f"{u.domid}:42")


@case(xen="patched", flask="ports", needs=NEEDS)
def are_no_way_around_the_policy(lab):
    u = domu(lab)
    for port, text, rc in ((7200, "policy denies it", 1), (7100, "policy denies it", 1),
                           (3221225472 + 999, "start the peer", 4)):
        add(lab, f"0:{OWN}", f"{u.domid}:{port}")
        gives(lab.dom0, f"ping cable --port {OWN} -c 1", text, rc)
        remove(lab, f"0:{OWN}")
    u.destroy()


@case(needs=NEEDS)
def an_earlier_xen_has_none(lab):
    for command in ("ping cable --port 1042 -c 1", "cable list", "cable add 0:1042 0:7200", "cable remove 0:1042"):
        gives(lab.dom0, command, "the hypervisor has no cables", rc=3)
