# SPDX-License-Identifier: MIT
"""A send that Xen's policy denies: EACCES for that one, and nothing for anybody else."""

import json

from cases.servants import passes, result, serve, traffic
from lab.cases import case, expect, gtest
from lab.policy import DEAF


@case(flask="deaf", timeout=300, needs=["argo_char", "argo-traffic", "argo-abi-tests", "argo-test-peer"])
def a_denied_send_hurts_no_other(lab):
    deaf = lab.create("pv61", seclabel=DEAF)
    plain = lab.create("pvh612")
    for domain in (deaf, plain):
        domain.check("modprobe argo")
    at_deaf = traffic(deaf, "recv --port 6800 --idle-end 1 --senders 0 --timeout 1000")
    for sender in (lab.dom0, plain):
        receiver = plain if sender is lab.dom0 else lab.dom0
        taking = traffic(receiver, "recv --port 6801 --count 2 --allow-gaps --size 100")
        denied, allowed = f"{deaf.domid}:6800", f"{receiver.domid}:6801"
        said = json.loads(sender.check(f"argo-traffic try {denied} {allowed} {denied} {denied} {allowed} --size 100"))
        expect(said["errors"] == ["EACCES", "", "EACCES", "EACCES", ""], said)
        expect(result(taking)["messages"] == 2)
        # To send and wait for room is no way around it, nor is it a wait.
        done = sender.run(f"argo-traffic send --to {denied} --count 1 --size 10", 30)
        expect(done.rc == 1 and '"EACCES"' in done.out, done.out, done.err)
    # Nothing came in, and the deaf one may still send.
    expect(result(at_deaf)["messages"] == 0)
    passes(deaf, plain)
    passes(deaf, lab.dom0)
    serve(plain)
    gtest(lab, lab.dom0, "argo-abi-tests", f"'--gtest_filter=between.echo*:between.back*' --peer={plain.domid}")
    deaf.destroy()
    plain.destroy()
