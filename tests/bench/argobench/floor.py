# SPDX-License-Identifier: MIT
"""What Argo costs with nothing above it: argo_bench.ko (tests/bench/kmod). And what a system call costs."""

import contextlib

RESULTS = "/sys/module/argo_bench/parameters/results"
SENDS = 2048
SYSTEM_CALLS = 50000
STREAMED = 1024
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


def system_call(domain):
    """About the ns of a system call that does next to nothing: dd needs two for each byte."""
    before, after = domain.check("read t _ </proc/uptime; echo $t; "
                                 f"dd if=/dev/zero of=/dev/null bs=1 count={SYSTEM_CALLS // 2} 2>/dev/null; "
                                 "read t _ </proc/uptime; echo $t", TIMEOUT).split()
    return (float(after) - float(before)) * 1e9 / SYSTEM_CALLS


def streams(sender, receiver):
    """ns of a sendv to another domain whose interrupt handler takes the messages, by size."""
    with _loaded(receiver, f"role=sink peer={sender.domid}"), \
            _loaded(sender, f"role=stream peer={receiver.domid} count={STREAMED}") as lines:
        return {values["size"]: values["median_ns"] for _, values in lines}


def round_trips(ping, pong, sizes):
    """Median ns of a round trip between two kernels, by size."""
    medians = {}
    with _loaded(pong, f"role=pong peer={ping.domid}"):
        for size in sizes:
            with _loaded(ping, f"role=ping peer={pong.domid} size={size} count={ROUND_TRIPS}") as lines:
                medians[size] = lines[0][1]["median_ns"]
    return medians
