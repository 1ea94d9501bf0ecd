# SPDX-License-Identifier: MIT
"""Writes initramfs archives (the newc format), owned by root whoever builds them."""

import os
import stat


class Archive:
    """Files added in any order; directories above them appear by themselves."""

    def __init__(self):
        self._parts = []
        self._known = {""}
        self._inode = 0

    def _add(self, name, mode, data=b"", rdev=(0, 0)):
        self._inode += 1
        encoded = name.encode() + b"\0"
        fields = [self._inode, mode, 0, 0, 1, 0, len(data), 0, 0, *rdev, len(encoded), 0]
        header = b"070701" + b"".join(b"%08X" % f for f in fields)
        self._parts += [header, encoded, b"\0" * (-(len(header) + len(encoded)) % 4),
                        data, b"\0" * (-len(data) % 4)]

    def _parents(self, name):
        parent = os.path.dirname(name)
        if parent not in self._known:
            self.dir(parent)

    def dir(self, name, mode=0o755):
        name = name.strip("/")
        self._parents(name)
        if name not in self._known:
            self._known.add(name)
            self._add(name, stat.S_IFDIR | mode)

    def file(self, name, data, mode=0o644):
        name = name.strip("/")
        self._parents(name)
        self._add(name, stat.S_IFREG | mode, data.encode() if isinstance(data, str) else data)

    def copy(self, name, path, mode=None):
        path = os.path.realpath(path)
        with open(path, "rb") as source:
            self.file(name, source.read(), mode or stat.S_IMODE(os.stat(path).st_mode) | 0o444)

    def link(self, name, target):
        name = name.strip("/")
        self._parents(name)
        self._known.add(name)
        self._add(name, stat.S_IFLNK | 0o777, target.encode())

    def node(self, name, major, minor):
        self._parents(name)
        self._add(name.strip("/"), stat.S_IFCHR | 0o600, rdev=(major, minor))

    def save(self, path, *before):
        """Writes the archives `before` (paths) and this one, in that order, as one initramfs."""
        # Replaced as a whole: another lab may be about to boot from it.
        unfinished = f"{path}.{os.getpid()}"
        with open(unfinished, "wb") as out:
            for other in before:
                with open(other, "rb") as source:
                    out.write(source.read())
                out.write(b"\0" * (-out.tell() % 512))
            out.write(b"".join(self._parts))
            trailer = b"TRAILER!!!\0"
            out.write(b"070701" + b"%08X" * 13 % (0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, len(trailer), 0) + trailer)
            out.write(b"\0" * (-out.tell() % 512))
        os.replace(unfinished, path)
