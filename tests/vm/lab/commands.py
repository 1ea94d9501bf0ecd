# SPDX-License-Identifier: MIT
"""The commands of python3 -m lab; each returns an exit status."""

import functools
import importlib.util

from . import cases, kernels, loopback, machine, modules, runner, shell as shells
from .cases import LOOPBACK
from .errors import LabError
from .paths import REPO, VM
from .steps import Steps


def _load(path):
    spec = importlib.util.spec_from_file_location(path.stem, path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def prepare(_):
    machine.Built(Steps(machine.Built.STEPS))
    return 0


def check(args):
    # Once for all settings of Xen, and of argo_loopback where that has a kernel of theirs.
    @functools.cache
    def of_xen():
        return machine.Built(Steps(machine.Built.STEPS))

    def built(setting):
        series = cases.loopback_series(setting)
        if series in (None, cases.LOOPBACK_SERIES):
            return of_xen()
        return machine.PlainBuilt(Steps(machine.PlainBuilt.STEPS), series)

    return 0 if runner.run(built, args.pattern) else 1


def check_debug(args):
    def built(setting):
        kind = machine.DebugBuilt if setting == LOOPBACK else machine.XenDebugBuilt
        return kind(Steps(kind.STEPS), args.seconds)

    return 0 if runner.run_debug(built, args.pattern) else 1


def show(_):
    for case in cases.load():
        print(case.name)
    return 0


def shell(args):
    if args.hypervisor == LOOPBACK:
        with loopback.LoopbackLab(machine.PlainBuilt(Steps(machine.PlainBuilt.STEPS)), logs="shell") as lab:
            return shells.loopback(lab)
    built = machine.Built(Steps(machine.Built.STEPS))
    with machine.Lab(built, logs="shell") as lab:
        return shells.interactive(lab, args.kinds)


def build(_):
    return _build_modules(lint=False)


def sparse(_):
    return _build_modules(lint=True)


def _build_modules(lint):
    found = 0
    for series in kernels.SERIES:
        for path in modules.build(kernels.kernel(series), lint):
            print(path)
            found += 1
    if not found:
        raise LabError("there are no kernel modules to build yet (kernel/Kbuild)")
    return 0


def kdir(args):
    print(kernels.kernel(args.series).kdir)
    return 0


def demo(args):
    return _load(VM / "demo.py").main(args.hypervisor)


def bench(_):
    script = REPO / "tests" / "bench" / "run.py"
    if not script.exists():
        raise LabError("there is nothing to measure yet (tests/bench/run.py)")
    return _load(script).main()
