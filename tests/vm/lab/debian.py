# SPDX-License-Identifier: MIT
"""Debian systems on disks, with our packages installed from an archive by apt."""

import hashlib
import shutil

from . import backports, kernels, programs, rootfs
from .archive import archive
from .cache import artefact, key_of
from .paths import BUILD, REPO, VM
from .run import run

# By the name of the system, and of its disk.
RELEASES = {"deb12": "bookworm", "deb13": "trixie"}
DOM0 = "dom0"
# What argo-dkms and kernels of backports build with, and what the recipes in docs/ need.
PACKAGES = ("systemd-sysv", "udev", "dbus", "kmod", "iproute2", "ifupdown", "procps", "linux-image-amd64",
            "linux-headers-amd64", "pahole", "dkms", "libfmt-dev", "libssl-dev", "openssh-server", "openssh-client", "socat",
            "ncat", "rsync", "curl", "python3", "iputils-ping", "nbdkit", "libnbd-bin", "qemu-utils", "tshark")
# Of a kernel of backports: what its headers need.
COMPILERS = {"bookworm": "gcc-12", "trixie": "gcc-14-for-host"}
DISK_SIZE = "3G"
# Seconds. Each is a GiB, and another for every commit.
KEEP_DISKS = 3600
HERE = VM / "guest-root" / "debian"


class Disk:
    """.image, and what a boot loader would take from it: .kernel and .initramfs, of dom0 .xen and its arguments, too."""

    def __init__(self, place):
        self.image, self.kernel, self.initramfs, self.xen = (place / part for part in ("disk", "vmlinux", "initrd.img", "xen"))
        args = place / "xen-args"
        self.xen_args = args.read_text(encoding="utf-8").strip() if args.exists() else ""


def add_disks(steps, built, names):
    """Gives a built.Built the disks of these systems, among which dom0 may be."""
    with steps.step("making Debian systems"):
        for name in names:
            if name == DOM0:
                built.dom0 = _dom0()
                built.disks["lab"] = _lab_disk(built.kernels[0].series)
            else:
                release = RELEASES[name]
                later, packages = backports.kernel(release)
                built.disks[name] = _disk(name, release, [_ours(release), packages], ["argo"], [COMPILERS[release]], later).image


def _dom0():
    """The Disk of a dom0 that has Xen with Argo."""
    release = RELEASES["deb12"]
    run([REPO / "packaging" / "xen" / "build", release], f"building Xen for Debian {release}")
    xen = BUILD / "deb-xen" / release
    package = next(xen.glob("xen-hypervisor-*.deb")).name.split("_", maxsplit=1)[0]
    return _disk(DOM0, release, [_ours(release), xen], [package, "argo"], ("xen-system-amd64", "grub2-common"))


def _lab_disk(series):
    """The image of a disk with what the lab has in its own dom0: its programs, and a domU of that series of kernels."""
    place = BUILD / "lab" / "for-dom0"
    shutil.rmtree(place, ignore_errors=True)
    shutil.copytree(VM / "guest-root" / "dom0", place)
    for path in (programs.agent(), BUILD / "lab" / f"domu-{series}.img"):
        shutil.copy(path, place)
    shutil.copy(kernels.kernel(series).image, place / f"vmlinux-{series}")
    image = place.with_suffix(".disk")
    image.unlink(missing_ok=True)
    run(["/sbin/mke2fs", "-q", "-t", "ext4", "-d", place, image, "256M"], f"writing {image}")
    return image


def _ours(release):
    """The folder with our packages."""
    run([REPO / "packaging" / "debian" / "build", release], f"building the packages for {release}")
    return BUILD / "deb" / release


def _disk(name, release, folders, ours, more=(), later=""):
    """The Disk of a system with the packages `ours` from these folders. later: a kernel that is installed after them."""
    agent = programs.agent()
    base = rootfs.base(release, (*PACKAGES, *more))
    place = BUILD / "lab" / f"archive-{name}"
    shutil.rmtree(place, ignore_errors=True)
    packages = archive((deb for folder in folders for deb in folder.glob("*.deb") if "dbgsym" not in deb.name), place)

    def build(where):
        with rootfs.copy(base) as root:
            for folder, shared in ((HERE, "lab"), (agent.parent, "agent"), (where, "boot"), (packages, "archive")):
                root.share(folder, shared)
            root.run("/mnt/lab/prepare " + " ".join(ours), f"making a Debian {release} that boots", {"LATER": later})
            root.save(where / "disk", DISK_SIZE)
        kernels.unwrap(where / "vmlinuz", where / "vmlinux")

    recipe = [path.read_text(encoding="utf-8") for path in sorted(HERE.iterdir())]
    debs = [hashlib.sha256(deb.read_bytes()).hexdigest() for deb in sorted(packages.glob("*.deb"))]
    key = key_of(base.parent.name, agent.parent.name, DISK_SIZE, build, *recipe, *ours, *debs, later)
    return Disk(artefact(f"disk-{name}", key, build, keep=KEEP_DISKS))
