# SPDX-License-Identifier: MIT
"""A Xen with our patches enforces a Flask policy that knows ports: tests/vm/flask/argo_ports.te says which."""

import base64
import json
import re
import time

from lab import policy
from lab.agent import PATIENCE
from lab.cases import case, expect
from lab.policy import CLIENT

NEEDS = ["argo_char", "argo-traffic"]
DENIED = re.compile(r"avc:  denied  \{ (\w+) \} for source=(\w+) (?:target=(\w+) )?port=(\d+) scontext=\S+:(\w+) "
                    r"tcontext=\S+:(\w+) tclass=argo")
STORAGE, PEERS, UNLABELLED = 7000, 7200, 7100


def errors(domain, *addresses):
    """What a send to each of these gives, "" for success."""
    return json.loads(domain.check("argo-traffic try " + " ".join(addresses)))["errors"]


class Denials:
    """What Xen logs from now on."""

    def __init__(self, lab):
        self._lab, self._from = lab, len(lab.machine.log())

    def seen(self):
        return DENIED.findall(self._lab.machine.log()[self._from:])


def domu(lab, kind="pv61", **options):
    """A new domU with the driver."""
    domain = lab.create(kind, **options)
    domain.check("modprobe argo")
    return domain


def may_bind(domain, port, partner="any"):
    done = domain.run(f"argo-traffic recv --port {port} --partner {partner} --senders 0 --idle-end 1")
    expect(("ready" in done.err) != ("EACCES" in done.out), done.rc, done.out, done.err)
    return "ready" in done.err


@case(xen="patched", flask="ports")
def a_boot_says_that_ports_are_governed(lab):
    expect("Argo ports are governed by the policy" in lab.machine.log(), lab.machine.log()[:3000])


@case(xen="patched", flask="ports", needs=NEEDS)
def a_send_needs_the_right_for_the_port(lab):
    client, plain = domu(lab, seclabel=CLIENT), domu(lab, "pvh612")
    storage = lab.dom0.spawn(f"exec argo-traffic recv --port {STORAGE} --senders 0 --idle-end 20")
    storage.wait_for("ready")
    log = Denials(lab)
    at_dom0 = [f"0:{port}" for port in (STORAGE, UNLABELLED, STORAGE + 1, PEERS)]
    # A domain that may not send to a port does not learn whether the port has a ring.
    for domain, wanted in ((client, ["", "EACCES", "ECONNREFUSED", "EACCES"]),
                           (plain, ["EACCES", "EACCES", "EACCES", "ECONNREFUSED"])):
        seen = errors(domain, *at_dom0)
        expect(seen == wanted, domain.name, seen)
    # The same number, but not domain 0's.
    expect(errors(lab.dom0, f"{client.domid}:{STORAGE}") == ["EACCES"])
    storage.kill(9)
    client_name, plain_name = f"d{client.domid}", f"d{plain.domid}"
    seen = log.seen()
    for line in (("send", client_name, "d0", str(UNLABELLED), "argo_client_t", "argo_port_t"),
                 ("send", plain_name, "d0", str(STORAGE), "domU_t", "dom0_storage_port_t"),
                 ("send", client_name, "d0", str(PEERS), "argo_client_t", "peer_port_t"),
                 ("send", "d0", client_name, str(STORAGE), "dom0_t", "storage_port_t")):
        expect(line in seen, line, seen)
    client.destroy()
    plain.destroy()


@case(xen="patched", flask="ports", needs=NEEDS)
def a_ring_needs_the_right_for_the_port(lab):
    plain = domu(lab)
    log = Denials(lab)
    for partner in ("any", "0"):
        expect([may_bind(plain, port, partner) for port in (PEERS, STORAGE, UNLABELLED)] == [True, False, False], partner)
    expect(may_bind(lab.dom0, STORAGE), "domain 0 may not offer storage")
    name, seen = f"d{plain.domid}", log.seen()
    for line in (("register_any_source", name, "", str(STORAGE), "domU_t", "storage_port_t"),
                 ("register_single_source", name, "d0", str(UNLABELLED), "domU_t", "argo_port_t")):
        expect(line in seen, line, seen)
    plain.destroy()


