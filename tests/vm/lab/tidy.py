# SPDX-License-Identifier: MIT
"""clang-tidy over what CMake compiles, once for each state of the sources.

python3 -m lab.tidy [all]: what is installed, or the tests as well. A minute of a processor for each file that uses Asio
is too much to spend on the tests every time.
"""

import concurrent.futures
import hashlib
import json
import os
import subprocess
import sys

from .paths import BUILD, REPO, cache_root

INSTALLED = ("libargo", "cli")
TESTS = ("tests",)
# Asio 1.18 knows only GCC's macros for coroutines.
COROUTINES = ("-D__cpp_impl_coroutine=201902L", "-DBOOST_ASIO_HAS_CO_AWAIT", "-DBOOST_ASIO_HAS_STD_COROUTINE=1")


def _sources(parts):
    commands = json.loads((BUILD / "cmake" / "compile_commands.json").read_text(encoding="utf-8"))
    paths = sorted({os.path.relpath(c["file"], REPO) for c in commands})
    return [p for p in paths if p.split("/")[0] in parts]


def _state():
    """A hash of all headers and of the rules: any of them may matter to any source."""
    digest = hashlib.sha256((REPO / ".clang-tidy").read_bytes() + " ".join(COROUTINES).encode())
    for top in (*INSTALLED, *TESTS, "kernel/include"):
        for path in sorted((REPO / top).rglob("*.h*")):
            digest.update(path.read_bytes())
    return digest


def _check(path, state):
    digest = state.copy()
    digest.update((REPO / path).read_bytes())
    stamp = cache_root() / "tidy" / digest.hexdigest()[:32]
    if stamp.exists():
        return 0, ""
    extra = [f"--extra-arg={flag}" for flag in (*COROUTINES, "-Wno-unknown-warning-option")]
    done = subprocess.run(["clang-tidy", "--quiet", "--warnings-as-errors=*", *extra, "-p", BUILD / "cmake", path],
                          cwd=REPO, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, check=False)
    if not done.returncode:
        stamp.parent.mkdir(parents=True, exist_ok=True)
        stamp.touch()
    return done.returncode, done.stdout.decode(errors="replace")


def main():
    parts = INSTALLED + (TESTS if sys.argv[1:] == ["all"] else ())
    state, failed = _state(), 0
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        for status, text in pool.map(lambda path: _check(path, state), _sources(parts)):
            if status:
                failed = 1
                print(text, flush=True)
    return failed


if __name__ == "__main__":
    sys.exit(main())
