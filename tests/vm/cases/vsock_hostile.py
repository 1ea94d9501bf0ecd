# SPDX-License-Identifier: MIT
"""AF_VSOCK with a peer, or a user, that means harm: what it costs, and who else notices. On argo_loopback.

Domains 0 and 1 have a transport each; a peer that plays one of its own is domain 2.
"""

import contextlib
import json

from cases.vsock import NEEDS, PORT, WINDOW, cid, counter, echoes, ended, listening, loaded_once, stop, tool
from lab.cases import Skip, case, expect

ROGUE = [*NEEDS, "argo-vsock-rogue"]
# The series that differ in how they keep what is not read; 5.10 has no SOCK_SEQPACKET.
SERIES = ("5.10", "6.1", "6.12")
RECORD_SERIES = ("6.1", "6.12")
LIMIT_KB = 40_000
PARAMETERS = "/sys/module/argo_vsock/parameters"
TRACING = "/sys/kernel/tracing"
# What a connection gets at least.
LEAST = 16 << 10


def available(lab):
    return int(lab.vm.check("awk '/MemAvailable/ {print $2}' /proc/meminfo"))


def expect_little_is_used(lab, before):
    """Since available() was `before`. The peer has to be alive: what it sent goes with it."""
    used = before - available(lab)
    expect(used < LIMIT_KB, f"{used} kB are not there any more")


@contextlib.contextmanager
def parameter(lab, name, value):
    path = f"{PARAMETERS}/{name}"
    before = lab.vm.check(f"cat {path}").strip()
    lab.vm.check(f"echo {value} >{path}")
    try:
        yield
    finally:
        lab.vm.check(f"echo {before} >{path}")


@contextlib.contextmanager
def running(process):
    try:
        yield process
    finally:
        process.kill(9)
        process.wait(60)


def hostile(*kinds, series=SERIES, **options):
    """make check-debug runs those of 6.12 on its own kernel."""
    return case(*kinds, loopback="only", series=series, **options)


@hostile("pv61", "pv61", series=RECORD_SERIES, timeout=300, needs=ROGUE)
def unread_records_cost_what_their_credit_is(lab, other, rogue):
    with loaded_once(lab), running(tool(lab.dom0, f"deaf --port {PORT} --type record")) as deaf:
        deaf.wait_for("listening")
        before = available(lab)
        with running(rogue.spawn(f"exec argo-vsock-rogue records --to 0 --port {PORT} --count 100000")) as sends:
            sends.wait_for("}", timeout=200)
            expect('"sent": 100000, "reset": false' in sends.out, sends.out)
            expect_little_is_used(lab, before)
        echoes(lab.dom0, other, port=PORT + 1)


@hostile("pv61", "pv61", timeout=300, needs=ROGUE)
def unread_bytes_cost_what_they_are(lab, _, rogue):
    with loaded_once(lab), running(tool(lab.dom0, f"drip --port {PORT}")) as drips:
        drips.wait_for("listening")
        before = available(lab)
        with running(rogue.spawn(f"exec argo-vsock-rogue deaf --to 0 --port {PORT}")):
            drips.wait_for('"errno": "EAGAIN"}', timeout=200)
            expect_little_is_used(lab, before)


