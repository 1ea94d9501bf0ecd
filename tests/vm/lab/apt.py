# SPDX-License-Identifier: MIT
"""Debian packages, binary and source, fetched beside the machine's own configuration.

The mirrors are those that the machine already uses for its own release. Each of Debian's releases has a private
configuration of its own in the cache, with deb-src and backports: none changes what is newest in another.
"""

import os
import pathlib
import pwd
import re
import time

from .cache import locked
from .errors import LabError
from .paths import cache_root
from .run import run

RELEASE = "bookworm"
# The others that kernels come from, and whether mirrors have backports for them (still).
BACKPORTS = {"bullseye": False, RELEASE: True, "trixie": True}
# A keyring that the machine names for its own release lacks others' keys.
KEYRING = pathlib.Path("/usr/share/keyrings/debian-archive-keyring.gpg")
# A list this old may name packages that the mirror has dropped since.
LISTS_LAST = 24 * 3600


def _running_release():
    text = pathlib.Path("/etc/os-release").read_text(encoding="utf-8")
    found = re.search(r'^VERSION_CODENAME="?([a-z]+)', text, re.M)
    if not found:
        raise LabError("/etc/os-release names no release: the lab needs a Debian machine")
    return found.group(1)


def _deb822(text):
    """Stanzas of a .sources file as dicts; comments and continuation lines understood."""
    for block in re.split(r"\n\s*\n", re.sub(r"^#.*\n?", "", text, flags=re.M)):
        fields, last = {}, None
        for line in block.splitlines():
            if line[:1].isspace() and last:
                fields[last] += "\n" + line
            elif ":" in line:
                last, value = line.split(":", 1)
                last = last.strip().lower()
                fields[last] = value.strip()
        if fields:
            yield fields


def _one_line(text):
    """The one-line format, as the same dicts."""
    for line in text.splitlines():
        found = re.match(r"\s*deb\s+(?:\[([^]]*)\]\s*)?(\S+)\s+(\S+)\s*([^#]*)", line)
        if not found:
            continue
        options, uri, suite, components = found.groups()
        fields = {"types": "deb", "uris": uri, "suites": suite, "components": components.strip()}
        for option in (options or "").split():
            name, _, value = option.partition("=")
            fields[name.lower()] = value.replace(",", " ")
        yield fields


def _configured():
    etc = pathlib.Path("/etc/apt")
    lists = [etc / "sources.list", *sorted(etc.glob("sources.list.d/*.list"))]
    for path in lists:
        if path.is_file():
            yield from _one_line(path.read_text(encoding="utf-8", errors="replace"))
    for path in sorted(etc.glob("sources.list.d/*.sources")):
        for fields in _deb822(path.read_text(encoding="utf-8", errors="replace")):
            if fields.get("enabled", "yes") != "no" and "deb" in fields.get("types", "").split():
                yield fields


def _signed_by(value, running, release):
    foreign = release != running and running in value and value.startswith("/") and KEYRING.exists()
    return str(KEYRING) if foreign else value


def _stanzas(release):
    running = _running_release()
    kept = {}
    for fields in _configured():
        suites = fields.get("suites", "").split()
        if fields.get("uris", "").startswith("cdrom:"):
            continue
        wanted = [s for s in suites if re.split(r"[-/]", s)[0] == running]
        if not wanted:
            continue
        wanted = [s.replace(running, release, 1) for s in wanted if "-backports" not in s]
        if release in wanted and BACKPORTS[release]:
            wanted.append(f"{release}-backports")
        if not wanted:
            continue
        stanza = {"Types": "deb deb-src", "URIs": fields["uris"], "Suites": " ".join(wanted),
                  "Components": "main"}
        if fields.get("trusted"):
            stanza["Trusted"] = fields["trusted"]
        if fields.get("signed-by"):
            stanza["Signed-By"] = _signed_by(fields["signed-by"], running, release)
        for uri in fields["uris"].split():
            kept[uri, stanza["Suites"]] = stanza
    if not kept:
        raise LabError(f"apt has no source for {running}: add its Debian mirror to /etc/apt/sources.list")
    return ["\n".join(f"{k}: {v}" for k, v in s.items()) for s in kept.values()]


