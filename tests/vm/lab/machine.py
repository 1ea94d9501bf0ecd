# SPDX-License-Identifier: MIT
"""The whole lab: builds what is missing, boots it, makes domains."""

import fcntl
import itertools

from . import agent as agents
from . import cache, debugkernel, domains, emulator, evidence, initramfs, klog, kernels, modules, policy, qemu, xen
from .cases import LOOPBACK_SERIES
from .errors import LabError
from .paths import BUILD

BOOT_TIMEOUT = 120


class PlainBuilt:
    """Everything that a machine without Xen needs, made or taken from the cache."""

    STEPS = 3
    # Of cases that do anything at random.
    stress_seconds = 10
    memory = 1024

    def __init__(self, steps, *series):
        self.series = series or self.default_series()
        self.kernels = self.get_kernels(steps)
        with steps.step("building the kernel modules"):
            with cache.locked_file(BUILD / ".lab.lock"):
                self.modules = {k.series: modules.build(k) for k in self.kernels}
        self.pack(steps)

    def default_series(self):
        return (LOOPBACK_SERIES,)

    def get_kernels(self, steps):
        with steps.step("fetching the kernels"):
            return [kernels.kernel(series) for series in self.series]

    def pack(self, steps):
        with steps.step("packing what it boots into"):
            self.plain_image()

    @property
    def plain_kernel(self):
        """For a machine without Xen: the newest."""
        return self.kernels[-1]

    def plain_image(self):
        """What a machine without Xen boots into."""
        with cache.locked_file(BUILD / ".lab.lock"):
            return initramfs.plain(self.plain_kernel, self.modules)

    def has(self, name):
        """Whether a module or a guest program of that name was built."""
        modules_named = {path.stem for paths in self.modules.values() for path in paths}
        return name in modules_named or (BUILD / "guest-bin" / name).exists()


class DebugBuilt(PlainBuilt):
    """A machine without Xen whose kernel checks itself."""

    memory = 2560

    def __init__(self, steps, stress_seconds):
        self.stress_seconds = stress_seconds
        super().__init__(steps)

    def get_kernels(self, steps):
        with steps.step("building the debug kernel"):
            return [debugkernel.kernel("debug")]


class Built(PlainBuilt):
    """Everything that a boot of Xen needs."""

    STEPS = 4

    def default_series(self):
        return kernels.XEN_SERIES

    def pack(self, steps):
        with steps.step("building Xen"):
            self.xen = xen.hypervisor()
        with steps.step("packing the guests"):
            with cache.locked_file(BUILD / ".lab.lock"):
                self.dom0_image = initramfs.images(self.kernels, self.xen, self.modules)


class XenDebugBuilt(Built):
    """A boot of Xen in which domUs check themselves."""

    def __init__(self, steps, stress_seconds):
        self.stress_seconds = stress_seconds
        super().__init__(steps)

    def get_kernels(self, steps):
        with steps.step("building a kernel with lockdep, fetching dom0's"):
            return [kernels.kernel("6.1"), debugkernel.kernel("lockdep")]


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
    """A running Xen. lab.dom0 runs commands; lab.create(kind) makes a domU that does, too."""

    hypervisor = "xen"

    def __init__(self, built, flask=None, logs="vm"):
        """flask: None, or the name of a policy (policy.py) that is then enforced."""
        self.built = built
        self.flask = flask
        self.logs = own_directory(logs)
        self.guests = []
        self.saved = {}
        # What QEMU did wrong (emulator.py) since the runner last looked.
        self.emulator_faults = []
        self._names = 0
        self._xen_read = 0
        self.machine = qemu.Machine(
            qemu.xen(built.xen.image, built.kernels[0].image, built.dom0_image,
                     flask="enforcing" if flask else "disabled",
                     policy=policy.built(built.xen, flask) if flask else None), self.logs)
        try:
            self._bring_up()
        except BaseException:
            self.stop()
            raise

    def _bring_up(self):
        agent = agents.Agent("dom0")
        self.dom0 = domains.Domain(self, "dom0", "dom0", 0, agent)
        wait_up(self.machine, agent)
        self.dom0.address = domains.DOM0_ADDRESS
        self.dom0.check("/lab/xen-up")

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.stop()

    def create(self, kind, name=None, wait=True, **options):
        """A new domU (domains.create); with wait=False it is still booting (guest.agent.wait_hello(seconds))."""
        self._names += 1
        guest = domains.create(self, kind, self._names, name, **options)
        self.guests.append(guest)
        if wait:
            guest.agent.wait_hello(BOOT_TIMEOUT)
        return guest

    def restore(self, path):
        """xl restore of what Guest.save(path) left: the same Guest, with a new domid."""
        guest = self.saved.pop(path)
        done = self.dom0.run(f"xl restore {path}", 180)
        if done.rc:
            raise LabError(f"xl restore {path}: {done.err}")
        guest.restored()
        return guest

    def domid_of(self, name):
        return int(self.dom0.check(f"xl domid {name}"))

    def complaints(self, expected=()):
        """What the kernels and Xen said since the last call that they should not have."""
        found = []
        found += self.dom0.read_log(expected)
        for guest in self.guests:
            found += self._log_of(guest, expected)
        self.guests = [g for g in self.guests if g.alive or g.state == "saved"]
        return found + self._log_of_xen(expected)

    def _log_of_xen(self, expected):
        log = self.machine.log()
        new, self._xen_read = log[self._xen_read:], len(log)
        self.emulator_faults += [f"{domain} was given Xen's own registers" for domain in emulator.spoilt_guests(new)]
        return klog.xen_complaints(emulator.without_spoilt_guests(new), expected)

    def _log_of(self, guest, expected):
        try:
            return guest.read_log(expected)
        except agents.Timeout:
            # It would fail every case from here on.
            known, state = evidence.collect(self, guest)
            guest.destroy(read_log=False)
            known.append("on its stack: " + ", ".join(evidence.where_it_was(self, guest, state)))
        if emulator.overslept(guest.kind, state):
            self.emulator_faults.append(f"{guest.name} slept through its interrupts")
            return []
        return [f"{guest.name} does not answer; it was destroyed. {self.logs}/{guest.name}.stuck has more than this:",
                *known]

    def leaks(self):
        """Debian's kernels do not look for them."""

    def recovers(self):
        """Whether it can be used on after a failure."""
        try:
            return self.dom0.run("true", 20).rc == 0
        except LabError:
            return False

    def stop(self):
        for guest in self.guests:
            guest.agent.die("the lab ended")
        self.machine.stop()
