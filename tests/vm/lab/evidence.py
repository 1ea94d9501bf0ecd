# SPDX-License-Identifier: MIT
"""What can be learned from outside about a domU that no longer answers."""

import bisect
import contextlib
import re
import time

from .errors import LabError

_FROM_DOM0 = """for i in 1 2 3; do xl vcpu-list {domid}; sleep 1; done
/usr/lib/xen-4.17/bin/xenctx -C -S {domid}
xl debug-keys q; xl debug-keys e; xl debug-keys a; xl debug-keys r
ps | grep -v ' \\['
tail -c 3000 /var/log/xen/console/guest-{name}.log"""
# To the console, which is quiet otherwise: processors' stacks, blocked tasks, all tasks.
_SYSRQ = "8lwt"
# Words of the stack that are told, from its top.
_MOST_WORDS = 24


def _symbols_of(lab, kind):
    """Sorted (address, name). Guests are started without KASLR (nothing unpacks them that could do it), so that those
    of another domU of the kind count, but for modules."""
    other = lab.create(kind)
    try:
        table = other.fetch("cat /proc/kallsyms", 60)
    finally:
        other.destroy(read_log=False)
    symbols = sorted((int(address, 16), name) for address, name in re.findall(r"^(\w{16}) [tT] (\w+)$", table, re.M))
    return [symbol for symbol in symbols if symbol < next(s for s in symbols if s[1] == "_etext")]


def _named(address, symbols):
    at = bisect.bisect(symbols, (address + 1,)) - 1
    if at < 0 or address > symbols[-1][0] + 0x10000:
        return f"{address:x}"
    return f"{symbols[at][1]}+{address - symbols[at][0]:#x}"


def where_it_was(lab, guest, state):
    """Where a domU is by its dump, and what on its stack may be return addresses."""
    with contextlib.suppress(LabError):
        symbols = _symbols_of(lab, guest.kind)
        words = [int(word, 16) for word in re.findall(r"\[<(ffffffff[0-9a-f]{8})>\]", state)]
        return [_named(word, symbols) for word in words if symbols[0][0] <= word][:_MOST_WORDS]
    return []


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
