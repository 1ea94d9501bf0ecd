# SPDX-License-Identifier: MIT
"""Runs cases in as few boots as can be, and counts."""

import json
import os
import signal
import time
import traceback

from . import cases as declared, summary
from .agent import PATIENCE
from .errors import LabError, NotHere
from .paths import BUILD
from .settings import LOOPBACK, Setting


# Of the text of one failure, and of that text at the end of the output.
MOST_LINES, MOST_AT_END = 80, 20
# Failures that have more than a line at the end of the output.
MOST_EXPLAINED = 10
# Runs of a case that the emulator spoils.
MOST_TRIES = 3


def _time_is_over():
    """Whether no further case is to begin: CI ends a run that takes too long, and with it all that was learnt."""
    return time.time() > float(os.environ.get("LAB_UNTIL", "inf"))


def _shortened(lines, most):
    """Without its middle, if there are more."""
    if len(lines) <= most:
        return lines
    return [*lines[:most // 2], f"… {len(lines) - most} lines …", *lines[-most // 2:]]


class Results:
    """Counts, and a line for each result."""

    LABELS = {"passed": "ok  ", "failed": "FAIL", "skipped": "skip"}

    def __init__(self):
        self.counts = {"passed": 0, "failed": 0, "skipped": 0}
        # What failed, and why: a reader may have nothing but the end of the output.
        self.failures = []
        self.repeated = 0
        # Cases that were not run since LAB_UNTIL was reached.
        self.late = 0

    def add(self, status, name, detail="", seconds=None):
        self.counts[status] += 1
        took = "" if seconds is None else f"  {seconds:.1f} s"
        first = detail.splitlines()[0] if detail and status == "skipped" else ""
        print(f"  {self.LABELS[status]} {name}{took}{'  (' + first + ')' if first else ''}", flush=True)
        if status == "failed":
            lines = detail.splitlines()
            rest = _shortened(lines[1:], MOST_AT_END) if len(self.failures) < MOST_EXPLAINED else []
            self.failures.append("\n".join([": ".join([name, *lines[:1]]), *rest]))
            for line in _shortened(lines, MOST_LINES):
                print(f"       {line}", flush=True)

    def repeat(self, name, text, faults):
        """A case that is run again: what it said, and why that does not count."""
        self.repeated += 1
        print(f"  again {name}  (QEMU's fault, tests/vm/lab/emulator.py: {'; '.join(faults)})", flush=True)
        for line in text.splitlines()[:10]:
            print(f"       {line}", flush=True)

    def leave_out(self, cases):
        """Cases for which no time is left."""
        for case in cases:
            self.add("skipped", case.name, "no time is left")
        self.late += len(cases)

    def line(self):
        return ", ".join(f"{count} {status}" for status, count in self.counts.items())

    def save(self, name):
        place = BUILD / "results"
        place.mkdir(parents=True, exist_ok=True)
        (place / f"{name}.json").write_text(
            json.dumps({"counts": self.counts, "failures": self.failures}), encoding="utf-8")


class _Overtime(Exception):
    pass


def _overtime(*_):
    raise _Overtime("its time was over")


# What says by its text alone what is wrong.
_TOLD = (declared.Failed, LabError, AssertionError)


def _explain(error):
    """Where in a case it was raised, and its text; after those of the failure that was being cleaned up after."""
    here = [f for f in traceback.extract_tb(error.__traceback__) if "/cases/" in f.filename]
    where = f"{here[-1].name}, line {here[-1].lineno}: " if here else ""
    text = where + (str(error) or (here[-1].line if here else ""))
    first = error.__context__
    if error.__suppress_context__ or not isinstance(first, (*_TOLD, _Overtime)):
        return text
    return f"{_explain(first)}\nand then: {text}"


def _outcome(case, lab, pool):
    """(status, text, whether the domUs it used can be used again)"""
    for need in case.needs:
        if not lab.built.has(need):
            return "skipped", f"{need} was not built", True
    used = []
    signal.signal(signal.SIGALRM, _overtime)
    signal.alarm(int(case.timeout * PATIENCE))
    try:
        used = pool.take(case.kinds, fresh=case.fresh)
        case.function(lab, *used)
        status, text = "passed", ""
    except declared.Skip as skip:
        status, text = "skipped", str(skip)
    except _Overtime:
        status, text = "failed", f"did not end within {case.timeout * PATIENCE:.0f} s"
    except _TOLD as error:
        status, text = "failed", _explain(error)
    except Exception:
        status, text = "failed", traceback.format_exc()
    finally:
        signal.alarm(0)
    lab.end_spawned()
    complaints = _complaints(lab, case)
    if complaints:
        text = "\n".join(filter(None, [text if status == "failed" else "", "left in a log:", *complaints[:MOST_LINES]]))
        status = "failed"
    return status, text, status != "failed"


def _complaints(lab, case):
    try:
        found = lab.complaints(case.expects)
    except LabError as error:
        found = [f"the logs could not be read: {error}"]
    if lab.dom0.agent.dead or not lab.machine.running:
        found += lab.machine.last_words()
    return found


def _run_group(remaining, built, setting, results):
    """Takes out of the list what it has run."""
    while remaining:
        start = time.monotonic()
        print(f"booting {setting.what_boots(built)} ... ", end="", flush=True)
        with setting.boot(built) as lab:
            print(f"{time.monotonic() - start:.0f} s", flush=True)
            lab.results = results
            pool = setting.pool(lab)
            pool.prepare(lab.dom0)
            lab.complaints()
            while remaining:
                if _time_is_over():
                    results.leave_out(remaining)
                    return
                case = remaining.pop(0)
                reusable = _run_case(case, lab, pool, results)
                if lab.dom0.agent.dead or not lab.machine.running or (not reusable and not lab.recovers()):
                    print("the lab is out of order; booting it again", flush=True)
                    break
            else:
                _look_for_leaks(lab, results)


def _look_for_leaks(lab, results):
    leaks = lab.leaks()
    if leaks is not None:
        results.add("failed" if leaks else "passed", "nothing_leaked", "\n".join(leaks))


def _run_case(case, lab, pool, results):
    """Returns whether the domUs it used can be used again."""
    for attempt in range(1, MOST_TRIES + 1):
        start, before = time.monotonic(), dict(results.counts)
        status, text, reusable = _outcome(case, lab, pool)
        faults, lab.emulator_faults = lab.emulator_faults, []
        if not reusable:
            pool.drop_used()
        failed_before = results.counts["failed"] > before["failed"]
        if status != "failed" or not faults or failed_before or attempt == MOST_TRIES or lab.dom0.agent.dead:
            break
        results.counts = before
        results.repeat(case.name, text, faults)
    # A case that reported results of its own is not one more, unless it failed.
    if status != "passed" or results.counts == before:
        results.add(status, case.name, text, time.monotonic() - start)
    return reusable


def run(built, pattern=None):
    """Runs the cases whose name matches; returns whether all passed. built(setting): what is booted."""
    return run_cases([c for c in declared.load(pattern) if not c.debug and not c.setting.debian], pattern, "vm", built)


def run_debian(built, pattern=None, sample=False):
    """Runs those of Debian systems, or no more than the sample."""
    found = [c for c in declared.load(pattern) if c.setting.debian]
    return run_cases([c for c in found if c.sample or not sample], pattern, "debian", built)


def run_debug(built, pattern=None, sample=False):
    """Runs those of argo_loopback's usual kernel, and those declared with debug=True; or no more than the sample."""
    found = [c for c in declared.load(pattern) if c.debug or c.setting == Setting(LOOPBACK)]
    return run_cases([c for c in found if c.sample or not sample], pattern, "debug", built)


def run_cases(found, pattern, name, built):
    """Runs these. pattern: that found them; name: of the account in build/results."""
    if not found:
        raise LabError(f"no test has {pattern!r} in its name (python3 -m lab show lists them)")
    # First whether the lab works at all.
    found.sort(key=lambda c: not c.name.startswith("smoke."))
    results = Results()
    for setting in sorted({c.setting for c in found}, key=lambda s: s.order):
        group = [c for c in found if c.setting == setting]
        if _time_is_over():
            results.leave_out(group)
            continue
        try:
            _run_group(group, built(setting), setting, results)
        except NotHere as error:
            for c in group:
                results.add("skipped", c.name, str(error))
        except LabError as error:
            # What does not boot or does not answer hides no result of the others.
            results.add("failed", f"lab.{setting.name}", f"{error}\n{len(group)} cases were not run")
    results.save(name)
    summary.tell(results.failures)
    if results.repeated:
        print(f"{results.repeated} runs of a case were spoilt by the emulator and repeated")
    if results.late:
        print(f"{results.late} cases were NOT run: the time for all of them (LAB_UNTIL) was over")
    print(results.line(), flush=True)
    return not results.counts["failed"]
