# SPDX-License-Identifier: MIT
"""The host's end of the agent in a domain (tests/vm/agent): commands, their output and status."""

import base64
import collections
import os
import queue
import signal as signals
import socket
import threading
import time
import zlib

from .errors import LabError


class Result(collections.namedtuple("Result", "rc out err")):
    """Exit status, stdout and stderr as text; .raw is stdout as it came."""

    raw = b""


# All limits on waiting are multiplied by this: an emulated machine on a busy one may be slow.
PATIENCE = float(os.environ.get("LAB_PATIENCE", "3"))

# All state of all agents is guarded by one lock: traffic is a few frames a second.
_changed = threading.Condition(threading.RLock())


class Timeout(LabError):
    """A command did not end in the time given."""


class Gone(LabError):
    """The domain, or the machine, ended under a command."""


class Process:
    """A command running in a domain."""

    def __init__(self, agent, ident, cmd, on_output=None, on_end=None):
        self.agent, self.id, self.cmd = agent, ident, cmd
        self.rc = None
        self.acked = False
        self.sent = 0.0
        self._out, self._err = bytearray(), bytearray()
        self._on_output, self._on_end = on_output, on_end

    @property
    def out(self):
        """What it has written to stdout so far."""
        with _changed:
            return self._out.decode(errors="replace")

    @property
    def err(self):
        """What it has written to stderr so far."""
        with _changed:
            return self._err.decode(errors="replace")

    @property
    def running(self):
        return self.rc is None

    def wait(self, timeout=60):
        """The Result, once it ended."""
        self._until(lambda: self.rc is not None, timeout, "still running")
        done = Result(self.rc, self.out, self.err)
        done.raw = bytes(self._out)
        return done

    def wait_for(self, text, timeout=30):
        """Returns when `text` is in its output; an end without it is an error."""
        def seen():
            return text in self.out or text in self.err or self.rc is not None
        self._until(seen, timeout, f"has not said {text!r}")
        if text not in self.out and text not in self.err:
            raise LabError(f"{self.agent.name}: {self.cmd}: ended with {self.rc} and never said {text!r}: "
                           f"{self.out}{self.err}")

    def _until(self, condition, timeout, complaint):
        deadline = time.monotonic() + timeout * PATIENCE
        with _changed:
            while not condition():
                if self.agent.dead:
                    raise Gone(f"{self.agent.name}: {self.agent.dead} during: {self.cmd}")
                left = deadline - time.monotonic()
                if left <= 0:
                    raise Timeout(f"{self.agent.name}: {complaint} after {timeout * PATIENCE:.0f} s: {self.cmd}\n"
                                  f"{self.out[-2000:]}{self.err[-2000:]}")
                _changed.wait(left)

    def write(self, data):
        """Bytes or text for its stdin."""
        data = data.encode() if isinstance(data, str) else data
        for start in range(0, len(data), 3072):
            self.agent.request("I", self.id, data[start:start + 3072])

    def close_stdin(self):
        self.agent.request("E", self.id)

    def kill(self, sig=signals.SIGTERM):
        """Signals the command and everything it started in its session."""
        self.agent.request("K", self.id, str(int(sig)).encode())

    def got(self, kind, data):
        if kind == "X":
            text = data.decode(errors="replace")
            self.rc = int(text) if text.isdigit() else 126
            if not text.isdigit():
                self._err += data
            if self._on_end:
                self._on_end(self)
        elif kind == "O" and self._on_output:
            self._on_output(bytes(data))
        elif kind in "OE":
            (self._out if kind == "O" else self._err).extend(data)


