# SPDX-License-Identifier: MIT
"""What the classes module and cmake of OpenEmbedded would run for the recipes, run here without a cross compiler."""

import fnmatch
import os
import pathlib
import re
import shutil
import subprocess
import tempfile

from lab import kernels
from lab.errors import LabError
from lab.paths import BUILD, REPO as TOP
from lab.run import run

from layer import RECIPES, Recipe

CASES = []
JOBS = f"-j{os.cpu_count()}"


def case(function):
    CASES.append(function)
    return function


def _unpack(recipe, where):
    """The sources of SRC_URI, and nothing else of this tree."""
    where.mkdir(parents=True, exist_ok=True)
    for source in recipe.sources():
        names = subprocess.run(["git", "ls-files", "-z", "-co", "--exclude-standard", "--", source], cwd=TOP,
                               check=True, stdout=subprocess.PIPE).stdout
        packed = subprocess.run(["tar", "--null", "-T", "-", "-c"], cwd=TOP, input=names, check=True,
                                stdout=subprocess.PIPE).stdout
        subprocess.run(["tar", "-x", "-C", where], input=packed, check=True)


def _split(kdir):
    """(the sources, the configured build) of a kernel: Debian's headers are as apart as OpenEmbedded's two folders."""
    kdir = pathlib.Path(kdir).resolve()
    found = re.search(r"^\s*(?:-?include|MAKEARGS.*-C)\s+(/\S+?)(?:/Makefile)?\s*$", (kdir / "Makefile").read_text(
        encoding="utf-8"), re.M)
    source = pathlib.Path(found.group(1)) if found else kdir
    return (source if source.exists() else kdir), kdir


@case
def modules_are_built_and_installed():
    """The two commands of module.bbclass, with the variables that it gives them."""
    recipe = Recipe(RECIPES["argo-module"])
    kdir = kernels.kernel("6.1").kdir
    source, build = _split(kdir)
    with tempfile.TemporaryDirectory() as work:
        _unpack(recipe, pathlib.Path(work) / "argo")
        where = pathlib.Path(work) / "argo" / "kernel"
        image = pathlib.Path(work) / "image"
        release = run(["make", "-s", "-C", where, f"KDIR={kdir}", "release"]).strip()
        own = recipe.expanded(recipe.values["EXTRA_OEMAKE"], STAGING_KERNEL_BUILDDIR=build).split()
        tools = ["CC=gcc -fuse-ld=bfd", "LD=ld.bfd", "OBJCOPY=objcopy", "STRIP=strip", f"O={build}",
                 "KBUILD_EXTRA_SYMBOLS="]
        common = ["make", JOBS, f"KERNEL_SRC={source}", *own]
        environment = {"ARCH": "x86", "KERNEL_VERSION": release, "KBUILD_OUTPUT": str(build)}
        run([*common, f"KERNEL_PATH={source}", f"KERNEL_VERSION={release}", "AR=ar", *tools],
            "what module.bbclass runs to compile", cwd=where, merge=True, env=environment)
        modlib = image / "usr/lib/modules" / release
        run([*common, "DEPMOD=echo", f"MODLIB={modlib}", f"INSTALL_FW_PATH={image}/usr/lib/firmware", *tools,
             "modules_install"], "what module.bbclass runs to install", cwd=where, merge=True, env=environment)
        wanted = {f"updates/argo/{folder}/{name}.ko" for folder, name in (
            line.split() for line in run(["make", "-s", "-C", where, f"KDIR={kdir}", "list"]).splitlines())}
        found = {str(path.relative_to(modlib)) for path in modlib.rglob("*.ko*")}
        if found != wanted or len(wanted) < 5:
            raise LabError(f"installed are {sorted(found)}, not {sorted(wanted)}")
        if not (where / "Module.symvers").exists():
            raise LabError("there is no Module.symvers where module.bbclass looks for it")


