# SPDX-License-Identifier: MIT
"""What the recipes say, compared with the tree."""

import hashlib
import re

from lab.errors import LabError
from lab.paths import REPO as TOP

from layer import LAYER, RECIPES, Recipe

CASES = []
OWN_CLASSES = {path.stem for path in LAYER.glob("classes/*.bbclass")}
# OpenEmbedded's that the recipes rely on.
CLASSES = {"argo-module": {"module"}, "libargo": {"cmake", "pkgconfig", "systemd", "useradd"}}


def case(function):
    CASES.append(function)
    return function


@case
def each_file_is_well_formed():
    if set(RECIPES) != set(CLASSES):
        raise LabError(f"the recipes are {', '.join(RECIPES)}")
    for name, path in RECIPES.items():
        recipe = Recipe(path)
        if set(recipe.inherits) - OWN_CLASSES != CLASSES[name] or not OWN_CLASSES & set(recipe.inherits):
            raise LabError(f"{name} inherits {' '.join(recipe.inherits)}")
        for wanted in ("SUMMARY", "LICENSE", "LIC_FILES_CHKSUM", "SRC_URI", "S"):
            if not recipe.values.get(wanted):
                raise LabError(f"{name} has no {wanted}")
    Recipe(LAYER / "conf" / "layer.conf")
    for name in OWN_CLASSES:
        Recipe(LAYER / "classes" / f"{name}.bbclass")


@case
def the_sources_are_there():
    for name, path in RECIPES.items():
        for source in Recipe(path).sources():
            if not (TOP / source).exists():
                raise LabError(f"{name}: SRC_URI names {source}, which is not in this tree")


@case
def the_licences_are_these():
    for name, path in RECIPES.items():
        recipe = Recipe(path)
        found = re.fullmatch(r"file://(?:\.\./)?(LICENSES/[\w.-]+)\.txt;md5=([0-9a-f]{32})",
                             recipe.values["LIC_FILES_CHKSUM"])
        if not found or found.group(1) != f"LICENSES/{recipe.values['LICENSE']}":
            raise LabError(f"{name}: LICENSE is {recipe.values['LICENSE']}, and {recipe.values['LIC_FILES_CHKSUM']}")
        # The sum is BitBake's way to notice that a licence has changed.
        if hashlib.md5((TOP / f"{found.group(1)}.txt").read_bytes()).hexdigest() != found.group(2):
            raise LabError(f"{name}: {found.group(1)}.txt has another md5 sum than LIC_FILES_CHKSUM")


@case
def the_version_is_cmakes():
    """The class finds it where it is, and no file has it a second time."""
    source = (LAYER / "classes" / "argo-source.bbclass").read_text(encoding="utf-8")
    pattern = re.search(r're\.search\(r"(.*?)", file\.read\(\), re\.M\)', source).group(1)
    found = re.search(pattern, (TOP / "CMakeLists.txt").read_text(encoding="utf-8"), re.M)
    if not found:
        raise LabError("argo-source.bbclass finds no version in CMakeLists.txt")
    for path in LAYER.rglob("*"):
        if path.is_file() and (found.group(1) in path.read_text(encoding="utf-8") or found.group(1) in path.name):
            raise LabError(f"{path.relative_to(TOP)} has the version {found.group(1)}, too")
