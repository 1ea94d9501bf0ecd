# SPDX-License-Identifier: MIT
"""An archive of packages as they might have been in a version before."""

import re

from lab.archive import of_version

BEFORE = "0.0.1"


def _older(tree, version):
    (tree / "DEBIAN" / "md5sums").unlink(missing_ok=True)
    # The symbols file names the version that a symbol came with.
    control = tree / "DEBIAN" / "control"
    control.write_text(re.sub(r"(libargo0 \(>= )[^)]*", rf"\g<1>{BEFORE}", control.read_text(encoding="utf-8")),
                       encoding="utf-8")
    upstream = version.split("~", maxsplit=1)[0]
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


def before(debs, where):
    """The archive."""
    return of_version(debs, lambda version: BEFORE, where, _older)
