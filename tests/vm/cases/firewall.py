# SPDX-License-Identifier: MIT
"""The firewall of a domain: argo-ctl firewall, and what its rules do to messages."""

import contextlib
import json
import random
import time

from cases.servants import result, traffic
from lab.agent import PATIENCE
from lab.cases import case, expect

NEEDS = ["argo_char", "argo-ctl", "argo-traffic"]
PORT = 6900
# Seconds in which new rules end the traffic that they deny.
SOON = 1


def load(domain, *lines):
    """Puts these rules in place of all others."""
    text = "\\n".join(lines)
    domain.check(f"printf '{text}\\n' | argo-ctl firewall load -")


@contextlib.contextmanager
def rules(domain, *lines):
    load(domain, *lines)
    try:
        yield
    finally:
        domain.check("argo-ctl firewall flush")


def shown(domain):
    return json.loads(domain.check("argo-ctl firewall show --json"))


def hits(domain):
    """How often each rule decided, and the defaults."""
    said = shown(domain)
    return [rule["hits"] for rule in said["rules"]], {way: said["defaults"][way]["hits"] for way in ("in", "out")}


def errors(domain, *addresses, size=10):
    """What a send to each of these gives, "" for success."""
    return json.loads(domain.check(f"argo-traffic try {' '.join(addresses)} --size {size}"))["errors"]


def ring(domain, port):
    """What `argo-ctl rings` says of it."""
    return next(r for r in json.loads(domain.check("argo-ctl rings --json"))["rings"] if r["port"] == port)


@case("pv61", needs=NEEDS, loopback=True)
def rules_are_shown_as_they_were_loaded(_, u):
    text = ("default in deny log", "default out allow", "allow 3 -> self:7000-7009", "deny log self:5 -> any:7000",
            "allow self -> self", "deny any -> self:vsock:22", "allow 1:vsock:1024-4294967295 -> self",
            "allow self -> 0:vsock:any")
    with rules(u, *text):
        lines = [line.split("#")[0].strip() for line in u.check("argo-ctl firewall show").splitlines()]
        expect(lines == list(text), lines)
        # What is shown may be loaded again.
        u.check("argo-ctl firewall show >/tmp/rules; argo-ctl firewall load /tmp/rules; argo-ctl firewall check /tmp/rules")
        expect([rule["rule"] for rule in shown(u)["rules"]] == list(text[2:]), shown(u))
        # A mistake changes nothing, and is named.
        done = u.run("printf 'default in allow\\nallow 3 - self\\n' >/tmp/bad; argo-ctl firewall load /tmp/bad")
        expect(done.rc == 1 and "/tmp/bad:2: " in done.err and "allow 3 -> self:7000-7009" in done.err, done)
        expect(len(shown(u)["rules"]) == 6, shown(u))
    said = shown(u)
    expect(not said["rules"] and said["defaults"]["in"]["verdict"] == "allow", said)
    u.check("rm /tmp/rules /tmp/bad")


@case("pvh612", needs=NEEDS, loopback=True)
def a_send_that_is_denied_fails_and_others_pass(lab, u):
    to = lab.dom0.domid
    taking = traffic(lab.dom0, f"recv --port {PORT} --allow-gaps --size 10 --count 2 --timeout 60")
    with rules(u, f"allow self -> {to}:{PORT}", "default out deny", "default in deny"):
        seen = errors(u, f"{to}:{PORT}", f"{to}:{PORT + 1}", f"30000:{PORT}", f"{to}:{PORT}")
        # A port without a ring, and a domain that is not there, are denied as others are.
        expect(seen == ["", "EACCES", "EACCES", ""], seen)
        expect(hits(u) == ([2], {"in": 0, "out": 2}), hits(u))
        done = u.run(f"argo-traffic send --to {to}:{PORT + 1} --count 1 --size 10", 30)
        expect(done.rc == 1 and '"EACCES"' in done.out, done)
        for command in (f"ping {to}:{PORT + 1} -c 1", f"send /etc/passwd {to}:{PORT + 1}"):
            done = u.run(f"argo-ctl {command}")
            expect(done.rc and "firewall" in done.err and "Permission denied" in done.err, done)
    expect(result(taking)["messages"] == 2)


