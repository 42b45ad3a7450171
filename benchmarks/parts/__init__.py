"""The parts of the suite. Each measures some rows of the table and can be run alone.

A part is a function from an ``Effort`` to its ``Findings``; its name here is what ``--only`` takes.
"""

from collections.abc import Callable

from ..compare import Effort
from ..results import Findings
from . import (
    console,
    console_pages,
    endpoints,
    harness,
    hashing,
    housekeeping,
    importing,
    memory,
    profile,
    rows,
    seeding,
    verify,
)

Part = Callable[[Effort], Findings]

PARTS: dict[str, Part] = {
    "verify": verify.on_sqlite,
    "postgresql": verify.on_postgresql,
    "endpoints": endpoints.reads,
    "login": endpoints.api_key_logins,
    "rotation": endpoints.rotations,
    "password": hashing.cost_of_a_login,
    "workers": hashing.two_workers,
    "busy": hashing.verification_meanwhile,
    "rows": rows.many_sessions,
    "seeding": seeding.rates,
    "import": importing.rates,
    "memory": memory.after_many_requests,
    "purge": housekeeping.purge_under_load,
    "console": console.lists_and_figures,
    "console-pages": console_pages.pages,
    "harness": harness.speed,
    "profile": profile.layers_of_verification,
}
# Not in a quick run: they take too long, or mean nothing at its sizes.
NOT_QUICK = frozenset(
    {
        "console",
        "console-pages",
        "workers",
        "rows",
        "seeding",
        "import",
        "memory",
        "purge",
        "profile",
    }
)
