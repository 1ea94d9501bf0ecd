# SPDX-License-Identifier: MIT
"""One file, one verdict: argo-policy, the rules it makes for guests, the engine of argo_loopback, and Xen.

The files are random, and about few domains and ports, so that many rules meet. Each question is whether a domain may send
to a port of another. It is put to `argo-policy test`, and by sending: a denied message is EACCES, while an allowed one
finds no ring. A domain that may send nothing may not even bind the port that it would send from.
"""

import json
import random
import tempfile
from pathlib import Path

from cases.policy import argo_policy, compiled, load
from cases.ports import domu, load_policy
from lab.cases import case, expect
from lab.loopback import CONTROL

NEEDS = ["argo_char", "argo-ctl", "argo-traffic"]
PORTS = range(7600, 7624)
# What a client sends from that asks for no port.
EPHEMERAL = 0xC0000000
DENIED = 3


class Policy:
    """A random file, and what argo-policy says of it."""

    def __init__(self, place, seed, domids):
        self._random = random.Random(seed)
        self.domids = domids
        rules = [self._rule() for _ in range(self._random.randrange(2, 9))]
        self.text = "\n".join([*self._declared(), *rules, ""])
        self.path = Path(place) / "policy.argo"
        self.path.write_text(self.text, encoding="ascii")

    def _declared(self):
        for name, domid in self.domids.items():
            yield f"domain {name} id {domid}" + (" tag guest" if domid else "")
        for i, first in enumerate(PORTS[::6]):
            yield f"service s{i} {first}-{first + self._random.randrange(9)}"

    def _rule(self):
        pick = self._random.choice
        who = (*self.domids, "any", "@guest")
        first = pick(PORTS)
        what = pick((f"s{self._random.randrange(4)}", f"{first}", f"{first}-{first + 5}", "any"))
        return f"{pick(('', '', 'deny '))}{pick(who)} {pick(('->', '->', '<->'))} {pick(who)} : {what}"

    def says(self, command, *words):
        """What a command prints."""
        done = argo_policy(command, self.path, *words)
        expect(done.returncode == 0, command, done.stdout, done.stderr, self.text)
        return done.stdout

    def allows(self, sender, receiver, port):
        done = argo_policy("test", self.path, sender, f"{receiver}:{port}")
        expect(done.returncode in (0, DENIED), done.stderr, self.text)
        return done.returncode == 0

    def verdicts(self):
        """By sender and receiver: for each port whether it is allowed."""
        names = list(self.domids)
        return {(a, b): [self.allows(a, b, port) for port in PORTS] for a in names for b in names if a != b}


def sends(domain, sender, policy_file):
    """By receiver: for each port whether a message may leave."""
    others = [name for name in policy_file.domids if name != sender]
    addresses = [f"{policy_file.domids[name]}:{port}" for name in others for port in PORTS]
    done = domain.run(f"argo-traffic try {' '.join(addresses)}", 60)
    if done.rc:
        expect("bind: EACCES" in done.err, done)
        return {name: [False] * len(PORTS) for name in others}
    seen = json.loads(done.out)["errors"]
    expect(set(seen) <= {"EACCES", "ECONNREFUSED"}, seen)
    size = len(PORTS)
    return {name: [error != "EACCES" for error in seen[i * size:(i + 1) * size]] for i, name in enumerate(others)}


def compare(where, policy_file, domains, verdicts):
    for name, domain in domains.items():
        for other, seen in sends(domain, name, policy_file).items():
            wanted = verdicts[name, other]
            expect(seen == wanted, where, f"{name} -> {other}",
                   [f"{port}: {s} instead of {w}" for port, s, w in zip(PORTS, seen, wanted, strict=True) if s != w],
                   policy_file.text)


def guest_rules(policy_file, domains):
    """Each domain gets those that argo-policy makes for it."""
    for name, domain in domains.items():
        loading = domain.spawn("argo-ctl firewall load -")
        loading.write(policy_file.says("guest", name).encode())
        loading.close_stdin()
        expect(loading.wait(20).rc == 0, loading.err)


def engine_rules(lab, text):
    lab.vm.check(f"cat >{CONTROL}/rules <<'END'\n{text}END")


def compare_arrivals(policy_file, domains, verdicts):
    """What the receiver's own rules say of the messages."""
    for name, domain in domains.items():
        for other, domid in policy_file.domids.items():
            if other == name:
                continue
            asked = " ".join(str(port) for port in PORTS)
            said = domain.check(f"for p in {asked}; do argo-ctl firewall test {domid}:{EPHEMERAL} self:$p; done; true", 60)
            seen = [line.startswith("allowed") for line in said.splitlines()]
            expect(seen == verdicts[other, name], f"{other} -> {name}", seen, policy_file.text)


@case("pv61", "pvh612", loopback="only", timeout=400, needs=NEEDS)
def on_guests_and_in_the_engine(lab, a, b):
    domains = {"dom0": lab.dom0, "a": a, "b": b}
    with tempfile.TemporaryDirectory() as place:
        for seed in range(20):
            policy_file = Policy(place, seed, {name: domain.domid for name, domain in domains.items()})
            verdicts = policy_file.verdicts()
            try:
                guest_rules(policy_file, domains)
                compare("guest", policy_file, domains, verdicts)
                if seed < 2:
                    compare_arrivals(policy_file, domains, verdicts)
            finally:
                for domain in domains.values():
                    domain.check("argo-ctl firewall flush")
            try:
                engine_rules(lab, policy_file.says("engine"))
                compare("engine", policy_file, domains, verdicts)
            finally:
                engine_rules(lab, "off\n")


@case(xen="patched", flask="ports", timeout=500, needs=NEEDS)
def on_xen(lab):
    """The domains keep their labels, which every file's policy declares."""
    domains = {"dom0": lab.dom0}
    with tempfile.TemporaryDirectory() as place:
        try:
            for seed in range(100, 104):
                # Flask goes by labels, not by ids.
                ids = {name: domains[name].domid if name in domains else 30000 + i for i, name in enumerate(("dom0", "a", "b"))}
                policy_file = Policy(place, seed, ids)
                binary, _ = compiled(Path(place), policy_file.text)
                load(lab, binary)
                for name, kind in (("a", "pv61"), ("b", "pvh612")):
                    if name not in domains:
                        domains[name] = domu(lab, kind, seclabel=f"system_u:system_r:argo_dom_{name}_t")
                policy_file = Policy(place, seed, {name: domain.domid for name, domain in domains.items()})
                compare("Xen", policy_file, domains, policy_file.verdicts())
        finally:
            for name, domain in domains.items():
                if name != "dom0":
                    domain.destroy()
            load_policy(lab, "ports")