@case("pv61", needs=NEEDS, loopback=True)
def what_comes_in_is_dropped_and_counted(lab, u):
    sender, at = lab.dom0, f"{u.domid}:{PORT}"
    deny = (f"deny {sender.domid} -> self:{PORT}", "allow any -> self")
    for partner in ("any", sender.domid):
        # Rules before the ring.
        with rules(u, *deny):
            taking = traffic(u, f"recv --port {PORT} --partner {partner} --senders 0 --idle-end 2")
            expect(errors(sender, at, at, at) == [""] * 3)
            expect(result(taking)["messages"] == 0)
            expect(hits(u)[0] == [3, 0], partner, hits(u))
        # The ring before the rules: the messages before count, those between rules do not, those after do.
        taking = traffic(u, f"recv --port {PORT} --partner {partner} --allow-gaps --size 10 --count 2 --senders 2")
        expect(errors(sender, at, at) == [""] * 2)
        with rules(u, *deny):
            expect(errors(sender, at, at, at) == [""] * 3)
            u.check(f"for i in $(seq 1 50); do argo-ctl firewall show | grep -q '# rule 1, 3 hits' && exit 0; sleep 0.1; done; "
                    "argo-ctl firewall show; exit 1")
            expect(ring(u, PORT)["drops"] == 3, ring(u, PORT))
        expect(errors(sender, at, at) == [""] * 2)
        expect(result(taking)["messages"] == 4, partner)


@case("pvh612", needs=NEEDS, loopback=True)
def a_port_that_nothing_may_use_cannot_be_bound(lab, u):
    def binds(port, partner):
        done = u.run(f"argo-traffic recv --port {port} --partner {partner} --senders 0 --idle-end 1")
        expect(("ready" in done.err) != ("EACCES" in done.out), done)
        return "ready" in done.err

    with rules(u, f"allow 9 -> self:{PORT}", f"allow self:{PORT + 1} -> any", "default in deny", "default out deny"):
        expect([binds(PORT, "any"), binds(PORT + 1, "any"), binds(PORT + 2, "any")] == [True, True, False])
        expect([binds(PORT, lab.dom0.domid), binds(PORT + 1, lab.dom0.domid)] == [False, True])
        done = u.run(f"argo-ctl echo --port {PORT + 2}")
        expect(done.rc and "firewall" in done.err, done)
    expect(binds(PORT + 2, "any"))


@case("pv61", needs=NEEDS, loopback=True)
def a_question_is_denied_as_a_send_is(lab, u):
    taking = traffic(lab.dom0, f"recv --port {PORT} --senders 0 --idle-end 20")
    with rules(u, f"deny self -> any:{PORT}"):
        done = u.run(f"argo-traffic watch --to {lab.dom0.domid}:{PORT} --timeout 5")
        expect(done.rc and "EACCES" in done.out, done)
    taking.kill(9)


@case("pvh612", timeout=200, needs=NEEDS, loopback=True)
def a_sender_that_waits_is_told(lab, u):
    """Of new rules, within a second; a sender of another port waits on."""
    # One that is not read, and soon full.
    unread = traffic(u, f"recv --port {PORT} --ring 4096 --senders 1 --count 100 --size 1000 --allow-gaps")
    unread.kill(19)
    sending = [lab.dom0.spawn(f"exec argo-traffic send --port {port} --to {u.domid}:{PORT} --count 100 --size 1000 --timeout 100")
               for port in (PORT + 1, PORT + 2)]
    for process in sending:
        process.wait_for("ready")
    lab.dom0.check(f"for i in $(seq 1 100); do argo-ctl rings --json | grep -q '\"tx_full\":[1-9]' && exit 0; "
                   "sleep 0.1; done; argo-ctl rings; exit 1")
    with rules(lab.dom0, f"deny self:{PORT + 1} -> any"):
        since = time.monotonic()
        done = sending[0].wait(30)
        expect(time.monotonic() - since < SOON * PATIENCE, "it was told late")
        expect(done.rc == 1 and "EACCES" in done.out, done)
        expect(sending[1].running, sending[1].out, sending[1].err)
    for process in (sending[1], unread):
        process.kill(9)


