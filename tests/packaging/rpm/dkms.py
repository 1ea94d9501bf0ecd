# SPDX-License-Identifier: MIT
"""argo-dkms and argo-utils with all their scriptlets, in a root that has RPM and Debian's DKMS.

Its kernels build something for each module, and at once. Real ones are tested with the Debian packages, whose dkms.conf
is the same.
"""

import pathlib
import re
import tempfile

from lab import rootfs
from lab.apt import RELEASE
from lab.errors import LabError

from rpms import SPEC, changed_archive, rpmbuild

CASES = []
NEEDED = ("dkms", "gcc", "iproute2", "libfmt-dev", "libssl-dev", "rpm", "systemd")
BEFORE = "0.0.1"

PRELUDE = r"""
die() {
	echo "$*" >&2
	exit 1
}
# kernel RELEASE: has headers, whose Kbuild makes a module of every folder with one.
kernel() {
	mkdir -p "/lib/modules/$1/build/include/config" "/lib/modules/$1/kernel"
	echo 'CONFIG_MODULES=y' >"/lib/modules/$1/build/include/config/auto.conf"
	cat >"/lib/modules/$1/build/Makefile" <<-'END'
		.RECIPEPREFIX = >
		modules:
		>for kbuild in $(M)/*/Kbuild; do \
		>    name=$$(sed -n 's/^obj-m := \(.*\)\.o$$/\1/p' $$kbuild); \
		>    [ -z "$$name" ] || echo 'int argo;' | gcc -c -x c - -o $${kbuild%Kbuild}$$name.ko || exit 1; \
		>done
		clean:
	END
}
# status WANTED…: what DKMS has, one argument a line.
status() {
	[ "$(dkms status)" = "$(printf '%s\n' "$@")" ] || die "DKMS has: $(dkms status)"
}
install() {
	rpm --nodeps "$@" 2>&1
}
cd /mnt
set -x
"""


def case(function):
    CASES.append(function)
    return function


def _older(version, where):
    """argo-dkms of a version before, with a module less."""
    def change(tree):
        for name in ("CMakeLists.txt", "kernel/Kbuild"):
            path = tree / name
            text = path.read_text(encoding="utf-8").replace(f"VERSION {version}", f"VERSION {BEFORE}")
            path.write_text(re.sub(r"^obj-m \+= char/\n", "", text, flags=re.M), encoding="utf-8")

    archive = changed_archive(where, BEFORE, change)
    spec = SPEC.read_text(encoding="utf-8").replace(version, BEFORE)
    status, said = rpmbuild(where / "top", archive, spec, "--without", "user", "-bb")
    if status:
        raise LabError(f"building argo-dkms {BEFORE}: {said}")
    return where / "top" / "RPMS" / "noarch"


@case
def dkms_has_the_modules_of_each_version(rpms):
    with tempfile.TemporaryDirectory() as work, rootfs.copy(rootfs.base(RELEASE, NEEDED)) as root:
        root.share(_older(rpms.version, pathlib.Path(work)), "before")
        root.share(rpms.packages["argo-dkms"].parent, "now")
        root.run(f"V={rpms.version} B={BEFORE}" + PRELUDE + r"""
kernel 1.0-one
kernel 1.0-two
one="1.0-one, x86_64: installed" two="1.0-two, x86_64: installed"
install -U before/argo-dkms-*.rpm
status "argo/$B, $one" "argo/$B, $two"
[ ! -e /lib/modules/1.0-one/updates/dkms/argo_char.ko ] || die "the older package has argo_char"
install -U now/argo-dkms-*.rpm
status "argo/$V, $one" "argo/$V, $two"
[ -e /lib/modules/1.0-one/updates/dkms/argo_char.ko ] || die "the newer package's argo_char is not installed"
[ ! -e "/usr/src/argo-$B" ] || die "sources of $B are left"
# The same version anew, as a package of the next release has it: its sources are those that are built.
touch /tmp/before
sleep 1
install -U --force now/argo-dkms-*.rpm
status "argo/$V, $one" "argo/$V, $two"
[ "/var/lib/dkms/argo/$V/1.0-two/x86_64/module/argo.ko" -nt /tmp/before ] || die "the modules were not built anew"
install -U --oldpackage before/argo-dkms-*.rpm
status "argo/$B, $one" "argo/$B, $two"
install -e argo-dkms
status
[ -z "$(find /lib/modules/ /usr/src/ -name 'argo*' -o -name 'virtio_argo*')" ] || die "left: $(find /lib/modules/ /usr/src/ -name 'argo*' -o -name 'virtio_argo*')"
""", "installing, upgrading and removing argo-dkms")


@case
def a_kernel_that_cannot_be_built_for(rpms):
    """RPM goes on, the other kernel gets its modules, and the user is told where to look."""
    with rootfs.copy(rootfs.base(RELEASE, NEEDED)) as root:
        root.share(rpms.packages["argo-dkms"].parent, "now")
        root.run(f"V={rpms.version}" + PRELUDE + r"""
kernel 1.0-one
kernel 1.0-broken
printf 'modules:\n\techo "error: a compiler that fails" >&2; false\nclean:\n' >/lib/modules/1.0-broken/build/Makefile
mkdir -p /lib/modules/1.0-without-headers
said=$(install -U now/argo-dkms-*.rpm) || die "rpm failed: $said"
for text in "no modules for kernel 1.0-broken" "dkms install argo/$V -k 1.0-broken"; do
	echo "$said" | grep -qF "$text" || die "not said: $text: $said"
done
! echo "$said" | grep -e 1.0-one -e 1.0-without || die "a word too many"
! dkms install "argo/$V" -k 1.0-broken >/dev/null 2>&1 || die "a build that fails succeeds"
grep -q 'a compiler that fails' "$(echo "$said" | sed -n "s/.*words are then in //p")"
dkms status | grep -x "argo/$V, 1.0-one, x86_64: installed" || die "$(dkms status)"
install -e argo-dkms
status
""", "a kernel that cannot be built for")


@case
def the_tools_bring_their_group_and_take_their_units(rpms):
    with rootfs.copy(rootfs.base(RELEASE, NEEDED)) as root:
        root.share(rpms.packages["argo-utils"].parent, "now")
        root.run(f"V={rpms.version}" + PRELUDE + r"""
export LD_LIBRARY_PATH=/usr/lib64
install -i now/argo-utils-*.rpm now/libargo-"$V"-*.rpm
grep ^argo: /etc/group
argo-ctl --version | grep -F "$V"
argo-ctl info 2>&1 | grep -F 'cannot open /dev/argo'
IP_LIB_DIR=/usr/lib64/ip ip link add name argo0 type argo help 2>&1 | grep -F peers
systemctl enable argo-net@argo0 2>/dev/null
wanted=/etc/systemd/system/multi-user.target.wants/argo-net@argo0.service
[ -L $wanted ] || die "the unit is not enabled"
install -U --force now/argo-utils-*.rpm
[ -L $wanted ] || die "an upgrade disables the unit"
touch /etc/argo/net/argo0.conf
install -e argo-utils libargo
[ ! -L $wanted ] || die "the unit is still enabled"
[ -e /etc/argo/net/argo0.conf ] || die "the administrator's file is gone"
left=$(find /usr -name '*argo*' ! -name '*argon2*')
[ -z "$left" ] || die "left: $left"
""", "installing, upgrading and removing argo-utils")
