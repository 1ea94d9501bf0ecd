# SPDX-License-Identifier: MIT
"""Network devices with peers that are hostile, slow or small; on argo_loopback, in namespaces."""

import contextlib
import json
import re
import signal
import time

from lab import kernels
from lab.cases import case, expect

from cases.net import NEEDS, PORT

# A frame of send_segments(), without its headers, in segments of the smallest size.
SEGMENT, SEGMENTS = 496, -(-(65000 - 40) // 496)
# Together fewer packets than the backlog of a processor holds (netdev_max_backlog): veth drops more.
FRAMES = 3
SOON = 10
ALL_SERIES = tuple(kernels.SERIES)
# kernel/net/tx.c
FLOOD_MAX = 64
# Bytes of frames that are held at once, and what is kept of them at most: the 2 MiB of a device, twice, and some.
HELD_KB, KEPT_KB = 40 << 10, 10 << 10
TRACING = "/sys/kernel/tracing"


class Device:
    """The device of a virtual domain, in a namespace of its own."""

    def __init__(self, vm, domain, options=""):
        self.vm, self.space, self.name = vm, f"ns{domain.index}", f"net{domain.index}"
        vm.check(f"modprobe argo_net; ip netns add {self.space} && ip link add {self.name} type argo "
                 f"attachment argo{domain.index} {options} && ip link set {self.name} netns {self.space}")
        # Nothing is sent but what a case sends.
        self.ip(f"link set {self.name} addrgenmode none")
        self.ip(f"addr add {self.address(domain)}/24 dev {self.name}")
        self.ip(f"link set {self.name} up")
        self.wait_carrier()

    @staticmethod
    def address(domain):
        return f"10.80.0.{domain.index + 1}"

    def run(self, command, timeout=60):
        return self.vm.run(f"ip netns exec {self.space} {command}", timeout)

    def check(self, command, timeout=60):
        return self.vm.check(f"ip netns exec {self.space} {command}", timeout)

    def ip(self, command):
        return self.vm.check(f"ip -n {self.space} {command}")

    def wait_carrier(self):
        """Of a domain that is alone it does not come: that is no fault."""
        deadline = time.monotonic() + 2
        while time.monotonic() < deadline and "LOWER_UP" not in self.ip(f"link show {self.name}"):
            time.sleep(0.1)

    def counters(self):
        lines = self.check(f"ethtool -S {self.name}").splitlines()[1:]
        return {key.strip(): int(value) for key, value in (line.split(":") for line in lines)}

    def wait_for(self, counter, count):
        deadline = time.monotonic() + SOON
        while self.counters()[counter] < count:
            expect(time.monotonic() < deadline, counter, count, self.counters())
            time.sleep(0.1)

    def sent(self, name=None):
        """Frames that left by a device of this namespace."""
        said = json.loads(self.ip(f"-j -s link show {name or self.name}"))[0]
        return said["stats64"]["tx"]["packets"]

    def received(self):
        """Frames that came by the device."""
        return json.loads(self.ip(f"-j -s link show {self.name}"))[0]["stats64"]["rx"]["packets"]

    def delete(self):
        self.ip(f"link del {self.name}")
        self.vm.check(f"ip netns del {self.space}")


def mac_of(domid):
    return f"02:41:52:47:{domid >> 8:02x}:{domid & 255:02x}"


def hold(domain, reader):
    """The domain has the ring of a device, and never reads it."""
    holding = domain.spawn(f"exec argo-net-tool hold --from {reader.domid}")
    holding.wait_for("holding")
    return holding


@case("pv61", "pv61", loopback="only", series=ALL_SERIES, timeout=200, needs=NEEDS)
def a_peer_that_does_not_read_stops_no_other(lab, deaf, other):
    # 1 and 16 had one queue when there were 15 for all.
    before = other.domid
    other.restore(16)
    holding = hold(deaf, lab.dom0)
    here = Device(lab.vm, lab.dom0, f"peers {deaf.domid},{other.domid}")
    there = Device(lab.vm, other, f"peer {lab.dom0.domid}")
    here.check(f"ping -c 1 -W 10 {there.address(other)}")
    here.ip(f"neigh replace 10.80.0.99 lladdr {mac_of(deaf.domid)} dev {here.name} nud permanent")
    here.run("ping -q -c 50 -i 0.01 -w 2 -s 1400 10.80.0.99")
    expect(here.counters()["tx_stopped"] > 0, here.counters())
    here.check(f"ping -q -c 20 -i 0.05 -W 5 {there.address(other)}")
    there.check(f"ping -q -c 20 -i 0.05 -W 5 {here.address(lab.dom0)}")
    holding.kill(9)
    holding.wait(10)
    # What waited for the domain is dropped, and its queue is free.
    here.wait_for("tx_peer_gone", 1)
    here.delete()
    there.delete()
    other.restore(before)


@case("pv61", loopback="only", timeout=200, needs=NEEDS)
def few_copies_of_broadcasts_wait_for_a_peer_that_does_not_read(lab, deaf):
    holding = hold(deaf, lab.dom0)
    here = Device(lab.vm, lab.dom0, f"peers {deaf.domid}")
    count = 5 * FLOOD_MAX
    here.ip(f"neigh replace 10.80.0.99 lladdr 01:00:5e:00:00:55 dev {here.name} nud permanent")
    here.run(f"ping -q -c {count} -i 0.01 -W 1 -w 30 -s 1400 10.80.0.99")
    sent = here.sent()
    # What left is in the peer's ring.
    expect(0 < sent < 10, sent, here.counters())
    expect(here.counters()["tx_flood_full"] == count - sent - FLOOD_MAX, sent, here.counters())
    holding.kill(9)
    holding.wait(10)
    here.delete()


def fill(domain, receiver):
    """Bytes that the ring of a device takes from a domain."""
    return json.loads(domain.check(f"argo-net-tool fill --to {receiver.domid}"))["taken"]


def used(lab):
    """kB of memory that the kernel has in use: neither free, nor free and kept by a processor for its next allocation."""
    lab.vm.check("sync; echo 3 >/proc/sys/vm/drop_caches")
    pages = re.findall(r"^\s+(?:nr_free_pages|count:)\s+(\d+)$", lab.vm.check("cat /proc/zoneinfo"), re.MULTILINE)
    return -4 * sum(map(int, pages))


@case("pv61", loopback="only", timeout=200, needs=NEEDS)
def a_device_keeps_little_of_the_memory_of_frames(lab, a):
    """Datagrams that a socket did not read are freed with the socket."""
    here, there = (Device(lab.vm, *ends) for ends in (
        (lab.dom0, f"peer {a.domid}"), (a, f"peer {lab.dom0.domid}")))
    for device in (here, there):
        device.ip(f"link set {device.name} mtu 65535")
    lab.vm.check(f"echo {HELD_KB * 4096} | tee /proc/sys/net/core/rmem_max >/proc/sys/net/core/rmem_default")
    there.check(f"ping -c 1 -W 10 {here.address(lab.dom0)}")
    before = used(lab)
    held = here.vm.spawn(f"exec ip netns exec {here.space} socat -u UDP-RECV:{PORT} OPEN:/dev/null")
    here.check(f"sh -c 'for i in $(seq 1 100); do ss -l -u -n | grep -q :{PORT} && exit 0; sleep 0.1; done; exit 1'")
    held.kill(signal.SIGSTOP)
    there.check(f"sh -c 'head -c {HELD_KB << 10} /dev/zero | socat -u -b 60000 - UDP:{here.address(lab.dom0)}:{PORT}'", 60)
    expect(used(lab) - before > HELD_KB / 2, used(lab) - before)
    held.kill(9)
    held.wait(10)
    # The kernel frees the socket's memory a little later than the socket.
    deadline = time.monotonic() + SOON
    while used(lab) - before >= KEPT_KB:
        expect(time.monotonic() < deadline, used(lab) - before)
        time.sleep(0.5)
    here.delete()
    there.delete()


@contextlib.contextmanager
def unread(domain):
    """What comes to the domain's rings stays there."""
    domain.control("irq drop")
    try:
        yield
    finally:
        domain.control("irq deliver")
        domain.control("irq now")


@case("pv61", "pv61", loopback="only", timeout=200, needs=NEEDS)
def peers_share_the_ring_of_a_device_without_peer(lab, greedy, other):
    # Whole pages with the ring's header.
    size = (1 << 16) - 64
    here = Device(lab.vm, lab.dom0, f"ring_size {size}")
    with unread(lab.dom0):
        taken = fill(greedy, lab.dom0)
        expect(size / 2 < taken <= size, taken)
        expect(fill(other, lab.dom0) == 0, "there was room")
    here.delete()
    # A device for each keeps them apart.
    here = Device(lab.vm, lab.dom0, f"ring_size {size} peer {greedy.domid}")
    here.check(f"ip link add second type argo attachment argo{lab.dom0.index} ring_size {size} peer {other.domid}")
    here.ip("link set second up")
    with unread(lab.dom0):
        expect(fill(greedy, lab.dom0) == taken)
        expect(fill(other, lab.dom0) == taken, "one keeps the other out")
    here.ip("link del second")
    here.delete()


def forward(here):
    """Frames for 10.99.0.9 go on to a device that cuts no segments itself."""
    here.vm.check("modprobe veth")
    here.ip("link add out0 type veth peer name out1")
    for end in ("out0", "out1"):
        here.ip(f"link set {end} addrgenmode none up")
    here.ip("addr add 10.99.0.1/24 dev out0")
    here.ip("neigh replace 10.99.0.9 lladdr 06:00:00:00:00:09 dev out0 nud permanent")
    here.check("ethtool -K out0 tx off tso off")
    here.check("sh -c 'echo 1 >/proc/sys/net/ipv4/ip_forward; echo 0 >/proc/sys/net/ipv4/conf/all/rp_filter'")


@case("pv61", loopback="only", timeout=200, needs=NEEDS)
def a_poll_ends_after_its_time(lab, rogue):
    """Fewer frames than a poll may read, which take the stack longer than a poll may last."""
    frames = 60
    here = Device(lab.vm, lab.dom0, f"ring_size {8 << 20}")
    forward(here)
    lab.vm.check(f"mountpoint -q {TRACING} || mount -t tracefs tracefs {TRACING}; echo 1 >{TRACING}/events/napi/napi_poll/enable")
    with unread(lab.dom0):
        rogue.check(f"argo-net-tool segments --to {lab.dom0.domid} --forward 10.99.0.9 --size {SEGMENT} --count {frames}")
        before = here.received()
        lab.vm.check(f"echo >{TRACING}/trace")
    deadline = time.monotonic() + SOON
    while here.received() < before + frames:
        expect(time.monotonic() < deadline, before, here.received(), here.counters())
        time.sleep(0.1)
    lab.vm.check(f"echo 0 >{TRACING}/events/napi/napi_poll/enable")
    polls = int(lab.vm.check(f"grep -c 'for device {here.name} ' {TRACING}/trace"))
    expect(polls > 3, polls)
    here.delete()


@case("pv61", loopback="only", series=ALL_SERIES, sample=True, timeout=200, needs=NEEDS)
def segments_are_no_smaller_than_honest_peers_make_them(lab, rogue):
    here = Device(lab.vm, lab.dom0)
    forward(here)
    before = here.sent("out0")
    sending = f"argo-net-tool segments --to {lab.dom0.domid} --forward 10.99.0.9"
    rogue.check(f"{sending} --size 1 --count 2")
    here.wait_for("rx_bad_offload", 2)
    expect(here.sent("out0") == before, before, here.sent("out0"))
    rogue.check(f"{sending} --size {SEGMENT} --count {FRAMES}")
    deadline = time.monotonic() + SOON
    while here.sent("out0") < before + FRAMES * SEGMENTS:
        expect(time.monotonic() < deadline, before, here.sent("out0"), here.counters())
        time.sleep(0.1)
    expect(here.sent("out0") <= before + FRAMES * (SEGMENTS + 1), before, here.sent("out0"))
    here.delete()


def sources(domain, receiver, count, first=0):
    """The domain is a peer with hosts behind it, and reads nothing."""
    sending = domain.spawn(f"exec argo-net-tool sources --to {receiver.domid} --count {count} --first {first}")
    sending.wait_for("sent")
    return sending


@case("pv61", "pv61", loopback="only", timeout=200, needs=NEEDS)
def addresses_behind_one_peer_leave_room_for_others(lab, inventor, other):
    here = Device(lab.vm, lab.dom0, f"peers {inventor.domid},{other.domid} trusted on")
    peers = [sources(inventor, lab.dom0, 2000), sources(other, lab.dom0, 1, 0x5000)]
    here.wait_carrier()
    here.ip(f"neigh replace 10.80.0.99 lladdr 06:00:00:00:50:00 dev {here.name} nud permanent")
    before = here.sent()
    here.run("ping -q -c 5 -i 0.01 -W 1 10.80.0.99")
    # Of what is not learnt each peer gets a copy.
    expect(here.sent() - before == 5, here.sent() - before, here.counters())
    for peer in peers:
        peer.kill(9)
        peer.wait(10)
    here.delete()


@case("pv61", "pv61", loopback="only", series=ALL_SERIES, timeout=300, needs=NEEDS)
def a_small_ring_takes_all_frames_of_tcp(lab, a, b):
    for ring_size in (4096, 16384):
        here = Device(lab.vm, a, f"peer {b.domid}")
        there = Device(lab.vm, b, f"peer {a.domid} ring_size {ring_size}")
        here.check(f"ping -c 1 -W 10 {there.address(b)}")
        taking = there.vm.spawn(f"exec ip netns exec {there.space} socat -u TCP-LISTEN:{PORT},reuseaddr "
                                "SYSTEM:'wc -c >/tmp/net.size'")
        there.check(f"sh -c 'for i in $(seq 1 100); do ss -l -t -n | grep -q :{PORT} && exit 0; sleep 0.1; done; exit 1'")
        here.check(f"sh -c 'head -c {8 << 20} /dev/zero | socat -u -b 262144 - TCP:{there.address(b)}:{PORT}'", 120)
        expect(taking.wait(60).rc == 0, taking.out, taking.err)
        expect(int(lab.vm.check("cat /tmp/net.size")) == 8 << 20, "bytes are missing")
        expect(here.counters()["tx_too_large"] == 0, ring_size, here.counters())
        here.delete()
        there.delete()


@case("pv61", loopback="only", series=ALL_SERIES, timeout=200, needs=NEEDS)
def what_other_devices_can_do(lab, a):
    here = Device(lab.vm, a, f"peer {lab.dom0.domid}")
    here.ip(f"maddr add 01:00:5e:00:00:55 dev {here.name}")
    expect("01:00:5e:00:00:55" in here.ip(f"maddr show dev {here.name}"), here.ip("maddr"))
    for flag in ("promisc", "allmulticast"):
        here.ip(f"link set {here.name} {flag} on")
        here.ip(f"link set {here.name} {flag} off")
    expect("TX:\t\t1" in here.check(f"ethtool -l {here.name}"), here.check(f"ethtool -l {here.name}"))
    expect("software-transmit" in here.check(f"ethtool -T {here.name}"), here.check(f"ethtool -T {here.name}"))
    here.delete()


@case("pv61", loopback="only", needs=NEEDS)
def as_many_peers_as_queues(lab, a):
    lab.vm.check("modprobe argo_net")
    device = f"type argo attachment argo{a.index}"
    lab.vm.check(f"ip link add few numtxqueues 4 {device} peers 2,3,4")
    for done, why in ((lab.vm.run("ip link set few type argo peers 2,3,4,5"), "more than the device has queues for"),
                      (lab.vm.run(f"ip link add one numtxqueues 1 {device}"), "1 for each peer")):
        expect(done.rc != 0 and why in done.out + done.err, done)
    lab.vm.check(f"ip link add one numtxqueues 1 {device} port 42 peer 2 && ip link del one && ip link del few")
