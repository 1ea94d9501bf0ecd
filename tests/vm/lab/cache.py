# SPDX-License-Identifier: MIT
"""What takes long to make is made once, and kept under a hash of what it is made from."""

import contextlib
import fcntl
import hashlib
import inspect
import os
import shutil
import tempfile
import time

from .paths import cache_root

# Seconds that an unused artefact is kept: branches are gone back to.
KEEP = 14 * 24 * 3600


def key_of(*parts):
    digest = hashlib.sha256()
    for part in parts:
        # A recipe is its source text: whoever changes it gets a new artefact.
        text = inspect.getsource(part) if callable(part) else str(part)
        digest.update(text.encode() + b"\0")
    return digest.hexdigest()[:16]


@contextlib.contextmanager
def locked_file(path):
    """Two labs may be prepared at once on one machine; one of them waits."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with open(path, "w", encoding="ascii") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def locked(name):
    return locked_file(cache_root() / f".{name}.lock")


def artefact(name, key, build, keep=KEEP):
    """The directory that build(dir) fills; it appears complete or not at all. Others of that name go after `keep` seconds."""
    place = cache_root() / f"{name}-{key}"
    if _used(place):
        return place
    with locked(name):
        # Another lab may have made it meanwhile.
        if _used(place):
            return place
        work = tempfile.mkdtemp(prefix=f".{name}-", dir=cache_root())
        try:
            build(type(place)(work))
            os.chmod(work, 0o755)
            os.rename(work, place)
            _prune(name, place, keep)
        finally:
            shutil.rmtree(work, ignore_errors=True)
    return place


def _used(place):
    """Whether it is there; if so, it is kept for longer."""
    try:
        os.utime(place)
    except FileNotFoundError:
        return False
    return True


def _prune(name, kept, seconds):
    """Removes what the same recipe made in other versions, once nobody asked for it in weeks."""
    for old in kept.parent.glob(f"{name}-{'[0-9a-f]' * 16}"):
        if old != kept and time.time() - old.stat().st_mtime > seconds:
            shutil.rmtree(old, ignore_errors=True)
