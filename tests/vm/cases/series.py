# SPDX-License-Identifier: MIT
"""The driver on kernels of every series, on argo_loopback: those that Xen's domains do not run here, too."""

from cases.servants import serve
from lab import kernels
from lab.cases import case, expect, gtest

SERIES = tuple(kernels.SERIES)
# On Xen's series, and on argo_loopback with the usual one, the whole of the ABI is tested by abi.py.
NOT_ON_XEN = tuple(series for series in SERIES if series not in kernels.XEN_SERIES)


@case("pv61", loopback="only", series=SERIES, needs=["argo_char", "argo-ctl"])
def a_ping_comes_back(lab, u):
    release = lab.vm.check("uname -r")
    expect(any(release.startswith(f"{series}.") for series in SERIES), release)
    echo = lab.dom0.spawn("exec argo-ctl echo --port 7100")
    echo.wait_for("echoing")
    u.check(f"argo-ctl ping {lab.dom0.domid}:7100 -c 3 -i 0.1 -W 5 -s 20000")
    echo.kill(2)
    expect(echo.wait(10).rc == 0)


@case("pv61", "pv61", loopback="only", series=NOT_ON_XEN, timeout=600,
      needs=["argo_char", "argo-abi-tests", "argo-test-peer"])
def abi(lab, a, b):
    serve(a, b)
    gtest(lab, lab.dom0, "argo-abi-tests",
          f"--peer={a.domid} --peer2={b.domid} --hypervisor={lab.hypervisor}", timeout=500)