@case("pvh612", needs=NEEDS, loopback=True)
def one_that_is_connected_hears_that_it_may_not_send_any_more(lab, u):
    taking = traffic(lab.dom0, f"recv --port {PORT} --senders 0 --idle-end 60")
    watching = traffic(u, f"watch --to {lab.dom0.domid}:{PORT} --timeout 60")
    with rules(u, f"deny self -> {lab.dom0.domid}:{PORT}"):
        since = time.monotonic()
        result(watching)
        expect(time.monotonic() - since < SOON * PATIENCE, "it was told late")
    taking.kill(9)


@case("pv61", needs=NEEDS, loopback=True)
def what_is_logged_does_not_flood(lab, u):
    to = lab.dom0.domid
    before = u.check("dmesg | wc -l").strip()
    with rules(u, f"deny log self -> {to}:{PORT}", f"allow log self -> {to}:{PORT + 1}"):
        for _ in range(4):
            expect(set(errors(u, *[f"{to}:{PORT}"] * 250)) == {"EACCES"})
        expect(hits(u)[0] == [1000, 0], hits(u))
    log = u.check(f"dmesg | tail -n +$(({before} + 1)) | grep firewall:").splitlines()
    expect(any(f"firewall: out denied {u.domid}:" in line and line.endswith(f" -> {to}:{PORT} by rule 1") for line in log), log)
    expect(10 <= len(log) <= 200, len(log))


@case("pv61", timeout=200, needs=NEEDS, loopback=True)
def a_flood_that_is_denied_keeps_no_other_out(lab, u):
    port = PORT
    with rules(u, f"deny {lab.dom0.domid}:7777 -> self:{port}"):
        taking = traffic(u, f"recv --port {port} --count 300 --size 0-100 --ring 16384")
        flood = lab.dom0.spawn(f"exec argo-traffic send --port 7777 --to {u.domid}:{port} --count 4000000 --size 0-100 --timeout 150")
        flood.wait_for("ready")
        result(traffic(lab.dom0, f"send --to {u.domid}:{port} --count 300 --size 0-100"))
        expect(result(taking)["messages"] == 300)
        flood.kill(9)
        expect(hits(u)[0][0] > 100, hits(u))


def on_xen(lab, few, many):
    """As much as tells something there, where all takes longer; argo_loopback has the rest."""
    return few if lab.hypervisor == "xen" else many


@case("pv61", timeout=300, needs=NEEDS, loopback=True)
def a_thousand_rules_change_under_traffic(lab, u):
    """And nothing that all of them allow is lost."""
    count = on_xen(lab, 300, 1000)
    many = [f"{'deny' if i % 2 else 'allow'} {i % 300 + 10}:{i} -> self:{i % 64000 + 1}" for i in range(1020)]
    for number, first in enumerate(("allow", "deny")):
        text = "\n".join([f"{first} 5000 -> self", f"allow {lab.dom0.domid} -> self:{PORT}", *many, "default in deny"])
        writing = u.spawn(f"cat >/tmp/rules.{number}")
        writing.write(text.encode())
        writing.close_stdin()
        writing.wait(10)
    taking = traffic(u, f"recv --port {PORT} --count {count} --size 0-300")
    changing = u.spawn("for i in $(seq 1 1000); do argo-ctl firewall load /tmp/rules.$((i % 2)) || exit 1; [ -e /tmp/enough ] && exit 0; done")
    result(traffic(lab.dom0, f"send --to {u.domid}:{PORT} --count {count} --size 0-300"))
    expect(result(taking)["messages"] == count)
    u.check("touch /tmp/enough")
    expect(changing.wait(30).rc == 0, changing.err)
    expect(len(shown(u)["rules"]) == 1022, len(shown(u)["rules"]))
    u.check("argo-ctl firewall flush; rm /tmp/enough /tmp/rules.*")


