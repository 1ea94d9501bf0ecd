# SPDX-License-Identifier: MIT
"""Clean Debian root file systems, and copies of them that are thrown away."""

import contextlib
import os
import pathlib
import shutil
import tempfile

from .apt import Apt
from .cache import artefact, cache_root, key_of
from .errors import NotHere
from .run import run

# $1: the root that is not written to, $2: a folder for what differs, $3: a script for the root's shell. The mounts go with
# the namespace that this runs in.
_ENTER = r"""
mount -t overlay overlay -o "lowerdir=$1,upperdir=$2/upper,workdir=$2/work" "$2/root"
cd "$2/root"
mount -t proc proc proc
mount -t tmpfs tmpfs dev
mkdir dev/pts dev/shm
mount -t devpts devpts dev/pts
for node in null zero full random urandom tty; do
	touch "dev/$node"
	mount --bind "/dev/$node" "dev/$node"
done
ln -s pts/ptmx dev/ptmx
ln -s /proc/self/fd dev/fd
for shared in "$2"/shared/*; do
	[ ! -e "$shared" ] || { mkdir -p "mnt/${shared##*/}"; mount --bind "$(readlink -f "$shared")" "mnt/${shared##*/}"; }
done
exec chroot . /bin/sh -euc "$3"
"""
_ENVIRONMENT = {"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "HOME": "/root", "LC_ALL": "C.UTF-8",
                "DEBIAN_FRONTEND": "noninteractive"}


def base(release, packages=(), variant="minbase"):
    """A root file system of that release with these packages, from the cache; not to be written to."""
    if os.geteuid() != 0:
        raise NotHere("a root file system of Debian is made and entered as root: run this with sudo")
    apt = Apt(release)

    def build(where):
        apt.update()
        run(["mmdebstrap", "--mode=root", f"--variant={variant}", *(f"--include={package}" for package in packages),
             release, where / "root", apt.home / "sources" / "lab.sources"],
            f"making a root file system of Debian {release}")

    return artefact(f"root-{release}", key_of(release, *sorted(packages), variant, base), build) / "root"


class Copy:
    """What is written to it differs from the base, and is gone with it."""

    def __init__(self, lower, place):
        self.lower, self.place = lower, place
        for folder in ("upper", "work", "root", "shared"):
            (place / folder).mkdir()

    def share(self, folder, name):
        """The root has a folder of this machine as /mnt/NAME."""
        (self.place / "shared" / name).symlink_to(folder)

    def run(self, script, what=None, env=None):
        """Runs a script in the root, and returns what it says on its standard output."""
        environment = {**_ENVIRONMENT, **(env or {})}
        return run(["unshare", "--mount", "--pid", "--fork", "--kill-child", "env", "-i",
                    *(f"{name}={value}" for name, value in environment.items()),
                    "sh", "-eu", "-c", _ENTER, "sh", self.lower, self.place, script], what or script)

    def save(self, image, size):
        """Writes the root to the image of an ext4 disk."""
        run(["unshare", "--mount", "sh", "-euc",
             'mount -t overlay overlay -o "lowerdir=$1,upperdir=$2/upper,workdir=$2/work" "$2/root"; '
             'exec /sbin/mke2fs -q -t ext4 -d "$2/root" "$3" "$4"', "sh", self.lower, self.place, image, size],
            f"writing {image}")

    def path(self, name):
        """Where a file is that the root's own commands have written."""
        return self.place / "upper" / name.lstrip("/")


@contextlib.contextmanager
def copy(lower):
    cache_root().mkdir(parents=True, exist_ok=True)
    place = pathlib.Path(tempfile.mkdtemp(prefix=".copy-", dir=cache_root()))
    try:
        yield Copy(lower, place)
    finally:
        shutil.rmtree(place, ignore_errors=True)
