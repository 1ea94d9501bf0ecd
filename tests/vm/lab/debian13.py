# SPDX-License-Identifier: MIT
"""User space with Debian 13's compiler and libraries: built, and its unit tests run, in a clean root.

python3 -m lab.debian13     leaves its counts for the summary of `make check`
"""

import os
import sys

from . import rootfs, summary
from .cache import cache_root
from .errors import LabError
from .paths import BUILD, REPO

RELEASE = "trixie"
PACKAGES = ("build-essential", "ccache", "cmake", "libboost-dev", "libcli11-dev", "libfmt-dev", "libgmock-dev",
            "libgtest-dev", "libsepol-dev", "libssl-dev", "ninja-build", "nlohmann-json3-dev", "pkgconf")
# Optimising would take three times as long; the packages are built with it.
BUILD_SCRIPT = """
cmake -S /mnt/source -B /mnt/build -G Ninja -DCMAKE_BUILD_TYPE=None -DARGO_WERROR=ON \
	-DCMAKE_C_COMPILER_LAUNCHER=ccache -DCMAKE_CXX_COMPILER_LAUNCHER=ccache
cmake --build /mnt/build -j "$(nproc)"
"""
# Its status tells less than its account.
TEST_SCRIPT = """
ctest --test-dir /mnt/build --output-on-failure -j "$(nproc)" --output-junit /mnt/build/tests.xml || true
"""


def check():
    account = BUILD / "debian13" / "tests.xml"
    account.unlink(missing_ok=True)
    shared = {"source": REPO, "build": account.parent, "ccache": cache_root() / f"ccache-{RELEASE}"}
    with rootfs.copy(rootfs.base(RELEASE, PACKAGES)) as root:
        for name, folder in shared.items():
            folder.mkdir(parents=True, exist_ok=True)
            root.share(folder, name)
        environment = {"CCACHE_DIR": "/mnt/ccache", "CCACHE_MAXSIZE": "1G"}
        root.run(BUILD_SCRIPT, "building user space on Debian 13", environment)
        print(root.run(TEST_SCRIPT, "running the unit tests on Debian 13", environment), end="")
    if not account.exists():
        raise LabError("the unit tests on Debian 13 left no account of themselves")
    return summary.account("debian13", [account])


def main():
    if os.geteuid() != 0:
        print("Debian 13: left out, since its root is made and entered as root")
        return summary.write("debian13", [("debian13", "skipped")])
    try:
        return check()
    except LabError as error:
        print(f"lab: {error}", file=sys.stderr)
        return summary.write("debian13", [("debian13-build", "failed")])


if __name__ == "__main__":
    sys.exit(main())
