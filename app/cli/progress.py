"""Progress on stderr: drawn on a terminal, plain lines elsewhere."""

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import click


@contextmanager
def bar(label: str, total: int) -> Iterator[Callable[[], None]]:
    """A function to call for each of ``total`` steps."""
    if not sys.stderr.isatty():
        yield _lines(label, total)
        return
    from rich.console import Console
    from rich.progress import (
        BarColumn,
        MofNCompleteColumn,
        Progress,
        TextColumn,
        TimeRemainingColumn,
    )

    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn())
    with Progress(*columns, TimeRemainingColumn(), console=Console(stderr=True)) as progress:
        task = progress.add_task(label, total=total)
        yield lambda: progress.advance(task)


def _lines(label: str, total: int) -> Callable[[], None]:
    """Print a line after every tenth of the steps."""
    done = 0

    def advance() -> None:
        nonlocal done
        done += 1
        if done * 10 // total > (done - 1) * 10 // total:
            click.echo(f"{label}: {done:,} of {total:,}", err=True)

    return advance


@contextmanager
def spinner(label: str) -> Iterator[Callable[[], None]]:
    """A function to call after each batch, if the number of batches is not known."""
    if not sys.stderr.isatty():
        yield lambda: None
        return
    from rich.console import Console

    batches = 0
    with Console(stderr=True).status(label) as status:

        def advance() -> None:
            nonlocal batches
            batches += 1
            status.update(f"{label}: {batches:,} batches")

        yield advance
