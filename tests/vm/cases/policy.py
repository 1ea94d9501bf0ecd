# SPDX-License-Identifier: MIT
"""What argo-policy makes of a file is what a Xen with our patches does, and what argo-policy test says."""

import base64
import shutil
import subprocess
import tempfile
from pathlib import Path

from lab import xen
from lab.cases import case, expect
from lab.paths import BUILD
from lab.run import run

from .ports import NEEDS, domu, errors, load_policy

POLICY = """domain dom0 id 0
domain web tag guest
domain db  tag guest

deny  web  -> dom0 : 7005
@guest     -> dom0 : 7000-7009
web        -> db   : 5432, 7100
dom0      <-> web  : 7300

never db -> web : any
"""
PORTS = (5432, 6999, 7000, 7005, 7009, 7100, 7300)


def argo_policy(*words):
    """The tool as on an administrator's desktop: it runs beside Xen, not on it."""
    return subprocess.run([BUILD / "cmake" / "cli" / "policy" / "argo-policy", *words], capture_output=True, text=True,
                          timeout=60, check=False)


def compiled(place, text):
    """The example policy of the patched Xen with what is made of a file; its path, and that of the file."""
    file, source, xens = place / "policy.argo", place / "flask", xen.hypervisor(True).place
    file.write_text(text, encoding="ascii")
    shutil.rmtree(source, ignore_errors=True)
    shutil.copytree(xens / "flask", source)
    conf = source / "modules" / "modules.conf"
    modules = conf.read_text(encoding="utf-8").replace("argo_open_ports = on", "argo_open_ports = off")
    conf.write_text(modules + "\nargo_policy = on\n", encoding="utf-8")
    done = argo_policy("flask", file, "--policy", source, "-o", place)
    expect(done.returncode == 0, done.stderr)
    shutil.copy(place / "argo_policy.te", source / "modules")
    with open(source / "policy" / "device_contexts", "ab") as contexts:
        contexts.write((place / "argo_policy.contexts").read_bytes())
    run(["make", "-C", source, "-f", "Makefile.common", f"FLASK_BUILD_DIR={place}", "XEN_FULLVERSION=lab",
         f"FLASKDIR={xens / 'flask-classes'}"], "building the Flask policy")
    done = argo_policy("prove", file, place / "xenpolicy-lab")
    expect(done.returncode == 0, done.stderr)
    return place / "xenpolicy-lab", file


def load(lab, path):
    loading = lab.dom0.spawn("base64 -d >/tmp/policy && xl loadpolicy /tmp/policy")
    loading.write(base64.b64encode(path.read_bytes()) + b"\n")
    loading.close_stdin()
    done = loading.wait(60)
    expect(done.rc == 0, done.out, done.err)


@case(xen="patched", flask="ports", needs=NEEDS, timeout=300)
def xen_does_what_the_file_says(lab):
    with tempfile.TemporaryDirectory() as place:
        path, file = compiled(Path(place), POLICY)
        load(lab, path)
        try:
            domains = {"dom0": lab.dom0}
            for name in ("web", "db"):
                domains[name] = domu(lab, seclabel=f"system_u:system_r:argo_dom_{name}_t")
            for source, domain in domains.items():
                for target, other in domains.items():
                    if source == target:
                        continue
                    seen = errors(domain, *[f"{other.domid}:{port}" for port in PORTS])
                    for port, error in zip(PORTS, seen, strict=True):
                        said = argo_policy("test", file, source, f"{target}:{port}").returncode
                        wanted = {0: "ECONNREFUSED", 3: "EACCES"}.get(said)
                        expect(error == wanted, source, target, port, error, said)
            for name in ("web", "db"):
                domains[name].destroy()
        finally:
            load_policy(lab, "ports")