@hostile("pv61", "pv61", timeout=300, needs=ROGUE)
def connections_of_a_peer_share_its_credit(lab, _, rogue):
    share, count = 4 * WINDOW, 100
    deaf_for_all = f"deaf --port {PORT} --backlog {2 * count}"
    with loaded_once(lab), parameter(lab, "peer_credit", share), running(tool(lab.dom0, deaf_for_all)) as deaf:
        deaf.wait_for("listening")
        before = available(lab)
        with running(rogue.spawn(f"exec argo-vsock-rogue spends --to 0 --port {PORT} --count {count}")) as spends:
            spends.wait_for("}", timeout=200)
            said = json.loads(spends.out)
            expect_little_is_used(lab, before)
    wanted = share + (count - share // WINDOW) * LEAST
    expect(said == {"connections": count, "credit": wanted, "reset": 0, "answered": True}, said, wanted)


def rings(domain):
    return json.loads(domain.check("argo-ctl rings --json"))["rings"]


@hostile("pv61", "pv61", timeout=300, needs=[*NEEDS, "argo-ctl"])
def connecting_to_a_domain_without_a_ring_takes_none(lab, other, absent):
    with loaded_once(lab):
        none = len(rings(lab.dom0))
        echoes(lab.dom0, other)
        before = len(rings(lab.dom0))
        expect(before > none, rings(lab.dom0))
        for to in (absent.domid, absent.domid + 1, 1000, 1001):
            done = ended(tool(lab.dom0, f"many --cid {to + 2} --port {PORT} --count 20"))
            expect(done["connected"] == 0 and sum(done["errors"].values()) == 20, done)
        expect(len(rings(lab.dom0)) == before, rings(lab.dom0))


@contextlib.contextmanager
def slowed(lab, function):
    """Each call of a function of argo_vsock begins with some microseconds in which others run."""
    lab.vm.check(f"grep -q ' {TRACING} ' /proc/mounts || mount -t tracefs tracefs {TRACING}")
    if lab.vm.run(f"test -e {TRACING}/kprobe_events").rc:
        raise Skip("the kernel has no kprobes")
    lab.vm.check(f"cd {TRACING} && echo 'p:slowed argo_vsock:{function}' >kprobe_events && "
                 "echo stacktrace >events/kprobes/slowed/trigger && echo 1 >events/kprobes/slowed/enable")
    try:
        yield
    finally:
        lab.vm.check(f"cd {TRACING} && echo 0 >events/kprobes/slowed/enable && "
                     "echo '!stacktrace' >events/kprobes/slowed/trigger && echo >kprobe_events")


@hostile("pv61", timeout=200, needs=NEEDS)
def bytes_stay_in_order_whoever_reads_the_ring(lab, other):
    """The worker and the reader of a stream take turns at the ring, also after the reader has found its queue empty."""
    with loaded_once(lab), slowed(lab, "argo_vsock_read_direct"):
        for reader, writer in ((lab.dom0, other), (other, lab.dom0)):
            reading = listening(reader, f"turns --port {PORT}")
            wrote = tool(writer, f"numbers --cid {cid(reader)} --port {PORT} --seconds 2")
            took = ended(reading)
            expect(took["in_order"], took)
            expect(ended(wrote)["bytes"] == took["bytes"], took, wrote.out)


@hostile("pv61", "pv61", timeout=300, needs=ROGUE, sample=True)
def more_than_its_credit_ends_a_connection(lab, other, rogue):
    with loaded_once(lab), running(tool(lab.dom0, f"deaf --port {PORT}")) as deaf:
        deaf.wait_for("listening")
        before = counter(lab.dom0, "reset_credit")
        said = ended(rogue.spawn(f"exec argo-vsock-rogue overdraws --to 0 --port {PORT}"))
        expect(said == {"sent": 5, "reset": True}, said)
        expect(counter(lab.dom0, "reset_credit") == before + 1)
        echoes(lab.dom0, other, port=PORT + 1)


@hostile("pv61", timeout=600, needs=NEEDS)
def one_whose_memory_never_comes_stops_nobody_else(lab, other):
    """The user holds a socket's lock. Packets for that socket must not delay those for other sockets."""
    lab.vm.check("echo 1 >/proc/sys/vm/unprivileged_userfaultfd")
    records = () if lab.vm.check("uname -r").startswith("5.10") else ("read --type record",)
    with loaded_once(lab):
        for how in ("read", "peek", "write", "option", *records, "option --on listener"):
            with running(tool(lab.dom0, f"stuck --port {PORT} --how {how}")) as stuck:
                stuck.wait_for("listening")
                kind = " --type record" if "record" in how else ""
                with running(tool(other, f"send --cid {cid(lab.dom0)} --port {PORT} --mib 4{kind}")):
                    stuck.wait_for("stuck", timeout=60)
                    echoes(lab.dom0, other, 5, port=PORT + 1)
                    echoes(other, lab.dom0, 5, port=PORT + 2)
                # Its peer has closed: what ends the connection waits, too.
                echoes(lab.dom0, other, 5, port=PORT + 1)


@hostile("pv61", timeout=300, needs=NEEDS)
def one_whose_memory_never_comes_stops_no_restore(lab, other):
    lab.vm.check("echo 1 >/proc/sys/vm/unprivileged_userfaultfd")
    with loaded_once(lab), running(tool(lab.dom0, f"stuck --port {PORT} --how read")) as stuck:
        stuck.wait_for("listening")
        holding = listening(lab.dom0, f"echo --port {PORT + 1}")
        held = tool(other, f"hold --cid {cid(lab.dom0)} --port {PORT + 1}")
        held.wait_for("connected")
        with running(tool(other, f"send --cid {cid(lab.dom0)} --port {PORT} --mib 4")):
            stuck.wait_for("stuck", timeout=60)
            other.restore(other.domid + 40)
            expect(ended(held)["errno"] == "ECONNRESET")
        stop(holding)
        echoes(lab.dom0, other, 5, port=PORT + 2)
