# SPDX-License-Identifier: MIT
"""Debian roots in which this tree is built and installed as on a user's machine."""

import os
import pathlib
import subprocess
import unittest

from lab import rootfs
from lab.apt import RELEASE
from lab.paths import REPO

# What a user's machine has beside what `make` itself asks for.
_MACHINE = ("dkms", "linux-headers-amd64", "systemd", "udev")


as_root = unittest.skipUnless(os.geteuid() == 0, "a root file system is made and entered as root")


def _packages(group):
    text = (REPO / "packaging" / "deps" / f"{group}.txt").read_text(encoding="utf-8")
    return [line for line in text.splitlines() if line and not line.startswith("#")]


def clean():
    """A root with the packages of `make modules` and `make install`, and the headers of a kernel."""
    return rootfs.base(RELEASE, sorted({*_packages("modules"), *_packages("install"), *_MACHINE}))


def kernel(root):
    """The release of the kernel whose headers are there."""
    return next(path.name for path in (root / "usr/lib/modules").iterdir() if (path / "build").is_symlink())


def put_sources(folder):
    """Copies what git would commit."""
    names = subprocess.run(["git", "ls-files", "-co", "--exclude-standard", "-z"], cwd=REPO, check=True,
                           stdout=subprocess.PIPE).stdout
    folder.mkdir(parents=True)
    packed = subprocess.run(["tar", "--ignore-failed-read", "--null", "-T", "-", "-c"], cwd=REPO, input=names,
                            check=True, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL).stdout
    subprocess.run(["tar", "-x", "--no-same-owner", "-C", folder], input=packed, check=True)


def over(copy):
    """What a further copy is made of, so that it has what the commands of the first have written."""
    return f"{copy.place / 'upper'}:{copy.lower}"


def written(copy):
    """The paths of all files and links that a copy's commands have written or removed."""
    upper = copy.place / "upper"
    return {"/" + str(path.relative_to(upper)) for path in upper.rglob("*") if path.is_symlink() or not path.is_dir()}


def below(paths, *folders):
    return {path for path in paths if any(pathlib.PurePath(path).is_relative_to(folder) for folder in folders)}
