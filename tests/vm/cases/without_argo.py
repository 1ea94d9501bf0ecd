# SPDX-License-Identifier: MIT
"""Domains whose Xen has no Argo: nothing is loaded, nothing is wrong, and argo-ctl says what is missing."""

from lab.cases import case, expect

NO_ARGO, NO_DEVICE = 6, 3
# A kernel notes that of any module from outside its tree, before it asks the module.
WITHOUT_TAINT = "grep -v taint"


@case("pv61", xen="without-argo", needs=["argo_char", "argo-ctl"])
def modprobe_says_what_is_missing(lab, u):
    """The module waits for argo_loopback, unless it is told to load only where a hypervisor offers Argo."""
    done = u.run("modprobe argo need_hypervisor=1")
    expect(done.rc and "No such device" in done.err, done.rc, done.err)
    expect(not u.run("grep '^argo ' /proc/modules").out)
    said = u.run(f"dmesg | grep argo | {WITHOUT_TAINT}").out
    expect(not said, said)
    u.check("modprobe argo && modprobe argo_char")
    expect("Xen needs argo=1 on its command line" in u.check("dmesg"))
    info = u.run("argo-ctl info")
    expect(info.rc == NO_ARGO and "argo=1" in info.err, info.rc, info.err)


@case(debian=("deb12",), xen="without-argo", sample=True)
def a_boot_of_debian_loads_and_says_nothing(lab):
    u = lab.create_debian("deb12", "pvh")
    state = u.run("systemctl is-system-running --wait", 240).out.strip()
    expect(state == "running", state, u.run("systemctl --failed --no-legend").out)
    expect(not u.run("grep argo /proc/modules").out and not u.run("ls /dev/argo").out, u.run("cat /proc/modules").out)
    said = u.run(f"journalctl -b -o cat --grep argo | {WITHOUT_TAINT}").out
    expect(not said, said)
    info = u.run("argo-ctl info")
    expect(info.rc == NO_DEVICE and "modprobe argo" in info.err, info.rc, info.err)
    u.check("modprobe argo")
    info = u.run("argo-ctl info")
    expect(info.rc == NO_ARGO and "argo=1" in info.err, info.rc, info.err)
    u.destroy()
