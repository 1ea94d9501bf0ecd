# SPDX-License-Identifier: MIT
"""Xen's tools for dom0 (xl, xenstored, xenconsoled), unpacked from Debian's packages."""

import re
import shutil

from .apt import Apt
from .cache import artefact, key_of
from .errors import LabError

PACKAGES = ("xen-utils-4.17", "xenstore-utils")
# These come from the machine itself, where the lab's own programs get them from, too.
FROM_HOST = r"libc6$|libgcc|gcc-|libcrypt|libpam|libselinux|libpython|libperl"


def _closure(apt, xen_version):
    """The packages and the libraries they need, by name=version."""
    specs, todo = {}, list(PACKAGES)
    while todo:
        name = todo.pop()
        if name in specs:
            continue
        found = apt.versions(name)
        if not found:
            raise LabError(f"the Debian mirror has no package {name}")
        # Tools and hypervisor are best of one version; other packages are simply the newest.
        fields = next((f for f in found if f["version"] == xen_version), found[0])
        specs[name] = f"{name}={fields['version']}"
        for wanted in re.split(r"\s*,\s*", fields.get("depends", "")):
            library = re.split(r"[\s:|(]", wanted)[0]
            if library.startswith(("lib", "zlib")) and not re.match(FROM_HOST, library):
                todo.append(library)
    return sorted(specs.values())


def toolstack(xen_version):
    """A directory with the programs in bin/ and their libraries in lib/."""
    def build(place):
        apt, work = Apt(), place / "work"
        work.mkdir()
        apt.unpack(_closure(apt, xen_version), work)
        for name in ("bin", "lib"):
            (place / name).mkdir()
        for path in [*work.glob("usr/lib/xen-4.17/bin/*"), *work.glob("usr/bin/xenstore*")]:
            if path.is_file() and path.read_bytes()[:4] == b"\x7fELF":
                shutil.copy2(path, place / "bin" / path.name)
        for path in [*work.glob("**/*.so"), *work.glob("**/*.so.*")]:
            if path.is_file():
                shutil.copy2(path, place / "lib" / path.name)
        shutil.rmtree(work)

    return artefact("toolstack", key_of(PACKAGES, FROM_HOST, xen_version, build, _closure), build)
