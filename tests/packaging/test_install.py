# SPDX-License-Identifier: MIT
"""`make modules`, `make install` and `make uninstall`."""

import contextlib
import json
import re
import unittest

import roots
from lab import rootfs
from lab.errors import LabError

LIST = "find / -xdev ! -path '/src/*' ! -path '/proc/*' ! -path '/lists/*' | sort"
# What depmod and ldconfig write on any machine.
CACHES = r"/modules\.(alias|builtin|dep|devname|softdep|symbols|weakdep)[^/]*$|^/var/cache/ldconfig/"
# Words that would alarm who has done nothing wrong.
ALARMING = re.compile(r"(?i)^.*(ssl error|skipping|warning|sign-file).*$", re.M)


@roots.as_root
class Installed(unittest.TestCase):
    """All begin with a copy of a root in which `make install` has just run."""

    @classmethod
    def setUpClass(cls):
        cls.base = roots.clean()
        cls.release = roots.kernel(cls.base)
        cls.kdir = f"/lib/modules/{cls.release}/build"
        stack = contextlib.ExitStack()
        cls.addClassCleanup(stack.close)
        cls.machine = stack.enter_context(rootfs.copy(cls.base))
        roots.put_sources(cls.machine.path("/src"))
        cls.said = cls.machine.run(f"""
            mkdir /lists
            {LIST} >/lists/before
            cd /src
            export CMAKE_BUILD_PARALLEL_LEVEL=$(nproc)
            make modules KDIR={cls.kdir} 2>&1
            make install KDIR={cls.kdir} 2>&1
        """, "make modules and make install in a clean Debian")

    @contextlib.contextmanager
    def copy(self):
        with rootfs.copy(roots.over(self.machine)) as copy:
            yield copy

    def test_everything_runs_at_once(self):
        with self.copy() as copy:
            said = copy.run(f"""
                /usr/local/bin/argo-ctl --version
                getent group argo
                modprobe -S {self.release} -n -v argo_char
                modprobe -c | grep 'blacklist xen.argo'
                echo 'int main() {{}}' | g++ -x c++ - -o /tmp/linked -Wl,--no-as-needed -largo
                /tmp/linked
                ls /usr/local/share/man/man1/argo-ctl.1 /usr/local/share/bash-completion/completions/argo-ctl
                ls /usr/lib/*/ip/link_argo.so
            """)
        self.assertRegex(said, r"/updates/argo/char/argo_char\.ko")

    def test_only_what_a_target_needs_is_built(self):
        path = self.machine.path("/src/build/install/cmake/compile_commands.json")
        files = [command["file"] for command in json.loads(path.read_text(encoding="utf-8"))]
        self.assertTrue(any(file.startswith("/src/libargo/src/") for file in files))
        self.assertEqual([file for file in files if re.match("/src/(tests|libargo/examples)/", file)], [])

    def test_there_is_a_target_test_without_tests(self):
        with self.copy() as copy:
            copy.run("cmake --build /src/build/install/cmake --target test")

    def test_the_lists_of_packages_are_complete(self):
        self.assertNotIn("installing:", self.said)

    def test_nothing_alarming_is_said(self):
        self.assertIsNone(ALARMING.search(self.said), self.said)

    def test_uninstall_leaves_nothing(self):
        with self.copy() as copy:
            said = copy.run(f"cd /src; make uninstall; {LIST} >/lists/after")
            after = set(copy.path("/lists/after").read_text(encoding="utf-8").splitlines())
        before = set(self.machine.path("/lists/before").read_text(encoding="utf-8").splitlines())
        self.assertEqual({path for path in after ^ before if not re.search(CACHES, path)} - {"/src", "/lists"}, set())
        self.assertIn("group argo is left", said)

    def test_uninstall_without_install_says_so(self):
        with self.copy() as copy, self.assertRaisesRegex(LabError, "nothing is installed there"):
            copy.run("cd /src; make uninstall PREFIX=/opt/argo")

    def test_destdir_touches_nothing_outside(self):
        with self.copy() as copy:
            copy.run(f"cd /src; make install DESTDIR=/dest PREFIX=/usr KDIR={self.kdir}")
            written = roots.written(copy)
            copy.run("cd /src; make uninstall DESTDIR=/dest PREFIX=/usr; find /dest >/left")
            left = copy.path("/left").read_text(encoding="utf-8").split()
        self.assertEqual(written - roots.below(written, "/dest", "/src"), set())
        self.assertLessEqual({"/dest/usr/bin/argo-ctl", "/dest/usr/lib/udev/rules.d/60-argo.rules",
                              f"/dest/lib/modules/{self.release}/updates/argo/core/argo.ko"}, written)
        self.assertEqual([path for path in written if re.search(CACHES, path)], [])
        self.assertEqual([path for path in left if path != "/dest"], [])

    def test_another_prefix_needs_no_loader_cache(self):
        with self.copy() as copy:
            copy.run("cd /src; make uninstall; make install PREFIX=/opt/argo; /opt/argo/bin/argo-ctl --version")

    def test_a_container_without_systemd_and_udev(self):
        with self.copy() as copy:
            copy.run("""
                rm /usr/bin/systemd-sysusers /usr/bin/udevadm
                groupdel argo
                cd /src
                make install
                getent group argo
            """)

    def test_the_group_is_there_before_udev_reads_the_rule(self):
        with self.copy() as copy:
            said = copy.run("""
                groupdel argo
                printf '#!/bin/sh\\ngrep -c ^argo: /etc/group\\necho "udevadm $*"\\n' >/usr/local/sbin/udevadm
                chmod +x /usr/local/sbin/udevadm
                mkdir -p /run/udev
                perl -MIO::Socket::UNIX -e 'IO::Socket::UNIX->new(Local => "/run/udev/control", Listen => 1) or die'
                cd /src
                PATH=/usr/local/sbin:$PATH make install
            """)
        self.assertRegex(said, r"1\nudevadm control --reload\n1\nudevadm trigger ")
