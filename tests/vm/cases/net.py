# SPDX-License-Identifier: MIT
"""Network devices over Argo: ip link add argo0 type argo."""

import json
import time

from lab import kernels
from lab.cases import case, each, expect

NEEDS = ["argo_net", "argo-net-tool"]
DEVICE = "argo0"
PORT = 7300
# What carrier follows within, on a machine that is emulated.
SOON = 6
MIB = 8


def up(domain, address, options="", name=DEVICE):
    """A device with an IPv4 address, in place of what an earlier case left."""
    domain.check(f"modprobe argo_net; ip link del {name} 2>/dev/null; ip link add {name} type argo {options} && "
                 f"ip addr add {address}/24 dev {name} && ip link set {name} up")


def down(*domains, name=DEVICE):
    for domain in domains:
        domain.check(f"ip link del {name}")


def link(domain, name=DEVICE):
    """What `ip -j -d -s link` says of it."""
    return json.loads(domain.check(f"ip -j -d -s link show {name}"))[0]


def mac_of(domain):
    return f"02:41:52:47:{domain.domid >> 8:02x}:{domain.domid & 255:02x}"


def counters(domain, name=DEVICE):
    lines = domain.check(f"ethtool -S {name}").splitlines()[1:]
    return {key.strip(): int(value) for key, value in (line.split(":") for line in lines)}


def wait_carrier(domain, there=True, name=DEVICE):
    """Seconds until it is as wanted."""
    since = time.monotonic()
    while ("LOWER_UP" in link(domain, name)["flags"]) != there:
        expect(time.monotonic() - since < SOON, f"{domain.name}: no change of carrier:", link(domain, name))
        time.sleep(0.2)
    return time.monotonic() - since


def pings(domain, address, count=3, size=56):
    domain.check(f"ping -c {count} -W 10 -s {size} {address}")


def transfer(sender, receiver, address, mib=MIB, family=4):
    """By TCP, with its checksum."""
    taking = receiver.spawn(f"exec socat -u TCP{family}-LISTEN:{PORT},reuseaddr SYSTEM:'sha256sum >/tmp/net.sum'")
    receiver.check(f"for i in $(seq 1 100); do ss -l -t -n | grep -q :{PORT} && exit 0; sleep 0.1; done; exit 1")
    sender.check(f"head -c {mib << 20} /dev/urandom >/tmp/net.data; "
                 f"socat -u -b 262144 OPEN:/tmp/net.data TCP{family}:{address}:{PORT}", 200)
    expect(taking.wait(60).rc == 0, taking.out, taking.err)
    want, got = sender.check("sha256sum </tmp/net.data; rm /tmp/net.data"), receiver.check("cat /tmp/net.sum")
    expect(want == got, want, got)


def converse(client, server, address):
    """As a shell session does: small pieces, both ways, each answered before the next."""
    answering = server.spawn(f"exec socat TCP4-LISTEN:{PORT},reuseaddr,nodelay EXEC:cat")
    server.check(f"for i in $(seq 1 100); do ss -l -t -n | grep -q :{PORT} && exit 0; sleep 0.1; done; exit 1")
    client.check(f"mkfifo /tmp/net.in /tmp/net.out; socat TCP4:{address}:{PORT},nodelay - </tmp/net.in >/tmp/net.out & "
                 "exec 5>/tmp/net.in 6</tmp/net.out; rm /tmp/net.in /tmp/net.out; "
                 "for i in $(seq 1 200); do line=$(printf '%0*d' $((i % 60 + 1)) $i); echo $line >&5; read -r got <&6; "
                 "[ \"$line\" = \"$got\" ] || exit 1; done", 120)
    expect(answering.wait(30).rc == 0, answering.out, answering.err)


