# SPDX-License-Identifier: MIT
"""Our kernel modules, built for the lab's kernels."""

import os
import re

from .cache import key_of
from .paths import BUILD, REPO
from .run import run

# What is built, and where its sources are.
SOURCES = {"kernel": REPO / "kernel", "bench": REPO / "tests" / "bench" / "kmod",
           "conformance": REPO / "tests" / "conformance"}

# What Debian 12's sparse does not know is given it as what it knows: 7.3 has both in headers.
SPARSE = "-D__CHECK_ENDIAN__ -D__typeof_unqual__=__typeof__ '-D__builtin_strlen(s)=(sizeof(s)-1)'"


def names(part):
    """Of the modules that one of SOURCES makes."""
    found = set()
    for makefile in [*SOURCES[part].rglob("Kbuild"), *SOURCES[part].glob("Makefile")]:
        found.update(re.findall(r"^obj-m [:+]?= (\w+)\.o$", makefile.read_text(encoding="utf-8"), re.M))
    return found


def build(kernel, lint=False, needs=None):
    """Builds everything for one kernel, or our own modules and what else of the names `needs` has; returns their paths."""
    found = []
    for name, source in SOURCES.items():
        if name in kernel.without or (needs is not None and name != "kernel" and not names(name) & set(needs)):
            continue
        # A copy, since Kbuild builds beside the sources and there are several kernels.
        work = BUILD / ("sparse" if lint else "modules") / kernel.series / name
        work.mkdir(parents=True, exist_ok=True)
        run(["rsync", "-a", "--delete", "--exclude=*.o", "--exclude=*.ko", "--exclude=.*.cmd", "--exclude=*.mod*",
             "--exclude=Module.symvers", "--exclude=modules.order", f"{source}/", f"{work}/"])
        argv = ["make", "-C", kernel.kdir, f"M={work}", f"-j{os.cpu_count()}", "W=1",
                # Type information for BPF would need the kernel's debug symbols, a GiB of them. So no pahole is no fault.
                "CONFIG_DEBUG_INFO_BTF_MODULES=", "CONFIG_PAHOLE_VERSION=0",
                f"ARGO_KERNEL={REPO / 'kernel'}", *kernel.make_args]
        if name != "kernel":
            symbols = work.parent / "kernel" / "Module.symvers"
            if symbols.exists():
                argv.append(f"KBUILD_EXTRA_SYMBOLS={symbols}")
        if lint:
            # C=2 twice, since newer headers ask a script of the source tree whether sparse will do, and have it not.
            argv += ["C=2", "KBUILD_CHECKSRC=2", f"CF={SPARSE}"]
        state = key_of(source, kernel.place, *argv, *_contents(source),
                       *(_contents(SOURCES["kernel"]) if name != "kernel" else []))
        stamp = work.parent / f"{name}.state"
        built = sorted(work.rglob("*.ko"))
        # Kbuild takes seconds to find out that nothing changed.
        if built and stamp.exists() and stamp.read_text(encoding="ascii") == state:
            found += built
            continue
        stamp.unlink(missing_ok=True)
        said = run([*argv, "modules"], f"building {name} for {kernel.series}", merge=True)
        (work.parent / f"{name}.log").write_text(said, encoding="utf-8")
        stamp.write_text(state, encoding="ascii")
        found += sorted(work.rglob("*.ko"))
    return found


def _contents(directory):
    for path in sorted(directory.rglob("*")):
        if path.is_file() and path.suffix in ("", ".c", ".h", ".mk") and not path.name.startswith("."):
            yield path.name
            yield path.read_text(encoding="utf-8", errors="replace")
