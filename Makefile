# SPDX-License-Identifier: MIT
#
# Everything that is done with this tree. `make help` lists it.
# The kernel modules' own makefile is kernel/Makefile; user space is built by CMake.

SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
.DEFAULT_GOAL := help

PREFIX ?= /usr/local
DESTDIR ?=
BUILD := $(or $(ARGO_BUILD),$(CURDIR)/build)

# A program of Debian's, which what it starts can rely on; not one that a version manager put first.
PYTHON ?= /usr/bin/python3
export ARGO_BUILD := $(BUILD)
export PYTHONPATH := $(CURDIR)/tests/vm
export PYTHONDONTWRITEBYTECODE := 1

LAB := $(PYTHON) -m lab
DEPS := packaging/deps/install
JOBS = $(if $(filter -j%,$(MAKEFLAGS)),,-j$(shell nproc))
LOCAL = DESTDIR='$(DESTDIR)' PREFIX='$(PREFIX)' KDIR='$(if $(KDIR),$(abspath $(KDIR)))'

.PHONY: help demo check check-unit check-debian13 check-vm check-packaging check-debug check-debian check-deb deb xen-deb check-xen-deb try compile-commands lab modules install uninstall dist lint bench clean user check-rpm rpm check-yocto

help:
	@sed -n 's/^#: //p' $(firstword $(MAKEFILE_LIST))

#: make demo            boots Xen with a dom0 and domUs in QEMU and shows what this is for; HYPERVISOR=loopback: without Xen
demo:
	@$(DEPS) build lab
	@$(LAB) demo $(if $(HYPERVISOR),--hypervisor $(HYPERVISOR))

#: make check           every test: unit, fuzz, and those on a real Xen; the last line sums up
check:
	@$(DEPS) build lab lint
	@tests/vm/check-all

#: make check-unit      the tests that need no Xen, and a short fuzz run
check-unit:
	@$(DEPS) build lint
	@tests/vm/check-unit

#: make check-debian13  the unit tests with Debian 13's compiler and libraries, in a root of its own
check-debian13:
	@$(DEPS) build deb
	@$(LAB).debian13

#: make check-vm        the tests on a real Xen; CASES=text runs those with it in their name
check-vm:
	@$(DEPS) build lab
	@$(MAKE) --no-print-directory user
	@$(LAB) check $(CASES)

#: make try CASES=text  the shortest way from an edit to a result: on argo_loopback, building what these cases need and no more
try:
	@$(LAB) try $(CASES)

#: make check-packaging  make install and DKMS in clean Debian roots, as root; CASES=text
check-packaging:
	@$(DEPS) build lab deb
	@tests/packaging/check $(CASES)

#: make check-debian    Debian 12 and 13 with the packages on Xen: booted, rebooted, the recipes of docs/; Debian 12 as dom0;
#:                      CASES=text, SAMPLE=1 no more than what CI runs
check-debian:
	@$(DEPS) build lab deb
	@$(MAKE) --no-print-directory user
	@$(LAB) check-debian $(if $(SAMPLE),--sample) $(CASES)

#: make check-debug     the tests on argo_loopback on a kernel with KASAN, lockdep, kmemleak, and fuzzers that its KCOV steers;
#:                      STRESS=60 seconds a test, CASES=text, SAMPLE=1 no more than what CI runs
check-debug:
	@$(DEPS) build lab
	@$(MAKE) --no-print-directory user
	@$(LAB) check-debug $(if $(STRESS),--seconds $(STRESS)) $(if $(SAMPLE),--sample) $(CASES)

#: make lab             a shell in dom0 with a domU running; KINDS="pv61 pvh612" chooses domUs; HYPERVISOR=loopback: no Xen
lab:
	@$(DEPS) build lab
	@$(MAKE) --no-print-directory user
	@$(LAB) shell $(if $(HYPERVISOR),--hypervisor $(HYPERVISOR)) $(KINDS)

#: make modules         the kernel modules, for the running kernel or KDIR=…
modules:
	@$(DEPS) modules
	@$(MAKE) --no-print-directory $(JOBS) -C kernel $(if $(KDIR),KDIR=$(abspath $(KDIR))) modules

#: make install         library, argo-ctl, headers, udev rule; DESTDIR, PREFIX; with KDIR=… the kernel modules, too
install: $(if $(KDIR),modules)
	@$(DEPS) install
	+@$(LOCAL) packaging/local/install

#: make uninstall       removes what make install with the same DESTDIR and PREFIX put there
uninstall:
	@$(LOCAL) packaging/local/uninstall

#: make deb             Debian packages in build/deb, for Debian 12 and 13; SUITE=bookworm or trixie: for that alone
deb:
	@$(DEPS) deb
	@packaging/debian/build $(SUITE)

#: make check-deb       lintian, and the packages installed, upgraded and removed in clean roots; SUITE as above
check-deb:
	@$(DEPS) deb
	@tests/packaging/deb/check $(SUITE)

#: make xen-deb         Debian's Xen with Argo and XSM as a package, in build/deb-xen; SUITE as above
xen-deb:
	@$(DEPS) deb
	@packaging/xen/build $(SUITE)

#: make check-xen-deb   that package in place of Debian's, with GRUB, updated around, and taken back; SUITE as above
check-xen-deb:
	@$(DEPS) build lab deb
	@tests/packaging/xen/check $(SUITE)

#: make rpm             RPMs in build/rpm of the commit that is checked out: argo.spec, which is Fedora's, with Debian's rpmbuild
rpm:
	@$(DEPS) install rpm
	@packaging/rpm/build

#: make check-rpm       rpmlint, and the RPMs installed, upgraded and removed in clean roots, as root
check-rpm:
	@$(DEPS) install rpm deb
	@tests/packaging/rpm/check

#: make check-yocto     the recipes in packaging/yocto as far as Debian can; OE=FOLDER: with BitBake, too
check-yocto:
	@$(DEPS) build lab
	@tests/packaging/yocto/check

#: make lint            checkpatch, sparse, clang-format, clang-tidy (TIDY=all: of the tests, too), shellcheck, Python
lint:
	@$(DEPS) build lab lint
	@tests/vm/lint $(ONLY)

#: make compile-commands  build/compile_commands.json of the kernel modules and of user space, which clangd finds there
compile-commands:
	@$(DEPS) build lab
	@$(LAB) compile-commands

#: make dist            the source of the commit that is checked out, or of TAG=v…, in build/argo-VERSION.tar.xz
dist:
	@packaging/dist/make $(TAG)

#: make bench           what a message costs, beside the floor, in the lab
bench:
	@$(DEPS) build lab
	@$(MAKE) --no-print-directory user
	@$(LAB) bench

#: make clean           removes build/; what took long to make stays in the cache (~/.cache/argo-lab)
clean:
	rm -rf $(BUILD)

# User space, and in build/guest-bin what goes into the guests.
user:
	@tests/vm/build-user
