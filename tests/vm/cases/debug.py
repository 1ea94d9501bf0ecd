# SPDX-License-Identifier: MIT
"""On kernels that check themselves: what others do in domUs of Xen with lockdep, and memory that is refused."""

from cases import abi, cables, conformance, lifecycle, net, stress, vsock, vsock_libargo, vsock_peers
from cases.servants import passes
from cases.stress import NEEDS, expect_received, stressed
from lab.cases import case, each, expect

PV, PVH = "pvdebug", "pvhdebug"
for function, needs in ((abi.essentials_with_dom0, abi.NEEDS),
                        (lifecycle.save_and_restore_under_traffic, lifecycle.NEEDS),
                        (lifecycle.unload_and_reload, lifecycle.NEEDS), (vsock_libargo.with_dom0, vsock_libargo.NEEDS),
                        (vsock_peers.a_domain_that_is_restored, vsock_peers.NEEDS),
                        (net.point_to_point, net.NEEDS), (net.added_and_deleted_under_traffic, net.NEEDS),
                        (net.polled_in_every_way_of_linux, net.NEEDS), (net.back_after_a_restore, net.NEEDS)):
    each(PV, PVH, timeout=900, debug=True, needs=needs)(function)
each(PV, PVH, timeout=900, debug=True, needs=conformance.NEEDS, expects=conformance.SPOILT)(conformance.of_xen)
for function, needs in ((stress.at_random, NEEDS), (vsock.a_thousand_connections_at_once, vsock.NEEDS),
                        (vsock.what_is_read_may_hold_more, vsock.NEEDS),
                        (vsock_peers.unloading_is_refused_or_safe, vsock_peers.NEEDS),
                        (net.three_domains_on_one_device, net.NEEDS),
                        (net.a_bridge_a_vlan_and_a_namespace, net.NEEDS)):
    each((PV, PVH), timeout=900, debug=True, needs=needs)(function)

for function, needs in ((cables.of_the_device, cables.TESTS), (conformance.of_cables_on_loopback, conformance.NEEDS),
                        (conformance.of_rights_on_loopback, conformance.NEEDS)):
    case(loopback="only", timeout=600, debug=True, needs=needs)(function)

REFUSERS = ("failslab", "fail_page_alloc")


def refuse(domain, percent):
    """Of the memory that marked threads ask for; what may sleep is refused, too."""
    for refuser in REFUSERS:
        settings = {"task-filter": "Y", "ignore-gfp-wait": "N", "verbose": 0, "times": -1, "probability": percent}
        domain.check(f"cd /sys/kernel/debug/{refuser} && "
                     + " && ".join(f"echo {value} >{name}" for name, value in settings.items()))


@case("pv61", "pvh612", timeout=900, needs=NEEDS, loopback="only", sample=True, debug=True)
def while_memory_is_refused(lab, a, b):
    refuse(lab.vm, 2)
    try:
        totals = stressed(lab, [lab.dom0, a, b], options="--fail-memory")
    finally:
        refuse(lab.vm, 0)
    expect_received(lab, totals)
    expect(all(said["no_memory"] > 0 for said in totals), totals)
    passes(lab.dom0, a)
    passes(b, lab.dom0)
