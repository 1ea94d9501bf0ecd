# SPDX-License-Identifier: MIT
"""What can be learned from outside about a domU that no longer answers."""

import contextlib
import time

from .errors import LabError

# Guests are started without KASLR (there is no unpacker to do it), so addresses are those of /proc/kallsyms of another
# domU of the kind.
_FROM_DOM0 = """for i in 1 2 3; do xl vcpu-list {domid}; sleep 1; done
/usr/lib/xen-4.17/bin/xenctx -C -S {domid}
xl debug-keys q; xl debug-keys e; xl debug-keys a; xl debug-keys r
ps | grep -v ' \\['
tail -c 3000 /var/log/xen/console/guest-{name}.log"""
# To the console, which is quiet otherwise: processors' stacks, blocked tasks, all tasks.
_SYSRQ = "8lwt"


def collect(lab, guest):
    """Writes NAME.stuck to the logs; returns a few lines that tell where the domU was, and all that dom0 knew."""
    with contextlib.suppress(LabError):
        before = len(guest.agent.noise)
        state = lab.dom0.fetch(_FROM_DOM0.format(domid=guest.domid, name=guest.name), 60)
        for key in _SYSRQ:
            lab.dom0.run(f"xl sysrq {guest.domid} {key}", 20)
            time.sleep(3)
        said = list(guest.agent.noise)[before:]
        (lab.logs / f"{guest.name}.stuck").write_text("\n".join([state, "-- sysrq", *said]), encoding="utf-8")
        telling = (f"{guest.name} ", "rip:", "flags:")
        return [line for line in state.splitlines() if line.startswith(telling)] + said[:30], state
    return ["nothing could be learned of it"], ""
