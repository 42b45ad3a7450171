"""What all commands share: opening the core, one-line reasons, reading and showing secrets."""

import errno
import io
import os
import sys
from collections.abc import Iterator
from concurrent.futures import BrokenExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import click
from click.exceptions import NoArgsIsHelpError
from flask import current_app
from flask.cli import AppGroup

from ..core import identities
from ..core.audit import Origin
from ..core.core import Core
from ..core.identities import Identity
from ..core.keys.keyring import KeysUnusable
from ..core.refusals import Refusal, Refused
from ..core.upkeep import preflight
from ..store.faults import DRIVER_ERRORS, StoreUnavailable, reason

ORIGIN = Origin("cli")

# Row ids are 64-bit and signed on both databases.
MAX_ROW_ID = 2**63 - 1
ROW_ID = click.IntRange(1, MAX_ROW_ID)

TEXTS: dict[str, str] = {
    Refusal.IDENTITY_TAKEN: "that name is taken",
    Refusal.BUSY: "too many passwords are being hashed: try again",
}


class Group(AppGroup):
    """A group whose commands fail with exit status 1 and one line of reason."""

    def make_context(self, *args: Any, **kwargs: Any) -> click.Context:
        show_any_character()
        with reasons():
            return super().make_context(*args, **kwargs)

    def invoke(self, ctx: click.Context) -> Any:
        with reasons():
            return super().invoke(ctx)


class Command(click.Command):
    """The same for a command outside any group."""

    def make_context(self, *args: Any, **kwargs: Any) -> click.Context:
        show_any_character()
        with reasons():
            return super().make_context(*args, **kwargs)

    def invoke(self, ctx: click.Context) -> Any:
        with reasons():
            return super().invoke(ctx)


@contextmanager
def reasons() -> Iterator[None]:
    """Turn every fault that an operator can correct into one line on stderr and exit status 1."""
    try:
        yield
    except NoArgsIsHelpError as error:
        error.show()
        raise click.exceptions.Exit(1) from None
    except click.UsageError as error:
        raise click.ClickException(f"{error.format_message()} (--help tells more)") from None
    except Refused as refused:
        text = refused.detail or TEXTS.get(refused.refusal, refused.refusal.replace("_", " "))
        raise click.ClickException(text) from None
    except KeysUnusable as error:
        raise click.ClickException(str(error)) from None
    except (StoreUnavailable, *DRIVER_ERRORS) as error:
        raise click.ClickException(f"the database cannot be used ({reason(error)})") from None
    except (BrokenExecutor, UnicodeError) as error:
        killed = "a process of this command was killed, and its work was not written"
        text = killed if isinstance(error, BrokenExecutor) else "that is not valid UTF-8"
        raise click.ClickException(text) from None
    except OSError as error:
        raise _unwritten(error) from None


def _unwritten(error: OSError) -> Exception:
    if error.errno == errno.EPIPE:
        return error  # the reader of the pipe has gone; click ends silently
    # Python would try to write the rest again at exit, and print a traceback.
    sys.stdout = Path(os.devnull).open("w")  # noqa: SIM115
    return click.ClickException(f"reading or writing failed: {error.strerror}")


def show_any_character() -> None:
    """Print ``\\xfc`` for a character that the terminal's encoding lacks, instead of failing.

    So any remaining Unicode fault comes from what was typed.
    """
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")


def open_core() -> Core:
    """The core, on a migrated database."""
    core: Core = current_app.extensions["watchword"].core
    migrations = Path(current_app.root_path).parent / preflight.MIGRATIONS
    if not preflight.is_migrated(core, str(migrations)):
        raise click.ClickException(preflight.what_is_missing(core))
    return core


def user_named(core: Core, name: str) -> Identity:
    """By username or e-mail."""
    user = identities.find(core, name)
    if user is None:
        raise Refused(Refusal.NOT_FOUND, "no such user")
    return user


def read_secret(label: str) -> str:
    """From a hidden prompt, twice, on a terminal; else the first line of stdin."""
    if sys.stdin.isatty():
        prompted: str = click.prompt(label, hide_input=True, confirmation_prompt=True, err=True)
        return prompted
    line = sys.stdin.buffer.readline().decode()
    secret = line.removesuffix("\n").removesuffix("\r")
    if not secret:
        raise click.ClickException(f"no {label.lower()} on stdin")
    return secret


def show_secret(secret: str, explanation: str) -> None:
    """Print the secret alone on stdout, for scripts, and the explanation on stderr."""
    click.echo(secret)
    click.echo(f"{explanation} It is shown this once.", err=True)
