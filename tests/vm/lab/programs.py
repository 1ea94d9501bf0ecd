# SPDX-License-Identifier: MIT
"""Programs of this machine for guests: the agent, and which shared libraries a program needs."""

import re

from .cache import artefact, key_of
from .errors import LabError
from .paths import VM
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


def agent():
    """The agent (tests/vm/agent), which needs no library."""
    sources = sorted((VM / "agent").glob("*.[ch]"))

    def build(place):
        run(["gcc", "-O2", "-Wall", "-Wextra", "-static", "-D_GNU_SOURCE", "-o", place / "agent",
             *[s for s in sources if s.suffix == ".c"]], "building the agent")

    return artefact("agent", key_of(build, *[s.read_text(encoding="utf-8") for s in sources]), build) / "agent"
