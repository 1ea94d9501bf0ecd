# SPDX-License-Identifier: MIT
"""What was measured, as text."""

import dataclasses
import statistics

from . import rules
from .driver import BATCH


@dataclasses.dataclass
class Pair:
    """dom0 and a guest."""
    kind: str
    system_calls: dict # kind of domain: ns of one that does next to nothing
    sends: dict        # kind of the sender: {None (an empty hypercall) or size: ns of a bare sendv}
    streams: dict      # kind of the sender: {size: ns of a sendv to the other domain}
    round_trips: dict  # size: ns between the two kernels
    directions: list   # of driver.Direction
    ruled: dict        # mode: rules.Cost

    def sending(self, kind):
        return next(d for d in self.directions if d.sender == kind)


def size_text(size):
    return f"{size // 1024} KiB" if size >= 1024 else f"{size} B"


def time_text(nanoseconds):
    if nanoseconds < 1e6:
        return f"{nanoseconds / 1e3:.1f} us"
    return f"{nanoseconds / 1e6:.1f} ms"


def line(label, cells):
    return f"  {label:<44}" + "".join(f"{cell:>12}" for cell in cells)


def _stream(rows, floor):
    """The lines of one way of sending."""
    return [
        line("  times the floor", [f"{row.ns_per_message / floor[row.size]:.1f}" for row in rows]),
        line("  throughput, MB/s", [f"{row.megabytes_per_second:.1f}" for row in rows]),
        line("  hypercalls a message, sender", [f"{row.sender_hypercalls:.3f}" for row in rows]),
        line("  hypercalls a message, receiver", [f"{row.receiver_hypercalls:.3f}" for row in rows]),
    ]


def _one_way(pair, direction, sizes):
    floor, stream = pair.sends[direction.sender], pair.streams[direction.sender]
    single = [direction.one_way[size] for size in sizes]
    batched = [direction.batched[size] for size in sizes]
    return [
        f"{direction.sender} -> {direction.receiver}, one way",
        line("bare sendv (floor)", [time_text(floor[size]) for size in sizes]),
        line("sendv to that domain's kernel", [time_text(stream[size]) for size in sizes]),
        line("argo-ctl, a message, one in a call", [time_text(row.ns_per_message) for row in single]),
        line("  median of the call", [time_text(row.median_ns) for row in single]),
        *_stream(single, floor),
        line(f"argo-ctl, a message, {BATCH} in a call", [time_text(row.ns_per_message) for row in batched]),
        *_stream(batched, floor),
    ]


def _round_trip(pair, direction, sizes):
    rows = [direction.round_trip[size] for size in sizes]
    return [
        f"{direction.sender} -> {direction.receiver} -> {direction.sender}, round trip",
        line("kernel to kernel, median (floor)", [time_text(pair.round_trips[size]) for size in sizes]),
        line("argo-ctl, median", [time_text(row.median_ns) for row in rows]),
        line("  times the floor", [f"{row.median_ns / pair.round_trips[row.size]:.1f}" for row in rows]),
        line("argo-ctl, 99th percentile", [time_text(row.p99_ns) for row in rows]),
    ]


def tables(pairs, sizes):
    """One block for each pair: one way, then round trip."""
    lines = []
    for pair in pairs:
        lines += ["", f"dom0 and {pair.kind}"]
        for kind, ns in pair.sends.items():
            lines.append(f"  in {kind} an empty hypercall takes {time_text(ns[None])}, "
                         f"a system call {time_text(pair.system_calls[kind])}")
        lines.append(line("", [size_text(size) for size in sizes]))
        for direction in pair.directions:
            lines += _one_way(pair, direction, sizes)
        for direction in pair.directions:
            lines += _round_trip(pair, direction, sizes)
        for mode, cost in pair.ruled.items():
            lines.append(f"  {mode} of {size_text(rules.SIZE)} without rules {time_text(statistics.median(cost.without))}, "
                         f"with {rules.RULES} rules in both domains {time_text(statistics.median(cost.with_rules))}, "
                         f"median of the ratios {cost.ratio:.3f}")
    return "\n".join(lines)


def verdicts(targets):
    """One line for each target."""
    lines = ["", f"  {'target':<74}{'measured':>12}"]
    lines += [f"  {t.text:<74}{t.measured:>12.3g}  {'met' if t.met else 'MISSED'}" for t in targets]
    return "\n".join(lines)
