# SPDX-License-Identifier: MIT
"""The roots that packages are tried in, and what scripts in them can use."""

import contextlib

from lab import rootfs

# What the packages and their tests need of Debian: apt shall ask no mirror, and find nothing to bring along.
NEEDED = ("cmake", "dkms", "g++", "iproute2", "kmod", "libboost-dev", "libfmt-dev", "libssl-dev", "linux-headers-amd64",
          "pkgconf", "systemd", "udev")
# A machine with another init, or a container's.
BARE = ("dkms", "iproute2", "libfmt-dev", "libssl-dev", "systemd-standalone-sysusers")

PRELUDE = r"""
get() {
	apt-get -qq -y -o Dir::Etc::SourceList=/tmp/sources.list -o Dir::Etc::SourceParts=/dev/null -o Dpkg::Use-Pty=0 "$@" 2>&1
}
# archive NAME: from now on apt installs from that one.
archive() {
	echo "deb [trusted=yes] file:/mnt/$1 ./" >/tmp/sources.list
	get update
}
# What a purge must leave as it was, one path a line. Others write these: apt and dpkg their state, depmod its tables, the loader
# its cache, DKMS its key; and the group stays, as Debian's policy has it.
paths() {
	find / -xdev \( -path /proc -o -path /dev -o -path /mnt -o -path /tmp -o -path /sys \) -prune -o -print |
		grep -vE '^/var/(lib/(apt|dpkg)|cache|log)/|^/(usr/)?lib/modules/[^/]*/modules\.|^/etc/ld\.so\.cache$' |
		grep -vE '^/var/lib/dkms/mok\.(key|pub)$|^/etc/(group|gshadow|passwd|shadow)-?$|^/etc/\.pwd\.lock$' | sort
}
# expect TEXT SAID: the text is part of what was said.
expect() {
	echo "$2" | grep -qF "$1" || die "not said: $1: $2"
}
die() {
	echo "$*" >&2
	exit 1
}
# The last command is part of an error.
set -x
"""


@contextlib.contextmanager
def entered(suite, wanted, **folders):
    """A copy of a root, with folders of this machine in it as /mnt/NAME: a function that runs a script there."""
    with rootfs.copy(rootfs.base(suite, wanted)) as root:
        for name, folder in folders.items():
            root.share(folder, name)
        yield lambda script, what: root.run(PRELUDE + script, what)
