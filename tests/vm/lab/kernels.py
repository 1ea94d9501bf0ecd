# SPDX-License-Identifier: MIT
"""Debian kernels and their headers, unpacked in the cache and usable there without installing.

dom0 and domUs of Xen run XEN_SERIES; a machine without Xen runs any of SERIES.
"""

import re
import shutil
import struct
import subprocess

from . import foreign
from .apt import Apt
from .cache import artefact, key_of, locked
from .errors import LabError
from .run import run

# series: the release of Debian, its backports included, whose linux-image-amd64 depends on it.
SERIES = {"5.10": "bullseye", "6.1": "bookworm", "6.12": "bookworm", "7.3": "trixie"}
# The first is dom0's.
XEN_SERIES = ("6.1", "6.12")

# For headers that name a compiler which is not here. That option is of a newer one; without it Kbuild has another way.
OTHER_COMPILER = ("CC=gcc", "CONFIG_CC_HAS_MIN_FUNCTION_ALIGNMENT=")


class Kernel:
    """One unpacked kernel: .release, .image (vmlinux), .modules (its module tree), .kdir (to build for)."""

    # Modules that it cannot have.
    without = ()

    def __init__(self, series, place):
        # source: of which series its source package is.
        self.series = self.source = series
        self.place = place
        self.release = (place / "release").read_text(encoding="ascii").strip()
        self.image = place / "vmlinux"
        self.modules = place / "lib" / "modules" / self.release
        self.kdir = place / "usr" / "src" / f"linux-headers-{self.release}"
        compiler = re.search(r"gcc-[0-9]+", (self.kdir / ".kernelvariables").read_text(encoding="ascii"))
        # What make is told when modules are built.
        self.make_args = () if compiler and shutil.which(compiler.group(0)) else OTHER_COMPILER


def _candidates(apt, prefix):
    for fields in apt.versions("linux-image-amd64"):
        found = re.search(r"linux-image-(\S+)", fields.get("depends", ""))
        if fields["version"].startswith(prefix) and found:
            yield found.group(1)


def _instead(release):
    """Backports keep one kernel: when a newer one comes, the one before is gone."""
    apt = Apt(release)
    has = sorted({".".join(fields["version"].split(".")[:2]) for fields in apt.versions("linux-image-amd64")})
    return f"The mirror has {', '.join(has) or 'none'} for {release}; change SERIES in tests/vm/lab/kernels.py to one of those"


def _image_packages(apt, release):
    """The packages of the kernel and its modules: several in newer releases."""
    image = f"linux-image-{release}"
    depends = apt.versions(image)[0].get("depends", "")
    return [image, *re.findall(rf"\blinux-[a-z]+-{re.escape(release)}(?=[\s,]|$)", depends)]


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


def unwrap(bzimage, vmlinux):
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


def _merge_usr(work, release):
    """Newer packages have below /usr what older ones had beside it."""
    modules = work / "usr" / "lib" / "modules"
    if modules.is_dir():
        (work / "lib").mkdir(exist_ok=True)
        modules.rename(work / "lib" / "modules")
    image = work / "boot" / f"vmlinuz-{release}"
    return image if image.exists() else work / "lib" / "modules" / release / "vmlinuz"


def kernel(series):
    """The Kernel of a series, fetched when it is not in the cache."""
    def build(work):
        apt, last = Apt(SERIES[series]), None
        for release in _candidates(apt, f"{series}."):
            common = release.rsplit("-", 1)[0] + "-common"
            try:
                kbuild = _kbuild_of(apt, release)
                headers = [f"linux-headers-{release}", f"linux-headers-{common}"]
                apt.unpack([*_image_packages(apt, release), *headers, kbuild], work)
                foreign.fetch_libraries(apt, kbuild, work)
            except LabError as error:
                last = error
                shutil.rmtree(work)
                work.mkdir()
                continue
            shutil.rmtree(work / "usr" / "share", ignore_errors=True)
            image = _merge_usr(work, release)
            run(["/sbin/depmod", "-b", work, release], "depmod")
            unwrap(image, work / "vmlinux")
            (work / "release").write_text(release + "\n", encoding="ascii")
            return
        raise LabError(f"no kernel {series} can be had from the Debian mirror\n    {last or ''}")

    recipe = (build, _relocate, unwrap, _image_packages, _merge_usr, foreign.fetch_libraries, foreign.wrap)
    try:
        place = artefact(f"linux-{series}", key_of(series, SERIES[series], *recipe), build)
    except LabError as error:
        raise LabError(f"{error}\n{_instead(SERIES[series])}") from None
    # Only now is it known where the files are. Labs that start at once must not wrap a wrapper.
    with locked(f"linux-{series}-in-place"):
        if not (place / "relocated").exists():
            _relocate(place)
            foreign.wrap(place)
            (place / "relocated").touch()
    return Kernel(series, place)
