# SPDX-License-Identifier: MIT
"""AF_VSOCK and network devices where Xen's policy knows ports: each front-end's port is a right of its own."""

import time

from cases import net
from cases.ports import Denials, domu, load_policy
from cases.vsock import attempt, cid, ended, listening, load, stop, tool
from lab.agent import PATIENCE
from lab.cases import case, expect
from lab.policy import CLIENT

NEEDS = ["argo_char", "argo_vsock", "argo-vsock-tool"]
PORT = 7500
VSOCK_PORT, NET_PORT = "40", "41"
# What a domain says that may not have a ring for any sender.
NO_WILDCARD = ["the hypervisor allows no wildcard ring"]


@case(xen="patched", flask="ports", timeout=300, needs=NEEDS, expects=NO_WILDCARD)
def connections_need_the_right_for_port_40(lab):
    client, plain = domu(lab, seclabel=CLIENT), domu(lab, "pvh612")
    load(lab.dom0, client, plain)
    serving = [listening(domain, f"echo --port {PORT}") for domain in (lab.dom0, client, plain)]
    log = Denials(lab)
    expect(attempt(client, cid(lab.dom0), PORT)["errno"] == "" == attempt(lab.dom0, cid(client), PORT)["errno"])
    for to in (lab.dom0, client):
        expect(attempt(plain, cid(to), PORT)["errno"] == "EACCES", to.name, attempt(plain, cid(to), PORT))
    # The domain that may not offer the port has no ring there.
    expect(attempt(client, cid(plain), PORT)["errno"] == "ECONNREFUSED", attempt(client, cid(plain), PORT))
    seen = log.seen()
    line = ("send", f"d{plain.domid}", "d0", VSOCK_PORT, "domU_t", "front_end_port_t")
    expect(line in seen, line, seen)
    for process in serving:
        stop(process)
    client.destroy()
    plain.destroy()


@case(xen="patched", flask="ports", timeout=200, needs=["argo_net"])
def frames_need_the_right_for_port_41(lab):
    client, plain = domu(lab, seclabel=CLIENT), domu(lab, "pvh612")
    net.pair(lab.dom0, client)
    net.pings(client, "10.77.0.1")
    log = Denials(lab)
    done = plain.run("modprobe argo_net; ip link add argo0 type argo peer 0 && ip link set argo0 up")
    expect(done.rc and "ermission denied" in done.err, done)
    name, seen = f"d{plain.domid}", log.seen()
    expect(("register_single_source", name, "d0", NET_PORT, "domU_t", "front_end_port_t") in seen, seen)
    net.down(lab.dom0, client)
    client.destroy()
    plain.destroy()


@case(xen="patched", flask="ports", timeout=300, needs=NEEDS)
def a_connection_that_a_new_policy_denies_ends(lab):
    """Whether anything is sent on it or not, within the second that core takes to ask."""
    client = domu(lab, seclabel=CLIENT)
    load(lab.dom0, client)
    serving = listening(lab.dom0, f"echo --port {PORT}")
    held = tool(client, f"hold --cid {cid(lab.dom0)} --port {PORT}")
    held.wait_for("connected")
    taking = tool(lab.dom0, f"take --port {PORT + 1}")
    taking.wait_for("listening")
    sending = tool(client, f"send --cid {cid(lab.dom0)} --port {PORT + 1} --mib 100000")
    time.sleep(1)
    expect(sending.running and held.running, sending.out, held.out)
    try:
        load_policy(lab, "ports-closed")
        since = time.monotonic()
        for process in (sending, held, taking):
            said = ended(process)
            expect(said["errno"] in ("ECONNRESET", "EPIPE", "EACCES"), process.cmd, said)
        expect(time.monotonic() - since < 2 * PATIENCE, "they ended late")
        expect(attempt(client, cid(lab.dom0), PORT)["errno"] == "EACCES")
    finally:
        load_policy(lab, "ports")
    expect(attempt(client, cid(lab.dom0), PORT)["errno"] == "")
    stop(serving)
    client.destroy()
