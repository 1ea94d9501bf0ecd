# SPDX-License-Identifier: MIT
"""What the RPMs must have and do: each function is a case, and raises LabError with what it saw instead."""

import pathlib
import re
import subprocess
import tempfile
import tomllib

from lab.errors import LabError
from lab.paths import REPO as TOP
from lab.run import run

from rpms import PACKAGES, SPEC, changed_archive, differ, lines, query, rpmbuild

CASES = []
LINT = TOP / "packaging" / "rpm" / "rpmlint.toml"
DKMS_SOURCES = re.compile(r"kernel/(.*\.[ch]|.*\.mk|(?:.*/)?(?:Kbuild|Makefile))$")
HEADERS = re.compile(r"libargo/include/(.*\.hp?p?)$")
SCRIPTS = ("PREIN", "POSTIN", "PREUN", "POSTUN", "PRETRANS", "POSTTRANS")


def case(function):
    CASES.append(function)
    return function


def _tracked(pattern):
    """What is in a tracked file's name where a pattern matches it."""
    names = run(["git", "ls-tree", "-r", "--name-only", "HEAD"], cwd=TOP).splitlines()
    return {found.group(1) for found in map(pattern.match, names) if found}


def _libdir():
    return run(["rpm", "--eval", "%{_libdir}"]).strip()


def _files(version):
    """What each package must have beside its documentation, as paths."""
    libdir, release = _libdir(), f"0.{version.split('.', 1)[1]}"
    headers = {f"/usr/include/{name}" for name in _tracked(HEADERS)} | {"/usr/include/libargo/linux/argo.h"}
    return {
        "argo": set(),
        "argo-dkms": {f"/usr/src/argo-{version}/{name}" for name in {*_tracked(DKMS_SOURCES), "dkms.conf", "replace"}},
        "argo-utils": {
            "/etc/argo", "/etc/argo/net", "/usr/bin/argo-ctl", "/usr/bin/argo-policy", "/usr/bin/argo-virtiod",
            f"{libdir}/ip", f"{libdir}/ip/link_argo.so",
            "/usr/lib/modprobe.d/argo.conf", "/usr/lib/systemd/system/argo-firewall.service",
            "/usr/lib/systemd/system/argo-net@.service",
            "/usr/lib/sysusers.d/argo.conf", "/usr/lib/udev/rules.d/60-argo.rules",
            "/usr/share/bash-completion/completions/argo-ctl", "/usr/share/bash-completion/completions/argo-policy",
            "/usr/share/man/man1/argo-ctl.1.gz", "/usr/share/man/man1/argo-policy.1.gz",
            "/usr/share/man/man1/argo-virtiod.1.gz",
            "/usr/share/man/man8/ip-link-argo.8.gz"},
        "libargo": {f"{libdir}/libargo.so.0", f"{libdir}/libargo.so.{release}"},
        "libargo-devel": headers | {f"{libdir}/libargo.so", f"{libdir}/pkgconfig/libargo.pc", *(
            f"{libdir}/cmake/libargo/libargo-{part}.cmake"
            for part in ("config", "config-version", "targets", "targets-relwithdebinfo"))},
    }


def _rpmlint(*argv):
    done = subprocess.run(["rpmlint", *argv], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False, text=True)
    return done.returncode, done.stdout


@case
def rpmlint_says_nothing(rpms):
    """Warnings are errors; and each filter hides something, so that none stays when its reason has gone."""
    files = [SPEC, rpms.source, *rpms.packages.values()]
    status, said = _rpmlint("--strict", "-c", LINT, *files)
    if status or " 0 errors, 0 warnings" not in said:
        raise LabError(f"rpmlint:\n{said}")
    _, unfiltered = _rpmlint(*files)
    unused = [name for name in tomllib.loads(LINT.read_text(encoding="utf-8"))["Filters"]
              if not re.search(name, unfiltered)]
    if unused:
        raise LabError(f"{LINT.name} filters what rpmlint does not say: {', '.join(unused)}")


@case
def the_packages_are_these(rpms):
    differ("packages", set(rpms.packages), set(PACKAGES))
    for name, path in rpms.packages.items():
        arch = "noarch" if name == "argo-dkms" else run(["rpm", "--eval", "%{_target_cpu}"]).strip()
        found = query(path, "%{VERSION} %{ARCH}")
        if found != f"{rpms.version} {arch}":
            raise LabError(f"{name} is {found} instead of {rpms.version} {arch}")


@case
def each_package_has_its_files(rpms):
    for name, wanted in _files(rpms.version).items():
        # Fedora's and Debian's RPM have links for debuggers, and each in a package of its own choice.
        found = {path for path in lines(rpms.packages[name], "-l") if not path.startswith("/usr/lib/.build-id")}
        documents = {path for path in found if path.startswith(("/usr/share/licenses/", "/usr/share/doc/"))}
        if not any(path.endswith("/MIT.txt") for path in documents):
            raise LabError(f"{name} has no licence")
        # Folders that it has files in, but for those that are to be there even without.
        folders = {str(folder) for path in found for folder in pathlib.PurePath(path).parents}
        differ(f"files of {name}", found - documents - (folders - wanted), wanted)


