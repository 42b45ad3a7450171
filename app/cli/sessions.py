"""``flask sessions``: list them, end them, purge expired ones."""

import click

from ..core import listings
from ..core.clock import instant
from ..core.listings import Page, SessionFilter, SessionLine
from ..core.upkeep import leader, operators
from .output import as_json, limited, show_found
from .progress import spinner
from .shell import ORIGIN, Group, open_core, user_named

sessions = Group("sessions", help="Sessions of all dialects, by their public name.")

COLUMNS = (
    "session",
    "username",
    "dialect",
    "client_id",
    "address",
    "opened_at",
    "expires_at",
    "state",
)


@sessions.command("list")
@click.argument("username", required=False)
@click.option("--dialect", help="Opened through this API only.")
@click.option("--client", "client_id", metavar="CLIENT_ID", help="Of this client application only.")
@click.option("--address", help="Opened from this address (IPv6: its /64) only.")
@click.option("--all", "every", is_flag=True, help="Also sessions that have expired or ended.")
@click.option("--newest-first", is_flag=True, help="Begin with the last login.")
@limited
@click.option("--after", metavar="SESSION_ID", help="Begin after this session.")
@as_json
def list_(
    *,
    username: str | None,
    dialect: str | None,
    client_id: str | None,
    address: str | None,
    every: bool,
    newest_first: bool,
    limit: int,
    after: str | None,
    json_wanted: bool,
) -> None:
    """List the live sessions, of all users or of one, oldest first."""
    core = open_core()
    user_id = user_named(core, username).id if username is not None else None
    which = SessionFilter(user_id, dialect, client_id, address, every)

    def page(after: str | None, limit: int) -> Page[SessionLine]:
        return listings.sessions(core, which, limit=limit, after=after, newest_first=newest_first)

    found = listings.filled(page, after, limit)
    rows = [
        {
            **line._asdict(),
            "opened_at": instant(line.opened_at),
            "expires_at": instant(line.expires_at),
        }
        for line in found.lines
    ]
    show_found(rows, COLUMNS, json_wanted, found.next)


@sessions.command("end")
@click.argument("session", metavar="SESSION_ID")
def end(session: str) -> None:
    """End one session, by its 16 hexadecimal digits."""
    row = operators.end_session(open_core(), session, ORIGIN)
    click.echo(f"ended session {row.name} of {row.username}")


@sessions.command("purge")
def purge_() -> None:
    """Delete expired rows, in small batches. The running service does this too."""
    core = open_core()
    with spinner("purging") as advance:
        deleted = leader.work(core, advance)
    for table, rows in deleted.items():
        click.echo(f"{table} {rows}")
