# SPDX-License-Identifier: MIT
"""What the lab asks of a hypervisor. Each is a file of its own, and a line in settings.py."""


class Hypervisor:
    """One that cases run on.

    name: in the names of cases and on command lines; the driver has the same name for it
    steps: how many build() shows
    """

    name = None
    steps = 0

    def build(self, steps, series=None):
        """A built.Built. series: of the kernel, where cases may choose it."""
        raise NotImplementedError

    def build_debug(self, steps, stress_seconds):
        """A built.Built whose kernels check themselves."""
        raise NotImplementedError

    def what_boots(self, what, flask=None):
        """Words for people. what: a Built."""
        raise NotImplementedError

    def boot(self, what, flask=None, logs=None):
        """A machine.Lab, which boots when it is entered."""
        raise NotImplementedError

    def pool(self, lab):
        """Hands out domains to cases: prepare(domain), take(kinds, fresh), drop_used()."""
        raise NotImplementedError
