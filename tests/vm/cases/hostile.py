# SPDX-License-Identifier: MIT
"""A local user without any capability, and what others notice of that user: nothing."""

from cases.servants import passes
from lab.cases import case, each, expect, gtest

NEEDS = ["argo_char", "argo-hostile-user"]
TRACING = "/sys/kernel/tracing"
WATCHED = 300
# Each test has room for its own; one goes up to the limit, so the limit is lower than the kernel's own.
EPOLL_WATCHES = 30000


def allow(domain):
    """What a user may do where the administrator is kind."""
    domain.check("chmod 666 /dev/argo; echo 1 >/proc/sys/vm/unprivileged_userfaultfd; "
                 f"echo {EPOLL_WATCHES} >/proc/sys/fs/epoll/max_user_watches; "
                 "echo 1 >/proc/sys/kernel/unprivileged_userns_clone; true")


def hostile_user(lab, domain, only="*"):
    allow(domain)
    gtest(lab, domain, "argo-hostile-user", f"--gtest_filter={only}", timeout=200)


@each("pvh612", timeout=300, needs=NEEDS, loopback=True, sample=True)
def on_a_user_of_the_same_domain(lab, u):
    hostile_user(lab, u)


@case("pv61", timeout=300, needs=NEEDS, loopback="only", series=("5.10", "6.1", "7.3"))
def on_other_kernels(lab, u):
    hostile_user(lab, u)


@case("pv61", needs=[*NEEDS, "argo-test-peer", "argo-traffic"], loopback="only")
def whose_memory_never_comes_stops_no_restore(lab, u):
    allow(u)
    stuck = u.spawn("exec argo-hostile-user stuck")
    stuck.wait_for("stuck", timeout=60)
    u.restore(u.domid + 40)
    passes(lab.dom0, u)
    passes(u, lab.dom0)
    stuck.kill(9)
    stuck.wait(10)


@case("pv61", timeout=200, needs=NEEDS, loopback="only")
def a_round_asks_once_about_each_destination(lab, u):
    allow(u)
    lab.vm.check(f"mountpoint -q {TRACING} || mount -t tracefs tracefs {TRACING}; echo 1 >{TRACING}/events/argo/argo_space/enable")
    watching = u.spawn(f"exec argo-hostile-user watch --count {WATCHED}")
    watching.wait_for("watching")
    lab.vm.check(f"echo >{TRACING}/trace")
    u.control("irq now")
    asked = f"sed -n 's/.* argo_space: at=[0-9]*:\\(2[0-9]*\\) .*/\\1/p' {TRACING}/trace"
    lab.vm.check(f"for i in $(seq 1 100); do [ $({asked} | wc -l) -lt {2 * WATCHED} ] || exit 0; sleep 0.1; done; exit 1")
    ports = lab.vm.check(asked).split()[:2 * WATCHED]
    lab.vm.check(f"echo 0 >{TRACING}/events/argo/argo_space/enable")
    # Each is asked about again after all others.
    first, second = ports[:WATCHED], ports[WATCHED:]
    expect(len(set(first)) == WATCHED and first == second, first, second)
    watching.kill(9)
    watching.wait(30)