@case(xen="patched", flask="ports", needs=NEEDS)
def denials_do_not_flood_the_log(lab):
    plain = domu(lab)
    log = Denials(lab)
    for _ in range(4):
        expect(set(errors(plain, *[f"0:{UNLABELLED}"] * 250)) == {"EACCES"})
    lines = log.seen()
    # Ten at a time, and a thousand took a few times of five seconds at most.
    expect(10 <= len(lines) <= 100, len(lines))
    expect(re.search(rf"avc:  no more denials of d{plain.domid} are logged", lab.machine.log()), lab.machine.log()[-2000:])
    # The next that is logged says how many were not.
    time.sleep(5 * PATIENCE)
    expect(errors(plain, f"0:{UNLABELLED}") == ["EACCES"])
    missed = re.findall(rf"avc:  (\d+) denials of d{plain.domid} were not logged", lab.machine.log())
    expect(len(log.seen()) + sum(map(int, missed)) == 1001, len(log.seen()), missed)
    plain.destroy()


@case(xen="patched", flask="ports", needs=[*NEEDS, "argo-hypercall"])
def labels_change_while_xen_runs(lab):
    plain = domu(lab)
    address = f"0:{UNLABELLED}"
    expect(errors(plain, address) == ["EACCES"])
    for _ in range(2):
        change(lab, f"label --port {UNLABELLED} --context system_u:object_r:peer_port_t")
        expect(errors(plain, address) == ["ECONNREFUSED"])
        change(lab, f"unlabel --port {UNLABELLED}")
        expect(errors(plain, address) == ["EACCES"])
    plain.destroy()


@case(xen="patched", flask="ports", timeout=400, needs=["argo_char", "argo-hypercall"])
def a_thousand_labels_cost_a_question_little(lab):
    """5 % at most; the emulator takes as much again. Walking the labels took 30 %."""
    def ask():
        said = json.loads(lab.dom0.check("argo-hypercall ask --to 0:3221225477 --count 50000", 60))
        expect(said["result"] == 0, said)
        return said["ns"]

    few, many = [], []
    for _ in range(6):
        few.append(ask())
        change(lab, "label --port 10000 --count 1000 --context system_u:object_r:peer_port_t")
        many.append(ask())
        change(lab, "unlabel --port 10000 --count 1000")
    expect(min(many) <= 1.1 * min(few), few, many)


def change(lab, command):
    said = lab.dom0.check(f"argo-hypercall {command}")
    expect(json.loads(said) == {"result": 0}, command, said)


def load_policy(lab, name):
    loading = lab.dom0.spawn("base64 -d >/tmp/policy && xl loadpolicy /tmp/policy")
    loading.write(base64.b64encode(policy.built(name).read_bytes()) + b"\n")
    loading.close_stdin()
    done = loading.wait(60)
    expect(done.rc == 0, done.out, done.err)


@case(xen="patched", flask="ports", needs=NEEDS)
def a_policy_is_loaded_in_place_of_another(lab):
    plain = domu(lab)
    try:
        # Each ends with the policy that the other cases have.
        for name, wanted in (("stock", "ECONNREFUSED"), ("ports", "EACCES"), ("stock-patched", "ECONNREFUSED"),
                             ("ports", "EACCES")):
            load_policy(lab, name)
            expect(errors(plain, f"0:{UNLABELLED}") == [wanted], name)
    finally:
        load_policy(lab, "ports")
    plain.destroy()


NOT_GOVERNED = "Argo ports are not governed"


def _says_of_ports(lab, *texts):
    said = [line for line in lab.machine.log().splitlines() if "Argo ports are" in line]
    expect(len(said) == len(texts) and all(text in line for text, line in zip(texts, said)), said)


def _port_counts_for_nothing(lab):
    plain = domu(lab)
    expect(errors(plain, f"0:{UNLABELLED}", f"0:{STORAGE}") == ["ECONNREFUSED"] * 2)
    plain.destroy()


@case(xen="patched", flask="stock", needs=NEEDS)
def a_policy_of_an_earlier_xen_knows_no_ports(lab):
    _says_of_ports(lab, NOT_GOVERNED)
    _port_counts_for_nothing(lab)


@case(flask="ports", needs=NEEDS)
def an_earlier_xen_ignores_labels_of_ports(lab):
    _says_of_ports(lab)
    _port_counts_for_nothing(lab)
