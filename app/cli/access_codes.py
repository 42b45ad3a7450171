"""``flask access-codes``: the OAuth access codes of the AAA dialect."""

import click

from ..core.clock import instant
from ..core.credentials import access_codes as core_codes
from ..dialects.aaa.kinds import CODES
from .output import as_json, limited, show_credentials
from .shell import ORIGIN, ROW_ID, Group, open_core, show_secret, user_named

access_codes = Group("access-codes", help="OAuth access codes of the AAA dialect.")


@access_codes.command("issue")
@click.argument("username")
def issue(username: str) -> None:
    """Issue a code, printed alone on stdout."""
    core = open_core()
    user = user_named(core, username)
    issued = core_codes.issue(core, CODES, user.id, ORIGIN)
    until = instant(issued.expires_at)
    show_secret(issued.code, f"Access code {issued.id} of {user.username}, good until {until}.")


@access_codes.command("list")
@click.argument("username")
@limited
@click.option("--after", metavar="ID", type=ROW_ID, help="Begin after this id.")
@as_json
def list_(username: str, limit: int, after: int | None, json_wanted: bool) -> None:
    """List a user's codes, by id."""
    core = open_core()
    user_id = user_named(core, username).id
    lines = core_codes.listed(core, user_id, limit=limit + 1, after=after or 0)
    show_credentials(lines, core.clock.now(), json_wanted, limit)


@access_codes.command("revoke")
@click.argument("code_id", metavar="ID", type=ROW_ID)
def revoke(code_id: int) -> None:
    """Revoke a code and end the sessions it opened."""
    core_codes.revoke(open_core(), code_id, ORIGIN)
    click.echo(f"revoked access code {code_id}")
