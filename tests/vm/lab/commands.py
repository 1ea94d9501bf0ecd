# SPDX-License-Identifier: MIT
"""The commands of python3 -m lab; each returns an exit status."""

import importlib.util

from . import cases, compiledb, kernels, modules, runner, shell as shells
from .paths import REPO, VM
from .run import run
from .settings import HYPERVISORS, LOOPBACK, XEN, Setting
from .steps import Steps


def _load(path):
    spec = importlib.util.spec_from_file_location(path.stem, path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def prepare(_):
    XEN.build(Steps(XEN.steps))
    return 0


def _built(setting):
    return setting.build(Steps(setting.steps))


def check(args):
    return 0 if runner.run(_built, args.pattern) else 1


def check_debian(args):
    return 0 if runner.run_debian(_built, args.pattern, args.sample) else 1


def try_(args):
    """The shortest way from an edit to a case: one kernel, and of ours what the case names."""
    setting = Setting(LOOPBACK)
    found = [case for case in cases.load(args.pattern) if case.setting == setting and not case.debug]
    needs = {need for case in found for need in case.needs}
    programs = needs.difference(*map(modules.names, modules.SOURCES))
    if programs:
        run([VM / "build-user", *sorted(programs)], "building the programs of the cases")
    built = LOOPBACK.build(Steps(LOOPBACK.steps), needs=needs)
    return 0 if runner.run_cases(found, args.pattern, "try", lambda _: built) else 1


def check_debug(args):
    def built(setting):
        return setting.build_debug(Steps(setting.hypervisor.steps), args.seconds)

    return 0 if runner.run_debug(built, args.pattern, args.sample) else 1


def show(_):
    for case in cases.load():
        print(case.name)
    return 0


def shell(args):
    hypervisor = HYPERVISORS[args.hypervisor]
    built = hypervisor.build(Steps(hypervisor.steps))
    with hypervisor.boot(built, logs="shell") as lab:
        return shells.interactive(lab, args.kinds)


def build(_):
    return _build_modules(lint=False)


def sparse(_):
    return _build_modules(lint=True)


def _build_modules(lint):
    for series in kernels.SERIES:
        for path in modules.build(kernels.kernel(series), lint):
            print(path)
    return 0


def compile_commands(_):
    print(compiledb.write())
    return 0


def kdir(args):
    print(kernels.kernel(args.series).kdir)
    return 0


def demo(args):
    return _load(VM / "demo.py").main(HYPERVISORS[args.hypervisor])


def bench(_):
    return _load(REPO / "tests" / "bench" / "run.py").main()
