# SPDX-License-Identifier: MIT
SUMMARY = "C++ library and tools for messages between Xen domains over Argo"
LICENSE = "MIT"
LIC_FILES_CHKSUM = "file://LICENSES/MIT.txt;md5=ebe82f725d7fd4255469cc54cf0250bd"

DEPENDS = "boost cli11 fmt nlohmann-json openssl"

SRC_URI = "file://CMakeLists.txt;subdir=argo \
           file://LICENSES;subdir=argo \
           file://cli;subdir=argo \
           file://cmake;subdir=argo \
           file://kernel/include;subdir=argo \
           file://libargo;subdir=argo \
           file://packaging;subdir=argo \
           file://tests/CMakeLists.txt;subdir=argo \
          "

inherit cmake pkgconfig systemd useradd argo-source

S = "${ARGO_UNPACKED}"

EXTRA_OECMAKE = "-DARGO_BUILD_TESTS=OFF -DARGO_BUILD_EXAMPLES=OFF -DARGO_IP_PLUGIN_DIR=${libdir}/ip"

do_install:append() {
    install -D -m 0644 ${S}/packaging/udev/60-argo.rules ${D}${nonarch_base_libdir}/udev/rules.d/60-argo.rules
    install -D -m 0644 ${S}/packaging/modprobe.d/argo.conf ${D}${nonarch_base_libdir}/modprobe.d/argo.conf
    install -D -m 0644 ${S}/packaging/systemd/argo-firewall.service ${D}${systemd_system_unitdir}/argo-firewall.service
    install -D -m 0644 ${S}/packaging/systemd/argo-net@.service ${D}${systemd_system_unitdir}/argo-net@.service
    install -d ${D}${sysconfdir}/argo/net
}

PACKAGE_BEFORE_PN = "argo-utils"
FILES:argo-utils = "${bindir}/argo-ctl \
                    ${datadir}/bash-completion/completions/argo-ctl \
                    ${libdir}/ip/link_argo.so \
                    ${nonarch_base_libdir}/modprobe.d/argo.conf \
                    ${nonarch_base_libdir}/udev/rules.d/60-argo.rules \
                    ${sysconfdir}/argo \
                    ${systemd_system_unitdir}/argo-firewall.service \
                    ${systemd_system_unitdir}/argo-net@.service \
                   "
RRECOMMENDS:argo-utils = "argo-module iproute2-ip"

# A device has a unit when the administrator enables one: argo-net@argo0.
SYSTEMD_PACKAGES = "argo-utils"
SYSTEMD_SERVICE:argo-utils = "argo-net@.service argo-firewall.service"
SYSTEMD_AUTO_ENABLE:argo-utils = "disable"

USERADD_PACKAGES = "argo-utils"
GROUPADD_PARAM:argo-utils = "--system argo"
