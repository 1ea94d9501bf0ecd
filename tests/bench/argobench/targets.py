# SPDX-License-Identifier: MIT
"""What the path must reach, and whether it did."""

import dataclasses

from . import rules, streams
from .driver import BATCH

# The driver that Xen users have today, in the same lab in another run: only the order counts.
TODAY_ONE_WAY_NS = 375_000
TODAY_MEGABYTES_PER_SECOND = 184

SMALL, LARGE = 64, 64 * 1024


@dataclasses.dataclass
class Target:
    """A ratio or a number, and its bound."""
    text: str
    measured: float
    limit: float
    at_most: bool

    @property
    def met(self):
        return self.measured <= self.limit if self.at_most else self.measured >= self.limit


def evaluate(pairs):
    """Those of speed for the PV pair, which today's figures are from; those of hypercalls for every direction."""
    pv = next(pair for pair in pairs if pair.kind.startswith("pv6"))
    out = pv.sending("dom0")
    found = []
    for rows, how in ((out.one_way, "one in a call"), (out.batched, f"{BATCH} in a call")):
        small, large = rows[SMALL], rows[LARGE]
        found += [
            Target(f"one way 64 B, {how}: at most 8 times a bare sendv",
                   small.ns_per_message / pv.sends["dom0"][SMALL], 8, True),
            Target(f"one way 64 B, {how}: at least 20 times as fast as today's driver",
                   TODAY_ONE_WAY_NS / small.ns_per_message, 20, False),
            Target(f"64 KiB, {how}: at least 4 times today's best throughput",
                   large.megabytes_per_second / TODAY_MEGABYTES_PER_SECOND, 4, False),
        ]
    found.append(Target("a system call alone: at most 8 times a bare sendv (or one in a call cannot be)",
                        pv.system_calls["dom0"] / pv.sends["dom0"][SMALL], 8, True))
    found.append(Target("round trip 64 B: at most 3 times kernel to kernel",
                        out.round_trip[SMALL].median_ns / pv.round_trips[SMALL], 3, True))
    for pair in pairs:
        for mode, cost in pair.ruled.items():
            found.append(Target(f"{mode} {rules.SIZE} B with {rules.RULES} rules, dom0 and {pair.kind}: at most 1.05 times without",
                                cost.ratio, 1.05, True))
        for direction in pair.directions:
            rows = [*direction.one_way.values(), *direction.batched.values()]
            where = f"{direction.sender} -> {direction.receiver}"
            found.append(Target(f"hypercalls a message to send, {where}: at most 1.05",
                                max(row.sender_hypercalls for row in rows), 1.05, True))
            found.append(Target(f"hypercalls a message to receive, {where}: at most 0.1",
                                max(row.receiver_hypercalls for row in rows), 0.1, True))
    return found


def evaluate_streams(pairs):
    """Those of AF_VSOCK and of the network device for the PV pair; none where they were not measured."""
    pv = next(pair for pair in pairs if pair.kind.startswith("pv6"))
    return [target for direction in pv.directions for target in (*_of_vsock(direction), *_of_net(direction))]


def _of_net(direction):
    return [target for ours, how in ((streams.NET, ""), (streams.NET_POLLED, ", polled"))
            if ours in direction.transports for target in _of_net_one(direction, ours, how)]


def _of_net_one(direction, net, how):
    (ours, tcp), (our_trip, tcp_trip) = (
        (rows[net][size], rows[streams.NETFRONT[net]][size])
        for rows, size in ((direction.throughput, LARGE), (direction.round_trip, SMALL)))
    where = f"TCP over argo_net{how}, {direction.sender} -> {direction.receiver}"
    return [
        Target(f"{where}, 64 KiB writes: at least twice netfront's",
               ours.megabytes_per_second / tcp.megabytes_per_second, 2, False),
        Target(f"{where}, round trip of 64 B: at most two thirds of netfront's",
               our_trip.median_ns / tcp_trip.median_ns, 2 / 3, True),
    ]


def _of_vsock(direction):
    if streams.VSOCK not in direction.transports:
        return []
    ours, tcp = (direction.throughput[transport][LARGE].megabytes_per_second
                 for transport in (streams.VSOCK, streams.TCP))
    where = f"vsock, 64 KiB writes, {direction.sender} -> {direction.receiver}"
    return [
        Target(f"{where}: at least 3 times netfront's TCP", ours / tcp, 3, False),
        Target(f"{where}: at least 2.5 times today's stream", ours / TODAY_MEGABYTES_PER_SECOND, 2.5, False),
    ]
