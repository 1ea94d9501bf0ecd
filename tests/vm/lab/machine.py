# SPDX-License-Identifier: MIT
"""A machine of the lab: what those of all hypervisors have in common."""

import fcntl
import itertools
import signal

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


class Lab:
    """A machine that runs from `with` on, and its domains. lab.dom0 runs commands, and so do lab.guests.

    A hypervisor's lab has bring_up(), complaints(), leaks() and recovers(), and `hypervisor`, the name that the driver
    has for it.
    """

    def __init__(self, built, boot, logs):
        """boot: a qemu.Boot; logs: name of a directory in build/logs."""
        self.built = built
        self.logs = own_directory(logs)
        self.guests = []
        # Processes that domains have started (Domain.spawn) since the runner last ended them.
        self.spawned = []
        # What QEMU did wrong (emulator.py) since the runner last looked.
        self.emulator_faults = []
        self._boot = boot
        self.machine = None

    def __enter__(self):
        try:
            self.bring_up()
        except BaseException:
            self.stop()
            raise
        return self

    def power_on(self, name):
        """Boots the machine, and returns the agent of that name in it."""
        try:
            return self._boot_once(name)
        except agents.Gone as gone:
            # QEMU 7.2 ends now and then while a kernel boots. Nothing of ours is loaded then.
            print(f"again, since {gone}", flush=True)
            self.machine.stop()
            return self._boot_once(name)

    def _boot_once(self, name):
        agent = agents.Agent(name)
        self.machine = qemu.Machine(self._boot, self.logs)
        agents.over_socket(agent, self.machine.wait_socket())
        try:
            agent.wait_hello(BOOT_TIMEOUT)
        except LabError as error:
            raise type(error)(f"{error}\n{self.machine.said()}\nits console ends with:\n"
                              + "\n".join(self.machine.log().splitlines()[-25:])) from None
        return agent

    def end_spawned(self):
        """Ends what a case has left running: a port that it holds would be missing to the next case."""
        spawned, self.spawned = self.spawned, []
        left = [process for process in spawned if process.running and not process.agent.dead]
        for process in left:
            process.kill(signal.SIGKILL)
        for process in left:
            try:
                process.wait(5)
            except LabError:
                # Nothing is known about its domain; the look at the logs finds out.
                continue

    def __exit__(self, *_):
        self.stop()

    def stop(self):
        for guest in self.guests:
            guest.agent.die("the lab ended")
        if self.machine:
            self.machine.stop()