class Apt:
    """apt-get and apt-cache with state of their own, for one of Debian's releases."""

    def __init__(self, release=RELEASE):
        self.release = release
        self.home = cache_root() / ("apt" if release == RELEASE else f"apt-{release}")
        self._env = {"APT_CONFIG": str(self.home / "apt.conf"), "DEBIAN_FRONTEND": "noninteractive"}
        self._fresh = False

    def _write_config(self):
        for part in ("lists/partial", "archives/partial", "sources", "empty"):
            (self.home / part).mkdir(parents=True, exist_ok=True)
        (self.home / "status").touch()
        (self.home / "sources" / "lab.sources").write_text("\n\n".join(_stanzas(self.release)) + "\n", encoding="utf-8")
        (self.home / "apt.conf").write_text(f"""
Dir::Etc::sourcelist "/dev/null";
Dir::Etc::sourceparts "{self.home}/sources";
Dir::Etc::preferences "/dev/null";
Dir::Etc::preferencesparts "{self.home}/empty";
Dir::State::lists "{self.home}/lists";
Dir::State::status "{self.home}/status";
Dir::Cache "{self.home}";
Dir::Cache::archives "{self.home}/archives";
Dir::Cache::pkgcache "{self.home}/pkgcache.bin";
Dir::Cache::srcpkgcache "{self.home}/srcpkgcache.bin";
APT::Sandbox::User "{pwd.getpwuid(os.getuid()).pw_name}";
APT::Update::Post-Invoke-Success "";
APT::Update::Post-Invoke "";
Acquire::Languages "none";
Acquire::Retries "3";
""", encoding="utf-8")

    def update(self):
        if self._fresh:
            return
        with locked("apt"):
            self._write_config()
            stamp = self.home / "updated"
            if not stamp.exists() or time.time() - stamp.stat().st_mtime > LISTS_LAST:
                self._refresh(stamp)
        self._fresh = True

    def _refresh(self, stamp):
        try:
            run(["apt-get", "-q", "update"], "apt-get update", env=self._env)
            stamp.touch()
        except LabError as error:
            # One suite out of reach is no reason to stop while the others are known.
            if not list((self.home / "lists").glob("*_Sources*")):
                raise LabError("no Debian mirror answers: see that apt-get update works on this machine, "
                               f"then run this again\n{error}") from None

    def versions(self, package, source=False):
        """Known versions, newest first, each as the dict of its fields."""
        self.update()
        argv = ["apt-cache", "showsrc" if source else "show", package]
        try:
            found = [f for f in _deb822(run(argv, env=self._env)) if f.get("version")]
        except LabError:
            found = []
        if source:
            found = [f for f in found if f.get("package") == package]
        unique = {f["version"]: f for f in found}
        return sorted(unique.values(), key=_VersionKey, reverse=True)

    def download(self, specs, into):
        """Fetches packages, given as name or name=version, as .deb files."""
        self.update()
        run(["apt-get", "-q", "download", *specs], f"downloading {' '.join(specs)}",
            env=self._env, cwd=into)
        return sorted(pathlib.Path(into).glob("*.deb"))

    def unpack(self, specs, into):
        """Downloads packages and unpacks them below `into`; nothing is installed."""
        debs = into / ".debs"
        debs.mkdir(parents=True)
        for deb in self.download(specs, debs):
            run(["dpkg-deb", "-x", deb, into])
            deb.unlink()
        debs.rmdir()

    def source(self, package, version, into):
        """Downloads and unpacks a source package; returns its directory."""
        run(["apt-get", "-q", "source", f"{package}={version}"],
            f"downloading the source of {package} {version}", env=self._env, cwd=into)
        return next(p for p in sorted(into.iterdir()) if p.is_dir())


class _VersionKey:
    """Debian's order of versions, which only dpkg knows."""

    def __init__(self, fields):
        self.version = fields["version"]

    def __lt__(self, other):
        try:
            run(["dpkg", "--compare-versions", self.version, "lt", other.version])
            return True
        except LabError:
            return False
