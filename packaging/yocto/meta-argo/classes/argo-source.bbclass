# SPDX-License-Identifier: MIT
# The source is ARGO_TREE (conf/layer.conf), of which a recipe names in SRC_URI what it needs. It is unpacked in
# ARGO_UNPACKED.
FILESEXTRAPATHS:prepend := "${ARGO_TREE}:"

# Releases up to scarthgap have no UNPACKDIR.
ARGO_UNPACKED = "${@d.getVar('UNPACKDIR') or d.getVar('WORKDIR')}/argo"

# The version is CMakeLists.txt's.
PV = "${@argo_version(d)}"

def argo_version(d):
    import re
    path = os.path.join(d.getVar("ARGO_TREE"), "CMakeLists.txt")
    # A change of the file has the recipes parsed anew.
    bb.parse.mark_dependency(d, path)
    with open(path, encoding="utf-8") as file:
        found = re.search(r"^project\(argo VERSION ([0-9.]+)", file.read(), re.M)
    if not found:
        bb.fatal("%s names no version of argo" % path)
    return found.group(1)
