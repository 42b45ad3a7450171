"""``flask api-keys``: the keys of the login dialect."""

import click

from ..core.clock import instant
from ..core.credentials import api_keys as core_keys
from .output import as_json, limited, show_credentials
from .shell import ORIGIN, ROW_ID, Group, open_core, show_secret, user_named

DAY_SECONDS = 86_400

api_keys = Group("api-keys", help="API keys of the login dialect. A user may hold several.")


@api_keys.command("issue")
@click.argument("username")
@click.option(
    "--days",
    type=click.IntRange(1, 36_500),
    help="Days until it expires. Without this option it does not expire.",
)
def issue(username: str, days: int | None) -> None:
    """Issue a key, printed alone on stdout."""
    core = open_core()
    user = user_named(core, username)
    expires_at = core.clock.now() + days * DAY_SECONDS if days else None
    key_id, key = core_keys.issue(core, user.id, ORIGIN, expires_at=expires_at)
    until = f"until {instant(expires_at)}" if expires_at else "until it is revoked"
    show_secret(key, f"API key {key_id} of {user.username}, good {until}.")


@api_keys.command("list")
@click.argument("username")
@limited
@click.option("--after", metavar="ID", type=ROW_ID, help="Begin after this id.")
@as_json
def list_(username: str, limit: int, after: int | None, json_wanted: bool) -> None:
    """List a user's keys, by id."""
    core = open_core()
    user_id = user_named(core, username).id
    lines = core_keys.listed(core, user_id, limit=limit + 1, after=after or 0)
    show_credentials(lines, core.clock.now(), json_wanted, limit)


@api_keys.command("revoke")
@click.argument("key_id", metavar="ID", type=ROW_ID)
def revoke(key_id: int) -> None:
    """Revoke a key and end the sessions it opened."""
    core_keys.revoke(open_core(), key_id, ORIGIN)
    click.echo(f"revoked API key {key_id}")
