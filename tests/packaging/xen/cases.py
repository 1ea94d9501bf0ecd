# SPDX-License-Identifier: MIT
"""What the hypervisor's package of one suite must do: each function is a case, and raises LabError with what it saw."""

import contextlib
import pathlib
import re
import tempfile

from lab import rootfs
from lab.apt import Apt
from lab.archive import archive, of_version
from lab.errors import LabError, NotHere, NoXen
from lab.run import run

import boot
import hypervisor
from aptroot import PRELUDE, entered

CASES = []
# A host of Debian's Xen, but for its kernel: the root has this version of Xen before anything is done.
HOST = ("grub2-common", "xen-system-amd64")
NEXT = "+next1"

HOST_PRELUDE = PRELUDE + r"""
# GRUB's menu needs a kernel for dom0 and, of grub-probe, no more than answers.
mkdir -p /boot/grub
echo CONFIG_XEN_DOM0=y >/boot/config-6.1.0-test
echo kernel >/boot/vmlinuz-6.1.0-test
dpkg-divert --quiet --local --rename /usr/sbin/grub-probe
printf '#!/bin/sh\ncase "$*" in\n*target=device*) echo /dev/null ;;\n*target=fs*) echo ext2 ;;\n*) echo ? ;;\nesac\n' \
	>/usr/sbin/grub-probe
chmod 755 /usr/sbin/grub-probe
# lines TEXT: all lines of the menu that start Xen, which must be some, have that text.
lines() {
	starts=$(grep 'multiboot.*/xen-' /boot/grub/grub.cfg) || die "no Xen in the menu"
	! echo "$starts" | grep -vF -- "$1" >&2 || die "lines without $1"
}
no_argo() {
	lines /xen-
	! grep argo /boot/grub/grub.cfg >&2 || die "argo is in the menu"
}
status() {
	dpkg-query -W -f '${db:Status-Status}' "$1" 2>/dev/null || echo none
}
with_argo() {
	grep -qx CONFIG_ARGO=y /boot/xen-*.config && grep -qx CONFIG_XSM_FLASK=y /boot/xen-*.config &&
		zcat /boot/xen-*.gz | grep -qa 'mac-permissive' && zcat /boot/xen-*.gz | grep -qa 'Unable to load FLASK policy'
}
update-grub
"""


def case(function):
    CASES.append(function)
    return function


class Host:
    """Of one suite: .built is our package; .ours, .debian and .later (Debian's next version) are archives."""

    def __init__(self, suite, work):
        self.base = rootfs.base(suite, HOST)
        self.suite, self.built = suite, hypervisor.build(suite)
        status = (self.base / "var" / "lib" / "dpkg" / "status").read_text(encoding="utf-8")
        xen = re.findall(r"^Package: (\S+)\n(?:[^\n]+\n)*?Source: xen(?: .*)?\n", status, re.M)
        debian = work / "debian"
        debian.mkdir()
        debs = Apt(suite).download(xen, debian)
        self.ours = archive([self.built.deb], work / "ours")
        self.debian = archive(debs, debian)
        # As they might be after a security update.
        self.later = of_version(debs, lambda version: version + NEXT, work / "later")

    @contextlib.contextmanager
    def entered(self):
        """A function that runs a script in a copy of the host."""
        names = f"OURS={self.built.name} THEIRS={self.built.distribution} NEXT={NEXT}\n"
        with rootfs.copy(self.base) as root:
            for name in ("ours", "debian", "later"):
                root.share(getattr(self, name), name)
            yield lambda script, what: root.run(HOST_PRELUDE + names + script, what)


@case
def lintian_says_nothing(host):
    with entered(host.suite, ["lintian"], made=host.built.place) as script:
        script("lintian --allow-root --display-info --pedantic /mnt/made/*.deb >/tmp/all || true; ! grep '^[EW]: ' /tmp/all", "lintian")


