"""``flask sessions``: list them, end them, purge expired ones."""

import click

from ..core import listings
from ..core.upkeep import operators, purge
from .output import as_json, instant, limited, show_page
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
@click.option("--all", "every", is_flag=True, help="Also sessions that have expired or ended.")
@limited
@click.option("--after", metavar="SESSION_ID", help="Begin after this session.")
@as_json
def list_(
    username: str | None, every: bool, limit: int, after: str | None, json_wanted: bool
) -> None:
    """List the live sessions, of all users or of one, oldest first."""
    core = open_core()
    user_id = user_named(core, username).id if username is not None else None
    rows = [
        {
            **line._asdict(),
            "opened_at": instant(line.opened_at),
            "expires_at": instant(line.expires_at),
        }
        for line in listings.sessions(
            core, limit=limit + 1, after=after, user_id=user_id, every=every
        )
    ]
    show_page(rows, COLUMNS, json_wanted, limit, by="session")


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
        deleted = purge.purge(core, advance)
    for table, rows in deleted.items():
        click.echo(f"{table} {rows}")
