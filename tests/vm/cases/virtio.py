# SPDX-License-Identifier: MIT
"""VirtIO over Argo: the kernel's own drivers in a domain, argo-virtiod in another."""

import time

from lab.cases import case, each, expect

NEEDS = ["argo_char", "virtio_argo", "argo-virtiod"]
IMAGE, CONF, SOURCE = "/tmp/virtio.img", "/tmp/virtiod.conf", "/tmp/virtio.source"
MIB = 6
SIZE = MIB << 20


class Disk:
    """A disk, the device 1, and entropy, the device 2, of dom0 in a domain."""

    def __init__(self, lab, domain, options=""):
        self.lab, self.domain = lab, domain
        lab.dom0.check(f"truncate -s {2 * MIB}M {IMAGE}; echo '{domain.domid}:1 block file={IMAGE}' >{CONF}; "
                       f"echo '{domain.domid}:2 entropy' >>{CONF}")
        self.serve()
        domain.check(f"modprobe virtio_blk; modprobe virtio-rng; modprobe virtio_argo {options}")
        self.name = self._found()

    def serve(self):
        self.daemon = self.lab.dom0.spawn(f"exec argo-virtiod {CONF}")

    @property
    def parent(self):
        # Another virtual domain may have one of that number.
        device = "argo" if self.lab.hypervisor == "xen" else f"argo{self.domain.index}"
        return f"/sys/devices/platform/virtio-{device}-{self.lab.dom0.domid}-1"

    def _found(self):
        found = self.domain.run(f"for i in $(seq 100); do ls {self.parent}/virtio*/block && exit; sleep 0.1; done; exit 1")
        expect(found.rc == 0, found, self.daemon.err, self.domain.run("dmesg | tail").out)
        return f"/dev/{found.out.strip()}"

    def count(self, name):
        return int(self.domain.check(f"cat {self.parent}/argo/{name}"))

    def state(self):
        return self.domain.check(f"cat {self.parent}/argo/state").strip()

    def write(self, block="64k"):
        """Starts to write SOURCE to the disk."""
        self.domain.check(f"head -c {SIZE} /dev/urandom >{SOURCE}")
        return self.domain.spawn(f"dd if={SOURCE} of={self.name} bs={block} oflag=direct conv=fsync")

    def serve_again(self):
        """The back end is killed, and comes again; returns when its devices are there."""
        before = self.count("reconnects")
        self.daemon.kill(9)
        self.daemon.wait(10)
        time.sleep(0.3)
        self.serve()
        for _ in range(100):
            if self.count("reconnects") > before:
                return
            time.sleep(0.1)
        expect(False, "the disk did not come again", self.state(), self.daemon.err)

    def expect_written(self):
        """SOURCE is read back past the page cache, and is in the image."""
        want = self.domain.check(f"sha256sum <{SOURCE}")
        direct = self.domain.check(f"dd if={self.name} bs=64k count={MIB * 16} iflag=direct | sha256sum", 120)
        cached = self.domain.check(f"head -c {SIZE} {self.name} | sha256sum", 120)
        image = self.lab.dom0.check(f"head -c {SIZE} {IMAGE} | sha256sum")
        expect(want == direct == cached == image, want, direct, cached, image)

    def unload(self):
        done = self.domain.run("rmmod virtio_argo", 60)
        expect(done.rc == 0, done)
        self.daemon.kill(15)


@each("pv61", "pvh612", timeout=400, needs=NEEDS, loopback=True)
def a_disk_and_entropy(lab, u):
    disk = Disk(lab, u)
    expect(disk.write().wait(120).rc == 0)
    disk.expect_written()
    random = u.check("cat /sys/class/misc/hw_random/rng_available; head -c 64 /dev/hwrng | wc -c")
    expect("virtio_rng" in random and random.endswith("64\n"), random)
    disk.unload()


@case("pv612", timeout=400, needs=NEEDS, loopback=True)
def a_back_end_dies_under_load_and_comes_again(lab, u):
    """Nothing is lost, and no request fails."""
    disk = Disk(lab, u)
    writer = disk.write("4k")
    for _ in range(3):
        time.sleep(0.3)
        disk.serve_again()
    done = writer.wait(240)
    expect(done.rc == 0, done)
    disk.expect_written()
    expect(disk.count("resent") > 0 and disk.count("failed") == 0, disk.count("resent"), disk.count("failed"))
    disk.unload()


@case("pv61", needs=NEEDS, loopback=True, expects=["I/O error", "Buffer I/O error", "is broken off: no back end"])
def a_back_end_that_stays_away_fails_its_devices(lab, u):
    disk = Disk(lab, u, "timeout=2")
    disk.daemon.kill(9)
    disk.daemon.wait(10)
    done = u.run(f"dd if={disk.name} of=/dev/null bs=64k count=16 iflag=direct", 60)
    expect(done.rc != 0, done)
    expect(disk.state() == "broken", disk.state())
    disk.unload()


@case("pvh612", needs=NEEDS, loopback=True, expects=["I/O error", "Buffer I/O error"])
def the_module_goes_under_load(lab, u):
    disk = Disk(lab, u)
    readers = [u.spawn(f"while dd if={disk.name} of=/dev/null bs=64k iflag=direct; do :; done") for _ in range(4)]
    time.sleep(1)
    disk.unload()
    for reader in readers:
        reader.wait(30)
    disk = Disk(lab, u)
    expect(disk.write().wait(120).rc == 0)
    disk.expect_written()
    disk.unload()


@case("pv61", timeout=400, needs=NEEDS)
def requests_survive_a_save(lab, u):
    """They wait at a back end that is stopped while the domain is saved, and are sent again."""
    disk = Disk(lab, u)
    writer = disk.write()
    time.sleep(0.3)
    before = u.domid
    u.save("/run/virtio")
    lab.restore("/run/virtio")
    # The configuration names domains by their ids, which a restore changes.
    lab.dom0.check(f"sed -i 's/^{before}:/{u.domid}:/' {CONF}")
    disk.daemon.kill(1)
    done = writer.wait(120)
    expect(done.rc == 0, done)
    disk.expect_written()
    disk.unload()
