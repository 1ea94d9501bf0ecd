# SPDX-License-Identifier: MIT
"""The kernel that a release's backports have, as packages: the one that arrives later."""

import re

from .apt import Apt
from .cache import artefact, key_of
from .errors import LabError


def headers(suite):
    """(the kernel's release, a folder with the packages that its modules are built with)"""
    return _packages(suite, "headers", [])


def kernel(suite):
    """The same, with the kernel itself."""
    return _packages(suite, "kernel", ["linux-image-{}"])


def _packages(suite, name, more):
    apt = Apt(suite)
    newest, *others = apt.versions("linux-headers-amd64")
    if not others or "~bpo" not in newest["version"]:
        raise LabError(f"the mirror has linux-headers-amd64 {newest['version']} for {suite}, and no other of backports")
    release = re.search(r"linux-headers-(\S+)", newest["depends"]).group(1)
    wanted = {}
    names = [package.format(release) for package in ("linux-headers-{}", *more)]
    while names:
        fields = apt.versions(names.pop())[0]
        wanted[fields["package"]] = fields["version"]
        names += [other for other in re.findall(r"\blinux-(?:headers|kbuild|base|binary|modules)[^\s,]*", fields.get("depends", ""))
                  if other not in wanted]
    specs = [f"{package}={version}" for package, version in sorted(wanted.items())]
    key = key_of(*specs, _packages)
    return release, artefact(f"{name}-{suite}", key, lambda where: apt.download(specs, where))
