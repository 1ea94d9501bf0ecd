# SPDX-License-Identifier: MIT
"""Programs of tests/vm/guest, started and stopped by the cases."""

import json

from lab.cases import expect

PORT = 900


def serve(*domains):
    """Sees to it that argo-test-peer answers in each domain."""
    for domain in domains:
        if domain.run("pidof argo-test-peer").rc:
            domain.spawn(f"argo-test-peer --port {PORT}").wait_for("ready")


def dismiss(domain):
    """Ends argo-test-peer; nothing of it holds the device any more."""
    domain.run("kill $(pidof argo-test-peer)")
    done = domain.run("for i in $(seq 1 50); do pidof argo-test-peer || exit 0; sleep 0.1; done; exit 1")
    expect(done.rc == 0, "argo-test-peer does not end")


def traffic(domain, args):
    """Starts argo-traffic; it is bound, or watches, when this returns."""
    process = domain.spawn(f"argo-traffic {args}")
    process.wait_for("watching" if args.startswith("watch") else "ready")
    return process


def result(process, timeout=240):
    """The JSON of an argo-traffic that did as it was told to."""
    done = process.wait(timeout)
    try:
        said = json.loads(done.out)
    except ValueError:
        said = {}
    expect(done.rc == 0 and said.get("ok"), f"{process.agent.name}: {process.cmd}: status {done.rc}:",
           done.out, done.err)
    return said


def passes(sender, receiver, count=200, port=6100, seed=1):
    """Verified messages from one domain to another."""
    taking = traffic(receiver, f"recv --port {port} --count {count} --size 0-3000 --seed {seed}")
    result(traffic(sender, f"send --to {receiver.domid}:{port} --count {count} --size 0-3000 --seed {seed}"))
    expect(result(taking)["messages"] == count)
