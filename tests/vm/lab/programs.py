# SPDX-License-Identifier: MIT
"""Which shared libraries a program needs, and where they are on this machine."""

import re

from .errors import LabError
from .run import run

LOADER = "usr/lib64/ld-linux-x86-64.so.2"
LIBRARIES = "usr/lib/x86_64-linux-gnu"


def libraries(paths, extra_dirs=()):
    """Libraries of all the programs, transitively: {soname: path}."""
    paths = [str(p) for p in paths]
    if not paths:
        return {}
    env = {"LD_LIBRARY_PATH": ":".join(str(d) for d in extra_dirs)}
    found = {}
    for path in paths:
        try:
            said = run(["ldd", path], f"ldd {path}", env=env)
        except LabError:
            # ldd's way to say "statically linked".
            continue
        for line in said.splitlines():
            if "not found" in line:
                raise LabError(f"{path}: needs a library that is not here: {line.strip()}")
            match = re.match(r"\s*(\S+) => (/\S+)", line)
            if match:
                found[match.group(1)] = match.group(2)
    return found


def add_programs(archive, paths, where, extra_dirs=(), present=()):
    """Adds programs and their libraries to an initramfs; `present`: programs whose libraries it has already."""
    paths = list(paths)
    for path in paths:
        archive.copy(f"{where}/{path.name}", path, 0o755)
    known = libraries(present)
    needed = {soname: path for soname, path in libraries(paths, extra_dirs).items() if known.get(soname) != path}
    for soname, path in sorted(needed.items()):
        archive.copy(f"{LIBRARIES}/{soname}", path, 0o755)
    if needed:
        archive.copy(LOADER, "/lib64/ld-linux-x86-64.so.2", 0o755)
