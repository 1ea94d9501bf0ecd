# SPDX-License-Identifier: MIT
"""AF_VSOCK with domains that go, and with such that do not play by the rules."""

import time

from cases.vsock import NEEDS, PORT, attempt, cid, counter, echoes, ended, listening, load, stop, tool, unload
from lab.agent import PATIENCE
from lab.cases import case, each, expect

ROGUE = [*NEEDS, "argo-vsock-rogue"]
# The promise is two seconds; the lab's clock is what the machine under it leaves.
SOON = 2 * PATIENCE


def rogue(domain, args, timeout=60):
    return ended(domain.spawn(f"exec argo-vsock-rogue {args}"), timeout)


def reset_soon(process, since):
    said = ended(process, 30)
    took = time.monotonic() - since
    expect(said["errno"] == "ECONNRESET", said)
    expect(took < SOON, f"told after {took:.1f} s")


@each(("pv61", "pvh612"), ("pvh61", "pv612"), fresh=True, needs=NEEDS)
def a_domain_that_dies(lab, doomed, other):
    load(lab.dom0, doomed, other)
    listening(doomed, f"echo --port {PORT}")
    holding = [tool(domain, f"hold --cid {cid(doomed)} --port {PORT}") for domain in (lab.dom0, other)]
    for process in holding:
        process.wait_for("connected")
    doomed.destroy()
    since = time.monotonic()
    for process in holding:
        reset_soon(process, since)
    expect(attempt(other, cid(doomed))["errno"] in ("EHOSTUNREACH", "ECONNREFUSED", "ENODEV"))
    echoes(lab.dom0, other)


@each("pv61", "pvh612", timeout=400, needs=NEEDS)
def a_domain_that_is_restored(lab, u):
    load(lab.dom0, u)
    before = cid(u)
    server = listening(lab.dom0, f"echo --port {PORT}")
    serving = listening(u, f"echo --port {PORT + 1}")
    ours = tool(u, f"hold --cid 2 --port {PORT}")
    theirs = tool(lab.dom0, f"hold --cid {cid(u)} --port {PORT + 1}")
    for process in (ours, theirs):
        process.wait_for("connected")
    u.save("/run/vsock")
    reset_soon(theirs, time.monotonic())
    lab.restore("/run/vsock")
    lab.dom0.check("rm /run/vsock")
    reset_soon(ours, time.monotonic())

    expect(cid(u) != before)
    expect(int(u.check("cat /sys/module/argo_vsock/guest/cid")) == cid(u))
    expect(f"CID {cid(u)}" in u.check("dmesg | grep argo_vsock"), "the new CID was not reported")
    # The listening socket is the one from before.
    got = ended(tool(lab.dom0, f"many --cid {cid(u)} --port {PORT + 1} --count 3"))
    expect(got["echoed"] == 3, got)
    got = ended(tool(u, f"many --cid 2 --port {PORT} --count 3"))
    expect(got["echoed"] == 3, got)
    stop(serving)
    stop(server)


@each(("pv61", "pvh612"), needs=NEEDS)
def unloading_is_refused_or_safe(lab, u, _):
    load(lab.dom0, u)
    serving = listening(u, f"echo --port {PORT}")
    holding = tool(lab.dom0, f"hold --cid {cid(u)} --port {PORT}")
    holding.wait_for("connected")
    expect(u.run("rmmod argo_vsock").rc != 0, "unloaded under a connection")
    stop(serving)
    said = ended(holding)
    expect(said["errno"] in ("", "ECONNRESET"), said)
    for _ in range(3):
        unload(u)
        load(u)
        echoes(u, lab.dom0)
        echoes(lab.dom0, u)


@each("pv61", "pvh612", needs=ROGUE)
def what_makes_no_sense_is_counted_and_dropped(lab, u):
    load(lab.dom0)
    unload(u)
    before = counter(lab.dom0, "dropped_malformed")
    sent = rogue(u, "malformed --to 0")["malformed"]
    expect(sent > 60, sent)
    expect(counter(lab.dom0, "dropped_malformed") - before == sent, sent, before, counter(lab.dom0, "dropped_malformed"))
    serving = listening(lab.dom0, f"echo --port {PORT}")
    broken = rogue(u, f"breaks --to 0 --port {PORT}", 200)
    expect(broken["connections"] > 10 and not broken["failed"], broken)
    stop(serving)
    load(u)
    echoes(lab.dom0, u)


