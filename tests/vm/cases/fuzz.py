# SPDX-License-Identifier: MIT
"""What a user and a peer may send, tried by a fuzzer that the kernel's coverage steers (guest/fuzz_main.cpp)."""

import json

from cases.net import DEVICE
from cases.vsock import loaded_once
from lab.cases import case, expect
from lab.loopback import CONTROL
from lab.paths import REPO

NEEDS = ["argo-fuzz"]
SEED = 1
# What the fuzzer makes the kernel warn of: rings that it spoils, packets and frames that nobody may send.
SPOILT = r"argo\d: ring \d+ .* makes no sense"


def fuzzed(lab, domain, target, options=""):
    """Runs the fuzzer for as long as a stress test is; returns its account."""
    seconds = lab.built.stress_seconds
    seeds = (REPO / "tests" / "fuzz" / "seeds" / f"{target}.txt").read_text(encoding="utf-8")
    fuzzing = domain.spawn(f"exec argo-fuzz run --target {target} --seconds {seconds} --seed {SEED} {options}")
    fuzzing.write(seeds)
    fuzzing.close_stdin()
    done = fuzzing.wait(seconds + 120)
    expect(done.rc == 0, done.out, done.err)
    print(f"       {target}: {done.out.strip()}", flush=True)
    said = json.loads(done.out)
    kept = said["corpus"] - sum(not line.startswith("#") for line in seeds.splitlines())
    expect(kept > 0 and said["places"] > 0, "no input reached code that the seeds had not reached:", said)
    return said


@case("pv61", "pv61", loopback="only", debug=True, sample=True, timeout=900, needs=["argo_char", *NEEDS], expects=[SPOILT])
def system_calls(lab, a, b):
    control = f"--control {CONTROL}/argo{a.index} --other-control {CONTROL}/argo{b.index}"
    fuzzed(lab, a, "device", f"--other /dev/argo{b.index} {control}")


@case("pv61", "pv61", loopback="only", debug=True, sample=True, timeout=900, needs=["argo_vsock", *NEEDS])
def packets_of_a_vsock_peer(lab, _, peer):
    with loaded_once(lab):
        fuzzed(lab, peer, "vsock")


@case("pv61", "pv61", loopback="only", debug=True, sample=True, timeout=900, needs=["argo_net", *NEEDS])
def frames_of_a_network_peer(lab, _, peer):
    lab.vm.check(f"modprobe argo_net && ip link add {DEVICE} type argo attachment {lab.dom0.name} && "
                 f"ip link set {DEVICE} up")
    fuzzed(lab, peer, "net")
    lab.vm.check(f"ip link del {DEVICE}")
