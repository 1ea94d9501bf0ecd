# SPDX-License-Identifier: MIT
"""Headers of the kernel that backports have, as packages."""

import re

from lab.apt import Apt
from lab.cache import artefact, key_of
from lab.errors import LabError


def backported(suite):
    """(the kernel's release, a folder with the packages that its modules are built with)"""
    apt = Apt(suite)
    newest, *others = apt.versions("linux-headers-amd64")
    if not others or "~bpo" not in newest["version"]:
        raise LabError(f"the mirror has linux-headers-amd64 {newest['version']} for {suite}, and no other of backports")
    release = re.search(r"linux-headers-(\S+)", newest["depends"]).group(1)
    wanted = [f"linux-headers-{release}"]
    for name in wanted:
        depends = apt.versions(name)[0].get("depends", "")
        wanted += [other for other in re.findall(r"\blinux-(?:headers|kbuild)-[^\s,]+", depends) if other not in wanted]
    return release, artefact(f"headers-{suite}", key_of(*wanted, backported), lambda where: apt.download(wanted, where))
