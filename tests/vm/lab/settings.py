# SPDX-License-Identifier: MIT
"""Where a case runs: a hypervisor, and how it is set up. Cases of one setting share a boot."""

import dataclasses

from . import debian, loopback
from .hypervisor import Hypervisor
from .xenlab import PatchedXen, SiloXen, Xen, XenWithoutArgo

XEN, PATCHED_XEN, SILO_XEN, XEN_WITHOUT_ARGO = Xen(), PatchedXen(), SiloXen(), XenWithoutArgo()
LOOPBACK = loopback.Loopback()
# By the names that people use. The first is the usual one.
HYPERVISORS = {hypervisor.name: hypervisor for hypervisor in (XEN, LOOPBACK)}
_ORDER = (XEN, PATCHED_XEN, SILO_XEN, XEN_WITHOUT_ARGO, LOOPBACK)


@dataclasses.dataclass(frozen=True)
class Setting:
    """A setting.

    series: of the kernel, None for the usual one
    flask: name of the policy that the hypervisor enforces, or None
    debian: names of the Debian systems that the machine has disks of, one of which is "dom0" if its dom0 is Debian
    """

    hypervisor: Hypervisor
    series: str = None
    flask: str = None
    debian: tuple = ()

    @property
    def name(self):
        return "-".join(filter(None, (self.hypervisor.name, self.series, self.flask, *self.debian)))

    @property
    def order(self):
        """The usual hypervisor's come first: without it nothing else says much."""
        return _ORDER.index(self.hypervisor), self.debian, self.flask or "", self.series or ""

    @property
    def steps(self):
        """How many build() shows."""
        return self.hypervisor.steps + (1 if self.debian else 0)

    def build(self, steps):
        built = self.hypervisor.build(steps, self.series)
        if self.debian:
            debian.add_disks(steps, built, self.debian)
        return built

    def build_debug(self, steps, stress_seconds):
        return self.hypervisor.build_debug(steps, stress_seconds)

    def what_boots(self, built):
        return self.hypervisor.what_boots(built, self.flask)

    def boot(self, built):
        return self.hypervisor.boot(built, self.flask)

    def pool(self, lab):
        return self.hypervisor.pool(lab)


def on_loopback(series=None):
    """Cases of the usual series share one boot, whether they name it or not."""
    return Setting(LOOPBACK, None if series == loopback.SERIES else series)
