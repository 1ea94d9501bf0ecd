# SPDX-License-Identifier: MIT
"""Domains of the lab: dom0, and domUs made with xl."""

import gzip
import shlex

from . import agent as agents
from . import klog
from .errors import LabError

# kind: (type of guest, kernel series, MiB). While it boots, its programs are in memory twice: as an archive, and unpacked.
KINDS = {
    "pv61": ("pv", "6.1", 224),
    "pv612": ("pv", "6.12", 240),
    "pvh61": ("pvh", "6.1", 240),
    "pvh612": ("pvh", "6.12", 256),
    "pvdebug": ("pv", "lockdep", 320),
    "pvhdebug": ("pvh", "lockdep", 336),
}
# quiet: kernel messages share the console with the agent. An oops is printed nevertheless. sysrq is for evidence.py.
ARGS = "console=hvc0 rdinit=/init loglevel=1 panic=1 log_buf_len=1M mitigations=off cryptomgr.notests sysrq_always_enabled"
# Of a kind: "pv61+net" is a "pv61" with a network.
NET = "+net"
# The network of dom0 and of the domUs that have one (guest-root/dom0/vif). It leads nowhere else.
DOM0_ADDRESS = "10.0.0.1"


class Domain:
    """A domain that runs commands. .domid, .name, .kind ("dom0" or a kind); .address: its IPv4 address, or None."""

    address = None
    # Prints the kernel's messages, and forgets them.
    take_log = "dmesg -r -c"

    def __init__(self, lab, name, kind, domid, agent):
        self.lab, self.name, self.kind, self.domid, self.agent = lab, name, kind, domid, agent
        self.state = "running"
        self.complaints = []

    def run(self, cmd, timeout=60):
        """Runs a shell command to its end: Result(rc, out, err)."""
        return self.agent.run(cmd, timeout)

    def check(self, cmd, timeout=60):
        """Like run(), for a command that must succeed; returns its output."""
        done = self.run(cmd, timeout)
        if done.rc:
            raise LabError(f"{self.name}: {cmd}: status {done.rc}\n{done.out}{done.err}".rstrip())
        return done.out

    def fetch(self, cmd, timeout=60):
        """The output of a command, packed on its way: a domU's console carries some 15 KB/s."""
        packed = self.run(f"{{ {cmd}; }} 2>&1 | gzip -c", timeout)
        return gzip.decompress(packed.raw).decode(errors="replace") if packed.raw else ""

    def spawn(self, cmd):
        """Starts a command, which ends with its case: a Process with wait(), wait_for(), write(), kill()."""
        process = self.agent.spawn(cmd)
        self.lab.spawned.append(process)
        return process

    def read_log(self, expected=()):
        """Collects the kernel's messages since the last call; returns those that are complaints."""
        if not self.alive:
            found = klog.kernel_complaints("\n".join(self.agent.noise), expected)
            if self.state == "running":
                found.insert(0, self.agent.dead)
            return self._take_complaints([f"{self.name}: {line}" for line in found], expected)
        text = self.fetch(self.take_log)
        with open(self.lab.logs / f"{self.name}.dmesg", "a", encoding="utf-8") as log:
            log.write(text)
        return self._take_complaints([f"{self.name}: {line}" for line in klog.kernel_complaints(text, expected)],
                                      expected)

    def _take_complaints(self, more, expected):
        """With those from before, such as the last words of a domain that was destroyed."""
        found, self.complaints = klog.filtered(self.complaints, expected) + more, []
        return found

    @property
    def alive(self):
        return self.state == "running" and not self.agent.dead


class Guest(Domain):
    """A domU."""

    _console = None

    def connect(self):
        """Opens the way to its agent, through its console."""
        console = self.lab.dom0.agent.spawn(f"/lab/console {self.domid}", on_output=self.agent.feed,
                                            on_end=self._console_ended)
        self.agent.attach(console.write)
        self._console = console

    def _console_ended(self, console):
        if self.state == "running" and console is self._console:
            self.agent.die("the domain is gone")

    def save(self, path):
        """xl save: its state goes to a file in dom0 and the domain is gone until lab.restore(path)."""
        self.state = "saved"
        self.agent.detach()
        done = self.lab.dom0.run(f"xl save {self.name} {shlex.quote(path)}", 180)
        if done.rc:
            self.state = "running"
            self.connect()
            raise LabError(f"xl save {self.name}: {done.err}")
        self.lab.saved[path] = self

    def restored(self):
        self.domid = self.lab.domid_of(self.name)
        self.state = "running"
        self.connect()

    def destroy(self, read_log=True):
        """xl destroy: no warning to the guest. What its kernel said before is still looked at."""
        if self.alive and read_log:
            self.complaints = self.read_log()
        self.state = "destroyed"
        self.lab.dom0.run(f"xl destroy {self.name}", 60)
        self.agent.die("destroyed")

    def pause(self):
        self.lab.dom0.check(f"xl pause {self.name}")

    def unpause(self):
        self.lab.dom0.check(f"xl unpause {self.name}")


def _address(number):
    """That of the lab's domU of that number, which it keeps over a save, unlike its domid."""
    return f"10.0.{1 + number // 250}.{1 + number % 250}"


def create(lab, kind, number, name=None, seclabel=None, vcpus=1, extra="", vif=False):
    """Starts a domU; its agent may take some seconds more (Guest.agent.wait_hello)."""
    base = kind.removesuffix(NET)
    if base not in KINDS:
        raise LabError(f"no such kind of domain: {kind} (there are {', '.join(KINDS)}, and each with {NET})")
    guest_type, series, memory = KINDS[base]
    name = name or f"{base}-{number}"
    address = _address(number) if vif or base != kind else None
    if address:
        extra += f" lab.address={address}"
    config = [f'name="{name}"', f'type="{guest_type}"', f"memory={memory}", f"vcpus={vcpus}",
              f'kernel="/lab/vmlinux-{series}"', f'ramdisk="/lab/domu-{series}.img"',
              f'extra="{ARGS} lab.name={name} {extra}"',
              'on_poweroff="destroy"', 'on_crash="destroy"', 'on_reboot="destroy"']
    # As on a machine whose TSC is invariant, which QEMU's is not said to be: Xen would emulate each RDTSC, a tenth of
    # what a PV kernel does while it sends; and PVH domUs die of that (RDTSCP, QEMU 7.2).
    config.append('tsc_mode="native"')
    if guest_type == "pvh":
        # QEMU lets every processor's FXRSTOR rewrite flags of the first one, unlocked: a VMRUN there may lose the
        # nested paging, or the interrupts, that it just switched (cpu_clear_ignne() of QEMU 7.2).
        config.append('cpus="1"')
    if address:
        # Nobody else in dom0 loads the other end.
        lab.dom0.check("modprobe xen-netback")
        config.append('vif=["script=/lab/vif"]')
    if seclabel:
        config.append(f'seclabel="{seclabel}"')
    path = f"/run/{name}.cfg"
    text = "\n".join(config) + "\n"
    done = lab.dom0.run(f"printf %s {shlex.quote(text)} > {path} && xl create -q {path}", 120)
    if done.rc:
        raise LabError(f"xl create {name}: {done.out}{done.err}")
    guest = Guest(lab, name, kind, lab.domid_of(name), agents.Agent(name))
    guest.address = address
    guest.connect()
    return guest
