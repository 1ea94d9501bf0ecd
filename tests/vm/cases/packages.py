# SPDX-License-Identifier: MIT
"""Our packages in Debian systems with systemd: there from the first boot on, and gone after a purge."""

import shlex
import time

from lab.cases import case, expect

DOM0, DOMU = "10.9.0.1", "10.9.0.2"
# Both ways of docs/net.md to give argo0 an address, each on one system.
ADDRESS_FILES = {"deb12": "/etc/systemd/network/argo0.network", "deb13": "/etc/network/interfaces.d/argo0"}
NETWORKD = f"""[Match]
Name=argo0

[Link]
RequiredForOnline=no

[Network]
Address={DOMU}/24
ConfigureWithoutCarrier=yes
"""
IFUPDOWN = f"""auto argo0
iface argo0 inet static
    address {DOMU}/24
"""
IFUPDOWN_ALONE = f"""auto argo0
iface argo0 inet static
    pre-up ip link add argo0 type argo peer 0
    post-down ip link del argo0
    address {DOMU}/24
"""


def _healthy(u):
    state = u.run("systemctl is-system-running --wait", 240).out.strip()
    expect(state == "running", state, u.run("systemctl --failed --no-legend").out)


def boots_with_argo(lab, u):
    _healthy(u)
    expect(u.check("cat /sys/hypervisor/guest_type").strip() == "PV")
    expect("crw-rw---- 1 root argo" in u.check("ls -l /dev/argo"), u.run("ls -l /dev/argo").out)
    expect("installed" in u.check("dkms status argo"))
    expect(str(u.domid) in u.check("argo-ctl info"))


def a_unit_makes_a_network_device(lab, u):
    u.check("mkdir -p /etc/argo/net && echo 'OPTIONS=\"peer 0\"' >/etc/argo/net/argo0.conf && systemctl enable argo-net@argo0")
    u.check(f"printf %s {shlex.quote(NETWORKD if u.name == 'deb12' else IFUPDOWN)} >{ADDRESS_FILES[u.name]}")


def a_unit_loads_the_rules_of_the_firewall(_, u):
    u.check("printf 'deny self -> 0:4712\ndeny self -> 0:4713\n' >/etc/argo/firewall && systemctl enable --now argo-firewall")
    denied = u.run("argo-ctl ping -c 1 0:4712")
    expect("Permission denied" in denied.err, denied)
    u.check("echo 'deny self -> 0:4712' >/etc/argo/firewall && systemctl reload argo-firewall")
    expect(u.check("argo-ctl firewall show").count("deny") == 1)


def a_reboot_with_a_kernel_that_came_later_finds_the_device(lab, u):
    before = u.check("uname -r")
    u.reboot("pvh", ".later")
    _healthy(u)
    expect("PVH" in u.check("cat /sys/hypervisor/guest_type"))
    expect(u.check("uname -r") != before and "crw-rw---- 1 root argo" in u.check("ls -l /dev/argo"), before)
    expect("deny self -> 0:4712" in u.check("argo-ctl firewall show"), u.run("systemctl status argo-firewall").out)
    expect("peer 0" in u.check("ip -d link show dev argo0"), u.run("ip -d link; systemctl status argo-net@argo0").out)


def a_peer_that_comes_later_is_reached(lab, u):
    expect("NO-CARRIER" in u.check("ip link show dev argo0"))
    expect(DOMU in u.check("ip addr show dev argo0"))
    _ping(lab, u)


def ifupdown_needs_no_unit(lab, u):
    u.check(f"systemctl -q disable --now argo-net@argo0; rm {ADDRESS_FILES[u.name]}; ! ip link show argo0 2>/dev/null")
    file = ADDRESS_FILES["deb13"]
    u.check(f"printf %s {shlex.quote(IFUPDOWN_ALONE)} >{file}; systemctl restart networking")
    _ping(lab, u)
    u.check(f"systemctl stop networking; rm {file}; ! ip link show argo0 2>/dev/null")


def _ping(lab, u):
    lab.dom0.check(f"ip link add argo9 type argo && ip addr add {DOM0}/24 dev argo9 && ip link set argo9 up")
    try:
        u.check(f"for i in $(seq 30); do ping -c 1 -W 1 {DOM0} >/dev/null && exit 0; sleep 1; done; exit 1", 90)
    finally:
        lab.dom0.check("ip link del argo9")


def argo_reaches_dom0(lab, u):
    echo = lab.dom0.spawn("argo-ctl echo --port 4711")
    time.sleep(1)
    u.check("argo-ctl ping -c 3 0:4711")
    echo.kill()


def a_purge_leaves_nothing(_, u):
    u.check("DEBIAN_FRONTEND=noninteractive apt-get -qq -y -o Dpkg::Use-Pty=0 purge argo argo-dkms argo-utils libargo0", 240)
    # /etc/argo is the admin's own.
    left = u.check("find /etc /usr /lib/modules /var/lib/dkms \\( -name 'argo*' -o -name 'libargo*' "
                   "-o -name 'virtio_argo*' \\) ! -name '*argon2*' | "
                   "grep -v '^/etc/argo\\(/\\|$\\)'; true")
    expect(not left, left)
    u.reboot("pv")
    _healthy(u)
    expect(not u.run("ls /dev/argo").out)


LIFE = (boots_with_argo, a_unit_loads_the_rules_of_the_firewall, a_unit_makes_a_network_device,
        a_reboot_with_a_kernel_that_came_later_finds_the_device,
        a_peer_that_comes_later_is_reached, ifupdown_needs_no_unit, argo_reaches_dom0)


def _live(lab, system, *steps):
    """Each step is a result of its own; what follows a failure has no meaning."""
    guest = lab.create_debian(system)
    for step in steps:
        start = time.monotonic()
        step(lab, guest)
        lab.results.add("passed", f"packages.{system}.{step.__name__}", seconds=time.monotonic() - start)
    guest.destroy()


@case(debian=("deb12",), timeout=900, sample=True)
def deb12(lab):
    _live(lab, "deb12", *LIFE)


@case(debian=("deb13",), timeout=900)
def deb13(lab):
    _live(lab, "deb13", *LIFE)


@case(debian=("deb12",), timeout=900)
def deb12_purged(lab):
    """By itself: DKMS takes minutes on an emulated processor."""
    _live(lab, "deb12", a_purge_leaves_nothing)


@case(debian=("deb13",), timeout=900)
def deb13_purged(lab):
    _live(lab, "deb13", a_purge_leaves_nothing)
