# SPDX-License-Identifier: MIT
"""Where a case runs: a hypervisor, and how it is set up. Cases of one setting share a boot."""

import dataclasses

from . import loopback
from .hypervisor import Hypervisor
from .xenlab import Xen

XEN, LOOPBACK = Xen(), loopback.Loopback()
# By the names that people use. The first is the usual one.
HYPERVISORS = {hypervisor.name: hypervisor for hypervisor in (XEN, LOOPBACK)}


@dataclasses.dataclass(frozen=True)
class Setting:
    """series: of the kernel, None for the usual one; flask: name of the policy that the hypervisor enforces, or None."""

    hypervisor: Hypervisor
    series: str = None
    flask: str = None

    @property
    def name(self):
        return "-".join(filter(None, (self.hypervisor.name, self.series, self.flask)))

    @property
    def order(self):
        """The usual hypervisor's come first: without it nothing else says much."""
        return list(HYPERVISORS).index(self.hypervisor.name), self.flask or "", self.series or ""

    def build(self, steps):
        return self.hypervisor.build(steps, self.series)

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
