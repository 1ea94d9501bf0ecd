# SPDX-License-Identifier: MIT
"""Carries what `domu NAME` in dom0 asks for to that domU (tests/vm/guest-root/dom0/domu)."""

import contextlib
import threading

from .errors import LabError


class Relay:
    """Serves requests until the lab ends."""

    def __init__(self, lab):
        self._lab = lab
        self._line = b""
        # Held open for both directions, so that a request finds a reader and the end never comes.
        lab.dom0.agent.spawn("mkdir -p /run/domu; mkfifo /run/domu/requests; exec cat <>/run/domu/requests",
                             on_output=self._requests)

    def _requests(self, data):
        *lines, self._line = (self._line + data).split(b"\n")
        for line in lines:
            ident, name, command = line.decode().split(" ", 2)
            # Not in the reader's thread, which must go on to bring the answers.
            threading.Thread(target=self._serve, args=(ident, name, command), daemon=True).start()

    def _serve(self, ident, name, command):
        with contextlib.suppress(LabError):
            self._carry(ident, name, command)

    def _carry(self, ident, name, command):
        dom0 = self._lab.dom0.agent
        guest = next((g for g in self._lab.guests if name in (g.name, str(g.domid)) and g.alive), None)
        sink = dom0.spawn(f"exec cat >/run/domu/{ident}.out")
        if not guest:
            names = ", ".join(g.name for g in self._lab.guests if g.alive)
            sink.write(f"there is no domU {name} (there are: {names})\r\n")
            status = 1
        else:
            process = guest.agent.spawn(f"{{ {command}\n}} 2>&1", on_output=sink.write)
            source = dom0.spawn(f"exec cat /run/domu/{ident}.in", on_output=process.write)
            threading.Thread(target=self._end_input, args=(source, process), daemon=True).start()
            status = process.wait(1e6).rc
        dom0.run(f"echo {status} >/run/domu/{ident}.status")
        sink.close_stdin()

    @staticmethod
    def _end_input(source, process):
        with contextlib.suppress(LabError):
            source.wait(1e6)
            process.close_stdin()
