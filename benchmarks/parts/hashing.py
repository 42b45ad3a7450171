"""Password logins: their cost, how they scale, and how they affect verifications."""

import statistics
from contextlib import ExitStack

from .. import argon, compare, data, load, machine, wire
from ..compare import Effort, Series, Variant
from ..results import Findings, Row
from ..servers import watchword
from .verify import SESSIONS, verifying

# The defaults of WATCHWORD_HASHING_SLOTS and WATCHWORD_HASHING_QUEUE: full, and nobody is refused.
FULL_HOUSE = 6


def cost_of_a_login(effort: Effort) -> Findings:
    """Processor time of one ``POST /session`` against that of its Argon2 verification alone."""
    references: list[float] = []
    with ExitStack() as stack:
        database = stack.enter_context(data.sqlite(SESSIONS).copy())
        server = stack.enter_context(watchword("watchword for passwords", database.environment))
        logins = wire.password_login(database)
        stack.callback(logins.discard)
        series = compare.alternate(
            [Variant("POST /session", server, logins, connections=1)],
            effort,
            before=lambda: references.append(argon.alone("verify", effort.seconds)),
        )
    findings = Findings(series=series)
    del references[0]  # it went before the warming-up
    cpu = series["POST /session"].cpu
    findings.details = {
        "login_cpu_us": compare.spread(cpu, 0),
        "argon2_cpu_us": compare.spread(references, 0),
    }
    findings.rows.append(
        Row(
            "POST /session, password: processor time",
            1.05,
            compare.ratio(cpu, references),
            unit=" × one Argon2 verification",
            at_most=True,
            failed=findings.failed("POST /session"),
            note=f"{statistics.median(cpu) / 1000:.1f} ms",
        )
    )
    return findings


def two_workers(effort: Effort) -> Findings:
    """Password logins a second on two workers, a core each, against one worker on one core.

    Each login has its own connection: one that is kept open stays with the worker that accepted it.
    """
    with ExitStack() as stack:
        database = stack.enter_context(data.sqlite(SESSIONS).copy())
        logins = wire.password_login(database, keep_alive=False)
        stack.callback(logins.discard)
        variants = []
        for workers, cores in ((1, machine.SERVER_CORES), (2, set(machine.ALL_CORES[:2]))):
            name = f"logins, {workers} worker{'s' if workers > 1 else ''}"
            server = watchword(name, database.environment, workers=workers, cores=cores)
            variants.append(Variant(name, stack.enter_context(server), logins, FULL_HOUSE))
        series = compare.alternate(variants, effort)
    findings = Findings(series=series)
    one, two = series
    findings.rows.append(
        Row(
            "password logins on two workers",
            1.7,
            compare.ratio(series[two].rates(), series[one].rates()),
            unit=" × one worker",
            failed=findings.failed(one, two),
            note=f"{series[one].rate:.1f}/s → {series[two].rate:.1f}/s",
        )
    )
    return findings


def verification_meanwhile(effort: Effort) -> Findings:
    """``/verify`` p99 with every hashing slot busy and the queue full, against the idle one."""
    idle, busy, logging_in = Series(), Series(), Series()
    with ExitStack() as stack:
        database = stack.enter_context(data.sqlite(SESSIONS).copy())
        server = stack.enter_context(watchword("watchword while hashing", database.environment))
        [variant] = verifying(stack, server, database, "session")
        logins = wire.password_login(database)
        stack.callback(logins.discard)
        variant.load.check(server.port)
        logins.check(server.port)
        for number in range(effort.rounds + 1):
            seconds = effort.seconds if number else 1
            machine.settle()
            alone = load.send(server.port, variant.load, seconds, variant.connections)
            crowd = load.start(server.port, logins, seconds + 1, FULL_HOUSE)
            machine.settle(0.5)
            together = load.send(server.port, variant.load, seconds, variant.connections)
            crowded = load.finish(crowd)
            for series, run in ((idle, alone), (busy, together), (logging_in, crowded)):
                series.failed += run.failed
                if number:
                    series.runs.append(run)
    findings = Findings(
        series={"verify, idle": idle, "verify, hashing": busy, "logins meanwhile": logging_in}
    )
    findings.rows.append(
        Row(
            "/verify p99 while every hashing slot is busy",
            5,
            compare.ratio(busy.percentiles(99), idle.percentiles(99)),
            unit=" × idle",
            at_most=True,
            failed=findings.failed(*findings.series),
            note=f"{statistics.median(idle.percentiles(99)):.1f} ms → "
            f"{statistics.median(busy.percentiles(99)):.1f} ms; "
            f"{idle.rate:,.0f}/s → {busy.rate:,.0f}/s, {logging_in.rate:.0f} logins/s",
        )
    )
    return findings
