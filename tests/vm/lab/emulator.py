# SPDX-License-Identifier: MIT
"""What QEMU's emulation of AMD-V gets wrong, and how to tell it from what a guest does.

Seen with QEMU 7.2 under TCG, once or twice in an hour of tests, in PVH guests only, until these were kept off the first
processor (domains.py, which says why):

- a guest goes on with Xen's own registers and dies of a triple fault: the state that Xen then dumps has Xen's code
  segment, which no guest has;
- a processor loses an interrupt: a guest that has work to do stays asleep in its idle loop.

Neither was seen since. A case that met one of them is run again (runner.py), and the log says so.
"""

import re

# A vCPU's dump begins with the domain; its first RIP is with CS in front.
_DUMP = re.compile(r"Dumping (Dom\d+) vcpu#\d+ state:.*?RIP:\s+(\w+):\[<(\w+)>\]", re.S)
_XEN_CODE = "e008"


def spoilt_guests(xen_log):
    """The domains, as Xen names them, that were dumped with Xen's own code segment."""
    return [domain for domain, selector, _ in _DUMP.findall(xen_log) if selector == _XEN_CODE]


def without_spoilt_guests(xen_log):
    """The log without what Xen says of such a domain."""
    numbers = [domain.removeprefix("Dom") for domain in spoilt_guests(xen_log)]
    return "\n".join(line for line in xen_log.splitlines()
                     if not any(re.search(rf"\bd{number}v\d+ |\bDom{number}\b", line) for number in numbers))


def overslept(guest_kind, state):
    """Whether a guest that does not answer was asleep all the time: `state` is from evidence.py."""
    if not guest_kind.startswith("pvh"):
        return False
    blocked = re.findall(r"^\S+ +\d+ +0 +\S+ +(\S+) +([\d.]+) ", state, re.M)
    # The instruction before RIP is HLT.
    halted = re.search(r"\bf4 <", state)
    return bool(halted) and len(blocked) > 1 and all(vcpu == "-b-" for vcpu, _ in blocked) \
        and float(blocked[-1][1]) - float(blocked[0][1]) < 0.5