@case("pv61", needs=[*NEEDS, "argo_vsock", "argo-vsock-tool"], fresh=True, expects=["firewall=maybe"])
def a_domain_may_begin_closed(lab, u):
    u.check("rmmod argo_vsock argo_net argo_char argo 2>/dev/null; modprobe argo firewall=deny && modprobe argo_vsock")
    said = shown(u)
    expect(not said["rules"] and [said["defaults"][way]["verdict"] for way in ("in", "out")] == ["deny"] * 2, said)
    done = u.run(f"argo-traffic recv --port {PORT} --senders 0 --idle-end 1")
    expect("EACCES" in done.out, done)
    # argo_vsock was loaded into it, and works once rules allow it.
    lab.dom0.check("modprobe argo_vsock")
    load(u, f"allow {lab.dom0.domid} -> self:vsock:{PORT}", "default in deny", "default out deny")
    serving = u.spawn(f"exec argo-vsock-tool echo --port {PORT}")
    serving.wait_for("listening")
    said = json.loads(lab.dom0.check(f"argo-vsock-tool many --cid {u.domid + 2} --port {PORT} --count 3", 60).splitlines()[-1])
    expect(said["connected"] == said["echoed"] == 3, said)
    serving.kill(15)
    serving.wait(10)
    done = u.run("rmmod argo_vsock argo_char argo; modprobe argo firewall=maybe")
    expect(done.rc and "firewall=maybe: it is allow or deny" in u.check("dmesg"), done)
    u.check("modprobe argo")


class RandomRules:
    """Rules about few domains and ports, so that many of them meet, and what they mean."""

    def __init__(self, seed, domids):
        self._random = random.Random(seed)
        self._domids = domids
        self.rules = [self._rule() for _ in range(self._random.randrange(1, 12))]
        self.defaults = {way: self._random.choice(("allow", "deny")) for way in ("in", "out")}

    def _ports(self):
        first = PORT + self._random.randrange(4)
        return self._random.choice((None, None, (first, first), (first, first + self._random.randrange(3))))

    def _rule(self):
        pick = self._random.choice
        return (pick(("allow", "deny")), pick(("in", "out")), pick((*self._domids, "any")), self._ports(), self._ports())

    def lines(self):
        def side(name, ports):
            return f"{name}:{ports[0]}-{ports[1]}" if ports else str(name)

        for verdict, way, domid, local, remote in self.rules:
            here, there = side("self", local), side(domid, remote)
            yield f"{verdict} {here} -> {there}" if way == "out" else f"{verdict} {there} -> {here}"
        for way, verdict in self.defaults.items():
            yield f"default {way} {verdict}"

    def allows(self, way, domid, local, remote):
        def within(port, ports):
            return ports is None or ports[0] <= port <= ports[1]

        for verdict, direction, other, here, there in self.rules:
            if direction == way and other in (domid, "any") and within(local, here) and within(remote, there):
                return verdict == "allow"
        return self.defaults[way] == "allow"


@case("pv61", timeout=300, needs=NEEDS, loopback=True)
def random_rules_mean_what_they_say(lab, u):
    """To the driver that is asked, to a program that sends, and to a naive reading of them."""
    to, ports = lab.dom0.domid, range(PORT, PORT + 5)
    for seed in range(on_xen(lab, 2, 5)):
        policy = RandomRules(seed, (to, 77))
        with rules(u, *policy.lines()):
            questions = [(way, domid, local, remote) for way in ("in", "out") for domid in (to, 77)
                         for local in ports for remote in ports if (local + remote + seed) % 5 == 0]
            asked = " ".join(f"self:{local},{domid}:{remote}" if way == "out" else f"{domid}:{remote},self:{local}"
                             for way, domid, local, remote in questions)
            answers = u.check(f"for q in {asked}; do argo-ctl firewall test ${{q%,*}} ${{q#*,}}; done; true", 120).split("\n")
            for question, answer in zip(questions, answers, strict=False):
                expect(answer.startswith("allowed" if policy.allows(*question) else "denied"), seed, question, answer,
                       list(policy.lines()))
            for local in ports[:2]:
                done = u.run(f"argo-traffic try {' '.join(f'{to}:{port}' for port in ports)} --port {local}")
                if done.rc:
                    # A port is refused only if nothing may pass through it.
                    expect("bind: EACCES" in done.err, done)
                    expect(not any(policy.allows(way, domid, local, remote) for way in ("in", "out")
                                   for domid in (to, 77, 78) for remote in (*ports, 1)), seed, local, list(policy.lines()))
                    continue
                wanted = ["ECONNREFUSED" if policy.allows("out", to, local, port) else "EACCES" for port in ports]
                expect(json.loads(done.out)["errors"] == wanted, seed, local, done.out, wanted, list(policy.lines()))
