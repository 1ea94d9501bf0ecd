# SPDX-License-Identifier: MIT
"""Flask policies: Xen's own ("stock"), and one that denies sends to one type of domain ("deaf")."""

import shutil

from .cache import artefact, key_of
from .errors import LabError
from .paths import VM
from .run import run

# The label of a domU that nobody may send to, under the policy "deaf".
DEAF = "system_u:system_r:argo_deaf_t"

STOCK_RULE = "allow domain_type domain_type:argo { send register_single_source };"
DEAF_RULES = """allow domain_type { domain_type -argo_deaf_t }:argo { send register_single_source };
allow domain_type argo_deaf_t:argo { register_single_source };"""


def _make_deaf(modules):
    shutil.copy(VM / "flask" / "argo_deaf.te", modules)
    with open(modules / "modules.conf", "a", encoding="ascii") as conf:
        conf.write("\nargo_deaf = on\n")
    features = modules / "guest_features.te"
    text = features.read_text(encoding="utf-8")
    if STOCK_RULE not in text:
        raise LabError("this Xen's policy states its Argo rules in another way than tests/vm/lab/policy.py knows")
    features.write_text(text.replace(STOCK_RULE, DEAF_RULES), encoding="utf-8")


def built(xen, name):
    """The path of a compiled policy."""
    if name not in ("stock", "deaf"):
        raise LabError(f"no such Flask policy: {name} (there are stock, deaf)")

    def build(place):
        work = place / "work"
        shutil.copytree(xen.place / "flask", work)
        if name == "deaf":
            _make_deaf(work / "modules")
        run(["make", "-C", work, "-f", "Makefile.common", f"FLASK_BUILD_DIR={place}", "XEN_FULLVERSION=lab",
             f"FLASKDIR={xen.place / 'flask-classes'}"], f"building the Flask policy {name}")
        shutil.rmtree(work)

    key = key_of(xen.place.name, name, STOCK_RULE, DEAF_RULES, build, _make_deaf,
                 (VM / "flask" / "argo_deaf.te").read_text(encoding="utf-8"))
    return artefact(f"flask-{name}", key, build) / "xenpolicy-lab"
