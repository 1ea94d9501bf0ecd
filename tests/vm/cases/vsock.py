# SPDX-License-Identifier: MIT
"""AF_VSOCK between domains: the programs that know it, and how much goes at once."""

import contextlib
import json
import time

from lab import kernels
from lab.cases import case, each, expect

NEEDS = ["argo_vsock", "argo-vsock-tool"]
PORT = 7100
# Bytes that a peer may send unread to begin with: AF_VSOCK's default.
WINDOW = 256 << 10


def cid(domain):
    return domain.domid + 2


def load(*domains):
    """The module, and nobody left from a case that failed."""
    for domain in domains:
        domain.check("modprobe argo_vsock; killall argo-vsock-tool 2>/dev/null; true")


def unload(*domains):
    """A socket that was closed holds the module until the other end answers, or for AF_VSOCK's eight seconds."""
    for domain in domains:
        domain.check("for i in $(seq 1 120); do lsmod | grep -q ^argo_vsock || exit 0; rmmod argo_vsock 2>/tmp/why; sleep 0.2; "
                     "done; cat /tmp/why; lsmod | grep vsock; ss --vsock -a -p; exit 1", 60)


@contextlib.contextmanager
def loaded_once(lab):
    """In the one kernel of all virtual domains: the first two have a transport each, and vsock_loopback none."""
    lab.vm.check("modprobe argo_vsock; rmmod vsock_loopback 2>/dev/null; true")
    try:
        yield
    finally:
        unload(lab.vm)


def counter(domain, name):
    return int(domain.check(f"cat /sys/module/argo_vsock/{'guest' if domain.domid else 'host'}/{name}"))


def tool(domain, args):
    return domain.spawn(f"exec argo-vsock-tool {args}")


def listening(domain, args):
    process = tool(domain, args)
    process.wait_for("listening")
    return process


def ended(process, timeout=60):
    """The JSON that it ended with."""
    done = process.wait(timeout)
    expect(done.rc == 0, f"{process.agent.name}: {process.cmd}: status {done.rc}:", done.out, done.err)
    return json.loads(done.out.splitlines()[-1])


def stop(process):
    process.kill(15)
    process.wait(30)


def wait_listening(domain, port):
    """For programs that do not say so."""
    domain.check(f"for i in $(seq 1 100); do ss --vsock -l -n | grep -q ':{port} ' && exit 0; sleep 0.1; done; exit 1", 60)


def attempt(domain, to, port=PORT):
    return ended(tool(domain, f"try --cid {to} --port {port}"))


def echoes(server, client, count=1, port=PORT):
    """Connections at once, each of which gets back what it sends."""
    serving = listening(server, f"echo --port {port} --backlog 4096")
    got = ended(tool(client, f"many --cid {cid(server)} --port {port} --count {count}"), 200)
    expect(got["connected"] == count and got["echoed"] == count, got)
    stop(serving)


@each("pv61", "pvh61", "pv612", "pvh612", needs=NEEDS)
def loads_by_itself(_, u):
    u.check("rmmod argo_vsock vsock_loopback vmw_vsock_virtio_transport_common vsock 2>/dev/null; "
            "lsmod | grep -q vsock && { lsmod; exit 1; } || exit 0")
    stop(listening(u, f"echo --port {PORT}"))
    loaded = u.check("lsmod")
    expect("argo_vsock" in loaded and "vmci" not in loaded, loaded)
    expect(int(u.check("cat /sys/module/argo_vsock/guest/cid")) == cid(u))


@each(("pv61", "pvh612"), ("pvh61", "pv612"), needs=NEEDS)
def every_domain_reaches_every_other_and_itself(lab, a, b):
    domains = (lab.dom0, a, b)
    load(*domains)
    for server in domains:
        for client in domains:
            echoes(server, client)