def _package_of(recipe, path):
    """The package that BitBake puts a file in: the first one in its order whose FILES have it."""
    libdir = "/usr/lib"
    files = {
        "libargo-dev": f"/usr/include {libdir}/lib*.so {libdir}/pkgconfig {libdir}/cmake",
        "libargo-doc": "/usr/share/man /usr/share/doc",
        "argo-utils": recipe.expanded(recipe.values["FILES:argo-utils"]),
        "libargo": f"/usr/bin/* {libdir}/lib*.so.* /etc",
    }
    for package, patterns in files.items():
        for pattern in patterns.split():
            if fnmatch.fnmatchcase(path, pattern) or path.startswith(pattern + "/"):
                return package
    return None


@case
def cmake_installs_what_the_packages_have():
    """cmake.bbclass's options without the toolchain's file, and the recipe's installation: each file has a package."""
    recipe = Recipe(RECIPES["libargo"])
    work = BUILD / "yocto"
    shutil.rmtree(work / "argo", ignore_errors=True)
    shutil.rmtree(work / "image", ignore_errors=True)
    _unpack(recipe, work / "argo")
    options = recipe.expanded(recipe.values["EXTRA_OECMAKE"]).split()
    places = {"BINDIR": "bin", "SBINDIR": "sbin", "LIBEXECDIR": "libexec", "SYSCONFDIR": "/etc",
              "SHAREDSTATEDIR": "../com", "LOCALSTATEDIR": "/var", "LIBDIR": "lib",
              "INCLUDEDIR": "include", "DATAROOTDIR": "share"}
    run(["cmake", "-G", "Ninja", "-DCMAKE_MAKE_PROGRAM=ninja", "-S", work / "argo", "-B", work / "build",
         "-DCMAKE_INSTALL_PREFIX:PATH=/usr",
         *(f"-DCMAKE_INSTALL_{name}:PATH={place}" for name, place in places.items()),
         "-DLIB_SUFFIX=", "-DCMAKE_INSTALL_SO_NO_EXE=0", "-DCMAKE_NO_SYSTEM_FROM_IMPORTED=1",
         "-DCMAKE_EXPORT_NO_PACKAGE_REGISTRY=ON", "-DFETCHCONTENT_FULLY_DISCONNECTED=ON", *options, "-Wno-dev"],
        "what cmake.bbclass runs to configure", merge=True)
    run(["cmake", "--build", work / "build", "--target", "all"], "what cmake.bbclass runs to compile", merge=True)
    image = work / "image"
    run(["cmake", "--install", work / "build"], merge=True, env={"DESTDIR": str(image)})
    script = recipe.expanded(recipe.functions["do_install:append"], S=work / "argo", D=image)
    run(["sh", "-eu", "-c", script], "the recipe's do_install:append", merge=True)
    packages = {}
    for path in image.rglob("*"):
        if path.is_symlink() or not path.is_dir():
            name = f"/{path.relative_to(image)}"
            package = _package_of(recipe, name)
            if package is None:
                raise LabError(f"no package has {name}: BitBake's check installed-vs-shipped would fail")
            packages.setdefault(package, set()).add(name)
    utils = set(recipe.expanded(recipe.values["FILES:argo-utils"]).split()) - {"/etc/argo"}
    if packages.get("argo-utils") != utils or not (image / "etc/argo/net").is_dir():
        raise LabError(f"argo-utils would have {sorted(packages.get('argo-utils', ()))}, not {sorted(utils)}")
    wanted = {"/usr/lib/libargo.so.0"}
    if not wanted < packages.get("libargo", set()) or len(packages["libargo"]) != 2:
        raise LabError(f"libargo would have {sorted(packages.get('libargo', ()))}")
    if not {"/usr/lib/libargo.so", "/usr/include/libargo/linux/argo.h"} < packages.get("libargo-dev", set()):
        raise LabError(f"libargo-dev would have {sorted(packages.get('libargo-dev', ()))}")
