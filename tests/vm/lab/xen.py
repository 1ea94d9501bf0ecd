# SPDX-License-Identifier: MIT
"""Xen with Argo and XSM, built from Debian's source package, and Flask policies for it."""

import os
import re
import shutil

from .apt import RELEASE, Apt
from .cache import artefact, key_of
from .errors import LabError, NoXen
from .paths import REPO, cache_root
from .run import run

# What Xen is configured with and patched with, here and in Debian packages (`make xen-deb`).
PACKAGING = REPO / "packaging" / "xen"


class Source:
    """A source package, not to be written to: .tree, .version; .newest is the newest version that apt knows."""

    def __init__(self, tree, version, newest):
        self.tree, self.version, self.newest = tree, version, newest


def source(release=RELEASE):
    """The newest source that can be had, from the cache: a suite at times names one that is gone."""
    apt, last = Apt(release), None
    known = [fields["version"] for fields in apt.versions("xen", source=True)]
    for version in known:
        def fetch(where, version=version):
            tree = apt.source("xen", version, where)
            for left in where.iterdir():
                if left != tree:
                    left.unlink()
            tree.rename(where / "xen")

        try:
            return Source(artefact(f"xen-source-{release}", key_of(version, fetch), fetch) / "xen", version, known[0])
        except LabError as error:
            last = error
    raise NoXen(f"no Xen source of {release} can be had: let apt reach a Debian mirror that has source packages "
                f"(deb-src), then run this again\n    {last or 'apt lists no source package xen'}")


def _patches():
    return sorted((PACKAGING / "patches").glob("*.patch"))


def patches_text():
    """What the patches are, for a key."""
    return "".join(f"{path.name}\n{path.read_text(encoding='utf-8')}" for path in _patches())


def patch(tree):
    """Applies the patches to a source tree."""
    for path in _patches():
        run(["patch", "-d", tree, "-p1", "--forward", "--no-backup-if-mismatch", "-i", path], f"applying {path.name}")


def _kconfig():
    return (PACKAGING / "kconfig").read_text(encoding="ascii")


def check_config(config):
    """Raises an error when the .config that Xen was built with is not what it was asked for."""
    has = dict(re.findall(r"^(CONFIG_\w+)=(.*)$", config, re.M))
    asked = re.findall(r"^(CONFIG_\w+)=(.*)$", _kconfig(), re.M)
    wrong = [f"{name}={value}" for name, value in asked if has.get(name, "n") != value]
    if wrong:
        raise LabError(f"this Xen source does not know, or has otherwise: {', '.join(wrong)}")


def _build(place, patched):
    work = place / "work"
    found = source()
    shutil.copytree(found.tree, work, symlinks=True)
    if patched:
        patch(work)
    tree = work / "xen"
    (tree / ".config").write_text(_kconfig(), encoding="ascii")
    make = ["make", "-C", tree, f"-j{os.cpu_count()}", "XEN_BUILD_HOST=lab", "XEN_DOMAIN=lab", "CC=ccache gcc"]
    # The two Xens differ in few files, and the folder is part of none.
    ccache = {"CCACHE_DIR": str(cache_root() / "ccache"), "CCACHE_BASEDIR": str(work), "CCACHE_NOHASHDIR": "1"}
    run([*make, "olddefconfig"], "configuring Xen", env=ccache)
    run(make, "building Xen", env=ccache)
    check_config((tree / ".config").read_text(encoding="ascii"))
    for name in ("xen", "xen-syms"):
        shutil.copy2(tree / name, place / name)
    shutil.copytree(work / "tools" / "flask" / "policy", place / "flask")
    shutil.copytree(tree / "include" / "public", place / "include")
    # The policy's makefile reads these two from the hypervisor's tree.
    shutil.copytree(tree / "xsm" / "flask" / "policy", place / "flask-classes")
    (place / "version").write_text(found.version + "\n", encoding="utf-8")
    shutil.rmtree(work)


class Xen:
    """A built hypervisor: .image, .syms, .version (that of the source package), .place."""

    def __init__(self, place):
        self.place = place
        self.image = place / "xen"
        self.syms = place / "xen-syms"
        self.version = (place / "version").read_text(encoding="utf-8").strip()


def hypervisor(patched=False):
    """The Xen, with our patches or Debian's own, built when it is not in the cache."""
    key = key_of(_kconfig(), patches_text() if patched else "", _build)
    return Xen(artefact("xen-patched" if patched else "xen", key, lambda place: _build(place, patched)))
