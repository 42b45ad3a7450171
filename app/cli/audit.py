"""``flask audit``: what happened to identities and sessions, and why somebody was refused."""

import datetime
import re
import time
from typing import Any

import click

from ..core.audit import Event
from ..core.listings import audit_trail
from ..core.listings.audit_trail import AuditLine
from .output import as_json, instant, json_text, show_list, tell_more
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


class Since(click.ParamType[tuple[str, float]]):
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


@audit.command("list")
@click.option("--user", metavar="NAME", help="Of this user only, by username or e-mail.")
@click.option(
    "--event",
    type=click.Choice([event.value for event in Event]),
    metavar="EVENT",
    help="Of this kind only.",
)
@click.option(
    "--since", type=Since(), help="Such as 2026-01-31T12:00:00Z (UTC), or 90s, 15m, 2h, 7d."
)
@click.option(
    "--limit",
    type=click.IntRange(1, 100_000),
    default=50,
    show_default=True,
    help="Events at most.",
)
@click.option("--before", metavar="ID", type=ROW_ID, help="Only what is older than this event.")
@as_json
def list_(
    *,
    user: str | None,
    event: str | None,
    since: tuple[str, float] | None,
    limit: int,
    before: int | None,
    json_wanted: bool,
) -> None:
    """List the newest events, oldest first."""
    core = open_core()
    kind, seconds = since or ("at", None)
    lines = audit_trail.newest(
        core,
        limit=limit + 1,
        before=before,
        user_id=user_named(core, user).id if user is not None else None,
        event=Event(event) if event is not None else None,
        since=core.clock.now() - seconds if kind == "ago" and seconds is not None else seconds,
    )
    page = lines[-limit:]
    show_list([_record(line) for line in page], COLUMNS, json_wanted)
    if len(lines) > limit:
        tell_more("--before", page[0].id)


@audit.command("tail")
@as_json
def tail(json_wanted: bool) -> None:
    """Show new events, a line each, until interrupted."""
    core = open_core()
    try:
        for lines in audit_trail.follow(core):
            for line in lines:
                click.echo(json_text(_record(line)) if json_wanted else _sentence(line))
            time.sleep(LOOK_EVERY_SECONDS)
    except KeyboardInterrupt:
        return


@audit.command("why")
@click.argument("request_id")
@as_json
def why(request_id: str, json_wanted: bool) -> None:
    """The exact reason behind the answer with this X-Request-ID, a line per event.

    A refused token is only in the log, under the same id. While a name or an address is paused, or the
    service is busy, all attempts of one minute are one event, with the id of the first.
    """
    lines = audit_trail.of_request(open_core(), request_id)
    if not lines:
        raise click.ClickException("no event with that request id")
    if json_wanted:
        click.echo(json_text([_record(line) for line in lines]))
        return
    for line in lines:
        click.echo(_sentence(line))


def _record(line: AuditLine) -> dict[str, Any]:
    return {**line._asdict(), "at": instant(line.at)}


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
