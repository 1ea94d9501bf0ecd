# SPDX-License-Identifier: MIT
"""domUs that cases share, since starting one takes longer than most cases."""

# Beyond this, idle ones are destroyed: the machine's memory is small.
MOST = 5


class Pool:
    """Hands out running domUs of the wanted kinds, each to one case at a time."""

    def __init__(self, lab, driver=True):
        """driver: whether cases may take for granted that it is loaded."""
        self._lab = lab
        self._driver = driver and lab.built.has("argo")
        self._idle = []
        self._used = []

    def prepare(self, domain):
        """What every case may take for granted in a domain."""
        if self._driver:
            domain.check("modprobe argo")

    def take(self, kinds, fresh=False):
        self._idle += [g for g in self._used if g.alive]
        self._idle = [g for g in self._idle if g.alive]
        self._used = []
        wanted = []
        for kind in kinds:
            at_hand = None if fresh else next((g for g in self._idle if g.kind == kind), None)
            if at_hand:
                self._idle.remove(at_hand)
            wanted.append(at_hand)
        while self._idle and len(self._idle) + len(kinds) > MOST:
            self._idle.pop(0).destroy()
        for guest, kind in zip(wanted, kinds):
            self._used.append(guest or self._lab.create(kind, wait=False))
        for guest, known in zip(self._used, wanted):
            if not known:
                guest.agent.wait_hello(120)
            # A domain that another case has used may have unloaded it.
            self.prepare(guest)
        return list(self._used)

    def drop_used(self):
        """After a failure nothing is known about the domains that were part of it."""
        for guest in self._used:
            if guest.alive:
                guest.destroy(read_log=False)
        self._used = []
