# SPDX-License-Identifier: MIT
"""The machine that Xen runs on."""

import ctypes
import signal
import subprocess
import time

from .errors import LabError

# Off, because QEMU 7.2 gets them wrong: MWAIT in Xen's idle loop takes a #GP (monitor), and a
# ring-3 IRET reads its stack with supervisor rights, so a PV kernel dies early (smap).
CPU = "EPYC,-monitor,-smap"

# xsave=0: with lazy FPU and xsave, programs crash now and then once an HVM-type guest runs (QEMU 7.2).
XEN_ARGS = ("console=com1 com1=115200,8n1 loglvl=warning guest_loglvl=warning/warning "
            "dom0_mem=1280M,max:1280M dom0_max_vcpus=2 xsave=0 spec-ctrl=no no-real-mode noreboot")
# mac-permissive: without it a ring open to any sender is refused with EPERM.
ARGO_ARGS = "argo=1,mac-permissive=1"
XEN_MEM = 3072
# For systems with systemd.
QUIET = "loglevel=1 panic=1 log_buf_len=1M mitigations=off systemd.show_status=no"
_LINUX_ARGS = "rdinit=/init loglevel=4 panic=1 log_buf_len=4M mitigations=off cryptomgr.notests"
DOM0_ARGS = f"console=hvc0 {_LINUX_ARGS}"
PLAIN_ARGS = f"console=ttyS0 {_LINUX_ARGS} lab.name=vm"


def _die_with_parent():
    ctypes.CDLL(None).prctl(1, signal.SIGKILL)


class Boot:
    """What a machine starts with: a kernel, its command line, what is loaded beside it, MiB of memory, and disks."""

    def __init__(self, kernel, args, modules, mem, disks=None):
        """disks: {name: path of an image, which is not written to}"""
        self.kernel, self.args, self.modules, self.mem, self.disks = kernel, args, modules, mem, disks or {}


def xen(hypervisor, kernel, initramfs, argo=ARGO_ARGS, flask="disabled", policy=None, disks=None):
    """Xen, and a dom0. argo: of Xen's command line"""
    modules = [f"{kernel} {DOM0_ARGS}", str(initramfs)] + ([str(policy)] if policy else [])
    for module in modules:
        if "," in module.replace(DOM0_ARGS, ""):
            raise LabError(f"QEMU cannot load a file whose path has a comma: {module}")
    return Boot(hypervisor, f"{XEN_ARGS} {argo} flask={flask}", ",".join(modules), XEN_MEM, disks)


def debian_xen(dom0, disks):
    """Xen and a dom0 as a boot loader would start them from a debian.Disk."""
    args = f"root=/dev/vda rw console=hvc0 {QUIET}"
    return Boot(dom0.xen, f"{XEN_ARGS} {dom0.xen_args}", f"{dom0.kernel} {args},{dom0.initramfs}", XEN_MEM,
                {"dom0": dom0.image, **disks})


def plain(kernel, initramfs, mem):
    """A kernel with no hypervisor beneath."""
    return Boot(kernel, PLAIN_ARGS, initramfs, mem)


def _disks(disks):
    """A machine finds them by their names (guest-root/dom0/disk)."""
    for name, path in disks.items():
        file = str(path).replace(",", ",,")
        yield from ("-drive", f"file={file},if=none,id={name},format=raw,snapshot=on",
                    "-device", f"virtio-blk-pci,drive={name},serial={name}")


class Machine:
    """One run of QEMU. Nothing leaves it: it has no network device, and what is written to its disks goes with it."""

    def __init__(self, boot, logs):
        self.console = logs / "console.log"
        self.socket = logs / "agent.socket"
        self.socket.unlink(missing_ok=True)
        self.console.unlink(missing_ok=True)
        argv = ["qemu-system-x86_64", "-name", "argo-lab", "-machine", "q35", "-accel", "tcg,thread=multi",
                "-smp", "2", "-m", str(boot.mem), "-cpu", CPU, "-nodefaults", "-no-user-config", "-display", "none",
                "-nic", "none", "-no-reboot", "-monitor", "none",
                # A guest that dies without a word (a triple fault) leaves its registers in QEMU's log.
                "-d", "cpu_reset",
                "-serial", f"file:{self.console}",
                "-device", "virtio-serial-pci",
                "-chardev", f"socket,id=agent,path={self.socket},server=on,wait=off",
                "-device", "virtserialport,chardev=agent,name=lab",
                *_disks(boot.disks),
                "-kernel", str(boot.kernel), "-append", boot.args, "-initrd", str(boot.modules)]
        self._log = open(logs / "qemu.log", "wb")
        # The lab must not outlive the program that started it, however that ends.
        self._process = subprocess.Popen(argv, stdin=subprocess.DEVNULL, stdout=self._log,
                                         stderr=subprocess.STDOUT, preexec_fn=_die_with_parent)

    @property
    def running(self):
        return self._process.poll() is None

    def wait_socket(self):
        """The path of the agent's socket, once QEMU has made it."""
        for _ in range(200):
            if self.socket.exists():
                return self.socket
            if not self.running:
                break
            time.sleep(0.05)
        raise LabError(f"QEMU did not start: {self.said()}")

    def log(self):
        return self.console.read_text(errors="replace") if self.console.exists() else ""

    def said(self):
        """QEMU's own messages."""
        with open(self._log.name, errors="replace", encoding="utf-8") as log:
            return log.read().strip()

    def last_words(self):
        """What a machine that ended has left; nothing if it runs."""
        try:
            self._process.wait(1)
        except subprocess.TimeoutExpired:
            return []
        return [f"QEMU ended with {self._process.returncode}; the console ends with:", *self.log().splitlines()[-25:],
                "and what QEMU said with:", *self.said().splitlines()[-60:]]

    def stop(self):
        if self.running:
            self._process.kill()
        self._process.wait()
        self._log.close()
