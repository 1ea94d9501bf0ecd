# SPDX-License-Identifier: MIT
"""`make demo`: the main job with real data, step by step."""

import contextlib

from lab.errors import LabError, NoXen
from lab.machine import BOOT_TIMEOUT
from lab.paths import VM
from lab.run import run
from lab.settings import LOOPBACK, XEN
from lab.steps import Steps

# A real file of several MiB that every domU has.
FILE = "/usr/lib/x86_64-linux-gnu/libcrypto.so.3"
SHOWN = 14


def _show(text):
    lines = text.rstrip().splitlines()
    for line in lines[-SHOWN:]:
        print(f"        {line}")


def _ping(lab, guest):
    server = lab.dom0.spawn("argo-ctl echo --port 7000")
    try:
        _show(guest.check("argo-ctl ping 0:7000 -c 5", 60))
    finally:
        server.kill(2)


def _file(lab, guest):
    receiver = lab.dom0.spawn("argo-ctl recv --port 7001 -o /tmp/arrived --checksum")
    sender = guest.check(f"sleep 1; argo-ctl send --checksum {FILE} 0:7001", 120)
    done = receiver.wait(60)
    if done.rc:
        raise LabError(f"argo-ctl recv: status {done.rc}: {done.err}")
    _show(sender + done.out)
    there = guest.check(f"sha256sum {FILE}").split()[0]
    here = lab.dom0.check("sha256sum /tmp/arrived").split()[0]
    size = int(lab.dom0.check("stat -c %s /tmp/arrived"))
    _show(f"{size / 2**20:.1f} MiB; sha256 sent {there[:16]}…, arrived {here[:16]}…")
    if there != here:
        raise LabError("the file that arrived is not the file that was sent")


def _echo(server_in, client_in):
    server = server_in.spawn("echo_server 7002")
    try:
        _show(client_in.check(f"sleep 1; echo_client {server_in.domid}:7002 'hello from domain {client_in.domid}'", 60))
    finally:
        server.kill(2)


def _rings(lab, guest):
    listeners = [lab.dom0.spawn("argo-ctl echo --port 7003"), guest.spawn("argo-ctl echo --port 7004")]
    try:
        for domain in (lab.dom0, guest):
            _show(f"{domain.name} (domain {domain.domid}):\n" + domain.check("sleep 1; argo-ctl rings"))
    finally:
        for listener in listeners:
            listener.kill(2)


def _on_xen(stack, steps, built):
    """The lab, and two domUs."""
    with steps.step("booting Xen and dom0"):
        lab = stack.enter_context(XEN.boot(built, logs="demo"))
    with steps.step("starting two domUs, and loading the driver everywhere"):
        first, second = lab.create("pv61", "alice", wait=False), lab.create("pvh612", "bob", wait=False)
        for guest in (first, second):
            guest.agent.wait_hello(BOOT_TIMEOUT)
        for domain in (lab.dom0, first, second):
            domain.check("modprobe argo")
    return lab, first, second


def _on_loopback(stack, steps, built):
    """A machine, and two of its virtual domains."""
    with steps.step("booting a machine with argo_loopback"):
        lab = stack.enter_context(LOOPBACK.boot(built, logs="demo"))
    return lab, lab.guests[0], lab.guests[1]


def _build_user(steps):
    with steps.step("building the library and its tools"):
        run([VM / "build-user", "argo-ctl", "echo_server", "echo_client"], "building the library and its tools")


def _build(hypervisor):
    """What to start, the steps that are counted, and what was built."""
    if hypervisor is XEN:
        steps = Steps(XEN.steps + 7)
        _build_user(steps)
        try:
            return _on_xen, steps, XEN.build(steps)
        except NoXen as error:
            print(f"{error}\nSo this goes on without Xen: virtual domains in one kernel (make demo HYPERVISOR=loopback).")
    steps = Steps(LOOPBACK.steps + 6)
    _build_user(steps)
    return _on_loopback, steps, LOOPBACK.build(steps)


def main(hypervisor):
    start, steps, built = _build(hypervisor)
    with contextlib.ExitStack() as stack:
        lab, first, second = start(stack, steps, built)
        for what, part in (
                (f"{first.name} pings {lab.dom0.name} (argo-ctl ping)", lambda: _ping(lab, first)),
                (f"{first.name} sends a file to {lab.dom0.name} (argo-ctl send)", lambda: _file(lab, first)),
                (f"an echo between {first.name} and {second.name} (libargo/examples)", lambda: _echo(first, second)),
                ("the rings on both sides (argo-ctl rings)", lambda: _rings(lab, first))):
            with steps.step(what, shows=True):
                part()
        complaints = lab.complaints()
        if complaints:
            raise LabError("a kernel complained:\n" + "\n".join(complaints))
    print("That was the whole path. `make lab` gives a shell; `make check` runs the tests.")
    return 0
