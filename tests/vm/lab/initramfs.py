# SPDX-License-Identifier: MIT
"""The user space of dom0 and of the domUs: a cached base, and what changes, as a second archive."""

import pathlib
import shutil
import tempfile

from . import programs, selftests, toolstack
from .cache import artefact, key_of
from .cpio import Archive
from .paths import BUILD, REPO, VM
from .run import run

DOM0_MODULES = ("virtio_pci", "virtio_console", "xenfs", "xen-privcmd", "xen-evtchn", "xen-gntdev",
                "xen-gntalloc", "xen-netback", "xen-blkback", "virtio_blk", "ext4", "crc32c-generic")
GUEST_MODULES = ("xen-evtchn", "xen-gntdev", "xen-gntalloc", "xenfs", "xen-netfront")
PLAIN_MODULES = ("virtio_pci", "virtio_console")
# For AF_VSOCK, for what watches it, and VMware's transport, which modprobe.d keeps away; what goes on top of network
# devices; drivers of virtio devices.
COMMON_MODULES = ("vsock", "vsock_loopback", "vmw_vsock_virtio_transport_common", "vsock_diag", "vsockmon",
                  "vmw_vsock_vmci_transport", "af_packet", "veth", "bridge", "8021q", "virtio_blk", "virtio-rng")

# Programs of this machine in every guest. Not busybox's shell: that prefers applets, and its modprobe knows no soft
# dependencies.
SHELL = (pathlib.Path("/bin/kmod"), pathlib.Path("/bin/dash"))
TOOLS = tuple(map(pathlib.Path, ("/usr/bin/socat", "/usr/bin/ncat", "/usr/bin/tcpdump", "/usr/bin/iperf3", "/bin/ss",
                                 "/bin/ip", "/usr/sbin/ethtool")))
# The packages of all these, and of the larger libraries.
PACKAGES = ("busybox-static", "dash", "kmod", "libc6", "socat", "ncat", "tcpdump", "iperf3", "iproute2", "ethtool",
            "libssl3", "libpcap0.8")

KMOD = ("modprobe", "insmod", "rmmod", "lsmod", "modinfo", "depmod")
PASSWD = "root:x:0:0:root:/root:/bin/ash\nargo:x:100:100:in group argo:/:/bin/ash\nnobody:x:65534:65534:nobody:/:/bin/ash\n"
GROUP = "root:x:0:\nargo:x:100:argo\nnogroup:x:65534:\n"

# For people, who get busybox's shell because it edits lines.
PROFILE = r"""export PATH=/usr/sbin:/usr/bin:/usr/lib/xen-4.17/bin:/lab
export PS1='\u@\h:\w# '
""" + "".join(f'{name}() {{ /usr/sbin/{name} "$@"; }}\n' for name in KMOD)


def _dpkg_versions(*names):
    return run(["dpkg-query", "-W", "-f", "${Package} ${Version}\n", *names])


def _module_files(kernel, names):
    """Paths of modules and of what they depend on, relative to the module tree."""
    depends, by_name = {}, {}
    for line in (kernel.modules / "modules.dep").read_text(encoding="ascii").splitlines():
        path, _, needs = line.partition(":")
        depends[path] = needs.split()
        by_name[pathlib.Path(path).name.split(".ko")[0].replace("_", "-")] = path
    files = set()
    for name in names:
        path = by_name.get(name.replace("_", "-"))
        # Built in, in some series.
        if path:
            files.update([path, *depends[path]])
    return sorted(files)


def _base(kernel, modules, tools=None):
    """The part that changes with Debian's packages only."""
    def build(place):
        archive = Archive()
        for name in ("dev", "proc", "sys", "run", "tmp", "root", "usr/bin", "usr/sbin", "usr/lib", "usr/lib64",
                     "etc", "var/log", "lab"):
            archive.dir(name, 0o1777 if name == "tmp" else 0o755)
        for name in ("bin", "sbin", "lib", "lib64"):
            archive.link(name, f"usr/{name}")
        archive.link("var/run", "../run")
        archive.link("var/lock", "../run")
        archive.node("dev/console", 5, 1)
        archive.node("dev/null", 1, 3)
        archive.file("etc/passwd", PASSWD)
        archive.file("etc/group", GROUP)
        archive.file("etc/profile", PROFILE)
        archive.file("etc/nsswitch.conf", "passwd: files\ngroup: files\n")
        archive.copy("usr/bin/busybox", "/bin/busybox", 0o755)
        for applet in run(["/bin/busybox", "--list"]).split():
            if applet not in (*KMOD, "busybox", "sh"):
                archive.link(f"usr/bin/{applet}", "busybox")
        programs.add_programs(archive, [*SHELL, *TOOLS], "usr/bin")
        archive.link("usr/bin/sh", "dash")
        for name in KMOD:
            archive.link(f"usr/sbin/{name}", "../bin/kmod")
        for name in modules:
            archive.copy(f"usr/lib/modules/{kernel.release}/{name}", kernel.modules / name)
        if tools:
            programs.add_programs(archive, sorted((tools / "bin").iterdir()), "usr/lib/xen-4.17/bin", [tools / "lib"])
            # xl cancels threads, for which libc loads this one by name.
            libgcc = run(["gcc", "-print-file-name=libgcc_s.so.1"]).strip()
            archive.copy(f"{programs.LIBRARIES}/libgcc_s.so.1", libgcc, 0o755)
        archive.save(place / "base.cpio")

    key = key_of(build, Archive, kernel.place.name, modules, tools and tools.name, PASSWD, GROUP, PROFILE, SHELL, TOOLS,
                 _dpkg_versions(*PACKAGES))
    return artefact(f"initramfs-{'dom0' if tools else 'domu'}-{kernel.series}", key, build) / "base.cpio"


