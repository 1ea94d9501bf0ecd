# SPDX-License-Identifier: MIT
"""Kernels that check themselves, built from Debian's source package and kept in the cache.

"debug" has KASAN and all the rest, and knows no Xen: a KASAN kernel dies early there. "lockdep" is for domUs.
"""

import os
import re
import shutil
import subprocess

from .apt import Apt
from .cache import artefact, key_of
from .errors import LabError
from .run import run

SOURCE = "6.1"
# On top of tinyconfig. SLUB is named because tinyconfig takes SLOB, with which KASAN silently goes away; gzip because
# an emulated processor takes long to unpack the rest.
_COMMON = """
64BIT=y SMP=y NR_CPUS=4 HYPERVISOR_GUEST=y PARAVIRT=y PVH=y X86_X2APIC=y IA32_EMULATION=y
KERNEL_GZIP=y KERNEL_XZ=n BLK_DEV_INITRD=y PRINTK=y EARLY_PRINTK=y BUG=y MULTIUSER=y POSIX_TIMERS=y EMBEDDED=y EXPERT=y
PREEMPT=y NO_HZ_IDLE=y HIGH_RES_TIMERS=y FUTEX=y EPOLL=y EVENTFD=y SIGNALFD=y TIMERFD=y SHMEM=y AIO=y
ADVISE_SYSCALLS=y MEMBARRIER=y NAMESPACES=y KALLSYMS=y PRINTK_TIME=y MODULES=y MODULE_UNLOAD=y
BINFMT_ELF=y BINFMT_SCRIPT=y PROC_FS=y PROC_SYSCTL=y PROC_CHILDREN=y SYSFS=y DEBUG_FS=y DEVTMPFS=y TMPFS=y FILE_LOCKING=y
TTY=y SERIAL_8250=y SERIAL_8250_CONSOLE=y PCI=y VIRTIO_MENU=y VIRTIO_PCI=y VIRTIO_CONSOLE=y ACPI=y
NET=y INET=y IPV6=y UNIX=y PACKET=y VSOCKETS=m VSOCKETS_DIAG=m VSOCKETS_LOOPBACK=m NETDEVICES=y
NET_NS=y BRIDGE=m VLAN_8021Q=m VETH=m
SLUB=y SLUB_DEBUG=y SLUB_DEBUG_ON=n DEBUG_KERNEL=y MAGIC_SYSRQ=y DYNAMIC_DEBUG=y UNWINDER_FRAME_POINTER=y FRAME_WARN=0
PROVE_LOCKING=y LOCKDEP_BITS=16 LOCKDEP_CHAINS_BITS=17 DEBUG_ATOMIC_SLEEP=y DEBUG_LIST=y DEBUG_NOTIFIERS=y
DEBUG_PREEMPT=y SOFTLOCKUP_DETECTOR=y DETECT_HUNG_TASK=y
FAULT_INJECTION=y FAILSLAB=y FAIL_PAGE_ALLOC=y FAULT_INJECTION_DEBUG_FS=y
"""
# Only our modules are instrumented for KCOV (make_args): it doubles what everything else costs.
_KASAN = """
KASAN=y KASAN_GENERIC=y KASAN_OUTLINE=y KASAN_VMALLOC=y UBSAN=y UBSAN_BOUNDS=y UBSAN_SHIFT=y
USERFAULTFD=y DEBUG_KMEMLEAK=y DEBUG_KMEMLEAK_MEM_POOL_SIZE=40000 DEBUG_KMEMLEAK_AUTO_SCAN=n KCOV=y KCOV_INSTRUMENT_ALL=n
"""
_XEN = """
PM=y SUSPEND=y FREEZER=y HIBERNATION=n XEN=y XEN_PV=y XEN_PVH=y XEN_DOM0=n XEN_SAVE_RESTORE=y HVC_XEN=y HVC_XEN_FRONTEND=y
XEN_DEV_EVTCHN=y XENFS=y XEN_SYS_HYPERVISOR=y XEN_GNTDEV=y XEN_GRANT_DEV_ALLOC=y
"""
FLAVOURS = {"debug": _COMMON + _KASAN, "lockdep": _COMMON + _XEN}