def every_size(client, server, address, most, step=1):
    echoing = server.spawn(f"exec argo-net-tool echo --port {PORT}")
    echoing.wait_for("answering")
    said = json.loads(client.check(f"argo-net-tool sizes --to {address} --port {PORT} --most {most} --step {step}", 200))
    echoing.kill(15)
    echoing.wait(10)
    expect(said["bad"] == 0 and said["good"] > most // step, said)


def pair(a, b, options=""):
    """A point-to-point device in each; both are up."""
    up(a, "10.77.0.1", f"peer {b.domid} {options}")
    up(b, "10.77.0.2", f"peer {a.domid} {options}")
    for domain in (a, b):
        wait_carrier(domain)


def nothing_was_lost(*domains):
    for domain in domains:
        lost = {name: count for name, count in counters(domain).items()
                if count and name not in ("tx_stopped", "tx_copied", "tx_no_peer")}
        expect(not lost, domain.name, lost)


@each("pv61", "pvh61", "pv612", "pvh612", timeout=400, needs=NEEDS)
def point_to_point(lab, u):
    pair(lab.dom0, u)
    for here, there in ((lab.dom0, "10.77.0.2"), (u, "10.77.0.1")):
        pings(here, there)
        pings(here, there, size=20000)
    expect(link(u)["address"] == mac_of(u), link(u))
    local = f"fe80::41:52ff:fe47:{u.domid:x}%{DEVICE}"
    lab.dom0.check(f"for i in $(seq 1 20); do ping -6 -c 1 -W 5 {local} && exit 0; sleep 0.5; done; exit 1", 120)
    transfer(lab.dom0, u, "10.77.0.2")
    transfer(u, lab.dom0, "10.77.0.1")
    transfer(lab.dom0, u, f"[{local}]", family=6)
    converse(u, lab.dom0, "10.77.0.1")
    every_size(u, lab.dom0, "10.77.0.1", 1472)
    for domain in (lab.dom0, u):
        domain.check(f"ip link set {DEVICE} mtu 65535")
    every_size(u, lab.dom0, "10.77.0.1", 65507, 1009)
    transfer(lab.dom0, u, "10.77.0.2")
    nothing_was_lost(lab.dom0, u)
    stats = link(u)["stats64"]
    expect(stats["rx"]["bytes"] > MIB << 20 and stats["tx"]["bytes"] > MIB << 20, stats)
    down(lab.dom0, u)


@case("pv61", "pvh612", timeout=400, needs=NEEDS)
def offloads_can_be_switched_off(_, a, b):
    pair(a, b)
    for feature in ("tso off", "tx off", "sg off", "gro off"):
        a.check(f"ethtool -K {DEVICE} {feature}")
        transfer(a, b, "10.77.0.2", 4)
    said = a.check(f"ethtool -i {DEVICE}; ethtool -g {DEVICE}; ethtool {DEVICE}")
    for word in ("driver: argo_net", "bus-info: argo:41", "Link detected: yes"):
        expect(word in said, said)
    expect(a.run(f"ethtool -G {DEVICE} rx 100000").rc != 0, "a ring was changed under traffic")
    a.check(f"ip link set {DEVICE} down && ethtool -G {DEVICE} rx 300000 && ip link set {DEVICE} up")
    wait_carrier(a)
    transfer(b, a, "10.77.0.1", 4)
    nothing_was_lost(a, b)
    down(a, b)


@case("pv61", "pvh612", timeout=300, needs=NEEDS)
def measured_by_iperf3(lab, a, b):
    for server, client in ((lab.dom0, a), (a, b)):
        pair(server, client)
        serving = server.spawn("exec iperf3 -s -1")
        server.check("for i in $(seq 1 100); do ss -l -t -n | grep -q :5201 && exit 0; sleep 0.1; done; exit 1")
        said = json.loads(client.check("iperf3 -J -c 10.77.0.1 -t 2", 60))
        expect(said["end"]["sum_received"]["bytes"] > 0, said)
        serving.wait(30)
        nothing_was_lost(server, client)
        down(server, client)


@each("pv61", "pvh612", timeout=400, needs=NEEDS)
def polled_in_every_way_of_linux(lab, u):
    pair(lab.dom0, u)
    own = f"/sys/class/net/{DEVICE}"
    # Sockets look themselves; the interrupt comes late; a thread does it. Each on top of those before it.
    ways = (("/proc/sys/net/core/busy_read", 200), (f"{own}/napi_defer_hard_irqs", 2),
            (f"{own}/gro_flush_timeout", 200000), (f"{own}/threaded", 1))
    for way, value in ways:
        for domain in (lab.dom0, u):
            domain.check(f"echo {value} >{way}")
        transfer(lab.dom0, u, "10.77.0.2", 4)
        converse(u, lab.dom0, "10.77.0.1")
    for way, _ in ways:
        for domain in (lab.dom0, u):
            domain.check(f"echo 0 >{way}")
        transfer(u, lab.dom0, "10.77.0.1", 1)
    # The interrupt tells of what comes now: nobody looks.
    time.sleep(1)
    converse(lab.dom0, u, "10.77.0.2")
    nothing_was_lost(lab.dom0, u)
    down(lab.dom0, u)


@case("pv61", "pvh612", timeout=400, needs=NEEDS)
def three_domains_on_one_device(lab, a, b):
    up(lab.dom0, "10.77.0.1", f"peers {a.domid},{b.domid}")
    up(a, "10.77.0.2", "peers 0")
    up(b, "10.77.0.3", "peers 0")
    for domain in (lab.dom0, a, b):
        wait_carrier(domain)
    pings(lab.dom0, "10.77.0.2")
    pings(lab.dom0, "10.77.0.3")
    pings(a, "10.77.0.1")
    # They list only dom0: neither asks the other. So each is told once.
    for domain, peers in ((a, f"0,{b.domid}"), (b, f"0,{a.domid}")):
        domain.check(f"ip link set {DEVICE} type argo peers {peers}")
        expect(link(domain)["linkinfo"]["info_data"]["peers"] == sorted(int(p) for p in peers.split(",")), link(domain))
        wait_carrier(domain)
    pings(a, "10.77.0.3")
    transfer(a, b, "10.77.0.3", 8)
    transfer(b, a, "10.77.0.2", 8)
    nothing_was_lost(lab.dom0, a, b)
    down(lab.dom0, a, b)


@case("pv61", "pvh612", timeout=300, needs=NEEDS)
def a_bridge_a_vlan_and_a_namespace(lab, a, b):
    # dom0's bridge has the device to a, and a veth that leads into a namespace. What is behind the bridge has
    # addresses of its own, so a takes any.
    pair(lab.dom0, a)
    a.check(f"ip link set {DEVICE} type argo trusted on")
    lab.dom0.check(f"modprobe -a bridge veth 8021q; ip link add br9 type bridge && ip link set {DEVICE} master br9 && "
                   "ip link add v0 type veth peer name v1 && ip link set v0 master br9 && ip netns add behind && "
                   "ip link set v1 netns behind && ip -n behind addr add 10.77.0.9/24 dev v1 && "
                   "ip -n behind link set v1 up && "
                   "ip link set v0 up && ip link set br9 up")
    pings(a, "10.77.0.9")
    lab.dom0.check("ip netns exec behind ping -c 2 -W 10 10.77.0.2")
    lab.dom0.check("ip netns del behind; ip link del br9; ip link del v0 2>/dev/null; true")
    down(lab.dom0, a)

    pair(a, b)
    for number, domain in enumerate((a, b), 1):
        domain.check(f"modprobe 8021q; ip link add link {DEVICE} name vl5 type vlan id 5 && "
                     f"ip addr add 10.78.0.{number}/24 dev vl5 && ip link set vl5 up")
    pings(a, "10.78.0.2")
    transfer(a, b, "10.78.0.2", 4)
    a.check(f"ip link del vl5; ip netns add inner && ip link set {DEVICE} netns inner && "
            f"ip -n inner addr add 10.77.0.1/24 dev {DEVICE} && ip -n inner link set {DEVICE} up")
    b.check("ip link del vl5")
    a.check("for i in $(seq 1 20); do ip netns exec inner ping -c 1 -W 5 10.77.0.2 && exit 0; sleep 0.5; done; exit 1", 120)
    a.check(f"ip -n inner link set {DEVICE} netns 1; ip netns del inner")
    down(a, b)


@case("pv61", "pvh612", timeout=400, needs=NEEDS)
def what_is_behind_a_bridge_is_learnt(lab, a, b):
    for domain, address, peers in ((lab.dom0, "10.77.0.1", f"{a.domid},{b.domid}"), (a, "10.77.0.2", f"0,{b.domid}"),
                                   (b, "10.77.0.3", f"0,{a.domid}")):
        up(domain, address, f"peers {peers} trusted on")
    for domain in (lab.dom0, a, b):
        wait_carrier(domain)
    # Behind a's bridge is a namespace with an address of its own.
    a.check(f"modprobe -a bridge veth; ip link add br9 type bridge && ip link set {DEVICE} master br9 && "
            "ip link add v0 type veth peer name v1 && ip link set v0 master br9 && ip netns add behind && "
            "ip link set v1 netns behind && ip -n behind addr add 10.77.0.9/24 dev v1 && ip -n behind link set v1 up && "
            "ip link set v0 up && ip link set br9 up")
    pings(b, "10.77.0.9")
    before = link(lab.dom0)["stats64"]["rx"]["packets"]
    b.check("ping -q -c 100 -i 0.05 -W 10 10.77.0.9", 120)
    came = link(lab.dom0)["stats64"]["rx"]["packets"] - before
    # There are always some neighbours who look for each other.
    expect(came < 50, f"{came} frames, of 100 from one domain to another, came to dom0")
    a.check("ip netns del behind; ip link del br9; ip link del v0 2>/dev/null; true")
    down(lab.dom0, a, b)


@each(("pv61", "pvh612"), needs=NEEDS)
def what_makes_no_sense_is_counted_and_dropped(lab, rogue, other):
    for victim in (lab.dom0, other):
        up(victim, "10.77.0.1")
        before = counters(victim)
        rogue.check("ip link del argo0 2>/dev/null; true")
        sent = json.loads(rogue.check(f"argo-net-tool nonsense --to {victim.domid}"))
        deadline = time.monotonic() + SOON
        while any(counters(victim)[name] - before[name] < count for name, count in sent.items()):
            expect(time.monotonic() < deadline, counters(victim), before, sent)
            time.sleep(0.2)
        after = counters(victim)
        expect({name: after[name] - before[name] for name in sent} == sent, after, before, sent)
        expect(link(victim)["stats64"]["rx"]["packets"] >= 1, "what made sense did not arrive")
        down(victim)


@each("pv61", "pvh612", timeout=400, needs=NEEDS)
def added_and_deleted_under_traffic(lab, u):
    pair(lab.dom0, u)
    flooding = u.spawn("exec ping -f -q -s 8000 -w 60 10.77.0.1 >/dev/null 2>&1")
    for _ in range(5):
        lab.dom0.run("sleep 0.5")
        up(lab.dom0, "10.77.0.1", f"peer {u.domid}")
        wait_carrier(lab.dom0)
    for _ in range(3):
        wait_carrier(u)
        u.check(f"ip link set {DEVICE} down; sleep 0.3; ip link set {DEVICE} up")
    flooding.kill(9)
    flooding.wait(10)
    wait_carrier(u)
    pings(u, "10.77.0.1")
    down(u)
    expect(wait_carrier(lab.dom0, there=False) < SOON)
    down(lab.dom0)
    lab.dom0.check("rmmod argo_net && modprobe argo_net")


def seconds_to_carrier(watcher, other, there):
    """From when the other end's device is told to be up, or down; nobody sends."""
    watching = watcher.spawn(f"cat /proc/uptime; until [ $(cat /sys/class/net/{DEVICE}/carrier) = {int(there)} ]; "
                             "do sleep 0.05; done; cat /proc/uptime")
    watching.wait_for("\n")
    other.check(f"ip link set {DEVICE} {'up' if there else 'down'}")
    began, seen = (float(line.split()[0]) for line in watching.wait(SOON).out.splitlines())
    return seen - began


@each("pv61", "pvh612", timeout=400, needs=NEEDS)
def carrier_follows_the_peer_within_two_seconds(lab, u):
    pair(lab.dom0, u)
    for watcher, other in ((lab.dom0, u), (u, lab.dom0)):
        rounds = []
        # A machine that does other things makes some late, and at times a whole round.
        while not any(sorted(took)[-2] < 2 for took in rounds):
            expect(len(rounds) < 4, watcher.name, rounds)
            rounds.append([seconds_to_carrier(watcher, other, there) for _ in range(3) for there in (False, True)])
    down(lab.dom0, u)


@each("pv61", "pvh612", timeout=400, fresh=True, needs=NEEDS)
def a_peer_that_dies_and_one_that_comes(lab, u):
    up(lab.dom0, "10.77.0.1")
    up(u, "10.77.0.2", "peers 0")
    wait_carrier(u)
    pings(u, "10.77.0.1")
    wait_carrier(lab.dom0)
    u.destroy()
    wait_carrier(lab.dom0, there=False)
    again = lab.create(u.kind)
    up(again, "10.77.0.2", "peers 0")
    wait_carrier(again)
    pings(again, "10.77.0.1")
    pings(lab.dom0, "10.77.0.2")
    down(lab.dom0, again)


@each("pv61", "pvh612", timeout=400, needs=NEEDS)
def back_after_a_restore(lab, u):
    up(lab.dom0, "10.77.0.1")
    up(u, "10.77.0.2", "peers 0")
    wait_carrier(u)
    pings(u, "10.77.0.1")
    before = link(u)["address"]
    u.save("/run/net")
    wait_carrier(lab.dom0, there=False)
    lab.restore("/run/net")
    lab.dom0.check("rm /run/net")
    wait_carrier(u)
    pings(u, "10.77.0.1")
    after = link(u)["address"]
    expect(after != before and after == mac_of(u), before, after)
    transfer(u, lab.dom0, "10.77.0.1", 4)
    down(lab.dom0, u)


@case("pv61", "pvh612", timeout=300, needs=NEEDS)
def a_peer_that_does_not_read_stops_only_its_own(lab, slow, other):
    up(lab.dom0, "10.77.0.1", f"peers {slow.domid},{other.domid}")
    up(slow, "10.77.0.2", "peers 0 ring_size 70000")
    up(other, "10.77.0.3", "peers 0")
    for domain, address in ((slow, "10.77.0.2"), (other, "10.77.0.3")):
        wait_carrier(domain)
        pings(lab.dom0, address)
    slow.pause()
    said = lab.dom0.run("ip neigh; for i in $(seq 1 40); do ping -c 1 -W 1 -s 8000 10.77.0.2 | tail -2 & done; wait; "
                        f"ip neigh; ip -s link show {DEVICE}; ethtool -S {DEVICE}", 60)
    pings(lab.dom0, "10.77.0.3")
    transfer(lab.dom0, other, "10.77.0.3", 4)
    stopped = counters(lab.dom0)
    slow.unpause()
    expect(stopped["tx_stopped"] > 0, stopped, said.out, said.err)
    pings(lab.dom0, "10.77.0.2")
    transfer(lab.dom0, slow, "10.77.0.2", 4)
    nothing_was_lost(lab.dom0)
    down(lab.dom0, slow, other)


@case("pv61", needs=NEEDS)
def errors_say_what_is_wrong(lab, u):
    u.check("modprobe argo_net; ip link del argo0 2>/dev/null; true")
    for options, why in ((f"peer {u.domid}", "that is this domain"), ("peer 0 peers 3", "point-to-point"),
                         ("attachment argo7", "none of that name"), ("ring_size 100", "less than a page"),
                         ("port 0xd0000000", "at random"), ("peer 40000", "not a domain's id"), ("speed 3", "no option")):
        done = u.run(f"ip link add argo0 type argo {options}")
        expect(done.rc != 0 and why in done.out + done.err, options, done)
    up(u, "10.77.0.2", "peer 0")
    done = u.run("ip link set argo0 type argo port 7")
    expect(done.rc != 0 and "creation only" in done.err, done)
    for options, why in (("peer 0", "another device"), ("peer 32000 port 42", "peer is no domain that exists")):
        done = u.run(f"ip link add argo1 type argo {options} && ip link set argo1 up")
        expect(done.rc != 0 and why in u.check("dmesg | tail -5"), options, done)
        u.check("ip link del argo1")
    expect("peer 0 port 41" in u.check("ip -d link show argo0"))
    down(u)


@case("pv61", "pv61", loopback="only", series=tuple(kernels.SERIES), timeout=200, needs=NEEDS)
def two_namespaces_of_one_kernel(lab, a, b):
    """Virtual domains have one network: so each has a namespace of it."""
    vm = lab.vm
    vm.check("modprobe argo_net")
    for here, there, number in ((a, b, 1), (b, a, 2)):
        vm.check(f"ip netns add ns{number} && "
                 f"ip link add net{number} type argo attachment argo{here.index} peer {there.domid} && "
                 f"ip link set net{number} netns ns{number} mtu 9000 && ip -n ns{number} link set net{number} up && "
                 f"ip -n ns{number} addr add 10.80.0.{number}/24 dev net{number}")
    vm.check("for i in $(seq 1 20); do ip netns exec ns1 ping -c 1 -W 5 10.80.0.2 && exit 0; sleep 0.5; done; exit 1", 120)
    taking = vm.spawn(f"exec ip netns exec ns2 socat -u TCP-LISTEN:{PORT},reuseaddr SYSTEM:'sha256sum >/tmp/net.sum'")
    vm.check(f"for i in $(seq 1 100); do ip netns exec ns2 ss -l -t -n | grep -q :{PORT} && exit 0; sleep 0.1; done; exit 1")
    vm.check("head -c 20000000 /dev/urandom >/tmp/net.data; "
             f"ip netns exec ns1 socat -u -b 262144 OPEN:/tmp/net.data TCP:10.80.0.2:{PORT}", 120)
    expect(taking.wait(60).rc == 0, taking.out, taking.err)
    expect(vm.check("sha256sum </tmp/net.data; rm /tmp/net.data") == vm.check("cat /tmp/net.sum"), "it arrived as another")
    done = vm.run("ip link add net3 type argo")
    expect(done.rc != 0 and ("name an attachment" in done.err), done)
    vm.check("ip -n ns1 link del net1; ip netns del ns2; ip netns del ns1")
    vm.check("for i in $(seq 1 50); do rmmod argo_net && exit 0; sleep 0.2; done; exit 1")
