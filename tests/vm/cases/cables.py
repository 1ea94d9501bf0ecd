# SPDX-License-Identifier: MIT
"""Cables of a Xen with our patches, by hypercalls that dom0 makes: the driver does not know cables yet."""

import json

from cases.ports import domu
from lab.cases import case, expect

NEEDS = ["argo_char", "argo-hypercall", "argo-ctl"]
# As Xen numbers them.
ENOENT, ESRCH, ENXIO, EACCES, EEXIST, EINVAL, ENOSPC, ENOTCONN, ECONNREFUSED = 2, 3, 6, 13, 17, 22, 28, 107, 111
PARENT = 0x7FF5
EXISTS, SUFFICIENT = 1, 8
MOST = 64


def asked(domain, command):
    return json.loads(domain.check(f"argo-hypercall {command}"))


def result(domain, command):
    return asked(domain, command)["result"]


def gives(domain, command, wanted):
    got = result(domain, command)
    expect(got == wanted, command, got)


@case("pv61", xen="patched", needs=NEEDS)
def lead_to_the_port_at_the_other_end(lab, u):
    dom0, port = lab.dom0, f"{u.domid}:7200"
    echo = u.spawn("exec argo-ctl echo --port 7200")
    echo.wait_for("7200")
    gives(dom0, "send --port 42 --size 5", -ENOTCONN)
    gives(dom0, f"plug --src 0:42 --dst {port}", 0)
    gives(dom0, f"plug --src 0:42 --dst {port}", -EEXIST)
    gives(dom0, "send --port 42 --size 5", 5)
    gives(dom0, "send --port 43 --size 5", -ENOTCONN)
    gives(dom0, "send --port 42 --size 5 --to 7200", -EINVAL)
    about = asked(dom0, "ask --port 42 --space 100")
    expect(about["result"] == 0 and about["flags"] & EXISTS and about["flags"] & SUFFICIENT and about["largest"], about)
    expect(asked(dom0, "ask --port 43 --space 100") == {"result": 0, "flags": 0, "largest": 0})
    expect(asked(dom0, "cables") == {"result": 1, "cables": [f"0:42 -> {port}"]}, asked(dom0, "cables"))
    gives(dom0, f"plug --src 0:44 --dst {PARENT}:1", 0)
    gives(dom0, "send --port 44 --size 5", -ENXIO)
    gives(dom0, "unplug --src 0:44", 0)
    gives(dom0, "unplug --src 0:42", 0)
    gives(dom0, "unplug --src 0:42", -ENOENT)
    gives(dom0, "send --port 42 --size 5", -ENOTCONN)
    gives(dom0, "plug --src 0:42 --dst 999:1", -ESRCH)
    gives(dom0, "plug --src 999:1 --dst 0:1", -ESRCH)
    gives(dom0, f"plug --src 0:42 --dst {u.domid}:7201", 0)
    gives(dom0, "send --port 42 --size 5", -ECONNREFUSED)
    gives(dom0, "unplug --src 0:42", 0)
    echo.kill()


@case("pv61", xen="patched", needs=NEEDS)
def end_with_the_domain_at_the_other_end(lab, u):
    """And a domain's table has room again for as many cables as have lost their ends."""
    dom0, other = lab.dom0, lab.create("pv612")
    for port in range(MOST):
        gives(dom0, f"plug --src 0:{1000 + port} --dst {other.domid}:7200", 0)
    gives(dom0, f"plug --src 0:42 --dst {u.domid}:7200", -ENOSPC)
    gives(dom0, f"plug --src {u.domid}:42 --dst 0:7200", 0)
    other.destroy()
    gives(dom0, "send --port 1000 --size 5", -ENOTCONN)
    gives(dom0, f"plug --src 0:42 --dst {u.domid}:7200", 0)
    expect(asked(dom0, "cables")["cables"] == [f"0:42 -> {u.domid}:7200", f"{u.domid}:42 -> 0:7200"], asked(dom0, "cables"))
    gives(dom0, "unplug --src 0:42", 0)
    gives(dom0, f"unplug --src {u.domid}:42", 0)


@case(xen="patched", flask="ports", needs=NEEDS)
def are_no_way_around_the_policy(lab):
    u = domu(lab)
    for port, wanted in ((7200, -EACCES), (7100, -EACCES), (3221225472 + 999, -ECONNREFUSED)):
        gives(lab.dom0, f"plug --src 0:42 --dst {u.domid}:{port}", 0)
        gives(lab.dom0, "send --port 42 --size 5", wanted)
        gives(lab.dom0, "unplug --src 0:42", 0)
    u.destroy()


@case(needs=NEEDS)
def an_earlier_xen_has_none(lab):
    gives(lab.dom0, "send --port 42 --size 5", -ESRCH)
