# SPDX-License-Identifier: MIT
"""Flask policies, each made of the example policy in Xen's source tree, or in the one with our patches."""

import shutil

from . import xen
from .cache import artefact, key_of
from .errors import LabError
from .paths import VM
from .run import run

# The label of a domU that nobody may send to, under the policy "deaf".
DEAF = "system_u:system_r:argo_deaf_t"
# The label of a domU that may use domain 0's storage, under the policy "ports".
CLIENT = "system_u:system_r:argo_client_t"

STOCK_RULE = "allow domain_type domain_type:argo { send register_single_source };"
DEAF_RULES = """allow domain_type { domain_type -argo_deaf_t }:argo { send register_single_source };
allow domain_type argo_deaf_t:argo { register_single_source };"""
FRONT_END_RULE = "allow { dom0_t argo_client_t } front_end_port_t:argo { register_single_source register_any_source send };"


def _replace(path, before, after):
    text = path.read_text(encoding="utf-8")
    if before not in text:
        raise LabError(f"this Xen's {path.name} has no {before!r}, which tests/vm/lab/policy.py changes")
    path.write_text(text.replace(before, after), encoding="utf-8")


def _add_module(policy, name):
    shutil.copy(VM / "flask" / f"{name}.te", policy / "modules")
    with open(policy / "modules" / "modules.conf", "a", encoding="ascii") as conf:
        conf.write(f"\n{name} = on\n")


def _make_deaf(policy):
    _add_module(policy, "argo_deaf")
    _replace(policy / "modules" / "guest_features.te", STOCK_RULE, DEAF_RULES)


def _make_governed(policy, name):
    """A policy in which a port needs a right that the module of this name gives."""
    _add_module(policy, name)
    _replace(policy / "modules" / "modules.conf", "argo_open_ports = on", "argo_open_ports = off")
    with open(policy / "policy" / "device_contexts", "ab") as contexts:
        contexts.write((VM / "flask" / f"{name}.contexts").read_bytes())


def _make_ports(policy):
    _make_governed(policy, "argo_ports")


def _make_rights(policy):
    _make_governed(policy, "argo_rights")


def _make_ports_closed(policy):
    """As "ports", but nobody may use the ports of the front-ends."""
    _make_ports(policy)
    _replace(policy / "modules" / "argo_ports.te", FRONT_END_RULE, "")


# By name: whether it is of the tree with our patches, and what is changed in it.
POLICIES = {"stock": (False, None), "deaf": (False, _make_deaf), "stock-patched": (True, None), "ports": (True, _make_ports),
            "ports-closed": (True, _make_ports_closed), "rights": (True, _make_rights)}


def built(name):
    """The path of a compiled policy, which any Xen can load."""
    if name not in POLICIES:
        raise LabError(f"no such Flask policy: {name} (there are {', '.join(POLICIES)})")
    patched, change = POLICIES[name]
    place_of_xen = xen.hypervisor(patched).place

    def build(place):
        work = place / "work"
        shutil.copytree(place_of_xen / "flask", work)
        if change:
            change(work)
        run(["make", "-C", work, "-f", "Makefile.common", f"FLASK_BUILD_DIR={place}", "XEN_FULLVERSION=lab",
             f"FLASKDIR={place_of_xen / 'flask-classes'}"], f"building the Flask policy {name}")
        shutil.rmtree(work)

    ours = [path.read_text(encoding="utf-8") for path in sorted((VM / "flask").iterdir())]
    key = key_of(place_of_xen.name, name, STOCK_RULE, DEAF_RULES, FRONT_END_RULE, build, _replace, _add_module, _make_deaf,
                 _make_governed, _make_ports, _make_ports_closed, _make_rights, *ours)
    return artefact(f"flask-{name}", key, build) / "xenpolicy-lab"
