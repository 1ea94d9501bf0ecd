# SPDX-License-Identifier: MIT
"""libargo::vsock over argo_vsock, between two domains: its tests, and HTTP with the examples."""

from cases.vsock import cid, load, loaded_once
from lab.cases import case, expect, gtest

NEEDS = ["argo_vsock", "argo-vsock-tests"]
EXAMPLES = ["argo_vsock", "vsock_http_server", "vsock_http_client"]
PORT = 9000
HTTP_PORT = 8080
# What the client's exit status is.
NO_ANSWER, CLIENT_ERROR = 1, 4


# A kernel with two CIDs has one for datagrams, and to tell.
WITH_ONE_CID = "-vsock_datagram.come_back_from_where_they_went:vsock_connect.a_cid_is_the_domains"


def suite(lab, servant, tester, tests="*"):
    """Each of its tests is a result."""
    serving = servant.spawn(f"exec argo-vsock-tests --serve --port={PORT}")
    serving.wait_for("ready")
    gtest(lab, tester, "argo-vsock-tests",
          f"--peer-cid={cid(servant)} --port={PORT} --cid={cid(tester)} --gtest_filter={tests}")
    expect(serving.running, "the servant did not survive it:", serving.out, serving.err)
    serving.kill(15)
    serving.wait(10)


def http(server, client):
    """A page and files, fetched from another domain."""
    load(server, client)
    server.check("mkdir -p /tmp/www; head -c 1000000 /dev/urandom >/tmp/www/file; ln -sf /etc/passwd /tmp/www/out")
    serving = server.spawn(f"exec vsock_http_server any:{HTTP_PORT} /tmp/www")
    serving.wait_for("HTTP server on")
    fetch = f"vsock_http_client {cid(server)}:{HTTP_PORT}"

    page = client.check(f"{fetch} /")
    expect(page.startswith(f"From {cid(server)}:{HTTP_PORT} to {cid(client)}:"), page)
    client.check(f"{fetch} /file >/tmp/fetched")
    sums = {domain.check(f"sha256sum <{path}") for domain, path in ((server, "/tmp/www/file"), (client, "/tmp/fetched"))}
    expect(len(sums) == 1, "the file arrived as another")
    at_once = [client.spawn(f"{fetch} /file | sha256sum") for _ in range(4)]
    expect({process.wait(60).out for process in at_once} == sums, "of several at once one arrived as another")
    for path in ("/none", "/out", "/../etc/passwd"):
        done = client.run(f"{fetch} {path}")
        expect(done.rc == CLIENT_ERROR and "root" not in done.out, path, done)

    serving.kill(15)
    expect(serving.wait(10).rc == 0, serving.err)
    done = client.run(f"{fetch} /")
    expect(done.rc == NO_ANSWER and "start the peer" in done.err, done)
    server.check("rm -r /tmp/www")
    client.check("rm /tmp/fetched")


@case("pv61", "pvh612", timeout=400, needs=NEEDS)
def between_domus(lab, a, b):
    load(a, b)
    suite(lab, a, b)
    for domain in (a, b):
        expect(int(domain.check("cat /sys/module/argo_vsock/guest/rx_direct")) > 0, f"{domain.name}: no reader took anything")
    suite(lab, b, a)


@case("pv612", timeout=400, needs=NEEDS)
def with_dom0(lab, u):
    load(lab.dom0, u)
    suite(lab, lab.dom0, u)
    suite(lab, u, lab.dom0)


@case("pv61", loopback="only", timeout=400, needs=NEEDS)
def in_one_kernel(lab, guest):
    with loaded_once(lab):
        suite(lab, lab.dom0, guest, WITH_ONE_CID)
        suite(lab, guest, lab.dom0, WITH_ONE_CID)


@case("pv61", "pvh612", timeout=200, needs=EXAMPLES)
def an_http_page_fetched_from_another_domain(_, a, b):
    http(a, b)


@case("pvh612", timeout=200, needs=EXAMPLES)
def an_http_page_fetched_from_dom0(lab, u):
    http(lab.dom0, u)
