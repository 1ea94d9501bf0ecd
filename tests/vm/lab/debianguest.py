# SPDX-License-Identifier: MIT
"""domUs that are Debian systems on a disk."""

import shlex

from . import agent as agents
from .domains import Guest
from .errors import LabError
from .qemu import QUIET

MEMORY = 512
# In seconds: systemd on an emulated processor.
BOOT, SHUTDOWN = 240, 120
ARGS = f"root=/dev/xvda rw console=hvc0 sysrq_always_enabled {QUIET}"


# util-linux's dmesg cannot do both at once, as busybox's can.
TAKE_LOG = "dmesg --raw && dmesg --clear"


class DebianGuest(Guest):
    """A system of debian.domu_disks(). Its disk keeps what was written while it is off."""

    take_log = TAKE_LOG

    def __init__(self, lab, system):
        super().__init__(lab, system, system, None, agents.Agent(system))
        self.state = "off"

    def start(self, guest_type, kernel=""):
        """Boots the kernel on its disk, or with ".later" the other one, as a "pv" or "pvh" domain."""
        dom0 = self.lab.dom0
        where = f"/run/{self.name}"
        disk = dom0.check(f"/lab/disk {self.name}").strip()
        dom0.check(f"/lab/boot-files {disk} {where} {kernel}", 120)
        config = "\n".join([
            f'name="{self.name}"', f'type="{guest_type}"', f"memory={MEMORY}", "vcpus=1",
            f'kernel="{where}/vmlinuz"', f'ramdisk="{where}/initrd.img"', f'extra="{ARGS}"', 'tsc_mode="native"',
            f'disk=["format=raw,vdev=xvda,access=rw,script=/lab/block,target={disk}"]',
            'on_poweroff="destroy"', 'on_crash="destroy"', 'on_reboot="destroy"',
            # See domains.create() for why.
            'cpus="1"' if guest_type == "pvh" else "", ""])
        # libxl gives a disk ten seconds to be there, which at times an emulated dom0 on a busy machine needs.
        done = dom0.run(f"printf %s {shlex.quote(config)} >{where}.cfg; xl create -q {where}.cfg || "
                        f"xl create -q {where}.cfg; status=$?; rm -r {where}; exit $status", 300)
        if done.rc:
            raise LabError(f"xl create {self.name}: {done.out}{done.err}")
        self.agent = agents.Agent(self.name)
        self.kind = f"{self.name}-{guest_type}"
        self.domid, self.state = self.lab.domid_of(self.name), "running"
        self.connect()
        self.agent.wait_hello(BOOT)

    def shut_down(self):
        """As xl asks it to; what its kernel said before is looked at with the next case's."""
        self.complaints = self.read_log()
        self.state = "off"
        self.lab.dom0.check(f"xl shutdown -w {self.name}", SHUTDOWN)
        self.agent.die("shut down")

    def reboot(self, guest_type, kernel=""):
        """Shuts down and starts."""
        self.shut_down()
        self.start(guest_type, kernel)
