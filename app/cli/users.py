"""``flask users``: add, look at, and change identities."""

from typing import Any

import click

from ..core import identities, listings
from ..core.clock import instant
from ..core.credentials import access_codes, api_keys
from ..core.guard import throttle
from ..core.identities import registration
from ..core.listings import Page, SessionFilter, UserLine, UserState
from .output import as_json, limited, show_found, show_list, show_one
from .shell import ORIGIN, Group, open_core, read_secret, user_named

users = Group("users", help="Identities: one for all four dialects, named by username or e-mail.")

COLUMNS = ("uid", "username", "email", "customer", "roles", "permissions", "state")
# Of each kind of credential, and of sessions; the lists have the rest.
SHOWN = 1_000


@users.command("add")
@click.argument("username")
@click.argument("email")
@click.option("--customer", metavar="ID", help="The UUID of an existing customer.")
@click.option(
    "--role", "roles", multiple=True, metavar="R", help="A role, such as admin. Repeatable."
)
@click.option(
    "--permission",
    "permissions",
    multiple=True,
    metavar="P",
    help="A permission, such as npm. Repeatable.",
)
def add(
    username: str,
    email: str,
    customer: str | None,
    roles: tuple[str, ...],
    permissions: tuple[str, ...],
) -> None:
    """Add a user; the password is prompted for, or the first line of stdin."""
    core = open_core()
    new_roles = identities.unheard_of(core, roles)
    uid = registration.register(
        core,
        username,
        email,
        read_secret("Password"),
        ORIGIN,
        customer_id=customer and customer.lower(),
        roles=frozenset(roles),
        permissions=frozenset(permissions),
    )
    click.echo(f"added {username} with uid {uid}")
    _warn(new_roles)


@users.command("list")
@click.option(
    "--search",
    metavar="TEXT",
    default="",
    help="Who has this uid, UUID or customer id, or whose username, e-mail or customer begins so.",
)
@click.option(
    "--state",
    "states",
    type=click.Choice([state.value for state in UserState]),
    multiple=True,
    help="In this state only; resting is a name that is paused after wrong passwords. Repeatable.",
)
@limited
@click.option(
    "--after", metavar="NAME", help="Begin after this username, or where the last page ended."
)
@as_json
def list_(
    *, search: str, states: tuple[str, ...], limit: int, after: str | None, json_wanted: bool
) -> None:
    """List users, by username."""
    core = open_core()
    wanted = [UserState(state) for state in states]

    def page(after: str | None, limit: int) -> Page[UserLine]:
        return listings.users(core, limit=limit, after=after, search=search, states=wanted)

    found = listings.filled(page, after, limit)
    show_found([_record(line) for line in found.lines], COLUMNS, json_wanted, found.next)


@users.command("show")
@click.argument("name")
@as_json
def show(name: str, json_wanted: bool) -> None:
    """Show a user with its live credentials and sessions; never a secret."""
    core = open_core()
    user = user_named(core, name)
    show_one(
        {
            **_record(listings.user(core, user.id)),
            "paused_until": instant(throttle.user_paused_until(core, user.username, user.email)),
            "api_keys": [key.id for key in api_keys.listed(core, user.id, limit=SHOWN, live=True)],
            "access_codes": [
                code.id for code in access_codes.listed(core, user.id, limit=SHOWN, live=True)
            ],
            "sessions": [
                line.session
                for line in listings.sessions(
                    core, SessionFilter(user_id=user.id), limit=SHOWN
                ).lines
            ],
        },
        json_wanted,
    )


@users.command("hashes")
@as_json
def hashes(json_wanted: bool) -> None:
    """Count users by the kind of their password hash. All but argon2id wait for a good login."""
    from ..core import importing

    found = importing.kinds(open_core())
    rows = [{"hash": kind, "users": number} for kind, number in found.items()]
    show_list(rows, ("hash", "users"), json_wanted)


@users.command("set-password")
@click.argument("name")
def set_password(name: str) -> None:
    """Set a password, prompted for or from stdin, and end the user's sessions and access codes."""
    core = open_core()
    user = user_named(core, name)
    identities.set_password(core, user.id, read_secret("New password"), ORIGIN)
    click.echo(f"{user.username} has a new password; all sessions and access codes are ended")


@users.command("expire-password")
@click.argument("name")
def expire_password(name: str) -> None:
    """Require the user to change the password; until then it opens nothing else. API keys stay valid."""
    core = open_core()
    user = user_named(core, name)
    identities.expire_password(core, user.id, ORIGIN)
    click.echo(f"{user.username} must change the password")


@users.command("set-roles")
@click.argument("name")
@click.option(
    "--role",
    "roles",
    multiple=True,
    metavar="R",
    help="A role that the user shall have, such as admin. Repeatable; without any, all are taken away.",
)
def set_roles(name: str, roles: tuple[str, ...]) -> None:
    """Give a user these roles and no others. Who loses admin is logged out of the console at once."""
    core = open_core()
    user = user_named(core, name)
    new_roles = identities.unheard_of(core, roles)
    changed = identities.set_roles(core, user.id, frozenset(roles), ORIGIN)
    told = " ".join(sorted(set(roles))) or "none"
    if changed:
        click.echo(f"{user.username} has new roles: {told}")
    else:
        click.echo(f"{user.username} had these roles already: {told}")
    _warn(new_roles)


@users.command("disable")
@click.argument("name")
def disable(name: str) -> None:
    """Refuse a user from the next request on, and end all sessions and access codes of that user."""
    core = open_core()
    user = user_named(core, name)
    changed = identities.disable(core, user.id, ORIGIN)
    click.echo(
        f"{user.username} is disabled" if changed else f"{user.username} was disabled already"
    )


@users.command("enable")
@click.argument("name")
def enable(name: str) -> None:
    """Let a disabled user log in again. API keys are valid again; sessions and access codes stay ended."""
    core = open_core()
    user = user_named(core, name)
    changed = identities.enable(core, user.id, ORIGIN)
    click.echo(f"{user.username} is enabled" if changed else f"{user.username} was enabled already")


@users.command("unlock")
@click.argument("name")
def unlock(name: str) -> None:
    """Lift the pause after too many wrong passwords."""
    core = open_core()
    user = user_named(core, name)
    counted = identities.unlock(core, user, ORIGIN)
    click.echo(f"{user.username} is unlocked" if counted else f"{user.username} was not paused")


@users.command("end-sessions")
@click.argument("name")
def end_sessions(name: str) -> None:
    """End all of a user's sessions, in every dialect, and the access codes made in them.

    Other access codes, API keys and the password stay valid.
    """
    core = open_core()
    user = user_named(core, name)
    ended = identities.end_sessions(core, user.id, ORIGIN)
    click.echo(f"ended {ended.sessions} sessions and {ended.codes} access codes made in them")
    click.echo(
        f"still valid, and can open new sessions: the password, {ended.codes_left} access codes,"
        f" {ended.keys_left} API keys"
    )


def _warn(text: str | None) -> None:
    """On stderr, after the work: a script that gives the first user a new role goes on."""
    if text is not None:
        click.echo(f"Warning: {text}", err=True)


def _record(line: UserLine) -> dict[str, Any]:
    record = line._asdict()
    state = "disabled" if line.disabled_at else "active"
    if line.password_expired:
        state += ", password expired"
    return {
        **record,
        "created_at": instant(line.created_at),
        "disabled_at": instant(line.disabled_at),
        "state": state,
    }