@case
def programs_may_be_run_and_all_is_roots(rpms):
    for name, path in rpms.packages.items():
        for line in query(path, r"[%{FILENAMES} %{FILEMODES:perms} %{FILEUSERNAME}:%{FILEGROUPNAME}\n]").splitlines():
            file, mode, owner = line.rsplit(" ", 2)
            if file.startswith("/usr/lib/.build-id"):
                continue
            runs = file.startswith("/usr/bin/") or file.endswith("/replace") or ".so" in pathlib.PurePath(file).suffixes
            wanted = {"d": "drwxr-xr-x", "l": "lrwxrwxrwx"}.get(mode[0], "-rwxr-xr-x" if runs else "-rw-r--r--")
            if (mode, owner) != (wanted, "root:root"):
                raise LabError(f"{name}: {file} is {mode} {owner}, not {wanted}")


@case
def each_package_needs_what_it_uses(rpms):
    own = f"= {rpms.version}-{query(rpms.packages['argo'], '%{RELEASE}')}"
    isa = run(["rpm", "--eval", "%{?_isa}"]).strip()
    needs = {
        "argo": {f"argo-dkms {own}", f"argo-utils{isa} {own}"},
        "argo-dkms": {"/bin/sh", "dkms"},
        "argo-utils": {f"libargo{isa} {own}", "libargo.so.0()(64bit)", "libargo.so.0(LIBARGO_0)(64bit)", "systemd",
                       "systemd-udev", "shadow-utils", "/bin/sh"},
        "libargo": {"libc.so.6()(64bit)", "libstdc++.so.6()(64bit)"},
        "libargo-devel": {f"libargo{isa} {own}", "boost-devel", "fmt-devel", "pkgconfig(fmt)"},
    }
    # These are needed by name; the others need what their programs are linked with, too.
    for name, wanted in needs.items():
        found = {line for line in lines(rpms.packages[name], "--requires") if not line.startswith("rpmlib(")}
        differ(f"requirements of {name}", found if name in ("argo", "argo-dkms") else found & wanted, wanted)
    offers = {
        "libargo": {f"libargo {own}", f"libargo{isa} {own}", "libargo.so.0()(64bit)", "libargo.so.0(LIBARGO_0)(64bit)"},
        "argo-utils": {f"argo-utils {own}", f"argo-utils{isa} {own}"},
        "libargo-devel": {f"libargo-devel {own}", f"libargo-devel{isa} {own}", f"pkgconfig(libargo) = {rpms.version}"},
    }
    for name, wanted in offers.items():
        differ(f"what {name} provides", lines(rpms.packages[name], "--provides"), wanted)


@case
def the_shell_reads_each_scriptlet(rpms):
    found = set()
    for name, path in rpms.packages.items():
        for kind in SCRIPTS:
            text = query(path, f"%{{{kind}}}")
            if text == "(none)":
                continue
            found.add(f"{name} {kind}")
            done = subprocess.run(["sh", "-n"], input=text, stderr=subprocess.PIPE, check=False, text=True)
            # A macro that RPM does not know stays as it is written.
            if done.returncode or re.search(r"%\{?\w", text):
                raise LabError(f"{kind} of {name}: {done.stderr}\n{text}")
    differ("scriptlets", found, {"argo-dkms POSTIN", "argo-dkms PREUN", "argo-utils PREIN", "argo-utils POSTIN",
                                 "argo-utils PREUN"})


@case
def they_are_installed_into_an_empty_root(rpms):
    with tempfile.TemporaryDirectory() as root:
        run(["rpm", "--root", root, "-i", "--nodeps", "--noscripts", *rpms.packages.values()])
        installed = run(["rpm", "--root", root, "-qa", "--qf", r"%{NAME}\n"]).split()
        differ("packages in the root", set(installed), set(PACKAGES))
        run(["rpm", "--root", root, "-V", "--nodeps", *PACKAGES])
        at = pathlib.Path(root)
        libdir = _libdir()
        said = run([at / "usr/bin/argo-ctl", "--version"], env={"LD_LIBRARY_PATH": f"{root}{libdir}"})
        if rpms.version not in said:
            raise LabError(f"argo-ctl --version: {said}")
        said = run(["pkg-config", "--variable=libdir", f"{root}{libdir}/pkgconfig/libargo.pc"]).strip()
        if said != libdir:
            raise LabError(f"libargo.pc has the libraries in {said}, not {libdir}")
        with open(at / "usr/lib/udev/rules.d/60-argo.rules", "a", encoding="utf-8") as rules:
            rules.write("# spoilt\n")
        if subprocess.run(["rpm", "--root", root, "-V", "--nodeps", *PACKAGES], stdout=subprocess.DEVNULL,
                          check=False).returncode == 0:
            raise LabError("rpm -V does not notice a file that was changed")


@case
def another_version_in_cmake_is_noticed(rpms):
    def change(tree):
        lists = tree / "CMakeLists.txt"
        lists.write_text(lists.read_text(encoding="utf-8").replace(f"VERSION {rpms.version}", "VERSION 99.0.0"),
                         encoding="utf-8")

    with tempfile.TemporaryDirectory() as work:
        where = pathlib.Path(work)
        archive = changed_archive(where, rpms.version, change)
        status, said = rpmbuild(where / "top", archive, SPEC.read_text(encoding="utf-8"), "-bp")
        if status == 0 or f"argo.spec has the version {rpms.version}, and CMakeLists.txt another one" not in said:
            raise LabError(f"rpmbuild ended with {status}: {said}")
