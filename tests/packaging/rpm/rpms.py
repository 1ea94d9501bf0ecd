# SPDX-License-Identifier: MIT
"""The RPMs of this tree, and others that are built as they are."""

import os
import re
import subprocess
import tarfile

from lab.errors import LabError
from lab.paths import BUILD, REPO as TOP
from lab.run import run

PACKAGES = ("argo", "argo-dkms", "argo-utils", "libargo", "libargo-devel")
SPEC = TOP / "packaging" / "rpm" / "argo.spec"


def cmake_version():
    text = (TOP / "CMakeLists.txt").read_text(encoding="utf-8")
    return re.search(r"^project\(argo VERSION ([0-9.]+)", text, re.M).group(1)


def options():
    """What rpmbuild is given where it is not Fedora's."""
    fedora = run(["rpm", "--eval", "%{?fedora}%{?rhel}"]).strip()
    return [] if fedora else ["--nodeps", "--load", TOP / "packaging" / "rpm" / "debian.macros"]


class Rpms:
    """.packages are the files by package name; .source is the source package."""

    def __init__(self):
        top = BUILD / "rpm"
        tree = run(["git", "rev-parse", "HEAD^{tree}"], cwd=TOP).strip()
        built = top / "built"
        has = built.read_text(encoding="utf-8").split()[0] if built.exists() else None
        if has != tree or set(self._found(top)) != set(PACKAGES):
            run([TOP / "packaging" / "rpm" / "build"], "packaging/rpm/build", merge=True)
        self.packages = self._found(top)
        self.source = next((top / "SRPMS").glob("*.src.rpm"))
        self.version = cmake_version()

    @staticmethod
    def _found(top):
        names = {}
        for path in (top / "RPMS").glob("*/*.rpm"):
            name = query(path, "%{NAME}")
            if not name.endswith(("-debuginfo", "-debugsource")):
                names[name] = path
        return names


def query(path, text):
    return run(["rpm", "-qp", "--qf", text, path])


def lines(path, *what):
    return set(run(["rpm", "-qp", *what, path]).split("\n")) - {""}


def changed_archive(where, version, change):
    """An archive as make dist makes it, of the files that git has, with `change` called for the tree."""
    tree = where / f"argo-{version}"
    tree.mkdir(parents=True)
    packed = subprocess.run(["git", "archive", "HEAD"], cwd=TOP, check=True, stdout=subprocess.PIPE).stdout
    subprocess.run(["tar", "-x", "-C", tree], input=packed, check=True)
    change(tree)
    with tarfile.open(where / f"argo-{version}.tar.xz", "w:xz", preset=0) as archive:
        archive.add(tree, tree.name)
    return where / f"argo-{version}.tar.xz"


def rpmbuild(where, archive, spec, *more):
    """Runs rpmbuild below a folder, and returns (its status, what it said)."""
    (where / "SOURCES").mkdir(parents=True, exist_ok=True)
    os.link(archive, where / "SOURCES" / archive.name)
    (where / "argo.spec").write_text(spec, encoding="utf-8")
    argv = ["rpmbuild", *options(), "--define", f"_topdir {where}", *more, where / "argo.spec"]
    done = subprocess.run(argv, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False, text=True)
    return done.returncode, done.stdout


def differ(what, found, wanted):
    """Fails when two sets are not the same."""
    if found != wanted:
        raise LabError(f"{what}: missing: {sorted(wanted - found)}, not expected: {sorted(found - wanted)}")

