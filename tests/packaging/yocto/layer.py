# SPDX-License-Identifier: MIT
"""Reads the recipes of this layer: what they assign, and their functions. Only what they use is understood."""

import re

from lab.errors import LabError
from lab.paths import REPO as TOP

LAYER = TOP / "packaging" / "yocto" / "meta-argo"
RECIPES = {path.stem: path for path in LAYER.glob("recipes-*/*/*.bb")}

# Where OpenEmbedded's bitbake.conf has things on 64-bit machines, for what the recipes name.
PATHS = {
    "bindir": "/usr/bin", "datadir": "/usr/share", "includedir": "/usr/include", "libdir": "/usr/lib",
    "mandir": "/usr/share/man", "nonarch_base_libdir": "/usr/lib", "sysconfdir": "/etc",
    "systemd_system_unitdir": "/usr/lib/systemd/system",
}

_ASSIGNMENT = re.compile(r'([A-Z_a-z][\w:.-]*)\s*(\?\?=|\?=|:=|\+=|=|\.=)\s*"((?:[^"\\]|\\.)*)"$')
_FUNCTION = re.compile(r"([a-z_]+(?::append|:prepend)?)\(\) \{\n(.*?)^\}\n", re.M | re.S)
_PYTHON = re.compile(r"^def \w+\(d\):\n(?:[ \t].*\n|\n)*", re.M)


class Recipe:
    """.values by name, .inherits, .functions by name; what is none of these raises LabError."""

    def __init__(self, path):
        self.values, self.inherits, self.functions = {}, [], {}
        text = re.sub(r"^#.*\n", "", path.read_text(encoding="utf-8"), flags=re.M)
        for name, body in _FUNCTION.findall(text):
            self.functions[name] = body
        text = _PYTHON.sub("", _FUNCTION.sub("", text))
        for line in text.replace("\\\n", " ").splitlines():
            if not line.strip():
                continue
            found = _ASSIGNMENT.match(line)
            if found:
                self.values[found.group(1)] = " ".join(found.group(3).split())
            elif line.startswith("inherit "):
                self.inherits += line.split()[1:]
            else:
                raise LabError(f"{path.relative_to(TOP)}: neither an assignment, nor inherit, nor a function: {line}")

    def expanded(self, text, **more):
        """The text with the names of PATHS, the recipe's own and `more` replaced; an unknown one raises LabError."""
        def value(found):
            known = {**PATHS, **more}
            if found.group(1) in known:
                return str(known[found.group(1)])
            if found.group(1) in self.values:
                return self.expanded(self.values[found.group(1)], **more)
            raise LabError(f"nothing gives ${{{found.group(1)}}} a value")
        return re.sub(r"\$\{(\w+)\}", value, text)

    def sources(self):
        """(path in this tree, folder below the unpacked sources) of SRC_URI."""
        for entry in self.values["SRC_URI"].split():
            found = re.fullmatch(r"file://([^;]+);subdir=argo", entry)
            if not found:
                raise LabError(f"SRC_URI has {entry}, and not file://PATH;subdir=argo")
            yield found.group(1)
