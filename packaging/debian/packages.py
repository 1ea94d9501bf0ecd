# SPDX-License-Identifier: MIT
"""Debian packages of this tree, each suite's built in a clean root of it."""

import email.utils
import hashlib
import os
import pathlib
import re
import shutil
import subprocess
import tempfile

from lab import rootfs
from lab.cache import artefact, key_of
from lab.errors import LabError
from lab.paths import BUILD, REPO as TOP, cache_root

# Suites, and what their packages have after the version: a newer Debian's package is newer.
SUITES = {"bookworm": "~deb12", "trixie": "~deb13"}
PACKAGING = pathlib.PurePath("packaging/debian")
# What is there and is no part of debian/.
TOOLS = ("build", "packages.py")
# Where the root has the source: a build elsewhere gives the same bytes.
PLACE = "/build"

SCRIPT = r"""
mkdir -p "$PLACE"
cp -a /mnt/source "$PLACE/argo"
cd "$PLACE/argo"
export CCACHE_DIR=/mnt/ccache CMAKE_C_COMPILER_LAUNCHER=ccache CMAKE_CXX_COMPILER_LAUNCHER=ccache
DEB_BUILD_OPTIONS="nocheck parallel=$(nproc)" dpkg-buildpackage -us -uc >"/mnt/logs/$LOG" 2>&1 || {
	tail -n 12 "/mnt/logs/$LOG"
	exit 1
}
cd ..
cp ./*.deb ./*.dsc ./*.tar.* ./*.buildinfo ./*.changes /mnt/result/
"""


def version():
    found = re.search(r"^project\(argo VERSION ([0-9.]+)", (TOP / "CMakeLists.txt").read_text(encoding="utf-8"), re.M)
    if not found:
        raise LabError("CMakeLists.txt names no version")
    return found.group(1)


def changelog(suite):
    """The changelog for that suite, and its date in seconds."""
    where = TOP / PACKAGING / "changelog"
    text = re.sub(r"^#.*\n", "", where.read_text(encoding="utf-8"), flags=re.M)
    first = re.match(r"argo \(([^)]*)\) \S+;", text)
    if not first or first.group(1) != version():
        raise LabError(f"{PACKAGING}/changelog begins with another version than CMakeLists.txt has, {version()}")
    date = re.search(r"^ -- .*>  (.*)$", text, re.M).group(1)
    text = f"argo ({version()}{SUITES[suite]}) {suite};{text[first.end():]}"
    return text, int(email.utils.parsedate_to_datetime(date).timestamp())


def build_depends():
    fields = re.search(r"^Build-Depends:(.*?)^\S", (TOP / PACKAGING / "control").read_text(encoding="utf-8"), re.M | re.S)
    return ["build-essential", *re.findall(r"[a-z0-9][a-z0-9+.-]+(?=[ ,\n])", re.sub(r"\([^)]*\)", "", fields.group(1)))]


def files():
    """What git would commit; all but build/ in a source archive, which has no git."""
    if (TOP / ".git").exists():
        said = subprocess.run(["git", "ls-files", "-z", "-co", "--exclude-standard"], cwd=TOP, check=True,
                              stdout=subprocess.PIPE).stdout
        return sorted(pathlib.PurePath(name) for name in said.decode().split("\0") if name and (TOP / name).exists())
    return sorted(path.relative_to(TOP) for path in TOP.rglob("*")
                  if path.is_file() and path.relative_to(TOP).parts[0] != "build")


def put_together(suite, where):
    """The source package's tree: debian/ is at its top, and nothing tells when and by whom it was copied."""
    text, date = changelog(suite)
    for name in files():
        debian = name.is_relative_to(PACKAGING)
        target = where / ("debian" / name.relative_to(PACKAGING) if debian else name)
        target.parent.mkdir(parents=True, exist_ok=True)
        if (TOP / name).is_symlink():
            target.symlink_to(os.readlink(TOP / name))
            continue
        shutil.copyfile(TOP / name, target)
        target.chmod(0o755 if os.access(TOP / name, os.X_OK) else 0o644)
    for name in TOOLS:
        (where / "debian" / name).unlink()
    (where / "debian" / "changelog").write_text(text, encoding="utf-8")
    for path in [*where.rglob("*"), where]:
        if path.is_dir() and not path.is_symlink():
            path.chmod(0o755)
        os.utime(path, (date, date), follow_symlinks=False)


def digest(tree):
    total = hashlib.sha256()
    for path in sorted(path for path in tree.rglob("*") if path.is_file()):
        total.update(f"{path.relative_to(tree)} {path.stat().st_mode}\0".encode() + path.read_bytes())
    return total.hexdigest()


def build(suite, place=PLACE):
    """The folder with the packages, from the cache if this tree was built there."""
    base = rootfs.base(suite, [*build_depends(), "ccache"])
    with tempfile.TemporaryDirectory() as work:
        source = pathlib.Path(work) / "source"
        source.mkdir()
        put_together(suite, source)

        def packages(result):
            logs, ccache = BUILD / "logs", cache_root() / "ccache-deb"
            for folder in (logs, ccache):
                folder.mkdir(parents=True, exist_ok=True)
            log = f"deb-{suite}.log"
            with rootfs.copy(base) as root:
                for folder, name in ((source, "source"), (result, "result"), (logs, "logs"), (ccache, "ccache")):
                    root.share(folder, name)
                root.run(SCRIPT, f"building the packages for {suite} (all that was said is in {logs / log})",
                         env={"PLACE": place, "LOG": log})

        return artefact(f"deb-{suite}", key_of(digest(source), base.parent.name, SCRIPT, place), packages)
