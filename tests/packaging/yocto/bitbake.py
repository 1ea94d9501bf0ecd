# SPDX-License-Identifier: MIT
"""The recipes in the hands of BitBake. OE=FOLDER has checkouts of bitbake, openembedded-core and meta-openembedded."""

import functools
import os
import pathlib
import tempfile

from lab.errors import LabError, NotHere
from lab.run import run

from layer import LAYER, RECIPES, Recipe

CASES = []

SETTINGS = """\
MACHINE = "qemux86-64"
DISTRO = "nodistro"
CONF_VERSION = "2"
INIT_MANAGER = "systemd"
BB_NO_NETWORK = "1"
CONNECTIVITY_CHECK_URIS = ""
"""


def case(function):
    @functools.wraps(function)
    def run_it():
        if not os.environ.get("OE"):
            raise NotHere("no BitBake: OE=FOLDER names where it is")
        function()
    CASES.append(run_it)
    return run_it


@case
def bitbake_reads_and_unpacks_the_recipes():
    """Without a network nothing can be built; unpacking needs none, since the sources are here."""
    oe = pathlib.Path(os.environ["OE"]).resolve()
    layers = [oe / "openembedded-core" / "meta", oe / "meta-openembedded" / "meta-oe", LAYER]
    with tempfile.TemporaryDirectory() as work:
        build = pathlib.Path(work)
        (build / "conf").mkdir()
        (build / "conf" / "local.conf").write_text(SETTINGS, encoding="utf-8")
        (build / "conf" / "bblayers.conf").write_text(
            f'BBPATH = "${{TOPDIR}}"\nBBFILES ?= ""\nBBLAYERS = "{" ".join(map(str, layers))}"\n', encoding="utf-8")
        # BitBake refuses to run as root.
        user = []
        if os.geteuid() == 0:
            run(["chown", "-R", "nobody", build])
            user = ["setpriv", "--reuid=nobody", "--clear-groups"]
        path = f"{oe}/openembedded-core/scripts:{oe}/bitbake/bin:/usr/sbin:/usr/bin:/sbin:/bin"
        for name, recipe in RECIPES.items():
            # Without -b it would read the recipes of all layers first.
            run([*user, "env", "-i", f"HOME={build}", f"PATH={path}", "LANG=en_US.UTF-8", f"BUILDDIR={build}",
                 f"BBPATH={build}", "bitbake", "-b", recipe, "-c", "unpack"], f"bitbake -c unpack {name}", cwd=build,
                merge=True)
            unpacked = [found for folder in ("argo", "sources/argo")
                        for found in build.glob(f"tmp*/work/*/{name}/*/{folder}")]
            if len(unpacked) != 1:
                raise LabError(f"BitBake unpacked {name} in {unpacked}")
            missing = [source for source in Recipe(recipe).sources() if not (unpacked[0] / source).exists()]
            if missing:
                raise LabError(f"BitBake did not unpack {', '.join(missing)} for {name}")