@each(("pv61", "pvh612"), ("pvh61", "pv612"), needs=ROGUE)
def nobody_speaks_in_anothers_name(lab, liar, other):
    load(lab.dom0, other)
    unload(liar)
    serving = listening(lab.dom0, f"echo --port {PORT}")
    before = counter(lab.dom0, "dropped_source")
    said = rogue(liar, f"spoof --to 0 --port {PORT} --as {cid(other)}")
    expect(said["sent"] == 2 and not said["answered"], said)
    expect(counter(lab.dom0, "dropped_source") - before == 2)

    # A connection of dom0 with the other one: nobody else can end it.
    far = listening(other, f"echo --port {PORT}")
    holding = tool(lab.dom0, f"hold --cid {cid(other)} --port {PORT}")
    holding.wait_for("connected")
    listed = lab.dom0.check(f"ss --vsock -n | grep {cid(other)}:{PORT}").split()
    local = next(word for word in listed if word.startswith(("2:", "*:"))).split(":")[1]
    said = rogue(liar, f"reply --to 0 --as {cid(other)} --port {PORT} --to-port {local}")
    expect(said["sent"] == 3, said)
    # And a socket that waits for an answer is not given one by another.
    lab.dom0.run("sleep 0.5")
    expect(holding.running, "ended by a domain that it has nothing to do with:", holding.out)
    expect(counter(lab.dom0, "dropped_source") - before == 5)
    for process in (holding, far, serving):
        stop(process)
    load(liar)


@case("pv61", "pvh612", timeout=400, needs=ROGUE)
def a_flood_keeps_nobody_else_out(lab, flooder, other):
    load(lab.dom0, other)
    unload(flooder)
    # One that accepts, one that does not, and one with nobody there: each flooded, each reached by the other domain.
    serving = listening(lab.dom0, f"echo --port {PORT}")
    deaf = listening(lab.dom0, f"deaf --port {PORT + 1} --backlog 16")
    used = int(lab.dom0.check("awk '/MemAvailable/ {print $2}' /proc/meminfo"))
    for port in (PORT, PORT + 1, PORT + 2):
        flood = flooder.spawn(f"exec argo-vsock-rogue flood --to 0 --port {port} --seconds 8")
        flood.wait_for("flooding")
        got = ended(tool(other, f"many --cid 2 --port {PORT} --count 5"), 60)
        expect(got["echoed"] == 5, port, got)
        if port == PORT + 1:
            # Into the accept queue, with nobody who accepts.
            expect(attempt(other, 2, PORT + 1)["errno"] == "", "the flood has taken the whole accept queue")
        said = ended(flood, 60)
        expect(said["sent"] > 100, said)
    expect(counter(lab.dom0, "refused_share") > 0, "nothing was refused")
    left = used - int(lab.dom0.check("awk '/MemAvailable/ {print $2}' /proc/meminfo"))
    expect(left < 100_000, f"{left} kB are not there any more")
    stop(serving)
    stop(deaf)
    load(flooder)
    echoes(lab.dom0, flooder)


@case("pv61", "pvh612", timeout=300, needs=NEEDS)
def one_that_does_not_read_stops_only_itself(lab, slow, other):
    load(lab.dom0, slow, other)
    serving = listening(slow, f"echo --port {PORT}")
    listening_too = listening(other, f"echo --port {PORT}")
    holding = tool(lab.dom0, f"hold --cid {cid(slow)} --port {PORT}")
    holding.wait_for("connected")
    slow.pause()
    try:
        # Its ring fills; what is for the other goes on.
        stuck = tool(lab.dom0, f"send --cid {cid(slow)} --port {PORT} --mib 64")
        got = ended(tool(lab.dom0, f"many --cid {cid(other)} --port {PORT} --count 20"), 60)
        expect(got["echoed"] == 20, got)
    finally:
        slow.unpause()
    stop(stuck)
    stop(holding)
    got = ended(tool(lab.dom0, f"many --cid {cid(slow)} --port {PORT} --count 20"), 60)
    expect(got["echoed"] == 20, got)
    stop(serving)
    stop(listening_too)
