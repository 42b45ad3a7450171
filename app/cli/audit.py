"""``flask audit``: what happened to identities and sessions, and why somebody was refused."""

import datetime
import re
from collections.abc import Callable
from time import sleep
from typing import Any

import click

from ..core.audit import Event
from ..core.clock import instant
from ..core.core import Core
from ..core.listings import AuditLine, EventFilter, Page, audit_export, audit_trail, filled
from ..core.listings import why as why_of
from .output import as_json, json_text, show_found
from .shell import ROW_ID, Group, open_core, user_named

audit = Group("audit", help="The audit trail: who, where from, through which API, and why not.")

COLUMNS = (
    "id",
    "at",
    "event",
    "reason",
    "times",
    "dialect",
    "address",
    "username",
    "session",
    "request_id",
    "note",
    "operator",
)
LOOK_EVERY_SECONDS = 1.0


class Time(click.ParamType[tuple[str, float]]):
    """A NumericDate, from a time or from how long ago it was."""

    name = "time"
    _AGO = re.compile(r"(\d{1,9})([smhd])", re.ASCII)
    _SECONDS = {"s": 1, "m": 60, "h": 3_600, "d": 86_400}  # noqa: RUF012, never changed

    def convert(
        self, value: Any, param: click.Parameter | None, ctx: click.Context | None
    ) -> tuple[str, float]:
        ago = self._AGO.fullmatch(value)
        if ago:
            return "ago", float(int(ago[1]) * self._SECONDS[ago[2]])
        try:
            moment = datetime.datetime.fromisoformat(value)
        except ValueError:
            self.fail(
                "must be a time such as 2026-01-31T12:00:00Z, or 90s, 15m, 2h, 7d", param, ctx
            )
        if moment.tzinfo is None:
            moment = moment.replace(tzinfo=datetime.UTC)
        return "at", moment.timestamp()


def filtered(command: Callable[..., None]) -> Callable[..., None]:
    """The options that choose events."""
    options = (
        click.option("--user", metavar="NAME", help="Of this user only, by username or e-mail."),
        click.option(
            "--event",
            type=click.Choice([event.value for event in Event]),
            metavar="EVENT",
            help="Of this kind only.",
        ),
        click.option("--address", help="From this address (IPv6: its /64) only."),
        click.option("--dialect", help="Through this API, door or program only."),
        click.option(
            "--since", type=Time(), help="Such as 2026-01-31T12:00:00Z (UTC), or 90s, 15m, 2h, 7d."
        ),
        click.option("--until", type=Time(), help="Before this time, written in the same ways."),
    )
    for option in reversed(options):
        command = option(command)
    return command


def _filter(core: Core, chosen: dict[str, Any]) -> EventFilter:
    def moment(given: tuple[str, float] | None) -> float | None:
        if given is None:
            return None
        kind, seconds = given
        return core.clock.now() - seconds if kind == "ago" else seconds

    name, event = chosen["user"], chosen["event"]
    return EventFilter(
        event=Event(event) if event is not None else None,
        user_id=user_named(core, name).id if name is not None else None,
        address=chosen["address"],
        dialect=chosen["dialect"],
        since=moment(chosen["since"]),
        until=moment(chosen["until"]),
    )


@audit.command("list")
@filtered
@click.option(
    "--limit",
    type=click.IntRange(1, 100_000),
    default=50,
    show_default=True,
    help="Events at most.",
)
@click.option("--before", metavar="ID", type=ROW_ID, help="Only what is older than this event.")
@as_json
def list_(*, limit: int, before: int | None, json_wanted: bool, **chosen: Any) -> None:
    """List the newest events, oldest first."""
    core = open_core()
    which = _filter(core, chosen)

    def page(after: str | None, limit: int) -> Page[AuditLine]:
        place = None if after is None else int(after)
        return audit_trail.events(core, which, limit=limit, before=place)

    found = filled(page, None if before is None else str(before), limit)
    rows = [audit_export.record(line) for line in reversed(found.lines)]
    show_found(rows, COLUMNS, json_wanted, found.next, "--before")


@audit.command("export")
@filtered
@click.option(
    "--format",
    "form",
    type=click.Choice(["csv", "jsonl"]),
    default="jsonl",
    show_default=True,
    help="CSV with a heading, or JSON Lines: an object per line.",
)
def export(*, form: str, **chosen: Any) -> None:
    """Write events to stdout as a stream, the newest first. It may be of any length.

    In CSV an apostrophe stands before what a spreadsheet would take for a formula.
    """
    core = open_core()
    write = audit_export.csv_lines if form == "csv" else audit_export.json_lines
    for text in write(audit_trail.export(core, _filter(core, chosen))):
        click.echo(text, nl=False)


@audit.command("tail")
@as_json
def tail(json_wanted: bool) -> None:
    """Show new events, a line each, until interrupted."""
    core = open_core()
    try:
        for lines in audit_trail.follow(core):
            for line in lines:
                click.echo(json_text(audit_export.record(line)) if json_wanted else _sentence(line))
            sleep(LOOK_EVERY_SECONDS)
    except KeyboardInterrupt:
        return


@audit.command("why")
@click.argument("request_id")
@click.option("--around", is_flag=True, help="Also the events of the same user or address near it.")
@as_json
def why(request_id: str, around: bool, json_wanted: bool) -> None:
    """The exact reason behind the answer with this X-Request-ID, a line per event.

    A refused token is only in the log, under the same id. While a name or an address is paused, or the
    service is busy, all attempts of one minute are one event, with the id of the first.
    """
    found = why_of(open_core(), request_id)
    if not found.events:
        raise click.ClickException("no event with that request id")
    shown = sorted(found.events + found.around * around, key=lambda line: (line.at, line.id))
    if json_wanted:
        click.echo(json_text([audit_export.record(line) for line in shown]))
        return
    for line in shown:
        click.echo(_sentence(line))


def _sentence(line: AuditLine) -> str:
    what = line.event.replace("_", " ")
    if line.reason:
        what += f": {line.reason}"
    if line.times > 1:
        what += f", {line.times} times in this minute"
    facts = {
        "user": line.username,
        "through": line.dialect,
        "from": line.address,
        "session": line.session,
        "request": line.request_id,
        "note": line.note,
        "by": line.operator,
    }
    told = [f"{name} {value}" for name, value in facts.items() if value is not None]
    return f"{instant(line.at)} {what}; {', '.join(told)}"
