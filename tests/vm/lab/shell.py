# SPDX-License-Identifier: MIT
"""A person at the lab: a shell in its first domain, or on the machine itself, on this terminal."""

import os
import select
import sys
import termios
import tty

from . import relay

ESCAPE = b"\x1d"


def interactive(lab, kinds):
    """kinds: of the domUs to start on Xen."""
    if lab.hypervisor == "xen":
        _on_xen(lab, kinds)
        relay.Relay(lab)
        return _talk(lab, lab.dom0.agent)
    _on_loopback(lab)
    return _talk(lab, lab.vm.agent)


def _on_xen(lab, kinds):
    for kind in kinds:
        print(f"starting a domU ({kind}) ...", flush=True)
        lab.create(kind, name=f"u{len(lab.guests) + 1}")
    for domain in [lab.dom0, *lab.guests]:
        if lab.built.has("argo"):
            domain.run("modprobe argo")
    names = ", ".join(f"{g.name} (domid {g.domid}, {g.kind})" for g in lab.guests)
    print(f"""
This is dom0 on Xen. Running domUs: {names or 'none'}.
  domu NAME [COMMAND]   a shell, or one command, in a domU
  xl …                  Xen's tool; logs of this run are in {lab.logs} on the host
  exit, or Ctrl-]       ends the lab
""", flush=True)


def _on_loopback(lab):
    print(f"""
This is a machine with argo_loopback: domains 0 to {len(lab.guests)}, /dev/argo0 to /dev/argo{len(lab.guests)}.
  argo-ctl --device /dev/argo1 …    as domain 1
  /lab/in-domain 1 COMMAND          runs what knows /dev/argo only as domain 1
  cat /sys/kernel/debug/argo_loopback/argo1     how to make it fail
  exit, or Ctrl-]                   ends it
""", flush=True)


def _talk(lab, agent):
    on_terminal = sys.stdin.isatty()
    saved = termios.tcgetattr(0) if on_terminal else None
    rows, columns = _size()
    process = agent.spawn(
        "export TERM=vt100 PATH=$PATH:/lab HOME=/root; cd; "
        + (f"LINES={rows} COLUMNS={columns} exec /lab/agent pty 'exec ash -l'" if on_terminal else "exec sh"),
        on_output=lambda data: os.write(1, data))
    try:
        if on_terminal:
            tty.setraw(0)
        while process.running and not agent.dead:
            ready, _, _ = select.select([0], [], [], 0.1)
            if not ready:
                continue
            data = os.read(0, 4096)
            if on_terminal and ESCAPE in data:
                break
            if data:
                process.write(data)
            else:
                process.close_stdin()
                process.wait(3600)
    finally:
        if saved:
            termios.tcsetattr(0, termios.TCSADRAIN, saved)
    print()
    return 0


def _size():
    try:
        size = os.get_terminal_size()
        return size.lines, size.columns
    except OSError:
        return 24, 80