@case("pv61", "pvh612", needs=NEEDS)
def errors_say_what_is_missing(lab, a, b):
    load(lab.dom0, a)
    # Nobody at the port; nobody with that CID; a domain without the module.
    expect(attempt(a, 2)["errno"] == "ECONNRESET")
    expect(attempt(a, 30000)["errno"] in ("EHOSTUNREACH", "ENODEV"), attempt(a, 30000))
    unload(b)
    expect(attempt(lab.dom0, cid(b))["errno"] == "ECONNREFUSED", attempt(lab.dom0, cid(b)))
    expect(attempt(a, cid(b))["errno"] == "ECONNREFUSED")
    load(b)
    expect(attempt(a, cid(b))["errno"] == "ECONNRESET")


@case("pv61", loopback="only", series=tuple(kernels.SERIES), needs=NEEDS)
def a_closed_socket_is_not_kept_for_its_time_to_connect(lab, u):
    """Of a socket that did not block to connect: its use of the module, and the credit that its peer had."""
    uses = "/sys/module/argo_vsock/refcnt"
    with loaded_once(lab):
        serving = listening(u, f"echo --port {PORT}")
        before = int(lab.vm.check(f"cat {uses}"))
        set_share(lab.vm, 4 * WINDOW)
        for port in (PORT, PORT + 1):
            got = ended(tool(lab.dom0, f"many --cid {cid(u)} --port {port} --count 20 --patience 600"))
            expect(got["echoed"] == (20 if port == PORT else 0), got)
        lab.vm.check(f"for i in $(seq 1 300); do [ $(cat {uses}) -gt {before} ] || exit 0; sleep 0.1; done; "
                     f"cat {uses}; ss --vsock -a; exit 1", 60)
        stop(serving)
        expect(room(lab.dom0, u, "--mib 0") == WINDOW, "the credit of closed sockets is still taken")


@each(("pv61", "pv612"), ("pvh612", "pvh61"), timeout=400, needs=NEEDS)
def a_thousand_connections_at_once(lab, a, b):
    load(lab.dom0, a, b)
    echoes(lab.dom0, a, 1000)
    echoes(a, b, 1000)


@case("pv61", timeout=600, needs=NEEDS)
def a_gigabyte_arrives_as_it_was(lab, u):
    load(lab.dom0, u)
    for sender, receiver in ((lab.dom0, u), (u, lab.dom0)):
        taking = listening(receiver, f"take --port {PORT}")
        sent = ended(tool(sender, f"send --cid {cid(receiver)} --port {PORT} --mib 1024"), 300)
        taken = ended(taking, 60)
        expect(sent == taken and sent["bytes"] == 1 << 30 and not sent["errno"], sent, taken)


def set_share(domain, size):
    """Bytes that a domain may send unread, over all its connections."""
    domain.check(f"echo {size} >/sys/module/argo_vsock/parameters/peer_credit")


@each("pv61", "pvh612", needs=NEEDS)
def a_window_that_grows_at_once_is_told(lab, u):
    """As when a thousand other connections end, which had the peer's share. The reads are small: a window doubles at each."""
    load(lab.dom0, u)
    set_share(u, 131072)
    try:
        taking = listening(u, f"take --port {PORT} --block 8192")
        sending = lab.dom0.spawn("rm -f /tmp/go; (dd if=/dev/zero bs=64k count=64; echo half >&2; "
                                 "until [ -e /tmp/go ]; do sleep 0.1; done; dd if=/dev/zero bs=64k count=64) | "
                                 f"socat -u -b 65536 - VSOCK-CONNECT:{cid(u)}:{PORT}")
        sending.wait_for("half")
        time.sleep(1)
        set_share(u, 32 << 20)
        lab.dom0.check("touch /tmp/go")
        taken = ended(taking, 30)
    finally:
        set_share(u, 32 << 20)
    expect(taken["bytes"] == 8 << 20, taken)


@each("pv61", "pvh612", needs=NEEDS)
def a_send_that_fails_tells_nobody_of_room(lab, u):
    """A packet that is not sent has no credit in it for the peer."""
    load(lab.dom0, u)
    stopping = listening(u, f"stop --port {PORT} --mib 2 --buffer 65536 --write absent")
    sent = ended(tool(lab.dom0, f"send --cid {cid(u)} --port {PORT} --mib 2"), 20)
    expect(sent["bytes"] == 2 << 20, sent)
    stopping.kill(9)


