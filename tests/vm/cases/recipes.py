# SPDX-License-Identifier: MIT
"""docs/recipes.md: known programs over AF_VSOCK, between two Debian systems."""

import shlex
import time

from lab.cases import case, expect

SOCKET = """[Unit]
Description=ssh over AF_VSOCK

[Socket]
ListenStream=vsock::22
Accept=yes

[Install]
WantedBy=sockets.target
"""
SERVICE = """[Unit]
Description=ssh over AF_VSOCK, one connection

[Service]
ExecStart=-/usr/sbin/sshd -i
StandardInput=socket
RuntimeDirectory=sshd
RuntimeDirectoryPreserve=yes
"""
BUS_SOCKET = """[Socket]
ListenStream=vsock::8010

[Install]
WantedBy=sockets.target
"""
BUS_SERVICE = """[Service]
ExecStart=/usr/lib/systemd/systemd-socket-proxyd /run/dbus/system_bus_socket
User=daemon
"""
IMAGE = "/srv/image.raw"


def _write(domain, path, text):
    domain.check(f"mkdir -p $(dirname {path}) && printf %s {shlex.quote(text)} >{path}")


def _cid(domain):
    return domain.domid + 2


def _trust(client, server):
    """The client's key lets its user in."""
    client.check("[ -e ~/.ssh/id_ed25519 ] || ssh-keygen -q -t ed25519 -N '' -f ~/.ssh/id_ed25519", 120)
    key = client.check("cat ~/.ssh/id_ed25519.pub")
    _write(server, "~/.ssh/authorized_keys", key)
    server.check("chmod 700 ~/.ssh; ssh-keygen -A", 120)


def _named(client, name, server):
    _write(client, "~/.ssh/config", f"Host {name}\n    ProxyCommand socat - VSOCK-CONNECT:{_cid(server)}:22\n"
           "    StrictHostKeyChecking accept-new\n")


def ssh_to_debian_12(old, new):
    """By two units of the recipe, and by the address that Debian 13's ssh knows."""
    _write(old, "/etc/systemd/system/ssh-vsock.socket", SOCKET)
    _write(old, "/etc/systemd/system/ssh-vsock@.service", SERVICE)
    old.check("systemctl daemon-reload && systemctl -q enable --now ssh-vsock.socket")
    _trust(new, old)
    said = new.check(f"ssh -o StrictHostKeyChecking=accept-new vsock/{_cid(old)} cat /etc/debian_version", 120)
    expect(said.startswith("12"), said)


def ssh_to_debian_13(old, new):
    """Which listens by itself, by a ProxyCommand."""
    _trust(old, new)
    _named(old, "web", new)
    said = old.check("ssh web cat /etc/debian_version", 120)
    expect(said.startswith("13"), said)


def scp_and_rsync(old, new):
    _named(new, "store", old)
    new.check("head -c 300000 /dev/urandom >/tmp/file && scp -q /tmp/file store:/srv/copied", 120)
    new.check("mkdir -p /tmp/tree/below && cp /tmp/file /tmp/tree/below/ && rsync -a /tmp/tree/ store:/srv/tree", 120)
    sums = old.check("sha256sum </srv/copied; sha256sum </srv/tree/below/file").split()
    expect(sums[0] == sums[2] == new.check("sha256sum </tmp/file").split()[0], sums)


def systemctl_by_ssh(old, new):
    expect("active" in new.check("systemctl -H store is-active ssh-vsock.socket", 120))


def nbd_for_disks_and_images(old, new):
    old.check(f"head -c 3000000 /dev/urandom >{IMAGE}")
    server = old.spawn(f"exec nbdkit -f --vsock --readonly file {IMAGE}")
    try:
        uri = f"nbd+vsock://{_cid(old)}/"
        new.check(f"for i in $(seq 50); do nbdinfo {uri} && exit 0; sleep 0.5; done; exit 1", 120)
        new.check(f"nbdcopy {uri} /tmp/image.raw", 120)
        new.check("qemu-img convert -O raw --image-opts "
                  f"driver=nbd,server.type=vsock,server.cid={_cid(old)},server.port=10809 /tmp/image.raw2", 120)
        sums = new.check("head -c 3000000 /tmp/image.raw | sha256sum; head -c 3000000 /tmp/image.raw2 | sha256sum").split()
        expect(sums[0] == sums[2] == old.check(f"sha256sum <{IMAGE}").split()[0], sums)
    finally:
        server.kill()


def the_system_bus(old, new):
    _write(old, "/etc/systemd/system/bus-vsock.socket", BUS_SOCKET)
    _write(old, "/etc/systemd/system/bus-vsock.service", BUS_SERVICE)
    old.check("systemctl daemon-reload && systemctl -q enable --now bus-vsock.socket")
    said = new.check("busctl --address=unixexec:path=/usr/bin/socat,argv1=-,"
                     f"argv2=VSOCK-CONNECT%3a{_cid(old)}%3a8010 list", 120)
    expect("org.freedesktop.systemd1" in said, said)


def http(old, new):
    old.check("mkdir -p /srv/www && echo hello from domain >/srv/www/index.html")
    servers = [old.spawn("cd /srv/www && exec python3 -m http.server --bind 127.0.0.1 80"),
               old.spawn("exec socat VSOCK-LISTEN:8080,fork TCP:127.0.0.1:80")]
    way = new.spawn(f"exec socat UNIX-LISTEN:/tmp/web,fork VSOCK-CONNECT:{_cid(old)}:8080")
    try:
        new.check("for i in $(seq 50); do curl -s --unix-socket /tmp/web http://web/ | grep 'hello from domain' && exit 0; "
                  "sleep 0.5; done; exit 1", 120)
    finally:
        for process in (*servers, way):
            process.kill()


def a_service_tells_that_it_is_ready(old, new):
    listener = old.spawn("exec socat -u VSOCK-LISTEN:9999 -")
    time.sleep(2)
    new.check(f"NOTIFY_SOCKET=vsock-stream:{_cid(old)}:9999 systemd-notify --no-block --ready")
    listener.wait_for("READY=1", 30)


def tshark_watches(old, new):
    new.check("modprobe vsockmon && ip link add vsockmon0 type vsockmon && ip link set vsockmon0 up")
    try:
        watcher = new.spawn("exec tshark -l -i vsockmon0 -Y 'vsock.dst_port == 22' -c 5")
        watcher.wait_for("Capturing", 60)
        new.check("ssh store true", 120)
        seen = watcher.wait(60).out
        expect(str(_cid(old)) in seen, seen)
    finally:
        new.check("ip link del vsockmon0")


RECIPES = (ssh_to_debian_12, ssh_to_debian_13, scp_and_rsync, systemctl_by_ssh, nbd_for_disks_and_images, the_system_bus,
           http, a_service_tells_that_it_is_ready, tshark_watches)


@case(debian=("deb12", "deb13"), timeout=1200)
def between_two_domains(lab):
    """Each recipe is a result of its own. The systems are Debian 12 and 13."""
    old, new = lab.create_debian("deb12"), lab.create_debian("deb13", "pvh")
    for recipe in RECIPES:
        start = time.monotonic()
        recipe(old, new)
        lab.results.add("passed", f"recipes.{recipe.__name__}", seconds=time.monotonic() - start)
    for system in (old, new):
        system.destroy()
