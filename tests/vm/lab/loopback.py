# SPDX-License-Identifier: MIT
"""A machine without Xen, and the virtual domains of argo_loopback in it.

A virtual domain is a /dev/argoN. Its commands run where that is /dev/argo, so what runs in a domain of Xen runs here.
"""

import shlex

from . import agent as agents
from . import built, debugkernel, domains, kernels, qemu
from .errors import LabError
from .hypervisor import Hypervisor
from .machine import Lab

NAME = "loopback"
# The kernel where a case names none.
SERIES = "6.12"
DOMAINS = 6
# A third domain that waits at a ring is refused, as the 33rd is by Xen.
MAX_WAITERS = 2
CONTROL = "/sys/kernel/debug/argo_loopback"
KMEMLEAK = "/sys/kernel/debug/kmemleak"


class VirtualDomain(domains.Domain):
    """One of argo_loopback's. .index is the N of its device; .domid changes with a restore."""

    # They have the network of one kernel.
    address = "127.0.0.1"

    def __init__(self, lab, index):
        super().__init__(lab, f"argo{index}", f"{NAME}{index}{lab.series_suffix}", index, lab.vm.agent)
        self.index = index
        lab.vm.check(f"/lab/virtual-domain {index}")

    def _inside(self, cmd):
        return f"exec /lab/in-domain {self.index} sh -c {shlex.quote(cmd)}"

    def run(self, cmd, timeout=60):
        return super().run(self._inside(cmd), timeout)

    def spawn(self, cmd):
        return super().spawn(self._inside(cmd))

    def control(self, command):
        """One command of kernel/loopback/control.c."""
        self.lab.vm.check(f"echo {shlex.quote(command)} >{CONTROL}/argo{self.index}")

    def read_log(self, expected=()):
        """The kernel is the machine's: LoopbackLab reads its log."""
        return []

    def destroy(self, read_log=True):
        """It dies; its programs go on, and find out. lab.revive() brings it back."""
        self.control("die")
        self.state = "destroyed"

    def restore(self, domid):
        """As after a save: another id, and rings that are empty."""
        self.control(f"restore {domid}")
        self.domid, self.state = domid, "running"


class LoopbackLab(Lab):
    """What XenLab is for Xen, as far as cases need it that run on both."""

    hypervisor = NAME

    def __init__(self, what, logs=NAME):
        super().__init__(what, qemu.plain(what.kernels[0].image, what.image, what.memory), logs)
        # In the names of results, as in those of cases.
        series = what.kernels[0].series
        self.series_suffix = "" if series == SERIES else f"-{series}"
        self._next_domid = DOMAINS

    def bring_up(self):
        self.vm = domains.Domain(self, "vm", "vm", None, self.power_on("vm"))
        self.vm.check(f"modprobe argo_loopback domains={DOMAINS} max_waiters={MAX_WAITERS}; "
                      "mount -t debugfs debugfs /sys/kernel/debug")
        self.dom0, *self.guests = [VirtualDomain(self, index) for index in range(DOMAINS)]

    def revive(self, domain):
        """A dead domain lives again, under an id that nobody had."""
        domain.restore(self._next_domid)
        self._next_domid += 1

    def complaints(self, expected=()):
        """What the kernel said since the last call that it should not have."""
        try:
            return self.vm.read_log(expected)
        except agents.Timeout:
            self.stop()
            return ["the machine does not answer"]

    def leaks(self):
        """What kmemleak found; None where the kernel has none."""
        if self.vm.run(f"test -e {KMEMLEAK}").rc:
            return None
        # What is found in one scan only may be on its way from one list to another.
        self.vm.check(f"for i in 1 2 3; do echo scan >{KMEMLEAK}; sleep 6; done", 300)
        return self.vm.check(f"cat {KMEMLEAK}").splitlines()

    def recovers(self):
        """After a failure the next machine is five seconds away."""
        return False


class LoopbackPool:
    """Hands out virtual domains, whatever kinds are asked for."""

    def __init__(self, lab):
        self._lab = lab

    def prepare(self, domain):
        """The driver is loaded: there would be no domain without."""

    def take(self, kinds, fresh=False):
        taken = self._lab.guests[:len(kinds)]
        if len(taken) < len(kinds):
            raise LabError(f"there are {len(self._lab.guests)} virtual domains beside the first, not {len(kinds)}")
        # A case may use lab.guests beyond those that it is given.
        for domain in self._lab.guests:
            if domain.state != "running":
                self._lab.revive(domain)
        # A fault that a case asked for and did not come to must not meet the next case.
        for domain in (self._lab.dom0, *self._lab.guests):
            domain.control("mend")
        return taken

    def drop_used(self):
        """The machine is dropped (LoopbackLab.recovers)."""


class Loopback(Hypervisor):
    """argo_loopback, in a kernel of any series."""

    name = NAME
    steps = built.PLAIN_STEPS

    def build(self, steps, series=None, needs=None):
        return built.plain(steps, "fetching the kernel", lambda: kernels.kernel(series or SERIES), needs)

    def build_debug(self, steps, stress_seconds):
        return built.plain(steps, "building the debug kernel", lambda: debugkernel.kernel("debug"), memory=2560,
                           stress_seconds=stress_seconds)

    def what_boots(self, what, flask=None):
        return f"a machine with argo_loopback and the kernel {what.kernels[0].series}"

    def boot(self, what, flask=None, logs=None):
        return LoopbackLab(what, logs or NAME)

    def pool(self, lab):
        return LoopbackPool(lab)
