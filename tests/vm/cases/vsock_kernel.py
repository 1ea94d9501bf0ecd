# SPDX-License-Identifier: MIT
"""The kernel's own tests of AF_VSOCK (tools/testing/vsock of each series), between two domains."""

import re

from cases.vsock import cid, load, loaded_once, wait_listening
from lab import kernels
from lab.cases import case, each, expect

CONTROL_PORT = 7200
# Its limit of 250 ms on a receive that times out is the machine's, not the transport's.
BY_THE_CLOCK = ("SOCK_SEQPACKET timeout",)
# A send for which the other end's shutdown, which is on its way, came too late. Newer series send again then.
TOO_EARLY = "expected send(2) failure"
# The program connects with the kernel's two seconds, which on a busy machine may be too few.
TOO_LATE = "connect: Connection timed out"


def control(mode, there, address=None):
    where = f" --control-host={address}" if address else ""
    return f"--mode={mode}{where} --control-port={CONTROL_PORT} --peer-cid={there}"


def skipped(domain):
    """Its numbers of the tests that are not run."""
    # Its status is 1 then; that of 5.10 cannot list, and has none of these.
    listed = domain.run("vsock_test --list").out
    numbers = [line.split()[0] for line in listed.splitlines() if any(name in line for name in BY_THE_CLOCK)]
    return "".join(f" --skip={number}" for number in numbers)


def both_ends(server, client, program, extra="", again=2):
    """Runs the program in both; what they printed."""
    serving = server.spawn(f"exec {program} {control('server', cid(client))}{extra}")
    serving.wait_for("listening on")
    asking = client.spawn(f"exec {program} {control('client', cid(server), server.address)}{extra}")
    ends = asking.wait(150), serving.wait(60)
    if again and any(text in end.out + end.err for end in ends for text in (TOO_EARLY, TOO_LATE)):
        return both_ends(server, client, program, extra, again - 1)
    for done in ends:
        expect(done.rc == 0, program, f"status {done.rc}:", *(end.out + end.err for end in ends))
    return ends[0].out


def vsock_test(lab, server, client):
    """Each of its tests is a result."""
    said = both_ends(server, client, "vsock_test", skipped(server))
    results = re.findall(r"^(?:\d+ - )?(SOCK_.+?)\.\.\.(ok|skipped)?$", said, re.M)
    expect(len(results) >= 6, said)
    for name, how in results:
        status = {"ok": "passed", "skipped": "skipped"}.get(how, "failed")
        lab.results.add(status, f"vsock_test[{server.kind},{client.kind}] {name}",
                        "by the clock of a machine that is emulated" if status == "skipped" else said)


@each("pv61+net", "pvh61+net", timeout=400, needs=["argo_vsock"])
def with_dom0(lab, u):
    load(lab.dom0, u)
    vsock_test(lab, lab.dom0, u)
    vsock_test(lab, u, lab.dom0)


@each(("pv612+net", "pvh612+net"), ("pv61+net", "pvh61+net"), timeout=400, needs=["argo_vsock"])
def between_domus(lab, a, b):
    load(a, b)
    vsock_test(lab, a, b)
    vsock_test(lab, b, a)


@case("pv612+net", "pvh612+net", timeout=200, needs=["argo_vsock"])
def listed_and_measured(_, a, b):
    load(a, b)
    said = both_ends(a, b, "vsock_diag_test")
    expect(said.count("...ok") >= 3, said)
    # What it says comes at its end only; its port is its own.
    taking = a.spawn("exec vsock_perf --bytes 64M --vsk-size 256K --rcvlowat 64K")
    wait_listening(a, 1234)
    done = b.run(f"vsock_perf --sender {cid(a)} --bytes 64M --vsk-size 256K --buf-size 64K", 120)
    expect(done.rc == 0 and "tx performance" in done.out, done)
    expect("rx performance" in taking.wait(60).out, taking.out, taking.err)


@case("pv61", loopback="only", series=tuple(kernels.SERIES), timeout=400, needs=["argo_vsock"])
def in_one_kernel(lab, guest):
    """The first two virtual domains have a transport each; a domain's own CID is not to go past them."""
    with loaded_once(lab):
        vsock_test_here(lab, lab.dom0, guest)
        vsock_test_here(lab, guest, lab.dom0)


def vsock_test_here(lab, server, client):
    before = int(lab.vm.check("cat /sys/module/argo_vsock/host/rx_packets"))
    vsock_test(lab, server, client)
    expect(int(lab.vm.check("cat /sys/module/argo_vsock/host/rx_packets")) > before + 50, "it did not go over Argo")
