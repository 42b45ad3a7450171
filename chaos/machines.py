"""Each part of a deployment on several machines (``deploy/machines.py``) is killed under load."""

import os
import signal
import time
from collections.abc import Callable

from deploy.machines import Machines

from .ledger import Crowd
from .outcome import Outcome

# Beyond the time until the database itself is back.
RECOVERS_WITHIN_SECONDS = 5
# How long a yes of the replica may be old, and a little more.
BOUND_SECONDS = 2.2

Kill = Callable[[Machines], None]


def killed(kill: Kill, repair: Kill, seconds: float, *, safe: bool = False) -> Outcome:
    """Load through HAProxy; a part is killed, and comes back after a while."""
    with Machines(safe=safe) as machines:
        with Crowd([machines.port], machines.database.people) as crowd:
            time.sleep(seconds / 3)
            kill(machines)
            time.sleep(min(1, seconds / 3))
            repair(machines)
            took = machines.wait_until(machines.is_ready, 30)
            time.sleep(seconds / 3)
        time.sleep(BOUND_SECONDS)
        outcome = crowd.audit()
        outcome.expect(took < RECOVERS_WITHIN_SECONDS, f"ready only after {took:.1f} s")
        outcome.notes.append(f"ready after {took:.1f} s, {crowd.statuses[503]} refused")
        for server in machines.servers:
            outcome.faults += server.complaints()
    return outcome


def _kill_server(machines: Machines) -> None:
    server = machines.servers[0]
    for pid in [server.master, *server.workers()]:
        os.kill(pid, signal.SIGKILL)


def _start_server(machines: Machines) -> None:
    machines.servers[0].stop()
    machines.servers[0].start()


def _kill_primary(machines: Machines) -> None:
    assert machines.database.stop is not None
    machines.database.stop()


SCENARIOS = {
    "machines-server": lambda seconds: killed(_kill_server, _start_server, seconds),
    "machines-haproxy": lambda seconds: killed(
        lambda machines: machines.haproxy.kill(), lambda machines: machines.haproxy.start(), seconds
    ),
    "machines-pgbouncer": lambda seconds: killed(
        lambda machines: machines.pgbouncer.kill(),
        lambda machines: machines.pgbouncer.start(),
        seconds,
    ),
    "machines-standby": lambda seconds: killed(
        lambda machines: machines.standby.stop(), lambda machines: machines.standby.start(), seconds
    ),
    "machines-primary": lambda seconds: killed(
        _kill_primary, Machines.take_over, seconds, safe=True
    ),
}
