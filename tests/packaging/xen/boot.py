# SPDX-License-Identifier: MIT
"""Boots a hypervisor of /boot in QEMU, until it hands the machine over to dom0."""

import gzip
import pathlib
import subprocess
import tempfile
import time

from lab import kernels, qemu
from lab.agent import PATIENCE

# Said by Xen when dom0 begins.
STARTED = "Serial input to DOM0"
# spec-ctrl, xsave: as in lab/qemu.py. The rest is for a log of all that Xen says.
ARGS = "console=com1 com1=115200,8n1 loglvl=all dom0_mem=512M,max:512M xsave=0 spec-ctrl=no no-real-mode noreboot"


def log_of(image, args):
    """What Xen says on its console with these arguments, until dom0 begins or Xen gives up."""
    with tempfile.TemporaryDirectory() as work:
        # QEMU loads no compressed multiboot kernel.
        xen, console = pathlib.Path(work) / "xen", pathlib.Path(work) / "console"
        xen.write_bytes(gzip.decompress(image.read_bytes()))
        argv = ["qemu-system-x86_64", "-machine", "q35", "-accel", "tcg,thread=multi", "-smp", "2", "-m", "1024",
                "-cpu", qemu.CPU, "-nodefaults", "-no-user-config", "-display", "none", "-nic", "none", "-no-reboot",
                "-serial", f"file:{console}", "-kernel", xen, "-append", f"{ARGS} {args}",
                "-initrd", kernels.kernel(kernels.XEN_SERIES[0]).image]
        quiet = {name: subprocess.DEVNULL for name in ("stdin", "stdout", "stderr")}
        with subprocess.Popen(argv, **quiet) as vm:
            try:
                end = time.monotonic() + 120 * PATIENCE
                while time.monotonic() < end and vm.poll() is None:
                    said = console.read_text(encoding="utf-8", errors="replace") if console.exists() else ""
                    if STARTED in said or "Panic on CPU" in said:
                        break
                    time.sleep(0.5)
            finally:
                vm.kill()
        return console.read_text(encoding="utf-8", errors="replace") if console.exists() else "nothing"
