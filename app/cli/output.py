"""Lists: tables for people, JSON for scripts."""

import json
import shlex
import sys
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Protocol

import click

from ..core.clock import instant

# A list is one page. A line on stderr says how to ask for the next one.
DEFAULT_LIMIT = 100
limited = click.option(
    "--limit",
    type=click.IntRange(1, 100_000),
    default=DEFAULT_LIMIT,
    show_default=True,
    help="Rows at most.",
)

as_json = click.option("--json", "json_wanted", is_flag=True, help="JSON on stdout, for scripts.")


def json_text(value: Any) -> str:
    """JSON; characters that the stream's encoding may lack are escaped."""
    encoding = getattr(sys.stdout, "encoding", None) or "ascii"
    return json.dumps(value, ensure_ascii=not encoding.lower().startswith("utf"))


def show_list(rows: Sequence[Mapping[str, Any]], columns: Sequence[str], json_wanted: bool) -> None:
    """The rows, each with a value for every column."""
    if json_wanted:
        click.echo(json_text(list(rows)))
        return
    from rich import box
    from rich.console import Console
    from rich.table import Table

    # Names are printed literally: rich must not read mark-up in them.
    console = Console(file=sys.stdout, markup=False, emoji=False, highlight=False)
    if not console.is_terminal:
        console.width = 10_000
    table = Table(*(column.replace("_", " ") for column in columns), box=box.SIMPLE_HEAD)
    for row in rows:
        table.add_row(*(_cell(row[column]) for column in columns))
    console.print(table)


def show_page(
    rows: Sequence[Mapping[str, Any]],
    columns: Sequence[str],
    json_wanted: bool,
    limit: int,
    *,
    by: str,
) -> None:
    """Show a page. ``rows`` has one row more than ``limit`` if there is a next page; the column ``by``
    of the last row shown is where it begins."""
    page = rows[:limit]
    show_list(page, columns, json_wanted)
    if len(rows) > limit:
        tell_more("--after", page[-1][by])


def show_found(
    rows: Sequence[Mapping[str, Any]],
    columns: Sequence[str],
    json_wanted: bool,
    following: str | None,
    option: str = "--after",
) -> None:
    """Show a page of the core's. ``following`` is where the next one begins, None if there is none."""
    show_list(rows, columns, json_wanted)
    if following is not None:
        tell_more(option, following)


def tell_more(option: str, value: Any) -> None:
    """Say that there is a next page, on stderr, so that no script takes it for a row."""
    click.echo(f"There are more: {option} {shlex.quote(str(value))}", err=True)


class Credential(Protocol):
    """An API key or access code as the core lists it."""

    @property
    def id(self) -> int: ...
    @property
    def created_at(self) -> float: ...
    @property
    def expires_at(self) -> float | None: ...
    @property
    def revoked_at(self) -> float | None: ...


def show_credentials(
    lines: Iterable[Credential], now: float, json_wanted: bool, limit: int
) -> None:
    """Show a page of credentials. ``lines`` has one more than ``limit`` if there is a next page."""
    columns = ("id", "created_at", "expires_at", "revoked_at", "state")
    rows = [
        {
            "id": line.id,
            "created_at": instant(line.created_at),
            "expires_at": instant(line.expires_at),
            "revoked_at": instant(line.revoked_at),
            "state": _state(line, now),
        }
        for line in lines
    ]
    show_page(rows, columns, json_wanted, limit, by="id")


def _state(line: Credential, now: float) -> str:
    if line.revoked_at is not None:
        return "revoked"
    return "expired" if line.expires_at is not None and line.expires_at <= now else "good"


def show_one(record: Mapping[str, Any], json_wanted: bool) -> None:
    """One record: a line per field."""
    if json_wanted:
        click.echo(json_text(record))
        return
    width = max(map(len, record))
    for name, value in record.items():
        click.echo(f"{name.replace('_', ' '):<{width}}  {_cell(value)}".rstrip())


def _cell(value: Any) -> str:
    match value:
        case None:
            return "-"
        case bool():
            return "yes" if value else "no"
        case list():
            return " ".join(map(str, value)) or "-"
        case _:
            return str(value)
