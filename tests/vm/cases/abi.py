# SPDX-License-Identifier: MIT
"""/dev/argo, operation by operation and error by error, in every kind of domain and between them.

All of argo-abi-tests runs in dom0 and in a PVH domU with 6.12. Elsewhere what depends on the kernel or on the type of
guest runs: how memory is read, how ports and rings are registered, how waits end, and all that goes between domains.
"""

from cases.servants import PORT, dismiss, serve
from lab.cases import Skip, case, each, expect, gtest

NEEDS = ["argo_char", "argo-abi-tests", "argo-test-peer"]
ESSENTIAL = ("info.*:bind.*:connect_test.*:message_test.*:memory_test.*:wait_test.*:poll_test.edge*:largest.*:fuzz.*"
             ":lifetime_test.*:*arguments_test.right*:between.*")
NEED_TWO_PEERS = "bind.every_partner_of_one_port:between.a_third_domain_is_not_heard"


def abi(lab, tester, *peers, only="*"):
    serve(*peers)
    if len(peers) < 2:
        only += f"-{NEED_TWO_PEERS}"
    names = zip(("peer", "peer2"), peers)
    args = " ".join([*(f"--{name}={peer.domid}" for name, peer in names), f"--hypervisor={lab.hypervisor}"])
    gtest(lab, tester, "argo-abi-tests", f"'--gtest_filter={only}' {args}", timeout=500)


@case("pv61", "pvh612", timeout=600, needs=NEEDS, loopback=True)
def all_of_it_in_dom0(lab, a, b):
    abi(lab, lab.dom0, a, b)


@case("pvh612", "pv61", timeout=600, needs=NEEDS)
def all_of_it_in_a_domu(lab, tester, other):
    abi(lab, tester, lab.dom0, other)


@each("pv61", "pvh61", "pv612", timeout=400, needs=NEEDS)
def essentials_with_dom0(lab, tester):
    abi(lab, tester, lab.dom0, only=ESSENTIAL)


@each("pvh61", "pv612", timeout=300, needs=NEEDS)
def from_dom0(lab, peer):
    abi(lab, lab.dom0, peer, only="between.*")


@each(("pv61", "pvh61"), ("pvh61", "pv612"), ("pv612", "pvh612"), ("pvh612", "pv61"), ("pv612", "pv612"),
      timeout=300, needs=NEEDS)
def between_domus(lab, tester, peer):
    abi(lab, tester, peer, lab.dom0, only="between.*")


@each("pv61", "pvh61", "pv612", "pvh612", needs=["argo_char", "argo-abi-smoke32"], loopback=True)
def programs_of_32_bits(lab, u):
    for domain in (u, lab.dom0):
        done = domain.run("argo-abi-smoke32")
        expect(done.rc == 0, domain.name, done.out, done.err)


@case("pvh612", timeout=300, needs=[*NEEDS, "argo-libargo-tests"], loopback=True)
def libargo_in_dom0(lab, peer):
    serve(peer)
    gtest(lab, lab.dom0, "argo-libargo-tests", f"--peer={peer.domid}")


@case("pv612", timeout=300, needs=[*NEEDS, "argo-libargo-tests"])
def libargo_in_a_domu(lab, tester):
    serve(lab.dom0)
    gtest(lab, tester, "argo-libargo-tests", "--peer=0")


@case("pv61", needs=NEEDS, loopback=True)
def a_servant_that_is_killed_leaves_nothing(lab, u):
    serve(u)
    dismiss(u)
    done = u.run("argo-traffic recv --port %d --idle-end 1 --senders 0" % PORT)
    expect(done.rc == 0, "the port is still in use:", done.out, done.err)


@case()
def thirty_two_waiting_domains(_):
    # Beyond that many the hypervisor answers EBUSY, and the driver asks again by and by. The lab has memory for six;
    # on argo_loopback two waiters are the limit (lab/loopback.py), and traffic.ten_senders exceeds it.
    raise Skip("not on Xen: 33 domains would be needed to exceed its 32 waiters of one ring")
