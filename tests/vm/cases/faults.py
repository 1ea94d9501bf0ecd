# SPDX-License-Identifier: MIT
"""What a real hypervisor cannot be made to do: the virtual domains of argo_loopback are made to fail."""

import json

from cases.servants import passes, result, traffic
from lab.cases import case, expect

NEEDS = ["argo_char", "argo-traffic", "argo-ctl"]
# Numbers as the kernel has them.
EIO, ENOMEM, EAGAIN = 5, 12, 11
ANY = "any"


def rings_of(domain):
    return {ring["port"]: ring for ring in json.loads(domain.check("argo-ctl rings --json"))["rings"]}


@case("pv61", needs=NEEDS, loopback="only")
def an_errno_reaches_the_sender(lab, u):
    taking = traffic(u, "recv --port 6900 --count 3 --size 10 --seed 1")
    lab.dom0.control(f"fail sendv 1 {EIO}")
    done = lab.dom0.run(f"argo-traffic try {u.domid}:6900 --size 10 --seed 1")
    expect("EIO" in done.out, done.out, done.err)
    # The next one goes, and nothing of the first was delivered.
    result(traffic(lab.dom0, f"send --to {u.domid}:6900 --count 3 --size 10 --seed 1"))
    expect(result(taking)["messages"] == 3)


@case("pv61", needs=NEEDS, loopback="only")
def a_ring_that_cannot_be_had(lab, _):
    for err, said in ((ENOMEM, "Cannot allocate memory"), (EIO, "Input/output error")):
        lab.dom0.control(f"fail register 1 {err}")
        done = lab.dom0.run("argo-ctl echo --port 6901")
        expect(done.rc != 0 and said in done.err, done.err)
    # EAGAIN is a promise that a wait helps.
    lab.dom0.control(f"fail register 1 {EAGAIN}")
    passes(lab.guests[0], lab.dom0, count=20, port=6902)


@case("pv61", needs=NEEDS, loopback="only")
def the_hypervisor_is_out_of_memory(lab, u):
    lab.dom0.control("alloc 1 every")
    done = lab.dom0.run("argo-ctl echo --port 6903")
    lab.dom0.control("mend")
    expect(done.rc != 0 and "memory" in done.err, done.err)
    passes(lab.dom0, u)


@case("pv61", needs=NEEDS, loopback="only")
def what_is_mended_fails_no_more(lab, u):
    for fault in (*(f"fail {op} 1 {EIO} every" for op in ("register", "unregister", "sendv", "notify")),
                  "irq drop", "alloc 1 every"):
        u.control(fault)
    u.control("mend")
    passes(lab.dom0, u)
    passes(u, lab.dom0)


@case("pv61", timeout=200, needs=NEEDS, loopback="only")
def lost_interrupts_of_a_sender_are_made_up_for(lab, u):
    # The receiver is told of messages; the sender, who waits for space after every other message, is never.
    lab.dom0.control("irq drop")
    try:
        for number, how in enumerate(("", "--nonblock")):
            size = "--count 20 --size 3000 --seed 4"
            taking = traffic(u, f"recv --port {6940 + number} --ring 8192 {size}")
            sent = result(traffic(lab.dom0, f"send --to {u.domid}:{6940 + number} {size} {how}"))
            expect(sent["full"] or not how, "it was never full:", sent)
            expect(result(taking)["messages"] == 20)
    finally:
        lab.dom0.control("irq deliver")
    passes(lab.dom0, u)


@case("pv61", needs=NEEDS, loopback="only")
def interrupts_that_come_late_or_mean_nothing(lab, u):
    echo = u.spawn("argo-ctl echo --port 6904")
    echo.wait_for("echoing")
    for _ in range(20):
        u.control("irq now")
    u.control("irq delay")
    try:
        done = lab.dom0.run(f"argo-ctl ping {u.domid}:6904 -c 1 -W 1")
        expect("1 sent, 0 received" in done.out, "it was told in spite of that:", done.out)
    finally:
        u.control("irq deliver")
    # It is found with the next one, too late for who sent it.
    lab.dom0.check(f"argo-ctl ping {u.domid}:6904 -c 1")
    echo.wait_for("1 lost so far")
    echo.kill(2)
    echo.wait(10)


@case("pv61", needs=NEEDS, loopback="only", expects=[r"argo\d: ring \d+ .* makes no sense"])
def a_ring_that_makes_no_sense_is_out_of_use(lab, u):
    for number, how in enumerate(("tx 7", "tx 4294967280", "len 0", "len 15", "len 4294967295")):
        port = 6910 + number
        what, value = how.split()
        echo = u.spawn(f"argo-ctl echo --port {port}")
        echo.wait_for("echoing")
        # With a message in it, and nobody told: the spoilt one is what the reader finds.
        u.control("irq drop 1")
        result(traffic(lab.dom0, f"send --to {u.domid}:{port} --count 1 --size 64 --seed 1"))
        u.control(f"spoil {what} {port} {ANY} {value}")
        u.control("irq now")
        done = echo.wait(30)
        expect(done.rc != 0 and "EBADMSG" in done.err or "Bad message" in done.err, how, done.out, done.err)
        expect(port not in rings_of(u), how)
    passes(lab.dom0, u)


@case("pv61", timeout=200, needs=NEEDS, loopback="only")
def restored_under_another_id(lab, u):
    before = u.domid
    taking = traffic(u, "recv --port 6920 --senders 2 --expect-reset --idle-end 4 --size 0-900 --seed 8 --timeout 100")
    sending = traffic(lab.dom0, f"send --to {before}:6920 --rate 200 --expect-gone --size 0-900 --seed 8")
    lab.vm.run("sleep 1")
    lab.revive(u)
    expect(u.domid != before)
    said = result(sending)
    expect(said["messages"] > 0 and said["errno"] != "EIO", said)
    result(traffic(lab.dom0, f"send --to {u.domid}:6920 --count 200 --size 0-900 --seed 8"))
    taken = result(taking)
    expect(taken["resets"] == 1 and taken["messages"] >= 200, taken)
    passes(u, lab.dom0)


@case("pv61", needs=NEEDS, loopback="only")
def dead_and_alive_again(lab, u):
    u.destroy()
    done = lab.dom0.run(f"argo-ctl ping {u.domid}:7000 -c 1")
    expect(done.rc != 0 and "no domain has that id" in done.err, done.err)
    done = u.run("argo-ctl echo --port 6930")
    expect(done.rc != 0, "a dead domain got a ring")
    lab.revive(u)
    passes(lab.dom0, u)
    passes(u, lab.dom0)
