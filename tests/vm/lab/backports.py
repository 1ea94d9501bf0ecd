# SPDX-License-Identifier: MIT
"""The kernel that a release's backports have, as packages: the one that arrives later."""

import re

from .apt import Apt
from .cache import artefact, key_of
from .errors import LabError


def headers(suite):
    """(the kernel's release, a folder with the packages that its modules are built with)"""
    return _packages(suite, "headers", ["linux-headers-{}"], r"linux-(?:headers|kbuild)-")


def kernel(suite):
    """The same, with the kernel itself."""
    return _packages(suite, "kernel", ["linux-headers-{}", "linux-image-{}"], "linux-(?:headers|kbuild|base|binary|modules)")


def _packages(suite, name, wanted, brought):
    """wanted: names, with {} for the kernel's release. brought: begins the names of those that they depend on."""
    apt = Apt(suite)
    newest, *others = apt.versions("linux-headers-amd64")
    if not others or "~bpo" not in newest["version"]:
        raise LabError(f"the mirror has linux-headers-amd64 {newest['version']} for {suite}, and no other of backports")
    release = re.search(r"linux-headers-(\S+)", newest["depends"]).group(1)
    names, versions = [package.format(release) for package in wanted], {}
    while names:
        fields = apt.versions(names.pop())[0]
        versions[fields["package"]] = fields["version"]
        names += [other for other in re.findall(rf"\b{brought}[^\s,]*", fields.get("depends", "")) if other not in versions]
    specs = [f"{package}={version}" for package, version in sorted(versions.items())]
    return release, artefact(f"{name}-{suite}", key_of(*specs, _packages), lambda where: apt.download(specs, where))
