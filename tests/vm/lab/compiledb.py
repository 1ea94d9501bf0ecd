# SPDX-License-Identifier: MIT
"""What each file is compiled with, for editors (clangd): of the kernel modules and of user space, in one file.

Kbuild leaves the command of each object beside it. The modules are built from a copy of the sources (modules.py), and with
options of gcc that clang does not know.
"""

import json
import re
import shlex

from . import kernels, modules
from .loopback import SERIES
from .paths import BUILD, VM
from .run import run

_COMMAND = re.compile(r"^(?:saved)?cmd_\S+ := (.*?)(?: ; .*)?$", re.M)
_ONLY_GCC = re.compile(r"-m(indirect-branch|preferred-stack|record-mcount|function-return|harden|skip-rax-setup)|-f(conserve-stack"
                       r"|no-allow-store-data-races|no-stack-check|min-function-alignment|zero-init-padding|sanitize-coverage"
                       r"|no-var-tracking|plugin|align-|trivial-auto-var-init)|--param|-Wp,-MMD|-W(?!p,)")


def _of_modules(part, work, kernel):
    for path in sorted(work.rglob(".*.o.cmd")):
        found = _COMMAND.search(path.read_text(encoding="utf-8"))
        words = shlex.split(found.group(1)) if found else []
        if not words or not words[-1].endswith(".c") or words[-1].endswith(".mod.c"):
            continue
        words = [word.replace(str(work), str(modules.SOURCES[part])) for word in words if not _ONLY_GCC.match(word)]
        yield {"directory": str(kernel.kdir), "file": words[-1], "arguments": words}


def write():
    """The path of the file that has both halves."""
    kernel = kernels.kernel(SERIES)
    modules.build(kernel)
    run([VM / "build-user", "--configure"], "configuring user space")
    found = json.loads((BUILD / "cmake" / "compile_commands.json").read_text(encoding="utf-8"))
    for part in modules.SOURCES:
        found += _of_modules(part, BUILD / "modules" / kernel.series / part, kernel)
    out = BUILD / "compile_commands.json"
    out.write_text(json.dumps(found, indent=1) + "\n", encoding="utf-8")
    return out
