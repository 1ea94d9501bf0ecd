# SPDX-License-Identifier: MIT
"""python3 -m lab COMMAND: what the Makefile calls."""

import argparse
import sys

from . import commands
from .errors import LabError
from .settings import HYPERVISORS, XEN


def main():
    parser = argparse.ArgumentParser(prog="lab", description=__doc__)
    sub = parser.add_subparsers(dest="command", required=True)
    sub.add_parser("prepare", help="fetch and build everything that a boot needs")
    check = sub.add_parser("check", help="run the tests in the lab")
    check.add_argument("pattern", nargs="?", help="only cases whose name contains this (may have *)")
    debian = sub.add_parser("check-debian", help="run the tests of Debian systems with our packages")
    debian.add_argument("pattern", nargs="?", help="only cases whose name contains this (may have *)")
    debian.add_argument("--sample", action="store_true", help="no more than what CI runs")
    attempt = sub.add_parser("try", help="run tests of argo_loopback on its usual kernel, and build what they need only")
    attempt.add_argument("pattern", help="cases whose name contains this (may have *)")
    debug = sub.add_parser("check-debug", help="run tests on kernels that check themselves")
    debug.add_argument("pattern", nargs="?", help="only cases whose name contains this (may have *)")
    debug.add_argument("--sample", action="store_true", help="no more than what CI runs")
    debug.add_argument("--seconds", type=int, default=60, help="how long each stress test is (60)")
    sub.add_parser("show", help="list the tests")
    shell = sub.add_parser("shell", help="a shell in dom0, with a domU running")
    shell.add_argument("kinds", nargs="*", default=["pv61"], help="domUs to start: pv61 pvh61 pv612 pvh612")
    shell.add_argument("--hypervisor", choices=HYPERVISORS, default=XEN.name, help="loopback: virtual domains, no Xen")
    sub.add_parser("build", help="build the kernel modules for the lab's kernels")
    sub.add_parser("sparse", help="build them with sparse")
    sub.add_parser("compile-commands", help="write build/compile_commands.json, for editors")
    kdir = sub.add_parser("kdir", help="print the build directory of a kernel")
    kdir.add_argument("series")
    demo = sub.add_parser("demo", help="show the main job")
    demo.add_argument("--hypervisor", choices=HYPERVISORS, default=XEN.name, help="loopback: virtual domains, no Xen")
    sub.add_parser("bench", help="measure")
    args = parser.parse_args()
    try:
        # "try" is a word of Python's.
        name = "try_" if args.command == "try" else args.command.replace("-", "_")
        return getattr(commands, name)(args)
    except LabError as error:
        print(f"lab: {error}", file=sys.stderr)
    except KeyboardInterrupt:
        print("\nlab: interrupted", file=sys.stderr)
    return 1


sys.exit(main())
