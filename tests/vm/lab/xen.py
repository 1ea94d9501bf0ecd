# SPDX-License-Identifier: MIT
"""Xen with Argo and XSM, built from Debian's source package, and Flask policies for it."""

import os
import shutil

from .apt import Apt
from .cache import artefact, key_of
from .errors import LabError, NoXen
from .run import run

# Argo and XSM are not in Debian's hypervisor. No policy is built in: the lab passes one as a
# boot module when it wants one.
CONFIG = """\
CONFIG_UNSUPPORTED=y
CONFIG_EXPERT=y
CONFIG_ARGO=y
CONFIG_XSM=y
CONFIG_XSM_FLASK=y
CONFIG_XSM_FLASK_POLICY=n
"""


def _source(into):
    """The newest source that can be had, and its version: a suite at times names one that is gone."""
    apt, last = Apt(), None
    for fields in apt.versions("xen", source=True):
        try:
            return apt.source("xen", fields["version"], into), fields["version"]
        except LabError as error:
            last = error
            for left in into.iterdir():
                shutil.rmtree(left) if left.is_dir() else left.unlink()
    raise NoXen("no Xen source can be had: let apt reach a Debian mirror that has source packages "
                f"(deb-src), then run this again\n    {last or 'apt lists no source package xen'}")


def _build(place):
    work = place / "work"
    work.mkdir()
    source, version = _source(work)
    tree = source / "xen"
    (tree / ".config").write_text(CONFIG, encoding="ascii")
    make = ["make", "-C", tree, f"-j{os.cpu_count()}", "XEN_BUILD_HOST=lab", "XEN_DOMAIN=lab"]
    run([*make, "olddefconfig"], "configuring Xen")
    run(make, "building Xen")
    config = (tree / ".config").read_text(encoding="ascii")
    missing = [line for line in CONFIG.splitlines() if line.endswith("=y") and line not in config]
    if missing:
        raise LabError(f"this Xen source does not know {' '.join(missing)}")
    for name in ("xen", "xen-syms"):
        shutil.copy2(tree / name, place / name)
    shutil.copytree(source / "tools" / "flask" / "policy", place / "flask")
    shutil.copytree(tree / "include" / "public", place / "include")
    # The policy's makefile reads these two from the hypervisor's tree.
    shutil.copytree(tree / "xsm" / "flask" / "policy", place / "flask-classes")
    (place / "version").write_text(version + "\n", encoding="utf-8")
    shutil.rmtree(work)


class Xen:
    """A built hypervisor: .image, .syms, .version (that of the source package), .place."""

    def __init__(self, place):
        self.place = place
        self.image = place / "xen"
        self.syms = place / "xen-syms"
        self.version = (place / "version").read_text(encoding="utf-8").strip()


def hypervisor():
    """The Xen, built when it is not in the cache."""
    return Xen(artefact("xen", key_of(CONFIG, _build, _source), _build))
