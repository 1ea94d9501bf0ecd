# SPDX-License-Identifier: MIT
"""What a machine is booted from, made or taken from the cache."""

import dataclasses
import pathlib

from . import cache, initramfs, modules, xen
from .paths import BUILD

# Steps that people see.
PLAIN_STEPS, XEN_STEPS = 3, 4


@dataclasses.dataclass
class Built:
    """Kernels, the first of which is the machine's own, and what they load.

    modules: {series: [paths of our modules]}
    memory: MiB of a machine without Xen
    stress_seconds: how long a case runs that does anything at random
    disks: {name: path of an image} of the machine
    dom0: the debian.Disk of a dom0 instead of the lab's own
    """

    kernels: list
    modules: dict
    image: pathlib.Path
    memory: int = 1024
    stress_seconds: int = 10
    xen: object = None
    disks: dict = dataclasses.field(default_factory=dict)
    dom0: object = None

    def has(self, name):
        """Whether a module or a guest program of that name was built."""
        modules_named = {path.stem for paths in self.modules.values() for path in paths}
        return name in modules_named or (BUILD / "guest-bin" / name).exists()


def _modules(steps, kernels, needs=None):
    with steps.step("building the kernel modules"), cache.locked_file(BUILD / ".lab.lock"):
        return {kernel.series: modules.build(kernel, needs=needs) for kernel in kernels}


def plain(steps, what, get_kernel, needs=None, **options):
    """For a machine without Xen. `what`: the step in which get_kernel() gets its kernel; needs: as for modules.build()."""
    with steps.step(what):
        kernel = get_kernel()
    ours = _modules(steps, [kernel], needs)
    with steps.step("packing what it boots into"), cache.locked_file(BUILD / ".lab.lock"):
        image = initramfs.plain(kernel, ours)
    return Built([kernel], ours, image, **options)


def with_xen(steps, what, get_kernels, patched=False, **options):
    """For Xen. `what`: the step in which get_kernels() gets dom0's kernel and those of the domUs; patched: as for xen.py."""
    with steps.step(what):
        kernels = get_kernels()
    ours = _modules(steps, kernels)
    with steps.step("building Xen"):
        hypervisor = xen.hypervisor(patched)
    with steps.step("packing the guests"), cache.locked_file(BUILD / ".lab.lock"):
        image = initramfs.images(kernels, hypervisor, ours)
    return Built(kernels, ours, image, xen=hypervisor, **options)
