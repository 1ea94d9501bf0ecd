# SPDX-License-Identifier: MIT
"""The kernel's own tests of AF_VSOCK (tools/testing/vsock), of the series of the guest that runs them."""

import shutil

from . import kernels
from .apt import Apt
from .cache import artefact, key_of
from .run import run

# vsock_perf is in newer series only.
PROGRAMS = ("vsock_test", "vsock_diag_test", "vsock_perf")
_SOURCES = ("tools/testing/vsock", "tools/include")


def _unpack(series, work):
    """No more of the source package than is built: all of it is 1.5 GiB."""
    name = f"linux-source-{series}"
    Apt(kernels.SERIES[series]).unpack([name], work)
    tarball = work / "usr" / "src" / f"{name}.tar.xz"
    run(["tar", "-C", work, "-xf", tarball, *(f"{name}/{source}" for source in _SOURCES)],
        f"unpacking the source of {series}")
    return work / name / _SOURCES[0]


def programs(series):
    """The programs' paths; built when they are not in the cache."""
    def build(place):
        work = place / "work"
        work.mkdir()
        source = _unpack(series, work)
        wanted = [name for name in PROGRAMS if (source / f"{name}.c").exists()]
        # Its makefile has warnings for errors, and not this compiler's in mind.
        run(["make", "-C", source, "CPPFLAGS=-w", *wanted], f"building the vsock tests of {series}")
        for name in wanted:
            run(["strip", "-o", place / name, source / name])
        shutil.rmtree(work)

    key = key_of(series, kernels.SERIES[series], PROGRAMS, _SOURCES, build, _unpack)
    place = artefact(f"selftests-{series}", key, build)
    return sorted(path for path in place.iterdir() if path.name in PROGRAMS)
