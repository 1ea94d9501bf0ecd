# SPDX-License-Identifier: MIT
"""What the packages of one suite must do: each function is a case, and raises LabError with what it saw instead."""

import filecmp
import pathlib
import tempfile

import packages
from lab import backports
from lab.archive import archive
from lab.errors import LabError

from aptroot import BARE, NEEDED, entered
from before import BEFORE, before

CASES = []


def case(function):
    CASES.append(function)
    return function


class Packages:
    """Of one suite: .made is the build's folder, .now and .before are archives for apt."""

    def __init__(self, suite, work):
        self.suite, self.version = suite, packages.version()
        self.made = packages.build(suite)
        debs = sorted(path for path in self.made.glob("*.deb") if "dbgsym" not in path.name)
        self.now = archive(debs, pathlib.Path(work) / "now")
        self.before = before(debs, pathlib.Path(work) / "before")


@case
def lintian_says_nothing(of):
    with entered(of.suite, ["lintian"], made=of.made) as script:
        script("lintian --allow-root --display-info --pedantic /mnt/made/*.changes >/tmp/all || true; "
               "! grep '^[EW]: ' /tmp/all", "lintian")


@case
def two_builds_give_the_same_bytes(of):
    # ccache has nothing of that place, unless it was filled there.
    other = packages.build(of.suite, place="/srv/another/place")
    for path in of.made.iterdir():
        if path.suffix in (".deb", ".dsc", ".xz") and not filecmp.cmp(path, other / path.name, shallow=False):
            raise LabError(f"{path} and {other / path.name} differ: see diffoscope")


@case
def install_upgrade_remove_purge(of):
    """With a kernel of Debian's, and one that arrives later."""
    release, later = backports.headers(of.suite)
    with entered(of.suite, NEEDED, now=of.now, before=of.before, later=later, made=of.made) as script:
        script(f"""
LATER={release} VERSION={of.version} BEFORE={BEFORE}
""" + r"""
K=$(ls /lib/modules)
archive before
# They want the kernel itself, too, which apt would miss.
for deb in /mnt/later/*.deb; do
	dpkg-deb --fsys-tarfile "$deb" | tar -x -C / --keep-directory-symlink
done
mv "/lib/modules/$LATER" /tmp/later
paths >/tmp/paths
get install argo libargo-dev
[ "$(dkms status argo)" = "argo/$BEFORE, $K, x86_64: installed" ] || die "after installing: $(dkms status argo)"
grep -q ^argo: /etc/group || die "no group argo"
archive now
said=$(get install argo libargo-dev) || die "$said"
[ "$(dkms status argo)" = "argo/$VERSION, $K, x86_64: installed" ] || die "after the upgrade: $(dkms status argo)"
[ ! -e "/usr/src/argo-$BEFORE" ] || die "sources of $BEFORE are left"
argo-ctl --version | grep -F "$VERSION"
status=0
argo-ctl info >/dev/null 2>&1 || status=$?
[ $status = 6 ] || die "argo-ctl info does not say that this is no Xen domain, but ends with $status"
ip link add name argo0 type argo help 2>&1 | grep -F 'peers'
# As the packages of a kernel and of its headers do it when they are configured.
mv /tmp/later "/lib/modules/$LATER"
depmod "$LATER"
run-parts --arg="$LATER" /etc/kernel/header_postinst.d
cd /tmp && dpkg-source -x /mnt/made/*.dsc >/dev/null && cd argo-*/
for test in cmake pkg-config dkms; do
	mkdir /tmp/autopkgtest
	AUTOPKGTEST_TMP=/tmp/autopkgtest "debian/tests/$test" >/tmp/said 2>&1 || die "autopkgtest $test: $(tail -n 10 /tmp/said)"
	rm -r /tmp/autopkgtest
done
for kernel in "$K" "$LATER"; do
	[ "$(cd "/lib/modules/$kernel" && find . -name 'argo*' -o -name 'virtio_argo*')" = "$(cd "/lib/modules/$kernel/updates/dkms" &&
		find . -name 'argo*' -o -name 'virtio_argo*' | sed 's,^\.,./updates/dkms,')" ] || die "modules of $kernel elsewhere than in updates/dkms"
done
get remove argo argo-dkms argo-utils libargo-dev libargo0
[ -z "$(find /lib/modules/ /usr/src/ -name 'argo*' -o -name 'virtio_argo*')" ] || die "left: $(find /lib/modules/ /usr/src/ -name 'argo*' -o -name 'virtio_argo*')"
[ -z "$(modinfo -k "$K" argo 2>/dev/null)" ] || die "depmod still knows the modules"
get purge argo argo-dkms argo-utils libargo-dev libargo0
mv "/lib/modules/$LATER" /tmp/later
paths >/tmp/left
diff /tmp/paths /tmp/left || die "a purge left this"
""", "install, upgrade, remove, purge")


