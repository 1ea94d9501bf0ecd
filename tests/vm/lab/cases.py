# SPDX-License-Identifier: MIT
"""Test cases: how they are declared, and what they may say.

    @case("pv61", "pvh612")               two domUs, given after the lab
    def pings(lab, a, b): ...

    @each("pv61", "pvh61")                once for each kind
    def loads(lab, u): ...

A case passes unless it raises, or a kernel or Xen says something during it that is in klog.py.
"""

import fnmatch
import importlib
import json
import shlex
import sys

from .errors import LabError
from .paths import VM
from .settings import LOOPBACK, PATCHED_XEN, SILO_XEN, XEN, XEN_WITHOUT_ARGO, Setting, on_loopback

registry = []
_XENS = {None: XEN, "patched": PATCHED_XEN, "silo": SILO_XEN, "without-argo": XEN_WITHOUT_ARGO}


class Skip(Exception):
    """Raised by a case that cannot run here; its text says why."""


class Failed(Exception):
    """What expect() raises."""


class Case:
    """A function, and what it needs."""

    def __init__(self, function, kinds, suffix, options):
        self.function, self.kinds = function, kinds
        self.name = f"{function.__module__.split('.')[-1]}.{function.__name__}{suffix}"
        self.setting = options.pop("setting")
        self.expects = options.pop("expects", ())
        self.timeout = options.pop("timeout", 300)
        self.fresh = options.pop("fresh", False)
        self.needs = options.pop("needs", ())
        self.debug = options.pop("debug", False)
        self.sample = options.pop("sample", False)
        if options:
            raise TypeError(f"case {self.name}: unknown options {sorted(options)}")


def case(*kinds, **options):
    """One case with a domU of each kind.

    flask: name of the policy that Xen enforces (a boot of its own for all that name it)
    xen: "patched" for the one with packaging/xen/patches, "silo" for that with xsm=silo, "without-argo" for one that
        has Argo off
    debian: names of Debian systems (lab.create_debian), or ("dom0",) for one as dom0
    loopback: True to run it on argo_loopback's virtual domains, too; "only" to run it there alone
    series: kernels.SERIES on which it runs there, once on each; else loopback.SERIES
    expects: patterns of kernel or Xen messages that it provokes
    timeout: seconds for all of it; fresh: True for domUs that no other case used
    debug: True for a case that runs on kernels which check themselves, and there only (make check-debug)
    sample: True for one of those that `make check-debug SAMPLE=1` runs, too: what CI has time for
    needs: names of our modules and programs without which it is skipped
    """
    def declare(function):
        _declare(function, kinds, "", options, options.get("loopback"))
        return function
    return declare


def each(*kinds, **options):
    """The same case once for each kind; a kind may be a tuple of several domUs."""
    def declare(function):
        for number, kind in enumerate(kinds):
            several = kind if isinstance(kind, tuple) else (kind,)
            # Virtual domains are all of one kind.
            loopback = options.get("loopback") if number == 0 else None
            _declare(function, several, f"[{','.join(several)}]", options, loopback)
        return function
    return declare


def _declare(function, kinds, suffix, options, loopback):
    options = {name: value for name, value in options.items() if name != "loopback"}
    xen = Setting(_XENS[options.pop("xen", None)], flask=options.pop("flask", None), debian=options.pop("debian", ()))
    several = options.pop("series", ())
    if loopback != "only":
        registry.append(Case(function, kinds, suffix, {**options, "setting": xen}))
    for series in (several or (None,)) if loopback else ():
        where = "-".join(filter(None, (LOOPBACK.name, series)))
        registry.append(Case(function, kinds, f"[{where}]", {
            **options, "setting": on_loopback(series), "needs": [*options.get("needs", ()), "argo_loopback"]}))


def expect(condition, *text):
    """An assertion whose text says what was seen."""
    if not condition:
        raise Failed(" ".join(str(t) for t in text) or "expectation not met")


def gtest(lab, domain, program, args="", timeout=300):
    """Runs a GoogleTest program in a domain; each of its tests counts as a result of its own."""
    out = f"/tmp/{program}.json"
    done = domain.run(f"rm -f {out}; {shlex.quote(program)} --gtest_output=json:{out} {args}", timeout)
    try:
        suites = json.loads(domain.fetch(f"cat {out}"))["testsuites"]
    except ValueError:
        raise LabError(f"{program} in {domain.name}: status {done.rc} and no results\n"
                       f"{done.out[-3000:]}{done.err[-1000:]}") from None
    for suite in suites:
        for test in suite["testsuite"]:
            name = f"{program}[{domain.kind}].{suite['name']}.{test['name']}"
            if test.get("failures"):
                lab.results.add("failed", name, "\n".join(f["failure"] for f in test["failures"]))
            elif test["result"] == "COMPLETED":
                lab.results.add("passed", name)
            else:
                lab.results.add("skipped", name, _skip_reason(done.out, suite["name"], test["name"]))
    if done.rc and not any(t.get("failures") for s in suites for t in s["testsuite"]):
        raise LabError(f"{program} in {domain.name}: status {done.rc}\n{done.out[-2000:]}{done.err[-1000:]}")


def _skip_reason(output, suite, test):
    lines = output.splitlines()
    for i, line in enumerate(lines):
        if line.startswith("[ RUN") and line.endswith(f"{suite}.{test}"):
            said = [text for text in lines[i + 1:i + 4] if not text.startswith("[") and "Skipped" not in text]
            return said[0].strip() if said else ""
    return ""


def load(pattern=None):
    """Imports every file of cases, which declares them; returns those whose name contains the pattern."""
    if str(VM) not in sys.path:
        sys.path.insert(0, str(VM))
    for path in sorted((VM / "cases").glob("*.py")):
        importlib.import_module(f"cases.{path.stem}")
    if not pattern:
        return registry
    return [c for c in registry if pattern in c.name or fnmatch.fnmatch(c.name, f"*{pattern}*")]
