# SPDX-License-Identifier: GPL-2.0-only
# Flags that every module of the suite is compiled with: the headers, and an
# ARGO_HAVE_x for each compat/probe-x.c that compiles with this kernel's.

# Not from $(src): what that is relative to has changed.
argo-dir := $(abspath $(dir $(lastword $(MAKEFILE_LIST)))..)

# A wrong type is absent, too. Any other warning says nothing.
argo-compile = $(CC) $(NOSTDINC_FLAGS) $(LINUXINCLUDE) $(KBUILD_CPPFLAGS) \
	$(KBUILD_CFLAGS) $(KBUILD_CFLAGS_MODULE) -DMODULE \
	-DKBUILD_MODNAME='"probe"' -DKBUILD_BASENAME='"probe"' \
	-DKBUILD_MODFILE='"probe"' -Wno-error \
	-Werror=implicit-function-declaration \
	-Werror=incompatible-pointer-types -Werror=int-conversion \
	-fsyntax-only $(argo-dir)/compat/$(1).c
argo-status = $(shell $(argo-compile) >/dev/null 2>&1; echo $$?)

# Compilers end with 1 when they do not take a source, with others when they
# broke off. The compiler's own words come first.
argo-broken = $(shell $(argo-compile) >&2)$(error \
	kernel/compat/$(1).c: $(2), so nothing can be found out about this kernel)
argo-found = $(if $(filter 0,$(2)),-DARGO_HAVE_$(shell echo $(1) | tr a-z A-Z),$(if \
	$(filter 1,$(2)),,$(call \
	argo-broken,probe-$(1),the compiler broke off with status $(2))))
argo-probe = $(call argo-found,$(1),$(call argo-status,probe-$(1)))

# What kernel/Kbuild has found out is true of all folders. A kernel that takes its
# own warnings for errors had another compiler in mind.
# This is read to clean, too, and for lists: without a configuration or flags.
ifneq ($(ARGO_FLAGS),)
argo-flags := $(ARGO_FLAGS)
else ifneq ($(and $(CONFIG_MODULES),$(KBUILD_CFLAGS)),)

ifneq ($(call argo-status,control-present),0)
$(call argo-broken,control-present,what every kernel has does not compile)
endif
ifneq ($(call argo-status,control-absent),1)
$(call argo-broken,control-absent,the compiler takes what no kernel has)
endif

argo-flags := -I$(argo-dir)/include $(if $(KCOV_INSTRUMENT),-DARGO_KCOV) \
	$(if $(ARGO_WERROR),-Werror,-Wno-error) \
	$(call argo-probe,fault_in_readable) \
	$(call argo-probe,fault_in_safe_writeable) \
	$(call argo-probe,hrtimer_setup) \
	$(call argo-probe,irq_work_hard) \
	$(call argo-probe,iter_iov) \
	$(call argo-probe,iter_ubuf)
export ARGO_FLAGS := $(argo-flags)

else
argo-probe =
endif
