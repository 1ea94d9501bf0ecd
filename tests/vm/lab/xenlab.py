# SPDX-License-Identifier: MIT
"""Xen as the hypervisor of the lab: a dom0, and domUs made with xl."""

from . import agent as agents
from . import built, debianguest, debugkernel, domains, emulator, evidence, klog, kernels, policy, qemu
from .errors import LabError
from .hypervisor import Hypervisor
from .machine import BOOT_TIMEOUT, Lab
from .pool import Pool


class XenLab(Lab):
    """A running Xen: lab.create(kind) makes a domU."""

    hypervisor = "xen"

    def __init__(self, built, boot, logs, flask=None):
        """flask: None, or the name of the policy (policy.py) that is enforced."""
        super().__init__(built, boot, logs)
        self.flask = flask
        self.saved = {}
        self._names = 0
        self._xen_read = 0

    def bring_up(self):
        self.dom0 = domains.Domain(self, "dom0", "dom0", 0, self.power_on("dom0"))
        self.dom0.address = domains.DOM0_ADDRESS
        self.dom0.check("/lab/xen-up")

    def create(self, kind, name=None, wait=True, **options):
        """A new domU (domains.create); with wait=False it is still booting (guest.agent.wait_hello(seconds))."""
        self._names += 1
        guest = domains.create(self, kind, self._names, name, **options)
        self.guests.append(guest)
        if wait:
            guest.agent.wait_hello(BOOT_TIMEOUT)
        return guest

    def create_debian(self, system, guest_type="pv"):
        """A domU from the disk of that name (debian.RELEASES), once it is up; there can be one at a time of each."""
        guest = debianguest.DebianGuest(self, system)
        self.guests.append(guest)
        guest.start(guest_type)
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


class DebianXenLab(XenLab):
    """The same with a Debian as dom0, whose services start what Xen needs."""

    def bring_up(self):
        self.dom0 = domains.Domain(self, "dom0", "dom0", 0, self.power_on("dom0"))
        self.dom0.take_log = debianguest.TAKE_LOG
        self.dom0.check("mkdir /lab && mount -o ro /dev/disk/by-id/virtio-lab /lab")


class Xen(Hypervisor):
    """The real thing."""

    name = "xen"
    steps = built.XEN_STEPS
    argo = qemu.ARGO_ARGS
    patched = False

    def build(self, steps, series=None):
        return built.with_xen(steps, "fetching the kernels", lambda: [kernels.kernel(s) for s in kernels.XEN_SERIES],
                              patched=self.patched)

    def build_debug(self, steps, stress_seconds):
        # A KASAN kernel dies early in a domU.
        return built.with_xen(steps, "building a kernel with lockdep, fetching dom0's",
                              lambda: [kernels.kernel("6.1"), debugkernel.kernel("lockdep")], stress_seconds=stress_seconds)

    def what_boots(self, what, flask=None):
        if what.dom0:
            return "Xen as Debian 12 boots it"
        name = "Xen with our patches" if self.patched else "Xen"
        return f"{name} and the policy {flask}" if flask else name

    def boot(self, what, flask=None, logs=None):
        if what.dom0:
            return DebianXenLab(what, qemu.debian_xen(what.dom0, what.disks), logs or "vm-debian-dom0")
        boot = qemu.xen(what.xen.image, what.kernels[0].image, what.image, self.argo,
                        flask="enforcing" if flask else "disabled",
                        policy=policy.built(flask) if flask else None, disks=what.disks)
        return XenLab(what, boot, logs or (f"vm-{flask}" if flask else "vm"), flask)

    def pool(self, lab):
        return Pool(lab, driver=self.argo)


class PatchedXen(Xen):
    """With packaging/xen/patches."""

    name = "xen-patched"
    patched = True


class SiloXen(PatchedXen):
    """Its policy is SILO: domUs may not talk to each other."""

    name = "xen-silo"
    argo = f"{qemu.ARGO_ARGS} xsm=silo"

    def what_boots(self, what, flask=None):
        return "Xen with the policy SILO"


class XenWithoutArgo(Xen):
    """It has Argo compiled in, and off, as is Xen's default."""

    name = "xen-without-argo"
    argo = ""

    def what_boots(self, what, flask=None):
        return "Xen without Argo"
