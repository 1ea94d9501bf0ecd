# SPDX-License-Identifier: MIT
"""The firewall's rules for ports of AF_VSOCK, and for network devices."""

import json
import time

from cases import net
from cases.firewall import SOON, hits, load, rules
from cases.vsock import attempt, cid, counter, echoes, ended, listening, loaded_once, stop, tool
from cases.vsock import load as load_vsock
from lab.agent import PATIENCE
from lab.cases import case, expect

NEEDS = ["argo_char", "argo-ctl", "argo_vsock", "argo-vsock-tool"]
PORT, OTHER = 7400, 7401
CLOSED = ("default in deny", "default out deny")


def in_time(process):
    """What it ended with, soon after new rules."""
    since = time.monotonic()
    said = ended(process, 60)
    expect(time.monotonic() - since < SOON * PATIENCE, f"{process.cmd}: ended late")
    return said


def connections(server, client):
    serving = [listening(server, f"echo --port {port}") for port in (PORT, OTHER)]
    tries = {port: lambda port=port: attempt(client, cid(server), port)["errno"] for port in (PORT, OTHER)}
    # No rule for the way back, nor for the messages that carry AF_VSOCK, is needed.
    with rules(server, f"allow {client.domid} -> self:vsock:{PORT}", *CLOSED):
        refused = counter(server, "refused_firewall")
        expect((tries[PORT](), tries[OTHER]()) == ("", "ECONNRESET"), tries[OTHER]())
        expect(counter(server, "refused_firewall") > refused)
        said = json.loads(client.check(f"argo-vsock-tool many --cid {cid(server)} --port {PORT} --count 20", 60).splitlines()[-1])
        expect(said["connected"] == said["echoed"] == 20, said)
        expect(attempt(server, cid(client), PORT)["errno"] == "EACCES")
        expect(hits(server)[0] == [21], hits(server))
    with rules(client, f"deny self -> {server.domid}:vsock:{OTHER}"):
        expect((tries[PORT](), tries[OTHER]()) == ("", "EACCES"), tries[OTHER]())
    with rules(client, f"allow self -> {server.domid}:vsock:{OTHER}", *CLOSED):
        expect((tries[PORT](), tries[OTHER]()) == ("EACCES", ""), tries[PORT]())
    # What does not name AF_VSOCK's ports is about all of them.
    with rules(client, f"deny self:40 -> {server.domid}"):
        expect((tries[PORT](), tries[OTHER]()) == ("EACCES", "EACCES"))
    # Nothing comes in at all, so nothing is answered.
    with rules(server, *CLOSED):
        expect(tries[PORT]() == "ETIMEDOUT", tries[PORT]())
    expect(tries[PORT]() == "", tries[PORT]())
    for process in serving:
        stop(process)


def open_connections(server, client):
    """What new rules deny ends on both sides, and what they allow stays."""
    serving = [listening(server, f"echo --port {port}") for port in (PORT, OTHER)]
    for ruled, line, here, there in (
            (server, f"deny {client.domid} -> self:vsock:{PORT}", "ECONNRESET", None),
            (client, f"deny self -> {server.domid}:vsock:{PORT}", "EACCES", None),
            (client, f"allow self -> {server.domid}:vsock:{OTHER}\\ndefault out deny\\ndefault in deny", "EACCES", None)):
        held = [tool(client, f"hold --cid {cid(server)} --port {port}") for port in (PORT, OTHER)]
        for process in held:
            process.wait_for("connected")
        with rules(ruled, line):
            said = in_time(held[0])
            expect(said["errno"] == here or (here == "ECONNRESET" and said["received"] == 0), line, said)
            expect(held[1].running, line, held[1].out)
        stop(held[1])
    for process in serving:
        stop(process)


def under_traffic(server, client):
    for ruled in (server, client):
        taking = tool(server, f"take --port {PORT}")
        taking.wait_for("listening")
        sending = tool(client, f"send --cid {cid(server)} --port {PORT} --mib 100000")
        server.check(f"for i in $(seq 1 100); do ss --vsock -n | grep -q ':{PORT}' && exit 0; sleep 0.1; done; exit 1", 60)
        time.sleep(0.5)
        expect(taking.running and sending.running, taking.out, sending.out, sending.err)
        # Nothing passes, not even a reset that a rule could stop.
        with rules(ruled, *CLOSED):
            said = [in_time(sending), in_time(taking)]
        expect(said[0]["errno"] in ("ECONNRESET", "EPIPE", "EACCES"), said)
        expect(said[1]["errno"] in ("", "ECONNRESET", "EACCES"), said)
    echoes(server, client)


def datagrams(server, client):
    server.check(f"rm -f /tmp/got; (ncat --vsock -u -l {PORT} >/tmp/got 2>&1 </dev/null &)")
    send = f"echo %s | ncat --vsock -u --send-only {cid(server)} {PORT}"
    server.check("sleep 0.5")
    with rules(server, f"deny {client.domid} -> self:vsock:{PORT}"):
        client.check(send % "dropped")
        server.check(f"for i in $(seq 1 50); do argo-ctl firewall show | grep -q '# rule 1, 1 hits' && exit 0; sleep 0.1; done; exit 1")
    with rules(client, f"deny self -> {server.domid}:vsock:{PORT}"):
        done = client.run(send % "denied")
        expect("ermission denied" in done.err, done)
    client.check(send % "allowed")
    server.check("for i in $(seq 1 50); do grep -q allowed /tmp/got && exit 0; sleep 0.1; done; cat /tmp/got; exit 1")
    got = server.check("cat /tmp/got; kill $(pidof ncat)")
    expect(got == "allowed\n", got)


def all_of_it(server, client):
    connections(server, client)
    open_connections(server, client)
    under_traffic(server, client)


@case("pvh612", timeout=400, needs=NEEDS)
def connections_with_dom0(lab, u):
    load_vsock(lab.dom0, u)
    all_of_it(lab.dom0, u)
    all_of_it(u, lab.dom0)


@case("pv61", "pvh612", timeout=300, needs=NEEDS)
def connections_between_domus(_, a, b):
    load_vsock(a, b)
    all_of_it(a, b)


@case("pv61", loopback="only", timeout=300, needs=NEEDS)
def connections_in_one_kernel(lab, guest):
    with loaded_once(lab):
        all_of_it(lab.dom0, guest)
        all_of_it(guest, lab.dom0)


@case("pv61", "pvh612", needs=NEEDS)
def datagrams_between_domus(_, a, b):
    load_vsock(a, b)
    datagrams(a, b)


@case("pv61", timeout=200, needs=["argo_char", "argo-ctl", "argo_net"])
def frames_of_a_network_device(lab, u):
    net.pair(lab.dom0, u)
    net.pings(u, "10.77.0.1")
    for ruled, line in ((u, f"deny {lab.dom0.domid} -> self:41"), (u, f"deny self:41 -> {lab.dom0.domid}"),
                        (lab.dom0, f"deny {u.domid} -> self:41")):
        with rules(ruled, line):
            expect(u.run("ping -c 2 -W 1 10.77.0.1").rc != 0, line)
            expect(hits(ruled)[0][0] > 0, line, hits(ruled))
        u.check("for i in $(seq 1 10); do ping -c 1 -W 2 10.77.0.1 && exit 0; done; exit 1", 60)
    # Closed to all but that.
    load(u, f"allow {lab.dom0.domid} -> self:41", f"allow self:41 -> {lab.dom0.domid}:41", *CLOSED)
    net.pings(u, "10.77.0.1")
    u.check("argo-ctl firewall flush")
    net.down(lab.dom0, u)