def _add_modules(archive, kernel, modules, ours):
    """Our modules, and an index over them and those of the base."""
    with tempfile.TemporaryDirectory() as work:
        tree = pathlib.Path(work) / "lib" / "modules" / kernel.release
        for name in modules:
            (tree / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(kernel.modules / name, tree / name)
        for path in ours:
            (tree / "updates").mkdir(parents=True, exist_ok=True)
            # Nine tenths of them are debug information.
            run(["strip", "--strip-debug", "-o", tree / "updates" / path.name, path], f"stripping {path.name}")
            archive.copy(f"usr/lib/modules/{kernel.release}/updates/{path.name}", tree / "updates" / path.name)
        for name in ("modules.order", "modules.builtin", "modules.builtin.modinfo"):
            shutil.copy(kernel.modules / name, tree / name)
        run(["/sbin/depmod", "-b", work, kernel.release], "depmod")
        for path in sorted(tree.glob("modules.*")):
            archive.copy(f"usr/lib/modules/{kernel.release}/{path.name}", path)


def _add_payload(archive, kernel, modules, role, ours):
    _add_modules(archive, kernel, modules, ours)
    archive.copy("lab/agent", programs.agent(), 0o755)
    for path in sorted((VM / "guest-root" / role).iterdir()):
        archive.copy("init" if path.name == "init" else f"lab/{path.name}", path, 0o755)
    archive.copy("etc/modprobe.d/argo.conf", REPO / "packaging" / "modprobe.d" / "argo.conf")
    staged = _stripped(BUILD / "guest-bin")
    programs.add_programs(archive, [*staged, *selftests.programs(kernel.source)], "usr/bin",
                          [BUILD / "lab" / "stripped"], present=[*SHELL, *TOOLS])
    # Where ip looks for its plug-ins.
    for path in (BUILD / "lab" / "stripped").glob("link_*.so"):
        archive.copy(f"{programs.LIBRARIES}/ip/{path.name}", path)


def _stripped(staged):
    """The staged programs and libraries without debug information, which would fill a guest's memory."""
    if not staged.is_dir():
        return []
    out = BUILD / "lab" / "stripped"
    out.mkdir(parents=True, exist_ok=True)
    found = []
    for path in sorted(staged.iterdir()):
        if not (path.is_file() and path.stat().st_mode & 0o111):
            continue
        copy = out / path.name
        if not copy.exists() or copy.stat().st_mtime_ns != path.stat().st_mtime_ns:
            # Scripts and the like are taken as they are.
            elf = path.read_bytes()[:4] == b"\x7fELF"
            run(["strip", "--strip-debug", "-o", copy, path] if elf else ["cp", path, copy], f"stripping {path.name}")
            shutil.copystat(path, copy)
        if ".so" not in path.name:
            found.append(copy)
    return found


def plain(kernel, ours):
    """The initramfs of a machine without Xen."""
    out = BUILD / "lab"
    out.mkdir(parents=True, exist_ok=True)
    modules = _module_files(kernel, PLAIN_MODULES + COMMON_MODULES)
    archive = Archive()
    _add_payload(archive, kernel, modules, "dom0", ours.get(kernel.series, []))
    image = out / f"plain-{kernel.series}.img"
    archive.save(image, _base(kernel, modules))
    return image


def images(kernels, xen, ours):
    """The dom0 initramfs, with those of the domUs and their kernels inside.

    ours: {series: [paths of our modules]}. The first kernel is dom0's.
    """
    out = BUILD / "lab"
    out.mkdir(parents=True, exist_ok=True)
    dom0 = kernels[0]
    tools = toolstack.toolstack(xen.version)
    archive = Archive()
    for kernel in kernels:
        modules = _module_files(kernel, GUEST_MODULES + COMMON_MODULES)
        guest = Archive()
        _add_payload(guest, kernel, modules, "domu", ours.get(kernel.series, []))
        image = out / f"domu-{kernel.series}.img"
        guest.save(image, _base(kernel, modules))
        archive.copy(f"lab/{image.name}", image)
        archive.copy(f"lab/vmlinux-{kernel.series}", kernel.image)
    modules = _module_files(dom0, DOM0_MODULES + COMMON_MODULES)
    _add_payload(archive, dom0, modules, "dom0", ours.get(dom0.series, []))
    archive.save(out / "dom0.img", _base(dom0, modules, tools))
    return out / "dom0.img"
