# SPDX-License-Identifier: MIT
"""kernel/Makefile and the probes of kernel/compat: which compiler, which modules, and what a kernel has."""

import os
import pathlib
import re
import shutil
import subprocess
import tempfile
import unittest

from lab import kernels
from lab.paths import REPO

# Says what it was called with, as a kernel's own makefile.
FAKE = """
include include/config/auto.conf
modules modules_install clean:
	@echo $@ CC=$(CC) LD=$(LD) sign=$(CONFIG_MODULE_SIG_ALL)
"""
CLANG_99 = ("CONFIG_CC_IS_CLANG=y", "CONFIG_LD_IS_LLD=y", "CONFIG_CLANG_VERSION=990001")
GCC_99 = ("CONFIG_CC_IS_GCC=y", "CONFIG_GCC_VERSION=990100")
LLVM = ("ar", "nm", "objcopy", "objdump", "readelf", "strip")
# What it found out is said instead of building anything. 6.1 has the last but one of these, and not the last.
PROBES = """
include {kernel}/compat/probe.mk
found := $(call argo-probe,vsock_seqpacket) $(call argo-probe,rtnl_newlink_params)
$(error found: $(filter -DARGO%,$(argo-flags)) $(found))
"""


class Case(unittest.TestCase):
    def setUp(self):
        self.work = pathlib.Path(tempfile.mkdtemp())
        self.addCleanup(shutil.rmtree, self.work)
        self.kernel = self.work / "kernel"
        shutil.copytree(REPO / "kernel", self.kernel, ignore=shutil.ignore_patterns("*.o", "*.ko", ".*.cmd", "*.mod*"))
        self.bin = self.work / "bin"
        self.bin.mkdir()

    def program(self, name, text="#!/bin/sh\n"):
        path = self.bin / name
        path.write_text(text, encoding="utf-8")
        path.chmod(0o755)
        return path

    def make(self, *arguments):
        """The status, and all that was said."""
        env = {**os.environ, "PATH": f"{self.bin}:{os.environ['PATH']}", "LC_ALL": "C"}
        done = subprocess.run(["make", *map(str, arguments)], cwd=self.kernel, env=env, check=False, encoding="utf-8",
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        return done.returncode, done.stdout


class Makefile(Case):
    """With the configuration of a kernel, and a makefile in place of its own."""

    def headers(self, *config):
        kdir = self.work / "kdir"
        (kdir / "include" / "config").mkdir(parents=True)
        text = "".join(f"{line}\n" for line in ("CONFIG_MODULES=y", *config))
        (kdir / "include" / "config" / "auto.conf").write_text(text, encoding="ascii")
        (kdir / "Makefile").write_text(FAKE, encoding="ascii")
        return f"KDIR={kdir}"

    def test_clang_builds_for_a_kernel_of_clang(self):
        for name in ("clang", "ld.lld", *(f"llvm-{name}" for name in LLVM)):
            self.program(f"{name}-99")
        kdir = self.headers(*CLANG_99)
        status, said = self.make(kdir, "modules")
        self.assertEqual(status, 0, said)
        self.assertIn("modules CC=clang-99 LD=ld.lld-99", said)
        # A choice of the user's stands.
        self.assertIn("modules CC=mine LD=ld ", self.make(kdir, "CC=mine", "modules")[1])

    def test_a_missing_clang_is_named(self):
        self.program("clang-99")
        status, said = self.make(self.headers(*CLANG_99))
        self.assertNotEqual(status, 0)
        self.assertRegex(said, "built by clang 99, and ld.lld-99 .* missing: .*apt-get install clang lld llvm")

    def test_the_kernels_own_gcc_builds(self):
        self.program("gcc-99", "#!/bin/sh\necho 99\n")
        self.assertIn("modules CC=gcc-99 ", self.make(self.headers(*GCC_99))[1])

    def test_another_gcc_is_used_and_said(self):
        status, said = self.make(self.headers(*GCC_99))
        self.assertEqual(status, 0, said)
        self.assertIn("built by gcc 99, which is not installed", said)

    def test_missing_headers_are_named(self):
        status, said = self.make("KDIR=/lib/modules/9.9.9-none/build")
        self.assertNotEqual(status, 0)
        self.assertIn("apt-get install linux-headers-9.9.9-none", said)

    def test_modules_are_signed_where_the_key_is(self):
        kdir = self.headers("CONFIG_MODULE_SIG_ALL=y", 'CONFIG_MODULE_SIG_KEY="certs/signing_key.pem"')
        self.assertRegex(self.make(kdir, "modules_install")[1], r"modules_install .* sign=\n")
        (self.work / "kdir" / "certs").mkdir()
        (self.work / "kdir" / "certs" / "signing_key.pem").touch()
        self.assertRegex(self.make(kdir, "modules_install")[1], r"modules_install .* sign=y\n")

    def test_the_list_has_what_the_kernel_can_have(self):
        everything = set(self.make("-s", "KDIR=", "list")[1].splitlines())
        self.assertEqual(everything, {"core argo", "char argo_char", "loopback argo_loopback", "net argo_net",
                                      "virtio virtio_argo", "vsock argo_vsock"})
        without = set(self.make("-s", self.headers("CONFIG_INET=y"), "list")[1].splitlines())
        self.assertEqual(everything - without, {"virtio virtio_argo", "vsock argo_vsock"})

    def test_objects_of_another_kernel_are_removed(self):
        kdir = self.headers()
        self.assertIn("clean CC=", self.make(kdir, "modules")[1])
        self.assertNotIn("clean CC=", self.make(kdir, "modules")[1])
        shutil.copytree(self.work / "kdir", self.work / "other")
        self.assertIn("clean CC=", self.make(f"KDIR={self.work / 'other'}", "modules")[1])


class Probes(Case):
    def probe(self, *arguments):
        kernel = kernels.kernel("6.1")
        folder = self.work / "probes"
        folder.mkdir(exist_ok=True)
        (folder / "Kbuild").write_text(PROBES.format(kernel=self.kernel), encoding="utf-8")
        status, said = self.make("-C", kernel.kdir, f"M={folder}", *kernel.make_args, *arguments, "modules")
        found = re.search("found: (.*?)[.]? *Stop", said)
        self.assertNotEqual(status, 0)
        return set(found.group(1).replace(".", "").split()) if found else None, said

    def test_warnings_of_a_compiler_change_nothing(self):
        noisy = self.program("noisy", '#!/bin/sh\necho noise\necho "warning: noise" >&2\nexec gcc-12 "$@"\n')
        found, said = self.probe(f"CC={noisy}", "KCFLAGS=-Werror -Wall -Wextra -Wunused-macros")
        self.assertIn("-DARGO_HAVE_VSOCK_SEQPACKET", found or (), said)
        self.assertIn("-DARGO_HAVE_FAULT_IN_READABLE", found)
        self.assertNotIn("-DARGO_HAVE_RTNL_NEWLINK_PARAMS", found)

    def test_a_compiler_that_does_not_know_the_flags_stops_the_build(self):
        found, said = self.probe("KCFLAGS=-fno-such-flag")
        self.assertIsNone(found)
        self.assertIn("unrecognized command-line option", said)
        self.assertIn("what every kernel has does not compile", said)

    def test_a_compiler_that_takes_everything_stops_the_build(self):
        lenient = self.program("lenient", '#!/bin/sh\ncase $* in *compat/*) exit 0 ;; esac\nexec gcc-12 "$@"\n')
        found, said = self.probe(f"CC={lenient}")
        self.assertIsNone(found)
        self.assertIn("takes what no kernel has", said)

    def test_a_compiler_that_breaks_off_says_nothing_about_the_kernel(self):
        killed = self.program("killed", '#!/bin/sh\ncase $* in *probe-iter*) kill -9 $$ ;; esac\nexec gcc-12 "$@"\n')
        found, said = self.probe(f"CC={killed}")
        self.assertIsNone(found)
        self.assertIn("broke off with status", said)