def room(server, client, args):
    """What a connection takes that is not read, at once or after some that was."""
    stopping = listening(server, f"stop --port {PORT} {args}")
    got = ended(tool(client, f"fill --cid {cid(server)} --port {PORT} {args}"))["room"]
    stop(stopping)
    return got


@each(("pv61", "pvh612"), needs=NEEDS)
def what_is_read_may_hold_more(lab, a, b):
    load(lab.dom0, a, b)
    for server, client in ((lab.dom0, a), (a, lab.dom0), (a, b), (b, a)):
        expect(room(server, client, "--mib 0") == WINDOW, "a socket that is not read keeps AF_VSOCK's default")
        grown = room(server, client, "--mib 8")
        # Of what was read, less than a quarter of the window may not have been told.
        expect(3 << 18 < grown <= 1 << 20, grown)
    chosen = room(a, b, "--mib 8 --buffer 131072")
    expect(chosen == 128 << 10, "its user said how much", chosen)


@each(("pv61", "pvh612"), needs=NEEDS)
def socat_and_ncat_as_they_are(lab, a, b):
    load(lab.dom0, a, b)
    for server, client in ((lab.dom0, a), (a, lab.dom0), (a, b)):
        server.check("seq 1 200000 >/tmp/file")
        want = server.check("sha256sum </tmp/file")
        for serve, fetch in ((f"socat -u OPEN:/tmp/file VSOCK-LISTEN:{PORT}", f"socat -u VSOCK-CONNECT:{cid(server)}:{PORT} -"),
                             (f"ncat --vsock -l -p {PORT} --send-only </tmp/file", f"ncat --vsock --recv-only {cid(server)} {PORT}")):
            serving = server.spawn(f"exec {serve}")
            wait_listening(server, PORT)
            got = client.check(f"{fetch} | sha256sum", 60)
            expect(got == want, serve, fetch, got, want)
            serving.wait(30)
        server.check("rm /tmp/file")


@each("pv61", "pvh612", needs=NEEDS)
def sockets_are_listed(lab, u):
    load(lab.dom0, u)
    serving = listening(u, f"echo --port {PORT}")
    holding = tool(lab.dom0, f"hold --cid {cid(u)} --port {PORT}")
    holding.wait_for("connected")
    for domain, there in ((u, f"*:{PORT}"), (u, f"2:"), (lab.dom0, f"{cid(u)}:{PORT}")):
        listed = domain.check("ss --vsock -a -n")
        expect(there in listed, there, listed)
    stop(holding)
    stop(serving)


@each("pv61", "pvh612", needs=NEEDS)
def vsockmon_sees_the_traffic(lab, u):
    load(lab.dom0, u)
    u.check("modprobe vsockmon && ip link add vsockmon0 type vsockmon && ip link set vsockmon0 up")
    capture = u.spawn("exec tcpdump -i vsockmon0 -n -c 6 -Z root -w /tmp/capture")
    capture.wait_for("listening")
    echoes(lab.dom0, u, 3)
    capture.wait(60)
    said = u.check("tcpdump -n -Z root -r /tmp/capture")
    for text in ("VIRTIO", "CONNECT", f"{cid(u)}.", f"2.{PORT}"):
        expect(text in said, text, said)
    u.check("ip link del vsockmon0 && rm /tmp/capture")


@each("pv61", "pvh612", needs=NEEDS)
def interrupts_are_fewer_than_packets(lab, u):
    def taken(domain):
        line = next(line for line in domain.check("cat /proc/interrupts").splitlines() if line.split()[-1] == "argo")
        return sum(int(word) for word in line.split()[1:] if word.isdigit())

    load(lab.dom0, u)
    taking = listening(u, f"take --port {PORT}")
    before = taken(u), counter(u, "rx_packets")
    ended(tool(lab.dom0, f"send --cid {cid(u)} --port {PORT} --mib 128"), 120)
    ended(taking)
    interrupts, packets = taken(u) - before[0], counter(u, "rx_packets") - before[1]
    expect(interrupts < packets, interrupts, "interrupts for", packets, "packets")
