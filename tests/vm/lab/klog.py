# SPDX-License-Identifier: MIT
"""What a kernel or Xen must not have said during a test."""

import re

BAD = re.compile(
    r"WARNING: |kernel BUG|BUG: |Oops|Call Trace|general protection|RIP: |lockdep|possible circular"
    r"|blocked for more than|self-detected stall|detected stalls|soft lockup|hard LOCKUP|Kernel panic|segfault"
    r"|unable to handle|unreferenced object|scheduling while atomic|sleeping function called|refcount_t|UBSAN"
    r"|KASAN|use-after-free|invalid opcode|Out of memory|oom-kill|Unknown symbol|disagrees about version")
# dmesg -r begins each line with its level: 4 is a warning.
ARGO = re.compile(r"^<(\d+)>.*\bargo(_\w+)?: ")
XEN_BAD = re.compile(
    r"Triple fault|Xen call trace|Xen BUG|Xen WARN|Assertion .* failed|FATAL|Panic on CPU|GENERAL PROTECTION|crashed"
    r"|domain_crash")

# (pattern, why it is no fault of ours)
ALLOWED = (
    (r"argo: loading out-of-tree module taints|module verification failed",
     "Debian's kernels say it of every module that is not Debian's"),
    (r"RCU lockdep checking is enabled", "a debug kernel says so when it starts"),
)
_allowed = [re.compile(pattern) for pattern, _ in ALLOWED]


def filtered(lines, expected):
    """Those that are faults of ours, and that nobody provoked."""
    expected = [re.compile(e) for e in expected]
    return [line for line in lines if not any(p.search(line) for p in [*_allowed, *expected])]


def kernel_complaints(text, expected=()):
    """Lines of `dmesg -r` that a test must not leave."""
    found = []
    for line in text.splitlines():
        argo = ARGO.match(line)
        if BAD.search(line) or (argo and int(argo.group(1)) & 7 <= 4):
            found.append(line)
    return filtered(found, expected)


def xen_complaints(text, expected=()):
    """Lines of Xen's own log (those of dom0's kernel pass through the same console)."""
    lines = [line for line in text.splitlines() if line.startswith("(XEN)")]
    return filtered([line for line in lines if XEN_BAD.search(line)], expected)
