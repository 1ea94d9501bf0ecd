# SPDX-License-Identifier: MIT
"""What programs reach through the driver: argo-ctl bench, and the driver's own count of hypercalls."""

import dataclasses
import json

from lab.errors import LabError

from .serving import answering

HYPERCALLS = "/sys/class/misc/argo/hypercalls"
PORT = 5002
# So large that a receiver of the largest messages need not tell their sender of room for every few of them.
RING = "4M"
BATCH = 32
SECONDS = 1
TIMEOUT = 120


@dataclasses.dataclass
class Row:
    """One size in one mode."""
    mode: str
    size: int
    sent: int
    received: int
    clean: bool
    elapsed_ns: int
    megabytes_per_second: float
    median_ns: int              # one way: of a send call; round trip: of a message there and back
    p99_ns: int
    sender_hypercalls: float    # of any kind, a message; those that begin and end a run are not counted
    receiver_hypercalls: float

    @property
    def ns_per_message(self):
        return self.elapsed_ns / self.sent


@dataclasses.dataclass
class Direction:
    """All rows of a client that sends and a server that counts or sends back."""
    sender: str
    receiver: str
    one_way: dict     # size: Row; one message in a call
    batched: dict     # size: Row; BATCH of them in a call
    round_trip: dict

    @property
    def rows(self):
        return [*self.one_way.values(), *self.batched.values(), *self.round_trip.values()]


def _hypercalls(domain):
    """How many the driver made since it was loaded."""
    return sum(int(line) for line in domain.check(f"cat {HYPERCALLS}/*").split())


def serving(domain, client):
    """A server for as long as this is entered."""
    return answering(domain, f"argo-ctl bench --serve --port {PORT} --partner {client.domid} --ring-size {RING}",
                     TIMEOUT)


def _run(client, server, mode, size, options):
    """What argo-ctl found, and the hypercalls of both sides."""
    before = _hypercalls(client), _hypercalls(server)
    done = client.run(f"argo-ctl bench {server.domid}:{PORT} --mode {mode} --sizes {size} --ring-size {RING} {options} "
                      "--json", TIMEOUT)
    after = _hypercalls(client), _hypercalls(server)
    try:
        found = json.loads(done.out)["results"][0]
    except (ValueError, LookupError):
        raise LabError(f"{client.name}: argo-ctl bench {mode} of {size} bytes to {server.name}: "
                       f"status {done.rc} and no result\n{done.out}{done.err}") from None
    if not found["sent"]:
        raise LabError(f"{client.name}: argo-ctl bench {mode} of {size} bytes to {server.name} sent nothing with "
                       f"{options}\n{done.err}")
    return found, (after[0] - before[0], after[1] - before[1])


def _overhead(client, server):
    """Hypercalls of both sides that a run takes beside those for its messages: rings, and who begins and ends it."""
    _, (sender, receiver) = _run(client, server, "one-way", 64, "--count 1")
    return sender - 1, receiver


def _row(client, server, mode, size, overhead, batch=1):
    found, hypercalls = _run(client, server, mode, size, f"--duration {SECONDS} --batch {batch}")
    faults = ("lost", "reordered", "duplicates", "wrong_size")
    return Row(
        mode=mode, size=size, sent=found["sent"], received=found["received"],
        clean=found["sent"] == found["received"] and not any(found[fault] for fault in faults),
        elapsed_ns=found["elapsed_ns"], megabytes_per_second=found["megabytes_per_second"],
        median_ns=found["latency_ns"]["p50"], p99_ns=found["latency_ns"]["p99"],
        sender_hypercalls=max(0, hypercalls[0] - overhead[0]) / found["sent"],
        receiver_hypercalls=max(0, hypercalls[1] - overhead[1]) / found["sent"])


def time_of(client, server, mode, size):
    """Nanoseconds of a message one way, or the median of those there and back."""
    found, _ = _run(client, server, mode, size, f"--duration {SECONDS}")
    return found["elapsed_ns"] / found["sent"] if mode == "one-way" else found["latency_ns"]["p50"]


def measure(client, server, sizes):
    """A Direction. The driver is loaded in both domains."""
    with serving(server, client):
        overhead = _overhead(client, server)
        one_way = {size: _row(client, server, "one-way", size, overhead) for size in sizes}
        batched = {size: _row(client, server, "one-way", size, overhead, BATCH) for size in sizes}
        round_trip = {size: _row(client, server, "round-trip", size, overhead) for size in sizes}
    return Direction(client.kind, server.kind, one_way, batched, round_trip)
