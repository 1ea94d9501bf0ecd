# SPDX-License-Identifier: MIT
"""Programs of a newer Debian release than the machine's, made to run with that release's libraries.

Kernel headers come with the programs that build modules (modpost, objtool), which need the libc of their release.
"""

import re
import shutil
import subprocess

LIBRARIES = "foreign"
WRAPPED = ".program"
LOADER = "ld-linux-x86-64.so.2"
# Where an unpacked linux-kbuild package has its programs.
_PROGRAMS = "usr/lib/linux-kbuild-*/**/*"


def _programs(place):
    """Those that the machine's libc is too old for."""
    for path in sorted(place.glob(_PROGRAMS)):
        if path.is_file() and not path.is_symlink() and path.stat().st_mode & 0o111 and path.suffix != WRAPPED:
            said = subprocess.run(["ldd", path], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False).stdout
            if b"version `GLIBC" in said:
                yield path


def _needed(apt, package):
    """The library packages that a package depends on, directly or not."""
    found, todo = set(), [package]
    while todo:
        fields = next(iter(apt.versions(todo.pop())), {})
        for wanted in re.split(r"\s*,\s*", fields.get("depends", "")):
            name = re.split(r"[\s:|(]", wanted)[0]
            if re.match("lib|zlib", name) and name not in found:
                found.add(name)
                todo.append(name)
    return sorted(found)


def fetch_libraries(apt, package, place):
    """Puts what the package's programs need into place/foreign, when they do not run here."""
    if not any(_programs(place)):
        return
    work, libraries = place / "work", place / LIBRARIES
    work.mkdir()
    libraries.mkdir()
    apt.unpack(_needed(apt, package), work)
    for path in work.glob("usr/lib/x86_64-linux-gnu/*.so*"):
        if path.is_file():
            shutil.copy2(path, libraries / path.name)
    shutil.rmtree(work)


def wrap(place):
    """Has the programs started by the loader of their release."""
    libraries = place / LIBRARIES
    if not libraries.is_dir():
        return
    for path in list(_programs(place)):
        path.rename(path.with_name(path.name + WRAPPED))
        path.write_text(f'#!/bin/sh\nexec {libraries / LOADER} --library-path {libraries} "$0{WRAPPED}" "$@"\n',
                        encoding="utf-8")
        path.chmod(0o755)
