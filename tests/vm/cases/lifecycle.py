# SPDX-License-Identifier: MIT
"""What happens under traffic: save and restore, a domain destroyed, the driver unloaded."""

from cases.servants import dismiss, passes, result, serve, traffic
from lab.cases import case, each, expect, gtest

NEEDS = ["argo_char", "argo-traffic", "argo-abi-tests", "argo-test-peer"]
GONE = ("EPIPE", "ECONNRESET", "ECONNREFUSED", "EHOSTUNREACH")
SIZES = "--size 0-1200 --seed 9"


def still_running(*processes):
    for process in processes:
        expect(process.running, "ended too early:", process.agent.name, process.cmd, process.out, process.err)


@each("pv61", "pvh61", "pv612", "pvh612", timeout=500, needs=NEEDS)
def save_and_restore_under_traffic(lab, u):
    serve(u)
    before = u.domid
    # From the domain, through the restore; to it, before and after; and one that only watches.
    at_dom0 = traffic(lab.dom0, f"recv --port 6400 --senders 2 --allow-gaps --idle-end 8 --timeout 400 {SIZES}")
    from_u = traffic(u, f"send --to 0:6400 --count 0 --rate 100 --expect-reset --after-reset 500 --timeout 400 {SIZES}")
    at_u = traffic(u, f"recv --port 6401 --partner 0 --senders 2 --expect-reset --idle-end 8 --timeout 400 {SIZES}")
    to_u = traffic(lab.dom0, f"send --to {u.domid}:6401 --rate 100 --expect-gone --timeout 400 {SIZES}")
    watching = traffic(lab.dom0, f"watch --to {u.domid}:6401 --timeout 400")
    lab.dom0.run("sleep 2")
    still_running(from_u, to_u, watching, at_dom0, at_u)

    u.save("/run/traffic")
    ended, watched = result(to_u), result(watching)
    expect(ended["errno"] in GONE, ended)
    expect(watched["errno"] == "ECONNRESET", watched)

    lab.restore("/run/traffic")
    lab.dom0.check("rm /run/traffic")
    expect(u.domid != before)
    # The endpoints that were open before work under the new domid.
    again = result(traffic(lab.dom0, f"send --to {u.domid}:6401 --count 200 {SIZES}"))
    expect(again["messages"] == 200, again)
    sent, received = result(from_u), result(at_dom0)
    expect(sent["resets"] == 1 and sent["messages"] > 500, sent)
    # dom0 was not restored: what was sent to it has arrived.
    expect(received["senders"] == 2 and received["messages"] == sent["messages"], received, sent)
    taken = result(at_u)
    expect(taken["resets"] == 1 and taken["senders"] == 2 and taken["messages"] >= 200, taken)
    gtest(lab, lab.dom0, "argo-abi-tests", f"'--gtest_filter=between.echo*:between.back*' --peer={u.domid}")
    gtest(lab, u, "argo-abi-tests", "'--gtest_filter=info.*:bind.s*:poll_test.edge*'")


@each(("pv61", "pvh612"), ("pvh61", "pv612"), fresh=True, timeout=300, needs=NEEDS, loopback=True)
def destroy_in_the_middle_of_a_transfer(lab, doomed, other):
    # All that goes to it ends with an error, all that came from it is right, and nothing hangs.
    traffic(doomed, f"recv --port 6500 {SIZES} --timeout 1000")
    sending = [traffic(d, f"send --to {doomed.domid}:6500 --expect-gone {how} {SIZES} --timeout 400")
               for d in (lab.dom0, other) for how in ("", "--nonblock")]
    watching = [traffic(d, f"watch --to {doomed.domid}:6500 --timeout 400") for d in (lab.dom0, other)]
    taking = [traffic(d, f"recv --port 6501 --idle-end 5 {SIZES} --timeout 400") for d in (lab.dom0, other)]
    for d in (lab.dom0, other):
        traffic(doomed, f"send --to {d.domid}:6501 --count 1000000 {SIZES} --timeout 1000")
    lab.dom0.run("sleep 2")
    still_running(*sending, *watching, *taking)
    doomed.destroy()
    for process in sending:
        said = result(process)
        expect(said["errno"] in GONE and said["messages"] > 0, said)
    for process in watching:
        expect(result(process)["errno"] == "ECONNRESET")
    for process in taking:
        expect(result(process)["messages"] > 0)
    passes(lab.dom0, other)
    passes(other, lab.dom0)


def refused_to_unload(domain, why):
    for modules in ("argo_char", "argo", "argo_char argo"):
        expect(domain.run(f"rmmod {modules}").rc != 0, f"{domain.name}: rmmod {modules} went through {why}")
    expect(domain.run("test -c /dev/argo").rc == 0, "the device is gone", why)


@each("pv61", "pvh612", timeout=300, needs=NEEDS)
def unload_and_reload(lab, u):
    dismiss(u)
    holding = u.spawn("exec 3<>/dev/argo; echo open; read line <&0")
    holding.wait_for("open")
    refused_to_unload(u, "with an unbound endpoint open")
    holding.close_stdin()
    holding.wait()

    receiving = traffic(u, f"recv --port 6600 --idle-end 3 {SIZES}")
    refused_to_unload(u, "with a receiver waiting")
    sending = traffic(lab.dom0, f"send --to {u.domid}:6600 --rate 200 {SIZES}")
    refused_to_unload(u, "under traffic")
    still_running(sending, receiving)
    sending.kill()
    sending.wait()
    expect(result(receiving)["messages"] > 0)

    for _ in range(3):
        u.check("rmmod argo_char argo")
        expect(u.run("test -e /dev/argo").rc != 0, "the device outlived its driver")
        expect("argo" not in u.check("lsmod"))
        # To others the domain is one without rings.
        done = u.run("argo-traffic try 0:1")
        expect(done.rc != 0, "a send without the driver:", done.out)
        u.check("modprobe argo")
        expect(u.run("test -c /dev/argo").rc == 0, "modprobe argo brought no /dev/argo")
        passes(lab.dom0, u)
        passes(u, lab.dom0)


@case("pv61", timeout=200, needs=NEEDS)
def unload_under_a_peer(lab, u):
    # What the other side sees of an unload is a peer that went away.
    dismiss(u)
    taking = traffic(u, f"recv --port 6700 {SIZES} --timeout 1000")
    watching = traffic(lab.dom0, f"watch --to {u.domid}:6700")
    sending = traffic(lab.dom0, f"send --to {u.domid}:6700 --expect-gone {SIZES}")
    taking.kill(9)
    taking.wait()
    u.check("rmmod argo_char argo")
    expect(result(watching)["errno"] == "ECONNRESET")
    expect(result(sending)["errno"] in GONE)
    u.check("modprobe argo")
    passes(lab.dom0, u)
