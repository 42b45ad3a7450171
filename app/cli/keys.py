"""``flask keys``: the keys that sign tokens, and the pepper of passwords."""

from typing import get_args

import click

from ..core.keys.keyring import KeyRow, Use
from ..core.upkeep import key_care
from .output import as_json, instant, show_list
from .shell import ORIGIN, Group, open_core

keys = Group("keys", help="Signing keys (seal, jwt) and the password pepper; never their material.")

COLUMNS = ("kid", "use", "algorithm", "created_at", "retired_at", "state")
SIGNING: tuple[Use, ...] = ("seal", "jwt")


@keys.command("list")
@as_json
def list_(json_wanted: bool) -> None:
    """List all keys, oldest first."""
    core = open_core()
    ring = core.keys.ring
    current = (ring.current_seal, ring.current_jwt, ring.current_pepper)
    rows = [
        {
            "kid": row.kid,
            "use": row.use,
            "algorithm": row.algorithm,
            "created_at": instant(row.created_at),
            "retired_at": instant(row.retired_at),
            "state": _state(row, current),
        }
        for row in core.keys.rows()
    ]
    show_list(rows, COLUMNS, json_wanted)


def _state(row: KeyRow, current: tuple[int | None, ...]) -> str:
    if row.retired_at is not None:
        return "retired"
    return "current" if row.id in current else "verifying"


@keys.command("rotate")
@click.argument("use", required=False, type=click.Choice(get_args(Use)))
def rotate(use: Use | None) -> None:
    """Make new current keys, for seal and jwt or for the use that is named.

    Running workers start to use them by themselves. Older keys verify until they are retired. All keys
    are wrapped again, under the first of WATCHWORD_SECRET_KEYS.
    """
    core = open_core()
    for each in (use,) if use else SIGNING:
        click.echo(f"{each} {key_care.rotate(core, each, ORIGIN)}")


@keys.command("retire")
@click.argument("kid")
def retire(kid: str) -> None:
    """Stop verifying with a key, and end the sessions that depend on it."""
    ended = key_care.retire(open_core(), kid, ORIGIN)
    click.echo(f"retired {kid}; ended {ended} sessions")
