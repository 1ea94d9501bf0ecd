# SPDX-License-Identifier: MIT
"""Verified traffic between many domains at once."""

import json

from cases.servants import result, traffic
from lab.cases import case, each, expect

NEEDS = ["argo_char", "argo-traffic"]
EVERY_KIND = ("pv61", "pvh61", "pv612", "pvh612")


def ten_senders(receiver, senders, options=""):
    """Two of each domain, all to one ring, which is much smaller than what comes."""
    count = 150
    sizes = "--size 0-2500 --seed 77 --timeout 400"
    taking = traffic(receiver, f"recv --port 6200 --ring 32768 --count {count} --senders {2 * len(senders)} {sizes}")
    sending = [traffic(domain, f"send --to {receiver.domid}:6200 --count {count} {sizes} {options}")
               for domain in senders for _ in range(2)]
    received = result(taking)
    sent = [result(process) for process in sending]
    expect(received["messages"] == len(sending) * count, received)
    expect(received["bytes"] == sum(each_["bytes"] for each_ in sent), received, sent)
    # It was full now and then, or this shows nothing.
    expect(any(each_["full"] for each_ in sent) or not options, sent)


@case(*EVERY_KIND, timeout=500, needs=NEEDS, loopback=True)
def ten_senders_to_dom0(lab, *domus):
    ten_senders(lab.dom0, [lab.dom0, *domus])


@case(*EVERY_KIND, timeout=500, needs=NEEDS, loopback=True)
def ten_senders_to_a_domu_with_poll(lab, *domus):
    ten_senders(domus[-1], [lab.dom0, *domus], "--nonblock")


@each(("pv61", "pvh612"), ("pvh61", "pv612"), timeout=300, needs=NEEDS, loopback=True)
def both_ways_through_small_rings(_, a, b):
    count, sizes = 400, "--size 0-3500 --seed 5 --timeout 200"
    rings = [traffic(d, f"recv --port 6300 --ring 4096 --count {count} {sizes}") for d in (a, b)]
    sending = [traffic(d, f"send --to {to.domid}:6300 --count {count} {sizes} {how}")
               for d, to, how in ((a, b, ""), (b, a, "--nonblock"))]
    for process in [*sending, *rings]:
        expect(result(process)["messages"] == count)


@each("pv61", "pvh612", needs=["argo_char", "argo-ctl"], loopback=True)
def round_trips_with_and_without_busy_polling(lab, u):
    bound = "/sys/module/argo/parameters/busy_poll_us"
    default = lab.dom0.check(f"cat {bound}").strip()
    for most in ("0", "20", default):
        for domain in (lab.dom0, u):
            domain.check(f"echo {most} >{bound}")
        serving = lab.dom0.spawn(f"argo-ctl bench --serve --port 6800 --partner {u.domid}")
        serving.wait_for("answering")
        done = u.run("argo-ctl bench 0:6800 --mode round-trip --sizes 64 --count 300 --json", 60)
        serving.kill(2)
        expect(done.rc == 0, most, done.out, done.err)
        row = json.loads(done.out)["results"][0]
        expect(row["received"] == 300 and not row["lost"] and not row["reordered"], most, row)
        serving.wait(30)