@case
def a_kernel_that_cannot_be_built_for(of):
    """apt goes on, the other kernel gets its modules, and the user is told where to look."""
    with entered(of.suite, NEEDED, before=of.before) as script:
        script(f"V={BEFORE}" + r"""
K=$(ls /lib/modules)
broken=/lib/modules/1.0-broken
mkdir -p $broken/build/include/config
: >$broken/build/include/config/auto.conf
printf 'clean:\nmodules:\n\techo "error: a compiler that fails" >&2; false\n' >$broken/build/Makefile
archive before
said=$(get install argo) || die "apt failed: $said"
expect "no modules for kernel 1.0-broken" "$said"
expect "dkms install argo/$V -k 1.0-broken" "$said"
expect "/var/lib/dkms/argo/$V/build/make.log" "$said"
[ "$(dkms status argo -k "$K")" = "argo/$V, $K, x86_64: installed" ] || die "$(dkms status argo)"
[ "$(dpkg-query -W -f '${db:Status-Status}' argo-dkms)" = installed ] || die "$(dpkg -s argo-dkms)"
! dkms install "argo/$V" -k 1.0-broken >/dev/null 2>&1 || die "dkms built for a kernel that cannot be built for"
grep -q 'a compiler that fails' "/var/lib/dkms/argo/$V/build/make.log"
get purge argo argo-dkms
""", "a kernel that cannot be built for")


@case
def without_systemd_udev_headers(of):
    """A container's root: no service manager, no udev, no kernel; and a kernel whose headers are missing."""
    with entered(of.suite, BARE, now=of.now) as script:
        script(r"""
[ ! -e /lib/systemd/systemd ] && [ ! -e /bin/udevadm ] || die "this root has systemd or udev"
paths >/tmp/paths
archive now
said=$(get install argo) || die "apt failed: $said"
argo-ctl --version >/dev/null
grep -q ^argo: /etc/group || die "no group argo"
[ ! -e /lib/systemd/systemd ] || die "systemd came along"
get purge argo argo-dkms argo-utils libargo0
paths >/tmp/left
diff /tmp/paths /tmp/left || die "a purge left this"
mkdir -p /lib/modules/6.0-bare
said=$(get install argo) || die "apt failed: $said"
expect "headers" "$said"
get purge argo argo-dkms argo-utils libargo0
""", "installing without systemd, udev and kernel headers")


@case
def udev_loads_argo_in_a_domain(of):
    """The rule, with a device as Xen's; and none of it for another device."""
    with entered(of.suite, NEEDED, now=of.now) as script:
        script(r"""
archive now
get install argo-utils
for name in 'xen!xenbus' 'xen!evtchn' 'argo'; do
	device=/sys/devices/virtual/misc/$name
	mkdir -p "$device" /sys/class/misc /sys/bus
	ln -s "../../devices/virtual/misc/$name" "/sys/class/misc/$name"
	ln -s ../../../../class/misc "$device/subsystem"
	printf 'MAJOR=10\nMINOR=60\nDEVNAME=%s\n' "$(echo "$name" | tr '!' /)" >"$device/uevent"
	for action in add change; do
		SYSTEMD_DEVICE_VERIFY_SYSFS=0 udevadm test --action=$action "$device" >"/tmp/$name-$action" 2>&1 || {
			cat "/tmp/$name-$action"
			die "udevadm test"
		}
	done
done
grep -l 'modprobe -q argo' /tmp/*-add /tmp/*-change >/tmp/loading || true
[ "$(cat /tmp/loading)" = '/tmp/xen!xenbus-add' ] || die "argo is loaded for: $(cat /tmp/loading)
$(cat '/tmp/xen!xenbus-add')"
! grep -i "unknown group\|invalid" /tmp/*-add
""", "udev's rule")


def all_of(suite):
    """(name, a function without parameters) of each case of a suite."""
    with tempfile.TemporaryDirectory() as work:
        pathlib.Path(work).chmod(0o755)
        of = Packages(suite, work)
        for function in CASES:
            yield f"{suite}.{function.__name__}", lambda function=function: function(of)
