# SPDX-License-Identifier: GPL-2.0-only
# toolchain: what Kbuild is told, so that the compiler which built the kernel
# builds the modules, too. CC= on the command line and LLVM= have the last word.

have = $(shell command -v $(1) 2>/dev/null)
major = $(if $(1),$(shell expr $(1) / 10000))

ifneq ($(filter command,$(origin CC))$(LLVM),)
# The user has chosen.
else ifeq ($(CONFIG_CC_IS_CLANG),y)

clang-major := $(call major,$(CONFIG_CLANG_VERSION))
suffix := $(if $(call have,clang-$(clang-major)),-$(clang-major))
tools := CC=clang $(if $(CONFIG_LD_IS_LLD),LD=ld.lld AR=llvm-ar NM=llvm-nm \
	OBJCOPY=llvm-objcopy OBJDUMP=llvm-objdump READELF=llvm-readelf \
	STRIP=llvm-strip)
toolchain := $(addsuffix $(suffix),$(tools)) \
	$(if $(CONFIG_AS_IS_LLVM),LLVM_IAS=1)
missing := $(strip $(foreach tool,$(addsuffix $(suffix),$(tools)),$(if $(call \
	have,$(lastword $(subst =, ,$(tool)))),,$(lastword $(subst =, ,$(tool))))))
need-toolchain = $(if $(missing),$(error This kernel was built by clang \
	$(clang-major), and $(missing) is missing: install clang, lld and llvm \
	(Debian: apt-get install clang lld llvm), or choose another \
	compiler: CC=COMPILER))

else ifneq ($(CONFIG_GCC_VERSION),)

gcc-major := $(call major,$(CONFIG_GCC_VERSION))
gcc := $(CROSS_COMPILE)gcc
gcc-found := $(if $(call have,$(gcc)-$(gcc-major)),$(gcc)-$(gcc-major),$(if \
	$(call have,$(gcc)),$(gcc)))
toolchain := $(if $(gcc-found),CC=$(gcc-found))
gcc-is := $(if $(gcc-found),$(shell $(gcc-found) -dumpversion | cut -d. -f1))
need-toolchain = $(if $(gcc-found),$(if $(filter $(gcc-major),$(gcc-is)),,$(info \
	This kernel was built by gcc $(gcc-major), which is not installed: gcc \
	$(gcc-is) is used)),$(error This kernel was built by gcc $(gcc-major), and \
	there is no $(gcc): install it (Debian: apt-get install gcc-$(gcc-major)), \
	or choose another compiler: CC=COMPILER))

endif
