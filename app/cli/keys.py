"""``flask keys``: the keys that sign tokens, and the pepper of passwords."""

import click

from ..core import listings
from ..core.clock import instant
from ..core.keys.keyring import Use
from ..core.upkeep import key_care
from .output import as_json, show_list
from .shell import ORIGIN, Group, open_core

keys = Group("keys", help="Signing keys (seal, jwt) and the password pepper; never their material.")

COLUMNS = ("kid", "use", "algorithm", "created_at", "retired_at", "state", "sessions")


@keys.command("list")
@as_json
def list_(json_wanted: bool) -> None:
    """List all keys, oldest first."""
    rows = [
        {
            **line._asdict(),
            "created_at": instant(line.created_at),
            "retired_at": instant(line.retired_at),
        }
        for line in listings.keys(open_core())
    ]
    show_list(rows, COLUMNS, json_wanted)


@keys.command("rotate")
@click.argument("use", required=False, type=click.Choice(key_care.USES))
def rotate(use: Use | None) -> None:
    """Make new current keys, for seal and jwt or for the use that is named.

    Running workers start to use them by themselves. Older keys verify until they are retired. All keys
    are wrapped again, under the first of WATCHWORD_SECRET_KEYS.
    """
    for each, kid in key_care.rotate_all(open_core(), use, ORIGIN).items():
        click.echo(f"{each} {kid}")


@keys.command("retire")
@click.argument("kid")
def retire(kid: str) -> None:
    """Stop verifying with a key, and end the sessions that depend on it."""
    ended = key_care.retire(open_core(), kid, ORIGIN)
    click.echo(f"retired {kid}; ended {ended} sessions")
