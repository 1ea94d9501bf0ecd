# SPDX-License-Identifier: GPL-2.0-only
# Flags that every module of the suite is compiled with: the headers, and an
# ARGO_HAVE_x for each compat/probe-x.c that compiles with this kernel's.

# Not from $(src): what that is relative to has changed.
argo-dir := $(abspath $(dir $(lastword $(MAKEFILE_LIST)))..)

argo-probe = $(if $(shell $(CC) $(NOSTDINC_FLAGS) $(LINUXINCLUDE) \
	$(KBUILD_CPPFLAGS) $(KBUILD_CFLAGS) $(KBUILD_CFLAGS_MODULE) -DMODULE \
	-DKBUILD_MODNAME='"probe"' -DKBUILD_BASENAME='"probe"' \
	-DKBUILD_MODFILE='"probe"' -Werror -c -o /dev/null \
	$(argo-dir)/compat/probe-$(1).c 2>/dev/null && echo y),\
	-DARGO_HAVE_$(shell echo $(1) | tr a-z A-Z))

argo-flags := -I$(argo-dir)/include \
	$(call argo-probe,fault_in_readable) \
	$(call argo-probe,hrtimer_setup) \
	$(call argo-probe,irq_work_hard) \
	$(call argo-probe,iter_iov) \
	$(call argo-probe,iter_ubuf)
