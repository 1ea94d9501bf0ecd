# SPDX-License-Identifier: MIT
"""packaging/dkms, and what `make install` and DKMS do about each other's modules."""

import re
import unittest

import roots
from lab import rootfs
from lab.errors import LabError


@roots.as_root
class Dkms(unittest.TestCase):
    def test_a_kernel_without_vsock_after_make_install(self):
        base = roots.clean()
        release = roots.kernel(base)
        kdir = f"/lib/modules/{release}/build"
        with rootfs.copy(base) as copy:
            roots.put_sources(copy.path("/src"))
            # What make install would have left, and a kernel that cannot have argo_vsock.
            said = copy.run(f"""
                mkdir -p /lib/modules/{release}/updates/argo/core
                touch /lib/modules/{release}/updates/argo/core/argo.ko
                sed -i '/CONFIG_VIRTIO_VSOCKETS_COMMON/d' {kdir}/include/config/auto.conf
                cd /src
                packaging/dkms/install 2>&1
                dkms status argo
                find /lib/modules/{release}/updates/ -name '*.ko*'
                modprobe -S {release} -n -v argo_char
            """, "installing with DKMS for a kernel without vsock")
            with self.assertRaisesRegex(LabError, "DKMS has these modules"):
                copy.run(f"cd /src; make install KDIR={kdir} 2>&1")
            left = copy.run(f"""
                dkms remove "$(dkms status argo | sed 's/,.*//')" --all >/dev/null
                find /lib/modules/{release} -name 'argo*' -o -name 'virtio_argo*'
            """)
        self.assertIn("DKMS replaces the modules of make install", said)
        self.assertRegex(said, rf"argo/[0-9.]+, {re.escape(release)}, x86_64: installed")
        found = set(re.findall(r"updates/(\S+)/(\w+)\.ko", said))
        self.assertEqual(left, "")
        self.assertEqual(found, {("dkms", name) for name in ("argo", "argo_char", "argo_loopback", "argo_net",
                                                                "virtio_argo")})