@case
def in_place_of_debians_and_back(host):
    with host.entered() as script:
        script(r"""
archive debian
get install "$THEIRS" xen-hypervisor-common
paths >/tmp/paths
no_argo
! with_argo || die "Debian's has Argo: why build another?"
said=$(get install /mnt/ours/*.deb) || die "$said"
with_argo || die "no Argo or no Flask: $(cat /boot/xen-*.config)"
lines argo=1
[ "$(status "$THEIRS")" != installed ] || die "two hypervisors"
[ "$(status xen-system-amd64)" = installed ] || die "apt took xen-system-amd64 away"
apt-get -qq check
# As apt does it without being asked to purge: the configuration stays, and does nothing.
said=$(get install "$THEIRS") || die "$said"
[ "$(status "$OURS")" = config-files ] || die "$OURS: $(status "$OURS")"
[ "$(status xen-system-amd64)" = installed ] || die "apt took xen-system-amd64 away"
! with_argo || die "this is not Debian's"
no_argo
get install /mnt/ours/*.deb
lines argo=1
said=$(get --purge install "$THEIRS") || die "$said"
[ "$(status "$OURS")" = none ] || die "$OURS: $(status "$OURS")"
! with_argo || die "this is not Debian's"
no_argo
paths >/tmp/left
diff /tmp/paths /tmp/left || die "taking Debian's back left this"
""", "installing the package in place of Debian's, and taking Debian's back")


@case
def a_security_update_leaves_argo_and_says_so(host):
    with host.entered() as script:
        script(r"""
get_said() { said=$(get "$@") || die "$said"; }
get_said install /mnt/ours/*.deb
archive later
get_said dist-upgrade
case $(dpkg-query -W -f '${Version}' xen-system-amd64) in
*"$NEXT") ;;
*) die "this was no upgrade: $said" ;;
esac
expect "$OURS: this hypervisor is of Xen" "$said"
expect "$NEXT" "$said"
[ "$(status "$OURS")" = installed ] || die "apt took it away: $said"
with_argo
lines argo=1
[ "$(echo "$said" | grep -c 'this hypervisor is of Xen')" = 1 ] || die "said more than once: $said"
""", "an upgrade of Debian's Xen around the package")


@case
def what_others_set_stays(host):
    with host.entered() as script:
        script(r"""
said=$(get install /mnt/ours/*.deb) || die "$said"
set_to() { echo "$1" >>/etc/default/grub.d/xen.cfg; update-grub; }
set_to 'GRUB_CMDLINE_XEN="dom0_mem=1G"; GRUB_CMDLINE_XEN_DEFAULT="console=vga"'
lines ' dom0_mem=1G argo=1 '
grep 'multiboot.* dom0_mem=1G argo=1 console=vga ' /boot/grub/grub.cfg
set_to 'GRUB_CMDLINE_XEN="argo=1,mac-permissive=1"'
lines ' argo=1,mac-permissive=1 '
! grep -E 'argo=1( |$)' /boot/grub/grub.cfg >&2 || die "argo is said twice"
set_to 'GRUB_CMDLINE_XEN=; GRUB_CMDLINE_XEN_DEFAULT="argo=0"'
! grep argo=1 /boot/grub/grub.cfg >&2 || die "argo=0 does not stay"
grep -q 'multiboot.* argo=0 ' /boot/grub/grub.cfg || die "argo=0 is gone"
""", "GRUB's configuration with options of others")


@case
def it_boots_without_a_policy(host):
    """Xen's own default is to panic without one."""
    with tempfile.TemporaryDirectory() as work:
        run(["dpkg-deb", "-x", host.built.deb, work])
        log = boot.log_of(next(pathlib.Path(work).glob("boot/xen-*.gz")), "argo=1")
        for wanted in ("Flask: Disabled at boot", boot.STARTED):
            if wanted not in log:
                raise LabError(f"Xen did not say {wanted!r}:\n{log}")


def all_of(suite):
    """(name, a function without parameters) of each case of a suite."""
    with tempfile.TemporaryDirectory() as work:
        pathlib.Path(work).chmod(0o755)
        try:
            host = Host(suite, pathlib.Path(work))
        except NoXen as error:
            # A mirror may lack the source of one suite, as docs/packages.md says.
            raise NotHere(str(error)) from None
        for function in CASES:
            yield f"xen-deb.{suite}.{function.__name__}", lambda function=function: function(host)
