"""``flask stats``: the figures of the console's overview, as tables or as JSON."""

from typing import Any

import click
from flask.cli import with_appcontext

from ..core import listings
from ..core.clock import instant
from ..core.listings import SPANS, Overview, Series, Timeline
from ..core.upkeep import event_hours
from ..core.upkeep.replicas import Replica, replicas
from .output import as_json, json_text, show_list
from .progress import spinner
from .shell import Group, open_core


@click.group("stats", cls=Group, invoke_without_command=True)
@click.option(
    "--span",
    type=click.Choice(list(SPANS)),
    default="24h",
    show_default=True,
    help="How far back. Points are hours in 24h, six hours in 7d, days in 90d; all in UTC.",
)
@as_json
@click.pass_context
@with_appcontext
def stats(context: click.Context, span: str, json_wanted: bool) -> None:
    """The overview's figures: logins, refusals, verifications, sessions, rows, keys, and what rests now."""
    if context.invoked_subcommand is not None:
        return
    core = open_core()
    timeline = listings.timeline(core, SPANS[span])
    state = listings.overview(core)
    found = replicas(core)
    if json_wanted:
        told = {"replicas": [replica._asdict() for replica in found]}
        click.echo(json_text({"span": span, **_timeline(timeline), **_state(state), **told}))
        return
    _show(span, timeline, state, found)


@stats.command("rebuild")
def rebuild() -> None:
    """Count the audit trail anew, hour by hour. Hours whose events are purged keep their counts.

    The service may run meanwhile. It is never needed, unless somebody changed the tables by hand.
    """
    core = open_core()
    with spinner("counting") as advance:
        hours = event_hours.rebuild(core, advance)
    click.echo(f"counted again; hours with events: {hours:,}")


def _timeline(timeline: Timeline) -> dict[str, Any]:
    def by_name(series: list[Series]) -> dict[str, list[int]]:
        return {one.name: one.counts for one in series}

    return {
        "times": [instant(time) for time in timeline.times],
        "logins": by_name(timeline.logins),
        "refusals": by_name(timeline.refusals),
        "endings": by_name(timeline.endings),
        "verified": timeline.verified,
        "verified_p99_seconds": timeline.p99,
        "complete": timeline.complete,
    }


def _state(state: Overview) -> dict[str, Any]:
    return {
        "live_sessions": state.live,
        "live_sessions_at": instant(state.live_at),
        "rows": {row.table: {"alive": row.alive, "expired": row.expired} for row in state.rows},
        "rows_at": instant(state.rows_at),
        "purged": state.purged,
        "purged_at": instant(state.purged_at),
        "keys": [
            {
                **key._asdict(),
                "created_at": instant(key.created_at),
                "retired_at": instant(key.retired_at),
            }
            for key in state.keys
        ],
        "resting": {
            "names": state.resting.names,
            "addresses": state.resting.addresses,
            "users": {name: instant(until) for name, until in state.resting.users},
            "networks": {network: instant(until) for network, until in state.resting.networks},
        },
        "database": state.database,
    }


def _show(span: str, timeline: Timeline, state: Overview, replicas: list[Replica]) -> None:
    found = [
        *_totals("logins", timeline.logins),
        *_totals("refused", timeline.refusals),
        *_totals("ended", timeline.endings),
        {"what": "verified", "by": None, "number": sum(timeline.verified)},
    ]
    click.echo(
        f"The last {span}" + ("" if timeline.complete else ", of which much is not counted yet")
    )
    show_list(found, ("what", "by", "number"), json_wanted=False)
    click.echo(f"Now, on {state.database}")
    behind = [
        {
            "what": "seconds that a replica is behind",
            "by": it.name,
            "number": it.seconds,
            "at": None,
        }
        for it in replicas
    ]
    show_list([*_now(state), *behind], ("what", "by", "number", "at"), json_wanted=False)


def _totals(what: str, series: list[Series]) -> list[dict[str, Any]]:
    return [{"what": what, "by": one.name, "number": one.total} for one in series]


def _now(state: Overview) -> list[dict[str, Any]]:
    def line(what: str, by: str | None, number: Any, at: float | None = None) -> dict[str, Any]:
        return {"what": what, "by": by, "number": number, "at": instant(at)}

    return [
        *(line("live sessions", name, count, state.live_at) for name, count in state.live.items()),
        *(line("rows that count", r.table, r.alive, state.rows_at) for r in state.rows),
        *(line("rows to purge", r.table, r.expired, state.rows_at) for r in state.rows),
        *(line("purged", name, count, state.purged_at) for name, count in state.purged.items()),
        *(
            line(f"{key.state} {key.use} key", key.kid, f"{key.age / 86_400:.0f} days")
            for key in state.keys
        ),
        line("names that rest", None, state.resting.names),
        line("addresses that rest", None, state.resting.addresses),
    ]
