# SPDX-License-Identifier: MIT
"""argo-virtiod: what its configuration file says, and what its domains see of it."""

import time

from lab.cases import case, expect

NEEDS = ["argo_char", "virtio_argo", "argo-virtiod"]
CONF = "/tmp/virtiod.conf"


class Daemon:
    def __init__(self, lab, domain, *lines):
        self.lab, self.domain = lab, domain
        self.write(*lines)
        self.process = lab.dom0.spawn(f"exec argo-virtiod {CONF}")
        domain.check("modprobe virtio_blk; modprobe virtio-rng; modprobe virtio_argo")

    def write(self, *lines):
        text = "\n".join(line.replace("U:", f"{self.domain.domid}:", 1) for line in lines)
        self.lab.dom0.check(f"cat >{CONF} <<'END'\n{text}\nEND")

    def reload(self, *lines):
        self.write(*lines)
        self.process.kill(1)

    def disk(self, number):
        device = "argo" if self.lab.hypervisor == "xen" else f"argo{self.domain.index}"
        parent = f"/sys/devices/platform/virtio-{device}-{self.lab.dom0.domid}-{number}"
        found = self.domain.run(f"for i in $(seq 100); do ls {parent}/virtio*/block && exit; sleep 0.1; done; exit 1")
        expect(found.rc == 0, number, found, self.process.err, self.domain.run("dmesg | tail").out)
        return found.out.strip()

    def goes(self, name):
        gone = self.domain.run(f"for i in $(seq 100); do [ -e /sys/block/{name} ] || exit 0; sleep 0.1; done; exit 1")
        expect(gone.rc == 0, name, self.process.err, self.domain.run("dmesg | tail").out)

    def end(self):
        self.process.kill(15)
        done = self.process.wait(20)
        expect(done.rc == 0, done)
        self.domain.check("rmmod virtio_argo")
        return done.err


def _image(lab, name, mib):
    path = f"/tmp/{name}.img"
    lab.dom0.check(f"rm -f {path}; truncate -s {mib}M {path}")
    return path


@case("pv61", needs=["argo_char", "virtio_argo", "virtio_entropy"], loopback=True)
def a_device_of_a_program_of_ones_own(lab, u):
    """libargo/examples/virtio_entropy.cpp"""
    program = lab.dom0.spawn(f"exec virtio_entropy {u.domid}")
    u.check("modprobe virtio-rng; modprobe virtio_argo")
    program.wait_for("its driver is ready")
    expect(u.check("head -c 64 /dev/hwrng | wc -c").strip() == "64")
    program.kill(15)
    expect(program.wait(20).rc == 0, program.err)
    u.check("rmmod virtio_argo")


@case("pv61", needs=NEEDS, loopback=True, expects=["I/O error", "Buffer I/O error"])
def options_of_disks(lab, u):
    one, two = _image(lab, "one", 8), _image(lab, "two", 4)
    daemon = Daemon(lab, u, f"U:1 block file={one} serial=disk-one", f"U:2 block file={two} read-only port=5000")
    first, second = daemon.disk(1), daemon.disk(2)
    expect(u.check(f"cat /sys/block/{first}/serial") == "disk-one", u.check(f"cat /sys/block/{first}/serial"))
    expect(u.check(f"cat /sys/block/{first}/size /sys/block/{second}/size /sys/block/{first}/ro /sys/block/{second}/ro")
           .split() == ["16384", "8192", "0", "1"])
    expect(u.check(f"cat /sys/block/{first}/queue/write_cache").strip() == "write back")
    expect(u.run(f"dd if=/dev/zero of=/dev/{second} bs=4096 count=1").rc != 0)
    u.check(f"dd if=/dev/urandom of=/dev/{first} bs=65536 count=16 conv=fsync; blkdiscard -l 65536 /dev/{first}")
    # It grows, and its domain sees it.
    lab.dom0.check(f"truncate -s 12M {one}")
    daemon.process.kill(1)
    grown = u.run(f"for i in $(seq 100); do [ $(cat /sys/block/{first}/size) = 24576 ] && exit 0; sleep 0.1; done; exit 1")
    expect(grown.rc == 0, daemon.process.err)
    daemon.end()


@case("pv61", needs=NEEDS, loopback=True, timeout=200)
def devices_come_and_go(lab, u):
    images = [_image(lab, f"disk{i}", 4) for i in range(8)]
    lines = [f"U:{i + 1} block file={image}" for i, image in enumerate(images)]
    daemon = Daemon(lab, u, lines[0])
    first = daemon.disk(1)
    daemon.reload(*lines)
    names = [daemon.disk(i + 1) for i in range(8)]
    expect(len(set(names)) == 8 and names[0] == first, names)
    writers = [u.spawn(f"for i in 1 2 3 4; do dd if=/dev/urandom of=/dev/{name} bs=64k count=64 oflag=direct || exit 1; "
                       f"[ $i = 1 ] && sleep 0.1; done 2>/dev/null; true") for name in names[:4]]
    daemon.reload(*lines[:4])
    for name in names[4:]:
        daemon.goes(name)
    for writer in writers:
        expect(writer.wait(60).rc == 0)
    # One is another now.
    daemon.reload(f"{lines[0]} serial=new", *lines[1:4])
    seen = u.run(f"for i in $(seq 100); do grep -q new /sys/block/*/serial && exit 0; sleep 0.1; done; exit 1")
    expect(seen.rc == 0, daemon.process.err, u.run("dmesg | tail -20").out)
    # A mistake changes nothing.
    daemon.reload("U:1 floppy")
    time.sleep(0.5)
    expect("no kind of device" in daemon.process.err, daemon.process.err)
    u.check(f"dd if=/dev/{daemon.disk(2)} of=/dev/null bs=64k iflag=direct")
    daemon.end()