# What modules are built with; the rest of the tree is thrown away, as in Debian's header packages.
_KEPT = ("Makefile", "Kbuild", "Kconfig", ".config", "Module.symvers", "include", "scripts", "arch/x86", "tools/objtool")


class DebugKernel:
    """Like kernels.Kernel."""

    # Nothing is measured on it.
    without = ("bench",)

    def __init__(self, flavour, place):
        self.series, self.source = flavour, SOURCE
        self.place = place
        self.release = (place / "release").read_text(encoding="ascii").strip()
        # A KASAN kernel does not start at the PVH entry, the only one of a vmlinux.
        self.image = place / ("bzImage" if flavour == "debug" else "vmlinux")
        self.modules = place / "lib" / "modules" / self.release
        self.kdir = place / "kdir"
        self.make_args = ("KCOV_INSTRUMENT=y",) if flavour == "debug" else ()


def _options(flavour):
    return dict(word.split("=") for word in FLAVOURS[flavour].split())


def _configure(tree, flavour):
    make = ["make", "-C", tree, "ARCH=x86_64"]
    run([*make, "tinyconfig"], f"configuring the {flavour} kernel")
    wanted = _options(flavour)
    lines = [f"CONFIG_{name}={value}" if value != "n" else f"# CONFIG_{name} is not set" for name, value in wanted.items()]
    with open(tree / ".config", "a", encoding="ascii") as config:
        config.write("\n".join(lines) + "\n")
    run([*make, "olddefconfig"], f"configuring the {flavour} kernel")
    config = (tree / ".config").read_text(encoding="ascii")
    set_to = dict(re.findall(r"^CONFIG_(\w+)=(.*)$", config, re.M))
    missing = [f"{name}={value}" for name, value in wanted.items() if set_to.get(name, "n") != value]
    if missing:
        raise LabError(f"this kernel source does not take {' '.join(missing)}")


def _unpack(work):
    apt = Apt()
    apt.unpack([f"linux-source-{SOURCE}"], work)
    tarball = next(work.glob("usr/src/linux-source-*.tar.xz"))
    run(["tar", "-C", work, "-xf", tarball], "unpacking the kernel source")
    tarball.unlink()
    return next(path for path in work.glob("linux-source-*") if path.is_dir())


def _keep(tree, kdir):
    for name in _KEPT:
        target = kdir / name
        target.parent.mkdir(parents=True, exist_ok=True)
        if (tree / name).is_dir():
            shutil.copytree(tree / name, target, symlinks=True,
                            ignore=lambda _, names: [n for n in names if n.endswith((".o", ".cmd", ".a"))])
        else:
            shutil.copy2(tree / name, target)


def kernel(flavour):
    """The DebugKernel, built (some minutes) when it is not in the cache."""

    def build(place):
        work = place / "work"
        work.mkdir()
        tree = _unpack(work)
        _configure(tree, flavour)
        make = ["make", "-C", tree, "ARCH=x86_64", f"-j{os.cpu_count()}", "KBUILD_BUILD_HOST=lab", "KBUILD_BUILD_USER=lab"]
        run([*make, "bzImage", "modules"], f"building the {flavour} kernel")
        run([*make, f"INSTALL_MOD_PATH={place}", "modules_install"], "installing its modules")
        shutil.copy2(tree / "arch/x86/boot/bzImage", place / "bzImage")
        run(["strip", "-o", place / "vmlinux", tree / "vmlinux"])
        release = subprocess.check_output([*map(str, make), "-s", "kernelrelease"], text=True).split()[-1]
        (place / "release").write_text(release + "\n", encoding="ascii")
        _keep(tree, place / "kdir")
        for link in ("build", "source"):
            (place / "lib" / "modules" / release / link).unlink(missing_ok=True)
        shutil.rmtree(work)

    key = key_of(FLAVOURS[flavour], build, _configure, _unpack, _keep, _KEPT)
    return DebugKernel(flavour, artefact(f"linux-{flavour}", key, build))
