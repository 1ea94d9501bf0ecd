# SPDX-License-Identifier: MIT
SUMMARY = "Kernel modules for messages between Xen domains over Argo"
LICENSE = "GPL-2.0-only"
LIC_FILES_CHKSUM = "file://../LICENSES/GPL-2.0-only.txt;md5=b234ee4d69f5fce4486a80fdaf4a4263"

SRC_URI = "file://kernel;subdir=argo \
           file://LICENSES;subdir=argo \
          "

inherit module argo-source

S = "${ARGO_UNPACKED}/kernel"

# The configured kernel, whose Makefile finds its sources; the class names the folder of the sources.
EXTRA_OEMAKE += "KDIR=${STAGING_KERNEL_BUILDDIR}"
