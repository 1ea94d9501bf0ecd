# SPDX-License-Identifier: MIT
"""What Argo costs with nothing above it: argo_bench.ko (tests/bench/kmod)."""

import contextlib

RESULTS = "/sys/module/argo_bench/parameters/results"
SENDS = 2048
ROUND_TRIPS = 400
TIMEOUT = 180


def parse(text):
    """The module's lines as (what, {key: number})."""
    lines = []
    for line in text.splitlines():
        what, *pairs = line.split()
        lines.append((what, {key: int(value) for key, value in (pair.split("=") for pair in pairs)}))
    return lines


@contextlib.contextmanager
def _loaded(domain, parameters):
    """Loads the module; gives what it measured while it loaded."""
    domain.check(f"modprobe argo_bench {parameters}", TIMEOUT)
    try:
        yield parse(domain.check(f"cat {RESULTS}"))
    finally:
        domain.check("rmmod argo_bench")


def sends(domain):
    """ns of an empty hypercall, as size None, and of a bare sendv of each size."""
    with _loaded(domain, f"role=sendv count={SENDS}") as lines:
        return {None if what == "hypercall" else values["size"]: values["median_ns"] for what, values in lines}


def round_trips(ping, pong, sizes):
    """Median ns of a round trip between two kernels, by size."""
    medians = {}
    with _loaded(pong, f"role=pong peer={ping.domid}"):
        for size in sizes:
            with _loaded(ping, f"role=ping peer={pong.domid} size={size} count={ROUND_TRIPS}") as lines:
                medians[size] = lines[0][1]["median_ns"]
    return medians
