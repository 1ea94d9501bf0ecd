# SPDX-License-Identifier: MIT
"""Local archives of Debian packages."""

import shutil

from .run import run


def archive(debs, where):
    """A folder that apt installs from: `deb [trusted=yes] file:FOLDER ./`."""
    where.mkdir(parents=True, exist_ok=True)
    where.chmod(0o755)
    for deb in debs:
        if deb.parent != where:
            shutil.copy(deb, where)
    (where / "Packages").write_text(run(["dpkg-scanpackages", "-m", "."], cwd=where), encoding="utf-8")
    return where


def of_version(debs, version_of, where, change=None):
    """An archive of the same packages in the versions version_of(their own). change(tree, own version) is made to each."""
    where.mkdir(parents=True)
    for deb in debs:
        version = run(["dpkg-deb", "-f", deb, "Version"]).strip()
        tree = where / "tree"
        run(["dpkg-deb", "-R", deb, tree])
        control = tree / "DEBIAN" / "control"
        control.write_text(control.read_text(encoding="utf-8").replace(version, version_of(version)), encoding="utf-8")
        if change:
            change(tree, version)
        run(["dpkg-deb", "--root-owner-group", "-Znone", "-b", tree, where])
        shutil.rmtree(tree)
    return archive(sorted(where.glob("*.deb")), where)
