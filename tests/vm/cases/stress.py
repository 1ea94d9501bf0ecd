# SPDX-License-Identifier: MIT
"""Anything at random, for a while: every byte that arrives is right, everything ends, and no kernel complains."""

import json
import random
import time

from cases.servants import passes
from lab.cases import case, expect
from lab.errors import LabError

NEEDS = ["argo_char", "argo-stress", "argo-traffic"]

# What each of its threads is doing in the kernel.
WHERE = "for task in /proc/$(pidof argo-stress)/task/*; do cat $task/syscall $task/stack; done"


def stressed(lab, domains, meanwhile=lambda: None, options=""):
    """argo-stress in each of the domains, all of them at each other; returns what each said."""
    seconds = lab.built.stress_seconds
    ids = ",".join(str(domain.domid) for domain in domains)
    running = [domain.spawn(f"argo-stress --domains {ids} --seconds {seconds} --seed {number} {options}")
               for number, domain in enumerate(domains)]
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        meanwhile()
        time.sleep(0.2)
    totals = []
    for domain, process in zip(domains, running):
        try:
            done = process.wait(60)
        except LabError as late:
            raise LabError(f"{late}\n{domain.run(WHERE).out}") from None
        said = json.loads(done.out) if done.rc == 0 else {}
        expect(said.get("ok"), process.agent.name, done.rc, done.out, done.err)
        totals.append(said)
    return totals


def expect_received(lab, totals):
    """None of them was left out, however slow the kernel is."""
    expect(all(said["received"] > 2 * lab.built.stress_seconds for said in totals), totals)


@case("pv61", "pvh612", timeout=300, needs=NEEDS, loopback=True)
def at_random(lab, a, b):
    expect_received(lab, stressed(lab, [lab.dom0, a, b]))
    passes(lab.dom0, a)
    passes(b, lab.dom0)


@case("pv61", "pvh612", timeout=300, needs=NEEDS, loopback="only", sample=True, expects=[r"argo\d: ring \d+ .* makes no sense"])
def while_the_hypervisor_fails(lab, a, b):
    rng = random.Random(1)
    faults = ("fail sendv 5 5", "fail sendv 3 12", "fail notify 2 12", "fail register 2 12", "fail sendv 4 14",
              "irq drop 20", "irq delay 3", "irq deliver", "irq now", "alloc 9")

    def meanwhile():
        domain = rng.choice((lab.dom0, a, b))
        domain.control(rng.choice(faults))
        if rng.random() < 0.05:
            lab.revive(a)

    # The ids that they send to are those from before; what is restored is sent to no more.
    *others, _ = stressed(lab, [lab.dom0, b, a], meanwhile)
    expect_received(lab, others)
    for domain in (lab.dom0, a, b):
        domain.control("mend")
    passes(lab.dom0, b)
    passes(a, lab.dom0)
