# SPDX-License-Identifier: MIT
"""A machine of the lab: what those of all hypervisors have in common."""

import fcntl
import itertools

from . import agent as agents
from . import qemu
from .errors import LabError
from .paths import BUILD

BOOT_TIMEOUT = 120


def own_directory(name):
    """An empty directory for logs: NAME, or NAME.2 and so on while other labs run."""
    base = BUILD / "logs"
    for number in itertools.count(1):
        place = base / (name if number == 1 else f"{name}.{number}")
        place.mkdir(parents=True, exist_ok=True)
        lock = open(place / "lock", "w", encoding="ascii")
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            lock.close()
            continue
        for old in place.iterdir():
            if old.name != "lock":
                old.unlink()
        _held.append(lock)
        return place


_held = []


def wait_up(machine, agent):
    """Connects the agent of a machine that boots, and waits for it."""
    agents.over_socket(agent, machine.wait_socket())
    try:
        agent.wait_hello(BOOT_TIMEOUT)
    except LabError as error:
        raise LabError(f"{error}\n{machine.said()}\nits console ends with:\n"
                       + "\n".join(machine.log().splitlines()[-25:])) from None


class Lab:
    """A machine that runs from `with` on, and its domains. lab.dom0 runs commands, and so do lab.guests.

    A hypervisor's lab has bring_up(agent), complaints(), leaks() and recovers(), and `hypervisor`, the name that the driver
    has for it.
    """

    def __init__(self, built, boot, logs):
        """boot: a qemu.Boot; logs: name of a directory in build/logs."""
        self.built = built
        self.logs = own_directory(logs)
        self.guests = []
        # What QEMU did wrong (emulator.py) since the runner last looked.
        self.emulator_faults = []
        self._boot = boot
        self.machine = None

    def __enter__(self):
        self.machine = qemu.Machine(self._boot, self.logs)
        try:
            self.bring_up()
        except BaseException:
            self.stop()
            raise
        return self

    def __exit__(self, *_):
        self.stop()

    def stop(self):
        for guest in self.guests:
            guest.agent.die("the lab ended")
        self.machine.stop()
