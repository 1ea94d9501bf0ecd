# SPDX-License-Identifier: MIT
"""Debian as dom0: Xen's own services and GRUB's command line, the Xen of `make xen-deb`, and the packages."""

from lab.cases import case, expect

PORT = 4711


@case(debian=("dom0",))
def is_healthy(lab):
    state = lab.dom0.run("systemctl is-system-running --wait", 240).out.strip()
    expect(state == "running", state, lab.dom0.run("systemctl --failed --no-legend").out)
    expect("active" in lab.dom0.check("systemctl is-active xen"))
    expect("argo=1" in lab.dom0.check("xl info xen_commandline"))


@case(debian=("dom0",))
def loads_argo_at_boot(lab):
    expect("crw-rw---- 1 root argo" in lab.dom0.check("ls -l /dev/argo"), lab.dom0.run("ls -l /dev/argo; dmesg").out)
    said = lab.dom0.check("argo-ctl info")
    expect("domain 0" in said or " 0" in said, said)


@case("pv61", debian=("dom0",))
def starts_a_domu_and_pings_it(lab, u):
    """Without mac-permissive=1, which GRUB's drop-in leaves to the admin, so with a partner ring."""
    echo = u.spawn(f"exec argo-ctl echo --port {PORT} --partner 0")
    lab.dom0.check(f"for i in $(seq 20); do argo-ctl ping -c 3 -q {u.domid}:{PORT} && exit 0; sleep 0.5; done; exit 1", 120)
    echo.kill()
