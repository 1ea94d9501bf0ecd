# SPDX-License-Identifier: MIT
"""Debian kernels and their headers, unpacked in the cache and usable there without installing."""

import re
import shutil
import struct
import subprocess

from .apt import Apt
from .cache import artefact, key_of
from .errors import LabError
from .run import run

# series: the start of the version of linux-image-amd64 that depends on it.
SERIES = {"6.1": "6.1.", "6.12": "6.12."}


class Kernel:
    """One unpacked kernel: .release, .image (vmlinux), .modules (its module tree), .kdir (to build for)."""

    # Modules that it cannot have, and what make is told for the others.
    without = ()
    make_args = ()

    def __init__(self, series, place):
        self.series = series
        self.place = place
        self.release = (place / "release").read_text(encoding="ascii").strip()
        self.image = place / "vmlinux"
        self.modules = place / "lib" / "modules" / self.release
        self.kdir = place / "usr" / "src" / f"linux-headers-{self.release}"
        self.common = next(place.glob("usr/src/linux-headers-*-common"))


def _candidates(apt, prefix):
    for fields in apt.versions("linux-image-amd64"):
        found = re.search(r"linux-image-(\S+)", fields.get("depends", ""))
        if fields["version"].startswith(prefix) and found:
            yield found.group(1)


def _kbuild_of(apt, release):
    """The package with the build tools: its name follows the ABI name in some releases only."""
    for fields in apt.versions(f"linux-headers-{release}"):
        found = re.search(r"linux-kbuild-[^\s,]+", fields.get("depends", ""))
        if found:
            return found.group(0)
    raise LabError(f"linux-headers-{release} depends on no linux-kbuild package")


def _relocate(place):
    """Debian's header packages name each other by absolute paths; make them name the cache."""
    for path in place.glob("usr/src/linux-headers-*/**/Makefile"):
        text = path.read_text(encoding="utf-8")
        moved = re.sub(r"(?<![\w.])/usr/(src|lib)/(linux-)", rf"{place}/usr/\1/\2", text)
        if moved != text:
            path.write_text(moved, encoding="utf-8")
    for link in place.glob("usr/src/linux-headers-*/*"):
        if link.is_symlink() and str(link.readlink()).startswith("/usr/"):
            target = place / str(link.readlink()).lstrip("/")
            link.unlink()
            link.symlink_to(target)


def _unwrap(bzimage, vmlinux):
    """Takes the kernel proper out of a bzImage: an emulated processor needs 10 s to unpack it."""
    data = bzimage.read_bytes()
    # The x86 boot protocol's header: sectors of setup code, then where in the rest the payload is.
    offset, length = struct.unpack_from("<II", data, 0x248)
    start = ((data[0x1F1] or 4) + 1) * 512 + offset
    # Its last four bytes are the unpacked size.
    payload = data[start:start + length - 4]
    unpacker = {b"\xfd7zX": "xz", b"\x28\xb5\x2f\xfd": "zstd", b"\x1f\x8b\x08\0": "gzip"}.get(payload[:4])
    if not unpacker:
        raise LabError(f"{bzimage.name}: compressed in a way the lab does not know")
    with open(vmlinux, "wb") as out:
        subprocess.run([unpacker, "-dc"], input=payload, stdout=out, check=True)


def kernel(series):
    """The Kernel of a series, fetched when it is not in the cache."""
    prefix = SERIES[series]

    def build(work):
        apt, last = Apt(), None
        for release in _candidates(apt, prefix):
            common = release.rsplit("-", 1)[0] + "-common"
            specs = [f"linux-image-{release}", f"linux-headers-{release}",
                     f"linux-headers-{common}", _kbuild_of(apt, release)]
            try:
                apt.unpack(specs, work)
            except LabError as error:
                last = error
                shutil.rmtree(work)
                work.mkdir()
                continue
            shutil.rmtree(work / "usr" / "share", ignore_errors=True)
            run(["/sbin/depmod", "-b", work, release], "depmod")
            _unwrap(work / "boot" / f"vmlinuz-{release}", work / "vmlinux")
            (work / "release").write_text(release + "\n", encoding="ascii")
            return
        raise LabError(f"no kernel {series} can be had from the Debian mirror\n    {last or ''}")

    place = artefact(f"linux-{series}", key_of(series, build, _relocate, _unwrap), build)
    if not (place / "relocated").exists():
        # After the rename: only now is it known where the files are.
        _relocate(place)
        (place / "relocated").touch()
    return Kernel(series, place)
