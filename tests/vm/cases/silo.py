# SPDX-License-Identifier: MIT
"""Xen with the policy SILO: a domU may talk to domain 0 alone, and a cable is no way around that."""

from cases.ports import domu, errors, may_bind
from lab.cases import case, expect

NEEDS = ["argo_char", "argo-traffic", "argo-ctl"]
PORT = 7200


@case(xen="silo", needs=NEEDS)
def domus_are_kept_apart(lab):
    a, b = domu(lab), domu(lab, "pvh612")
    rings = [domain.spawn(f"exec argo-ctl echo --port {PORT}") for domain in (lab.dom0, a, b)]
    for ring in rings:
        ring.wait_for(str(PORT))
    to = {domain: f"{domain.domid}:{PORT}" for domain in (lab.dom0, a, b)}
    nowhere = {domain: f"{domain.domid}:{PORT + 1}" for domain in to}
    for domain, other in ((a, b), (b, a)):
        # Whether the other has a ring is none of its business.
        for sender, addresses, wanted in ((domain, [to[other], nowhere[other]], ["EACCES", "EACCES"]),
                                          (domain, [to[lab.dom0], nowhere[lab.dom0]], ["", "ECONNREFUSED"]),
                                          (domain, [to[domain], nowhere[domain]], ["", "ECONNREFUSED"]),
                                          (lab.dom0, [to[domain], nowhere[domain]], ["", "ECONNREFUSED"])):
            seen = errors(sender, *addresses)
            expect(seen == wanted, sender.name, addresses, seen)
        expect([may_bind(domain, PORT + 2, partner) for partner in (0, "any", other.domid)] == [True, True, False])
        done = domain.run(f"argo-traffic send --to {to[other]} --count 1 --size 10", 30)
        expect(done.rc == 1 and '"EACCES"' in done.out, done.out, done.err)
    lab.dom0.check(f"argo-ctl cable add {a.domid}:42 {to[b]}; argo-ctl cable add {a.domid}:43 {to[lab.dom0]}")
    done = a.run("argo-ctl ping cable --port 42 -c 1", 30)
    expect(done.rc == 1 and "the hypervisor's policy denies it" in done.err, done.out, done.err)
    done = a.run("argo-ctl ping cable --port 43 -c 1", 30)
    expect(done.rc == 0, done.out, done.err)
    for ring in rings:
        ring.kill(2)
    a.destroy()
    b.destroy()
