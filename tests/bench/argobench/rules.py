# SPDX-License-Identifier: MIT
"""The cost of the firewall: the smallest message with rules and without, in turns, since the machine changes meanwhile."""

import dataclasses
import statistics

from . import driver

SIZE = 64
RULES = 100
ROUNDS = 9


@dataclasses.dataclass
class Cost:
    """Times of a message, one for each round."""
    without: list
    with_rules: list

    @property
    def ratio(self):
        return statistics.median(b / a for a, b in zip(self.without, self.with_rules))


def _rules(peer):
    """So many that do not match, for single domains, single ports and ranges, and the one that does."""
    others = [line for i in range(RULES // 4) for line in (
        f"deny {100 + i} -> self", f"allow {200 + i} -> self:{6000 + i}",
        f"deny self -> {300 + i}:{100 * i}-{100 * i + 50}", f"deny any:{70000 + i} -> self:{80000 + i}")]
    return "\\n".join([*others[:RULES - 2], f"allow {peer.domid} -> self", f"allow self -> {peer.domid}",
                       "default in deny", "default out deny"])


def _load(domain, peer):
    domain.check(f"printf '{_rules(peer)}\\n' | argo-ctl firewall load -")


def measure(client, server):
    """Costs by mode. The driver is loaded in both domains."""
    costs = {mode: Cost([], []) for mode in ("one-way", "round-trip")}
    with driver.serving(server, client):
        for _ in range(ROUNDS):
            for ruled in (False, True):
                if ruled:
                    _load(client, server)
                    _load(server, client)
                for mode, cost in costs.items():
                    (cost.with_rules if ruled else cost.without).append(driver.time_of(client, server, mode, SIZE))
            for domain in (client, server):
                domain.check("argo-ctl firewall flush")
    return costs
