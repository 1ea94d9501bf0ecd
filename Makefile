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

.PHONY: help demo check check-unit check-vm check-debug lab modules install lint bench clean user

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

#: make check-vm        the tests on a real Xen; CASES=text runs those with it in their name
check-vm:
	@$(DEPS) build lab
	@$(MAKE) --no-print-directory user
	@$(LAB) check $(CASES)

#: make check-debug     the tests on argo_loopback on a kernel with KASAN, lockdep, kmemleak; STRESS=60 seconds a test, CASES=text
check-debug:
	@$(DEPS) build lab
	@$(MAKE) --no-print-directory user
	@$(LAB) check-debug $(if $(STRESS),--seconds $(STRESS)) $(CASES)

#: make lab             a shell in dom0 with a domU running; KINDS="pv61 pvh612" chooses domUs; HYPERVISOR=loopback: no Xen
lab:
	@$(DEPS) build lab
	@$(MAKE) --no-print-directory user
	@$(LAB) shell $(if $(HYPERVISOR),--hypervisor $(HYPERVISOR)) $(KINDS)

#: make modules         the kernel modules, for the running kernel or KDIR=…
modules:
	@$(MAKE) --no-print-directory -C kernel $(if $(KDIR),KDIR=$(KDIR)) modules

#: make install         library, argo-ctl, headers, udev rule; DESTDIR, PREFIX; with KDIR=… the modules, after make modules
install: user
	DESTDIR=$(DESTDIR) cmake --install $(BUILD)/cmake --prefix $(PREFIX)
	install -D -m 644 packaging/udev/60-argo.rules $(DESTDIR)/etc/udev/rules.d/60-argo.rules
	install -D -m 644 packaging/modprobe.d/argo.conf $(DESTDIR)/etc/modprobe.d/argo.conf
	install -D -m 644 packaging/sysusers.d/argo.conf $(DESTDIR)/etc/sysusers.d/argo.conf
	$(if $(DESTDIR),,getent group argo >/dev/null || groupadd --system argo)
	$(if $(KDIR),$(MAKE) -C kernel KDIR=$(KDIR) $(if $(DESTDIR),INSTALL_MOD_PATH=$(DESTDIR)) modules_install)

#: make lint            checkpatch, sparse, clang-format, clang-tidy (TIDY=all: of the tests, too), shellcheck, Python
lint:
	@$(DEPS) build lab lint
	@tests/vm/lint $(ONLY)

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
