# SPDX-License-Identifier: MIT
"""Debian's hypervisor with Argo and XSM: its source package, cut down to the hypervisor, built in a clean root."""

import datetime
import email.utils
import pathlib
import re
import shutil
import tempfile

from lab import rootfs, xen
from lab.cache import artefact, key_of
from lab.errors import LabError
from lab.paths import BUILD, cache_root
from lab.run import run
import packages

# No more of the source package's Build-Depends than the hypervisor takes.
NEEDED = ("debhelper", "bison", "flex", "lsb-release", "python3")
OURS = ("kconfig", "grub.cfg", "postinst")
SCRIPT = r"""
mkdir -p /build
cp -a /mnt/source /build/xen
cd /build/xen
export CCACHE_DIR=/mnt/ccache PATH="/usr/lib/ccache:$PATH"
DEB_BUILD_OPTIONS="nocheck parallel=$(nproc)" dpkg-buildpackage -b -nc -us -uc >"/mnt/logs/$LOG" 2>&1 || {
	tail -n 12 "/mnt/logs/$LOG"
	exit 1
}
cd ..
cp ./*.deb ./*.buildinfo ./*.changes /mnt/result/
"""


class Built:
    """.place is the build's folder, .deb the package; .version is that of its source, .newest is Debian's newest."""

    def __init__(self, place, source):
        self.place, self.version, self.newest = place, source.version, source.newest
        self.deb = next(place.glob("xen-hypervisor-*-argo_*.deb"))
        self.name = self.deb.name.split("_", maxsplit=1)[0]
        # Debian's package that this one is in place of.
        self.distribution = self.name.removesuffix("-argo")


def _maintainer():
    control = (packages.TOP / packages.PACKAGING / "control").read_text(encoding="utf-8")
    return re.search(r"^Maintainer: (.*)$", control, re.M).group(1)


def _field(stanza, name, value):
    """The stanza with that field, instead of one that it may have."""
    without = re.sub(rf"^{name}:.*\n(?:[ \t].*\n)*", "", stanza, flags=re.M)
    return re.sub(r"^(Description|Homepage):", rf"{name}: {value}\n\1:", without, count=1, flags=re.M)


def _control(text):
    """Debian's control file, with the hypervisor of amd64 alone, under a name that Debian's updates do not replace."""
    stanzas = [stanza.strip("\n") + "\n" for stanza in re.split(r"\n\s*\n", text) if stanza.strip()]
    source, hypervisor = stanzas[0], None
    for stanza in stanzas:
        named = re.match(r"Package: (xen-hypervisor-[0-9.]+-amd64)\n", stanza)
        if named:
            hypervisor, name = stanza, named.group(1)
    if not hypervisor:
        raise LabError("this Xen source has no package xen-hypervisor-VERSION-amd64")
    original = re.search(r"^Maintainer: (.*)$", source, re.M).group(1)
    source = _field(source, "Build-Depends", ", ".join(("debhelper-compat (= 13)", *NEEDED[1:])))
    source = _field(_field(source, "XS-Original-Maintainer", original), "Maintainer", _maintainer())
    provides = re.search(r"^Provides: (.*)$", hypervisor, re.M).group(1)
    hypervisor = hypervisor.replace(name, f"{name}-argo", 1)
    hypervisor = _field(hypervisor, "Provides", f"{provides}, {name} (= ${{binary:Version}})")
    hypervisor = _field(_field(hypervisor, "Conflicts", name), "Replaces", name)
    hypervisor = re.sub(r"^(Description: .*)$", r"\1, with Argo and XSM", hypervisor, flags=re.M)
    hypervisor += f" .\n It is Debian's, built with Argo and XSM, and takes the place of\n {name}.\n"
    return f"{source}\n{hypervisor}"


def _changelog(text, suite):
    """One more entry. Its date is a second after Debian's: two builds give the same bytes."""
    version, debians = (re.search(what, text, re.M).group(1) for what in (r"^xen \(([^)]*)\)", r"^ -- .*>  (.*)$"))
    date = email.utils.format_datetime(email.utils.parsedate_to_datetime(debians) + datetime.timedelta(seconds=1))
    return (f"xen ({version}+argo{packages.version()}) {suite}; urgency=medium\n\n"
            f"  * Built with Argo and XSM.\n\n -- {_maintainer()}  {date}\n\n{text}")


def prepare(tree, suite):
    """Turns Debian's source tree into that of the package with Argo."""
    debian = tree / "debian"
    (debian / "argo").mkdir()
    for name in OURS:
        shutil.copyfile(xen.PACKAGING / name, debian / "argo" / name)
    (debian / "rules").rename(debian / "rules.debian")
    shutil.copyfile(xen.PACKAGING / "rules", debian / "rules")
    (debian / "rules").chmod(0o755)
    for name, change in (("control", _control), ("changelog", lambda text: _changelog(text, suite))):
        text = (debian / name).read_text(encoding="utf-8")
        (debian / name).write_text(change(text), encoding="utf-8")
    xen.patch(tree)


def _check(place):
    """Raises an error when Xen was not configured as it was asked to be."""
    with tempfile.TemporaryDirectory() as work:
        run(["dpkg-deb", "-x", next(place.glob("*.deb")), work])
        config = next(pathlib.Path(work).glob("boot/xen-*.config"))
        xen.check_config(config.read_text(encoding="utf-8"))


def build(suite):
    """The Built for that suite, from the cache if it was made from the same."""
    source = xen.source(suite)
    base = rootfs.base(suite, ["build-essential", *NEEDED, "ccache"])

    def make(result):
        logs, ccache, work = BUILD / "logs", cache_root() / "ccache-deb", result / "work"
        for folder in (logs, ccache):
            folder.mkdir(parents=True, exist_ok=True)
        log = f"deb-xen-{suite}.log"
        shutil.copytree(source.tree, work, symlinks=True)
        prepare(work, suite)
        with rootfs.copy(base) as root:
            for folder, name in ((work, "source"), (result, "result"), (logs, "logs"), (ccache, "ccache")):
                root.share(folder, name)
            root.run(SCRIPT, f"building Xen for {suite} (all that was said is in {logs / log})", env={"LOG": log})
        shutil.rmtree(work)
        _check(result)

    ours = [(xen.PACKAGING / name).read_text(encoding="utf-8") for name in (*OURS, "rules")]
    key = key_of(source.version, base.parent.name, xen.patches_text(), packages.version(), _maintainer(), SCRIPT, *ours,
                 _field, _control, _changelog, prepare, make)
    return Built(artefact(f"deb-xen-{suite}", key, make), source)
