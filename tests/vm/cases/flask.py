# SPDX-License-Identifier: MIT
"""Xen enforces a Flask policy in which nobody may send to a domain of type argo_deaf_t."""

from lab.cases import case, expect
from lab.policy import DEAF


@case(flask="deaf")
def domains_get_their_labels(lab):
    deaf = lab.create("pv61", seclabel=DEAF)
    plain = lab.create("pv61")
    listed = lab.dom0.check("xl list -Z")
    labels = {line.split()[0]: line.split()[-1] for line in listed.splitlines()[1:]}
    expect(labels[deaf.name] == DEAF, listed)
    expect(labels[plain.name] == "system_u:system_r:domU_t", listed)
    expect(deaf.run("echo up").out == "up\n")
    deaf.destroy()
    plain.destroy()
