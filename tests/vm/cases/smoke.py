# SPDX-License-Identifier: MIT
"""The lab itself works, and the driver loads in every kind of domain."""

from lab.cases import case, each, expect

LEFT = "sleep 7654321"
EVERY_KIND = ("pv61", "pvh61", "pv612", "pvh612")


@case()
def dom0_is_up(lab):
    listed = lab.dom0.check("xl list")
    expect("Domain-0" in listed, listed)
    expect("6.1." in lab.dom0.check("uname -r"))


@each(*EVERY_KIND)
def domu_boots(lab, u):
    series = u.check("uname -r")
    expect(series.startswith("6.12." if u.kind.endswith("612") else "6.1."), series)
    expect(u.check("cat /sys/hypervisor/type").strip() == "xen")
    guest_type = u.check("cat /sys/hypervisor/guest_type").strip()
    expect(guest_type == ("PVH" if u.kind.startswith("pvh") else "PV"), guest_type)


@case("pv61")
def agent_keeps_output_apart(lab, u):
    done = u.run("echo out; echo err >&2; exit 7")
    expect(done == (7, "out\n", "err\n"), done)
    # More than any buffer on the way holds.
    done = u.run("seq 1 6000 | md5sum; seq 1 6000", 120)
    lines = done.out.splitlines()
    expect(lines[1:] == [str(i) for i in range(1, 6001)], len(lines))
    slow = [u.spawn(f"sleep 1; echo {i}") for i in range(10)]
    expect([p.wait(20).out for p in slow] == [f"{i}\n" for i in range(10)])
    endless = u.spawn("sleep 1000")
    endless.kill(9)
    expect(endless.wait(10).rc == 137)


@case("pv61")
def kernel_messages_do_not_break_the_agent(lab, u):
    shouting = u.spawn("for i in $(seq 1 300); do echo '<0>shout' $i >/dev/kmsg; done")
    for i in range(20):
        expect(u.run(f"echo {i}", 30).out == f"{i}\n")
    shouting.wait(60)


@each("pv61", "pvh612", timeout=400)
def save_and_restore(lab, u):
    before = u.domid
    counter = u.spawn("for i in $(seq 1 40); do echo $i; sleep 0.2; done")
    counter.wait_for("3\n")
    u.save("/run/saved")
    expect(u.name not in lab.dom0.check("xl list"))
    lab.restore("/run/saved")
    expect(u.domid != before)
    expect(u.run("echo back", 60).out == "back\n")
    expect(counter.wait(60).out.split() == [str(i) for i in range(1, 41)], counter.out)
    lab.dom0.check("rm /run/saved")


@case(needs=["argo"])
def argo_loads_in_dom0(lab):
    expect("argo" in lab.dom0.check("lsmod"))


@case("pv61", needs=["argo"], loopback=True)
def a_case_may_leave_a_mess(lab, u):
    """Which the next one is not to meet."""
    lab.dom0.spawn(f"exec {LEFT}")
    if lab.hypervisor == "xen":
        u.check("rmmod argo_vsock argo_net argo_char argo 2>/dev/null; ! lsmod | grep '^argo '")
    else:
        lab.guests[1].destroy()


@case("pv61", needs=["argo"], loopback=True)
def a_mess_of_another_case_has_gone(lab, u):
    running = lab.dom0.check("ps")
    expect(LEFT not in running, running)
    u.check("lsmod | grep '^argo '")
    expect(all(guest.alive for guest in lab.guests), [(guest.name, guest.state) for guest in lab.guests])


@each(*EVERY_KIND, needs=["argo"])
def argo_loads(lab, u):
    loaded = u.check("lsmod")
    expect("argo" in loaded, loaded)
    if lab.built.has("argo_char"):
        expect(u.run("test -c /dev/argo").rc == 0, "modprobe argo brought no /dev/argo")