class Agent:
    """One domain's agent, over whatever carries bytes there."""

    def __init__(self, name):
        self.name = name
        self.hello = None
        self.dead = None
        self.noise = collections.deque(maxlen=2000)
        self._send = None
        self._line = bytearray()
        self._expected = 1
        self._asked = self._heard = 0.0
        self._processes = {}
        self._next = 1
        _watch(self)

    def attach(self, send):
        """Starts, or after a restore continues, over a new carrier."""
        with _changed:
            self._send = send
            self._line.clear()
            self._asked = 0.0

    def detach(self):
        with _changed:
            self._send = None

    def die(self, why):
        with _changed:
            self.dead = self.dead or why
            self._send = None
            _changed.notify_all()

    def wait_hello(self, timeout):
        deadline = time.monotonic() + timeout * PATIENCE
        with _changed:
            while self.hello is None:
                left = deadline - time.monotonic()
                if self.dead:
                    raise Gone(f"{self.name}: {self.dead} before it was up")
                if left <= 0:
                    raise Timeout(f"{self.name}: not up after {timeout * PATIENCE:.0f} s; its console said:\n"
                                  + "\n".join(list(self.noise)[-30:]))
                _changed.wait(left)

    def spawn(self, cmd, on_output=None, on_end=None):
        with _changed:
            if self.dead:
                raise Gone(f"{self.name}: {self.dead} before: {cmd}")
            process = Process(self, self._next, cmd, on_output, on_end)
            self._next += 1
            self._processes[process.id] = process
            self._request_spawn(process)
        return process

    def run(self, cmd, timeout=60):
        process = self.spawn(cmd)
        try:
            return process.wait(timeout)
        except Timeout:
            process.kill(signals.SIGKILL)
            raise

    def _request_spawn(self, process):
        process.sent = time.monotonic()
        self.request("S", process.id, process.cmd.encode())

    def request(self, kind, ident, data=b""):
        rest = b" %s %d %s" % (kind.encode(), ident, base64.b64encode(data))
        with _changed:
            if self._send:
                self._send(b">%08x%s\n" % (zlib.crc32(rest), rest))

    def feed(self, data):
        """Bytes from the domain."""
        with _changed:
            self._line += data
            *lines, self._line = self._line.split(b"\n")
            for line in lines:
                self._take(bytes(line))
            _changed.notify_all()

    def _take(self, line):
        frame = _decode(line)
        if not frame:
            text = line.decode(errors="replace").strip()
            if text and not text.startswith(">"):
                self.noise.append(text)
            return
        seq, kind, ident, data = frame
        self._heard = time.monotonic()
        process = self._processes.get(ident)
        if process:
            process.acked = True
        if seq == 0:
            if kind == "L":
                self.die("its output was lost")
            return
        if seq > self._expected:
            self._ask()
        if seq != self._expected:
            return
        self._expected += 1
        if kind == "H":
            self.hello = data.decode(errors="replace")
        elif process:
            process.got(kind, data)
            if kind == "X":
                del self._processes[ident]

    def _ask(self):
        if time.monotonic() - self._asked > 0.4:
            self._asked = time.monotonic()
            self.request("R", 0, str(self._expected).encode())

    def nudge(self):
        """Called now and then: asks for what may have been lost on the way."""
        with _changed:
            now = time.monotonic()
            if not self._send or self.dead:
                return
            if self.hello is None:
                self._ask()
                return
            for process in self._processes.values():
                if not process.acked and now - process.sent > 2:
                    self._request_spawn(process)
            if self._processes and now - self._heard > 2 and now - self._asked > 2:
                self._ask()


def _decode(line):
    if line[:1] != b"<" or len(line) < 12:
        return None
    try:
        if int(line[1:9], 16) != zlib.crc32(line[9:]):
            return None
        seq, kind, ident, *data = line[9:].split()
        return int(seq), kind.decode(), int(ident), base64.b64decode(data[0]) if data else b""
    except ValueError:
        return None


_watched = []


def _watch(agent):
    with _changed:
        _watched.append(agent)
        if len(_watched) == 1:
            threading.Thread(target=_nudge_all, daemon=True).start()


def _nudge_all():
    while True:
        time.sleep(0.5)
        with _changed:
            _watched[:] = [a for a in _watched if not a.dead] or _watched[:1]
            agents = list(_watched)
        for agent in agents:
            agent.nudge()


def over_socket(agent, path):
    """Connects an agent to QEMU's end of the virtio port."""
    sock = socket.socket(socket.AF_UNIX)
    sock.connect(str(path))
    outgoing = queue.Queue()

    def reader():
        while True:
            try:
                data = sock.recv(65536)
            except OSError:
                data = b""
            if not data:
                agent.die("the machine ended")
                return
            agent.feed(data)

    def writer():
        # A thread of its own: the reader must go on while QEMU takes nothing.
        while not agent.dead:
            try:
                sock.sendall(outgoing.get())
            except OSError:
                return

    threading.Thread(target=reader, daemon=True).start()
    threading.Thread(target=writer, daemon=True).start()
    agent.attach(outgoing.put)
