# SPDX-License-Identifier: MIT
"""Byte streams between two domains: what AF_VSOCK over Argo costs beside what Xen users have for that otherwise.

argo-stream-bench (tests/vm/guest) does the same over each of them. They take turns, size by size, so that a machine that
is slower for a while is so for all.
"""

import contextlib
import dataclasses
import json

from lab.errors import LabError

from .serving import answering

TCP, VCHAN, VSOCK, NET = "tcp", "vchan", "vsock", "net"
# The same, with sockets that look for what comes before they sleep.
TCP_POLLED, NET_POLLED = "tcp-polled", "net-polled"
# Modules that may not have been built.
VSOCK_MODULE, NET_MODULE = "argo_vsock", "argo_net"
MODULES = {VSOCK: VSOCK_MODULE, NET: NET_MODULE, NET_POLLED: NET_MODULE}
# What each is compared with.
NETFRONT = {VSOCK: TCP, NET: TCP, NET_POLLED: TCP_POLLED}
# How to ask argo-stream-bench for them.
_POLLED = "--transport tcp --busy-poll 200"
OPTIONS = {TCP: "--transport tcp", VCHAN: "--transport vchan", VSOCK: "--transport vsock", NET: "--transport tcp",
           TCP_POLLED: _POLLED, NET_POLLED: _POLLED}
PORTS = {TCP: 5003, VCHAN: 5003, VSOCK: 5003, NET: 5004, TCP_POLLED: 5005, NET_POLLED: 5006}
NET_DEVICE = "argo0"
SECONDS = 1
TIMEOUT = 120


@dataclasses.dataclass
class Row:
    """One size over one transport."""
    transport: str
    mode: str
    size: int
    blocks: int
    intact: bool
    megabytes_per_second: float
    median_ns: int              # of a round trip
    p99_ns: int
    interrupts: float | None    # a packet, in the server's domain; of vsock only


@dataclasses.dataclass
class Direction:
    """All rows of a client that sends and a server that takes it or sends it back."""
    sender: str
    receiver: str
    throughput: dict    # transport: {size: Row}
    round_trip: dict

    @property
    def transports(self):
        return list(self.throughput)

    @property
    def rows(self):
        return [row for mode in (self.throughput, self.round_trip) for rows in mode.values() for row in rows.values()]


def transports(built):
    """Those that can be measured."""
    return [TCP, TCP_POLLED, VCHAN] + [transport for transport, module in MODULES.items() if built.has(module)]


def _net_address(domain):
    return f"10.79.0.{domain.domid + 1}"


def prepare(over, a, b):
    """Loads what the transports need."""
    for domain, other in ((a, b), (b, a)):
        for transport in over:
            if transport in MODULES:
                domain.check(f"modprobe -a argo {MODULES[transport]}")
        if NET in over:
            domain.check(f"ip link add {NET_DEVICE} type argo peer {other.domid} && "
                         f"ip addr add {_net_address(domain)}/24 dev {NET_DEVICE} && ip link set {NET_DEVICE} up")


def end(over, *domains):
    """Undoes what would be in the way of others."""
    for domain in domains:
        if NET in over:
            domain.check(f"ip link del {NET_DEVICE}")


def _to(transport, server):
    return {TCP: server.address, TCP_POLLED: server.address, NET: _net_address(server),
            NET_POLLED: _net_address(server)}.get(transport, server.domid)


def _server(transport, server, client):
    return answering(server, f"argo-stream-bench serve {OPTIONS[transport]} --port {PORTS[transport]} "
                     f"--to {client.domid}", TIMEOUT)


def _interrupts(domain):
    """How many the driver took."""
    for line in domain.check("cat /proc/interrupts").splitlines():
        words = line.split()
        if words[-1] == "argo":
            return sum(int(word) for word in words[1:] if word.isdigit())
    raise LabError(f"{domain.name}: /proc/interrupts has no line of argo")


def _packets(domain):
    """How many messages the rings of argo_vsock received."""
    rings = json.loads(domain.check("argo-ctl rings --json"))["rings"]
    return sum(ring["rx_messages"] for ring in rings if ring["owner"] == VSOCK_MODULE)


def _run(transport, mode, client, server, size):
    done = client.run(f"argo-stream-bench run {OPTIONS[transport]} --port {PORTS[transport]} --to {_to(transport, server)} "
                      f"--mode {mode} --size {size} --seconds {SECONDS} --json", TIMEOUT)
    try:
        return json.loads(done.out)
    except ValueError:
        raise LabError(f"{client.name}: argo-stream-bench, {mode} of {size} bytes to {server.name} over {transport}: "
                       f"status {done.rc} and no result\n{done.out}{done.err}") from None


def _row(transport, mode, client, server, size):
    counted = transport == VSOCK
    before = (_interrupts(server), _packets(server)) if counted else None
    found = _run(transport, mode, client, server, size)
    interrupts = None
    if counted:
        packets = _packets(server) - before[1]
        # Rings that are gone take their counts with them.
        interrupts = (_interrupts(server) - before[0]) / packets if packets > 0 else None
    return Row(transport, mode, size, found["blocks"], found["intact"], found["megabytes_per_second"],
               found["latency_ns"]["p50"], found["latency_ns"]["p99"], interrupts)


def measure(client, server, sizes, over):
    """A Direction. What the transports need is loaded in both domains."""
    found = {mode: {transport: {} for transport in over} for mode in ("throughput", "round-trip")}
    with contextlib.ExitStack() as servers:
        for transport in over:
            servers.enter_context(_server(transport, server, client))
        for mode, rows in found.items():
            for size in sizes:
                for transport in over:
                    rows[transport][size] = _row(transport, mode, client, server, size)
    return Direction(client.kind, server.kind, found["throughput"], found["round-trip"])
