# SPDX-License-Identifier: MIT
"""Local archives of packages for apt, and packages of a version before."""

import pathlib
import re
import shutil

from lab.run import run

BEFORE = "0.0.1"


def archive(debs, where):
    """A folder that apt installs from: `deb [trusted=yes] file:FOLDER ./`."""
    where.mkdir(exist_ok=True)
    where.chmod(0o755)
    for deb in debs:
        if deb.parent != where:
            shutil.copy(deb, where)
    (where / "Packages").write_text(run(["dpkg-scanpackages", "-m", "."], cwd=where), encoding="utf-8")
    return where


def _older(tree, version, upstream):
    control = tree / "DEBIAN" / "control"
    control.write_text(control.read_text(encoding="utf-8").replace(version, BEFORE), encoding="utf-8")
    sources = tree / "usr" / "src" / f"argo-{upstream}"
    if not sources.exists():
        return
    older = sources.rename(sources.with_name(f"argo-{BEFORE}"))
    for path in (older / "dkms.conf", tree / "DEBIAN" / "postinst", tree / "DEBIAN" / "prerm"):
        path.write_text(re.sub(rf"(VERSION=\"?){re.escape(upstream)}", rf"\g<1>{BEFORE}", path.read_text(encoding="utf-8")),
                        encoding="utf-8")
    # It had fewer modules then, which are built sooner.
    kbuild = older / "Kbuild"
    kbuild.write_text("".join(line for line in kbuild.read_text(encoding="utf-8").splitlines(keepends=True)
                              if not line.startswith("obj-") or "core/" in line), encoding="utf-8")


def before(debs, work):
    """The same packages as they might have been in a version before."""
    made = work / "before"
    made.mkdir()
    for deb in debs:
        version = run(["dpkg-deb", "-f", deb, "Version"]).strip()
        tree = work / "tree"
        run(["dpkg-deb", "-R", deb, tree])
        _older(tree, version, version.split("~", maxsplit=1)[0])
        (tree / "DEBIAN" / "md5sums").unlink(missing_ok=True)
        run(["dpkg-deb", "--root-owner-group", "-b", tree, made])
        shutil.rmtree(tree)
    return archive(sorted(pathlib.Path(made).glob("*.deb")), made)
