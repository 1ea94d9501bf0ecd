# SPDX-License-Identifier: MIT
"""argo-ctl as an admin uses it, one of each command, with its exit codes."""

import json

from lab.cases import case, each, expect

NEEDS = ["argo_char", "argo-ctl"]
# docs/argo-ctl.md.
WRONG_USAGE, UNREACHABLE = 2, 4
MIB = 1 << 20


def said(domain, command, timeout=60):
    """The JSON documents that a command wrote."""
    return [json.loads(line) for line in domain.check(f"argo-ctl {command} --json", timeout).splitlines()]


def refused(domain, command, code, *words):
    done = domain.run(f"argo-ctl {command}")
    expect(done.rc == code and all(word in done.err for word in words), command, done.rc, done.out, done.err)


@each("pv61", "pvh612", timeout=200, needs=NEEDS, loopback=True)
def ping_finds_an_echo(lab, u):
    echo = lab.dom0.spawn("exec argo-ctl echo --port 7100 --json")
    echo.wait_for("echoing")
    # Two of the largest fill the echo's ring, and a ping does not wait for space.
    for size, interval in ((16, 0.02), (1000, 0.02), (60000, 0.5)):
        *replies, statistics = said(u, f"ping {lab.dom0.domid}:7100 -c 5 -i {interval} -W 5 -s {size}")
        expect([reply["seq"] for reply in replies] == [1, 2, 3, 4, 5], replies)
        expect(all(reply["kind"] == "in-time" and reply["peer"] == f"{lab.dom0.domid}:7100" for reply in replies), replies)
        expect(statistics["sent"] == statistics["received"] == 5 and statistics["lost"] == 0, statistics)
        expect(0 < statistics["rtt_ns"]["min"] <= statistics["rtt_ns"]["avg"] <= statistics["rtt_ns"]["max"], statistics)
    echo.kill(2)
    done = echo.wait(10)
    total = json.loads(done.out)
    expect(done.rc == 0 and total["received"] == total["echoed"] == 15 and total["lost"] == 0, done.rc, done.out)
    refused(u, f"ping {lab.dom0.domid}:7100 -c 1 -W 1", UNREACHABLE, "start the peer")


@each("pv61", "pvh612", timeout=200, needs=NEEDS, loopback=True)
def a_file_arrives_whole(lab, u):
    u.check("dd if=/dev/urandom of=/tmp/sent bs=65536 count=48 2>/dev/null; : >/tmp/empty")
    for name, size in (("sent", 3 * MIB), ("empty", 0)):
        receiver = lab.dom0.spawn(f"exec argo-ctl recv --port 7101 -o /tmp/got.{name} --json")
        receiver.wait_for("7101")
        sent, = said(u, f"send /tmp/{name} {lab.dom0.domid}:7101 --checksum", 120)
        done = receiver.wait(60)
        got = json.loads(done.out)
        expect(done.rc == 0 and got["ok"] and sent["ok"] and got["verified"] and sent["verified"], done.out, done.err, sent)
        expect(got["bytes"] == sent["bytes"] == size and got["peer"].startswith(f"{u.domid}:"), got, sent)
        sums = {domain.check(f"sha256sum <{path}").split()[0]
                for domain, path in ((u, f"/tmp/{name}"), (lab.dom0, f"/tmp/got.{name}"))}
        expect(sums == {sent["sha256"]} == {got["sha256"]}, sums, sent, got)
    u.check("rm /tmp/sent /tmp/empty")
    lab.dom0.check("rm /tmp/got.*")
    refused(u, f"send /etc/passwd {lab.dom0.domid}:7101", UNREACHABLE, f"{lab.dom0.domid}:7101")


@each("pv61", "pvh612", timeout=200, needs=NEEDS, loopback=True)
def rings_and_info_tell_what_is_there(lab, u):
    info, = said(u, "info")
    expect(info["hypervisor"] == lab.hypervisor and info["domid"] == u.domid, info)
    echo = u.spawn("exec argo-ctl echo --port 7102")
    echo.wait_for("echoing")
    lab.dom0.check(f"argo-ctl ping {u.domid}:7102 -c 3 -i 0.02 -W 5 -s 100")
    ring, = [ring for ring in said(u, "rings")[0]["rings"] if ring["port"] == 7102]
    expect(ring["partner"] is None and ring["command"] == "argo-ctl" and ring["owner"] == "argo_char", ring)
    expect(ring["rx_messages"] == ring["tx_messages"] == 3 and ring["rx_bytes"] == ring["tx_bytes"] == 300, ring)
    expect(ring["fill"] == ring["drops"] == 0, ring)
    expect("7102" in u.check("argo-ctl rings"))
    echo.kill(15)
    expect(echo.wait(10).rc == 0)
    expect(not [ring for ring in said(u, "rings")[0]["rings"] if ring["port"] == 7102], "its ring outlived it")


@each("pv61", "pvh612", timeout=200, needs=NEEDS, loopback=True)
def bench_counts_what_arrives(lab, u):
    server = lab.dom0.spawn("exec argo-ctl bench --serve --port 7103")
    server.wait_for("7103")
    report, = said(u, f"bench {lab.dom0.domid}:7103 --duration 0.3", 120)
    expect({result["mode"] for result in report["results"]} == {"round-trip", "one-way"}, report)
    for result in report["results"]:
        expect(result["sent"] == result["received"] > 0, result)
        expect(result["lost"] == result["reordered"] == result["duplicates"] == result["wrong_size"] == 0, result)
    server.kill(2)
    expect(server.wait(10).rc == 0)


@case("pv61", needs=NEEDS, loopback=True)
def mistakes_are_told_from_failures(lab, u):
    refused(u, "ping nonsense", WRONG_USAGE, "nonsense")
    refused(u, "send 1:1", WRONG_USAGE)
    refused(u, "ping 32000:7 -c 1", UNREACHABLE, "32000")
