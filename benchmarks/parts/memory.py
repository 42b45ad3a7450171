"""A worker's memory after many requests of every kind, and how soon the service answers."""

import statistics
from contextlib import ExitStack

from .. import compare, data, load, wire
from ..compare import Effort
from ..load import Load
from ..results import Findings, Row
from ..servers import watchword
from .verify import SESSIONS

MARKS = (10_000, 100_000, 200_000)
STARTS = 5


def after_many_requests(effort: Effort) -> Findings:
    marks = [mark // 10 for mark in MARKS] if effort.quick else MARKS
    with ExitStack() as stack:
        database = stack.enter_context(data.sqlite(SESSIONS).copy())
        starts = []
        for _ in range(2 if effort.quick else STARTS):
            with watchword("watchword starting", database.environment) as server:
                starts.append(server.ready_seconds)
        server = stack.enter_context(watchword("watchword for memory", database.environment))
        loads = [
            *(wire.verify(database, kind) for kind in ("session", "jwt", "uuid", "sessid")),
            wire.session_info(database),
            wire.keepalive(database),
            wire.api_key_login(database, "application/xml"),
        ]
        for one in loads:
            stack.callback(one.discard)
            one.check(server.port)
        sent, failed, sizes = 0, 0, {}
        for mark in marks:
            while sent < mark:
                run = load.send(server.port, _next(loads), 1, 8)
                sent += run.requests
                failed += run.failed
            sizes[sent] = max(server.memory_mib())
    before, after = list(sizes.values())[-2:]
    return Findings(
        rows=[
            Row(
                f"a worker's memory (PSS) after {list(sizes)[-2]:,} requests",
                80,
                before,
                unit=" MiB",
                at_most=True,
                failed=failed,
            ),
            Row(
                "its growth over as many again",
                1,
                after - before,
                unit=" MiB",
                at_most=True,
                failed=failed,
            ),
            Row("ready after start", 1.5, statistics.median(starts), unit=" s", at_most=True),
        ],
        details={"pss_mib_by_requests": sizes, "ready_seconds": compare.spread(starts, 3)},
    )


def _next(loads: list[Load]) -> Load:
    """Yields one item of each in turn, without end."""
    loads.append(loads.pop(0))
    return loads[-1]
