# SPDX-License-Identifier: MIT
"""What argo-policy makes of a file is what a Xen with our patches does, and what argo-policy test says."""

import base64
import shutil
import subprocess
import tempfile
from pathlib import Path

from lab import xen
from lab.cases import case, expect
from lab.paths import BUILD, REPO
from lab.run import run

from .ports import NEEDS, domu, errors, load_policy
from .vsock import attempt, cid, listening, stop

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


def tutorials_file():
    """The file that docs/policy.md has."""
    lines = (REPO / "docs" / "policy.md").read_text(encoding="utf-8").splitlines()
    first = lines.index("    domain dom0 id 0")
    last = next(i for i in range(first, len(lines)) if lines[i] and not lines[i].startswith("    "))
    return "\n".join(line[4:] for line in lines[first:last]) + "\n"


def guests_rules(file, name, domain, ids):
    """As the tutorial has it, but that the ids are those of today."""
    with_ids = [word for other, domid in ids.items() if other != "dom0" for word in ("--id", f"{other}={domid}")]
    done = argo_policy("guest", file, name, *with_ids)
    expect(done.returncode == 0, done.stderr)
    loading = domain.spawn("cat >/tmp/rules && argo-ctl firewall check /tmp/rules && argo-ctl firewall load /tmp/rules")
    loading.write(done.stdout.encode())
    loading.close_stdin()
    expect(loading.wait(20).rc == 0, loading.err)


@case(xen="patched", flask="ports", needs=[*NEEDS, "argo-ctl", "argo_vsock", "argo-vsock-tool"], timeout=400,
      expects=["the hypervisor allows no wildcard ring"])
def the_tutorial_ends_locked_down(lab):
    """docs/policy.md, in the guests and in Xen at once."""
    with tempfile.TemporaryDirectory() as place:
        path, file = compiled(Path(place), tutorials_file())
        load(lab, path)
        domains = {"dom0": lab.dom0}
        try:
            for name in ("web", "db"):
                domains[name] = domu(lab, seclabel=f"system_u:system_r:argo_dom_{name}_t")
            ids = {name: domain.domid for name, domain in domains.items()}
            for name, domain in domains.items():
                guests_rules(file, name, domain, ids)
                domain.check("modprobe argo_vsock")
            serves(domains["db"], domains["web"], f"{ids['db']}:5432", 5432)
            serves(domains["dom0"], domains["db"], f"{ids['dom0']}:7003", 7003)
            for name, addresses in (("web", (f"{ids['dom0']}:7000", f"{ids['db']}:5433", f"{ids['db']}:7000")),
                                    ("db", (f"{ids['web']}:5432", f"{ids['dom0']}:7010"))):
                expect(set(errors(domains[name], *addresses)) == {"EACCES"}, name, addresses)
            for name in ("web", "db"):
                serving = [listening(domains[name], f"echo --port {port}") for port in (22, 23)]
                seen = [attempt(lab.dom0, cid(domains[name]), port)["errno"] for port in (22, 23)]
                expect(seen == ["", "EACCES"], name, seen)
                expect(attempt(domains[name], cid(lab.dom0), 22)["errno"] == "EACCES")
                for process in serving:
                    stop(process)
        finally:
            for name, domain in domains.items():
                domain.run("argo-ctl firewall flush")
                if name != "dom0":
                    domain.destroy()
            load_policy(lab, "ports")


def serves(server, client, address, port):
    """A client's message reaches the port, and is answered."""
    echo = server.spawn(f"exec argo-ctl echo --port {port}")
    echo.wait_for("echoing")
    client.check(f"argo-ctl ping {address} -c 2 -i 0.1", 30)
    echo.kill(2)
    echo.wait(10)
