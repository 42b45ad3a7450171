"""``flask clients``: client applications, public or confidential."""

import click

from ..core.clock import instant
from ..core.credentials import clients as core_clients
from .output import as_json, limited, show_page
from .shell import ORIGIN, Group, open_core, show_secret

clients = Group(
    "clients", help="Client applications: the session dialect's, and those of the doors."
)

COLUMNS = ("client_id", "name", "confidential", "created_at", "disabled_at")


@clients.command("add")
@click.argument("client_id")
@click.argument("name")
@click.option(
    "--confidential",
    is_flag=True,
    help="With a secret, which introspection and revocation require.",
)
def add(client_id: str, name: str, confidential: bool) -> None:
    """Add a client; a confidential one's secret is printed alone on stdout."""
    secret = core_clients.add(open_core(), client_id, name, ORIGIN, confidential=confidential)
    if secret is None:
        click.echo(f"added {client_id}")
    else:
        show_secret(secret, f"The secret of {client_id}.")


@clients.command("list")
@limited
@click.option("--after", metavar="CLIENT_ID", default="", help="Begin after this client id.")
@as_json
def list_(limit: int, after: str, json_wanted: bool) -> None:
    """List clients, by id."""
    rows = [
        {
            **line._asdict(),
            "created_at": instant(line.created_at),
            "disabled_at": instant(line.disabled_at),
        }
        for line in core_clients.listed(open_core(), limit=limit + 1, after=after)
    ]
    show_page(rows, COLUMNS, json_wanted, limit, by="client_id")


@clients.command("disable")
@click.argument("client_id")
def disable(client_id: str) -> None:
    """Refuse a client from its next request on."""
    core_clients.set_disabled(open_core(), client_id, True, ORIGIN)
    click.echo(f"{client_id} is disabled")


@clients.command("enable")
@click.argument("client_id")
def enable(client_id: str) -> None:
    """Accept a disabled client again."""
    core_clients.set_disabled(open_core(), client_id, False, ORIGIN)
    click.echo(f"{client_id} is enabled")


@clients.command("rotate-secret")
@click.argument("client_id")
def rotate_secret(client_id: str) -> None:
    """Replace a confidential client's secret; the old one is invalid at once."""
    secret = core_clients.rotate_secret(open_core(), client_id, ORIGIN)
    show_secret(secret, f"The new secret of {client_id}.")
