# SPDX-License-Identifier: MIT
"""Our packages in Debian systems with systemd: there from the first boot on, and gone after a purge."""

import time

from lab.cases import case, expect

DOM0, DOMU = "10.9.0.1", "10.9.0.2"


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
    u.check("mkdir -p /etc/argo/net && echo 'OPTIONS=peer 0' >/etc/argo/net/argo0.conf && systemctl enable argo-net@argo0")
    u.check(f"printf '[Match]\\nName=argo0\\n[Network]\\nAddress={DOMU}/24\\n' >/etc/systemd/network/argo0.network")


def a_reboot_finds_the_device(lab, u):
    u.reboot("pvh")
    _healthy(u)
    expect("PVH" in u.check("cat /sys/hypervisor/guest_type"))
    expect("peer 0" in u.check("ip -d link show dev argo0"), u.run("ip -d link; systemctl status argo-net@argo0").out)


def a_peer_that_comes_later_is_reached(lab, u):
    """systemd-networkd gives a device its address when there is a carrier."""
    expect("NO-CARRIER" in u.check("ip link show dev argo0"))
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


def a_purge_leaves_nothing(lab, u):
    u.check("systemctl -q disable argo-net@argo0; "
            "DEBIAN_FRONTEND=noninteractive apt-get -qq -y -o Dpkg::Use-Pty=0 purge argo argo-dkms argo-utils libargo0", 240)
    # /etc/argo and the file for networkd are the admin's own.
    left = u.check("find /etc /usr /lib/modules /var/lib/dkms \\( -name 'argo*' -o -name 'libargo*' \\) ! -name '*argon2*' | "
                   "grep -v '^/etc/\\(argo$\\|argo/\\|systemd/network/\\)'; true")
    expect(not left, left)
    u.reboot("pv")
    _healthy(u)
    expect(not u.run("ls /dev/argo").out)


LIFE = (boots_with_argo, a_unit_makes_a_network_device, a_reboot_finds_the_device, a_peer_that_comes_later_is_reached,
        argo_reaches_dom0, a_purge_leaves_nothing)


def _live(lab, system):
    """Each step is a result of its own; what follows a failure has no meaning."""
    guest = lab.create_debian(system)
    for step in LIFE:
        start = time.monotonic()
        step(lab, guest)
        lab.results.add("passed", f"packages.{system}.{step.__name__}", seconds=time.monotonic() - start)
    guest.destroy()


@case(debian=("deb12",), timeout=900, sample=True)
def deb12(lab):
    _live(lab, "deb12")


@case(debian=("deb13",), timeout=900)
def deb13(lab):
    _live(lab, "deb13")
