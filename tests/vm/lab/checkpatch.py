# SPDX-License-Identifier: MIT
"""The kernel's own style checker, which only the kernel's source package has.

python3 -m lab.checkpatch FILE…
"""

import pathlib
import shutil
import subprocess
import sys

from .apt import Apt
from .cache import artefact, key_of
from .errors import LabError
from .paths import VM
from .run import run

PACKAGE = "linux-source-6.1"
FILES = ("checkpatch.pl", "spelling.txt", "const_structs.checkpatch")


def script():
    """The path of checkpatch.pl."""
    def build(place):
        work = place / "work"
        work.mkdir()
        Apt().unpack([PACKAGE], work)
        tarball = next(work.glob("usr/src/*.tar.xz"))
        # In parallel and only as far as the files wanted: the whole is 1.3 GB.
        run(["tar", "-C", place, "--use-compress-program=xz -T0", "--strip-components=2", "-xf", tarball,
             *[f"{PACKAGE}/scripts/{name}" for name in FILES]], "unpacking checkpatch.pl")
        shutil.rmtree(work)

    return artefact("checkpatch", key_of(PACKAGE, FILES, build), build) / FILES[0]


def ignored(path):
    """Types of complaint that do not apply to a file: checkpatch.ignore gives the reasons."""
    types = []
    for line in (VM / "checkpatch.ignore").read_text(encoding="utf-8").splitlines():
        if line.strip() and not line.startswith("#"):
            kind, _, only = line.split()[0].partition("@")
            if only in ("", path):
                types.append(kind)
    return ",".join(types)


def main(files):
    argv = ["perl", script(), "--strict", "--no-tree", "--no-summary", "--terse", "--show-types"]
    status = 0
    for path in files:
        done = subprocess.run([*map(str, argv), f"--ignore={ignored(path)}", "--file", path], check=False)
        status = status or done.returncode
    return status


if __name__ == "__main__":
    try:
        sys.exit(main([str(pathlib.Path(f)) for f in sys.argv[1:]]))
    except LabError as error:
        sys.exit(f"lab: {error}")
