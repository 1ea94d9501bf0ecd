# SPDX-License-Identifier: MIT
"""Where things are: the repository, its build directory, the cache."""

import os
import pathlib

REPO = pathlib.Path(__file__).resolve().parents[3]
VM = REPO / "tests" / "vm"
BUILD = pathlib.Path(os.environ.get("ARGO_BUILD") or REPO / "build")


def cache_root():
    """Not in the repository: `make clean` and a fresh clone keep what took minutes to build."""
    own = os.environ.get("ARGO_CACHE")
    if own:
        return pathlib.Path(own).absolute()
    base = os.environ.get("XDG_CACHE_HOME") or pathlib.Path.home() / ".cache"
    return pathlib.Path(base) / "argo-lab"
