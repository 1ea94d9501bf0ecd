# SPDX-License-Identifier: MIT
"""Running programs of the host, with the end of their output in the error."""

import os
import subprocess

from .errors import LabError


def run(argv, what=None, merge=False, **kwargs):
    """Runs argv and returns its standard output; a failure says `what` could not be done."""
    env = dict(os.environ, LC_ALL="C", **kwargs.pop("env", {}))
    done = subprocess.run(
        [str(a) for a in argv], stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT if merge else subprocess.PIPE,
        stdin=subprocess.DEVNULL, env=env, check=False, **kwargs)
    if done.returncode:
        said = (done.stdout + (done.stderr or b"")).decode(errors="replace").strip().splitlines()
        tail = "\n    ".join(said[-15:])
        raise LabError(f"{what or argv[0]}: failed with status {done.returncode}\n    {tail}")
    return done.stdout.decode(errors="replace")
