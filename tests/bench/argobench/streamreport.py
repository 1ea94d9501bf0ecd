# SPDX-License-Identifier: MIT
"""What was measured of byte streams, as text."""

import dataclasses

from . import streams
from .report import line, size_text, time_text

NAMES = {streams.TCP: "TCP over netfront", streams.VCHAN: "libxenvchan, 64 KiB rings",
         streams.VSOCK: "AF_VSOCK over Argo", streams.NET: "TCP over argo_net",
         streams.TCP_POLLED: "TCP over netfront, polled", streams.NET_POLLED: "TCP over argo_net, polled"}


@dataclasses.dataclass
class StreamPair:
    """dom0 and a guest."""
    kind: str
    directions: list    # of streams.Direction


def _throughput(direction, sizes):
    lines = [f"{direction.sender} -> {direction.receiver}, byte streams"]
    for transport, rows in direction.throughput.items():
        rates = [rows[size].megabytes_per_second for size in sizes]
        lines.append(line(f"{NAMES[transport]}, MB/s", [f"{rate:.1f}" for rate in rates]))
        if transport in streams.NETFRONT:
            tcp = direction.throughput[streams.NETFRONT[transport]]
            lines.append(line("  times netfront's", [f"{rate / tcp[size].megabytes_per_second:.1f}"
                                                     for size, rate in zip(sizes, rates)]))
        if transport == streams.VSOCK:
            lines.append(line("  interrupts a packet, receiver", [_ratio(rows[size].interrupts) for size in sizes]))
    return lines


def _round_trip(direction, sizes):
    lines = [f"{direction.sender} -> {direction.receiver} -> {direction.sender}, byte streams, round trip"]
    for transport, rows in direction.round_trip.items():
        lines.append(line(f"{NAMES[transport]}, median", [time_text(rows[size].median_ns) for size in sizes]))
        lines.append(line("  99th percentile", [time_text(rows[size].p99_ns) for size in sizes]))
        if transport == streams.VSOCK:
            lines.append(line("  interrupts a packet, server", [_ratio(rows[size].interrupts) for size in sizes]))
    return lines


def _ratio(value):
    return "?" if value is None else f"{value:.3f}"


def tables(pairs, sizes):
    """One block for each pair, and what could not be measured."""
    lines = []
    for pair in pairs:
        lines += ["", line(f"dom0 and {pair.kind}", [size_text(size) for size in sizes])]
        for direction in pair.directions:
            lines += _throughput(direction, sizes)
        for direction in pair.directions:
            lines += _round_trip(direction, sizes)
    for transport, module in streams.MODULES.items():
        if any(transport not in direction.transports for pair in pairs for direction in pair.directions):
            lines.append(f"\n{NAMES[transport]} was not measured: {module} was not built.")
    return "\n".join(lines)
