# SPDX-License-Identifier: MIT
"""A real Xen with Argo, a dom0 and domUs, in QEMU, on any Debian 12 machine."""
