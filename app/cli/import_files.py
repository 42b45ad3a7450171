"""The files of an import: the users, small files of secrets, and the rejects."""

import errno
import io
import os
import stat
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

import click

if TYPE_CHECKING:
    from ..core.importing import Rejected

MAX_SECRET = 64 * 1024
_REASONS = {errno.ELOOP: "is a symbolic link", errno.ENXIO: "is no regular file"}


@contextmanager
def unreadable(file: Path) -> Iterator[None]:
    """Turn what is wrong with a file that is read into one line of reason."""
    from ..core.importing import Unreadable

    try:
        yield
    except Unreadable as error:
        raise click.ClickException(f"{file}: {error}") from None
    except io.UnsupportedOperation:
        raise click.ClickException(
            f"{file}: is a pipe, and this format is read twice: save it as a file"
        ) from None


@contextmanager
def users_file(path: Path, *, is_format_known: bool) -> Iterator[BinaryIO]:
    """A regular file, or a pipe if its format is named. A device may never end."""
    with _opened(path) as stream:
        mode = os.fstat(stream.fileno()).st_mode
        if not stat.S_ISREG(mode) and not stat.S_ISFIFO(mode):
            raise click.ClickException(f"{path}: is neither a file nor a pipe")
        if not is_format_known and not stream.seekable():
            raise click.ClickException(f"{path}: is a pipe: name its format with --format")
        yield stream


def small_file(path: Path) -> bytes:
    """The content of a file that holds a secret or two."""
    with _opened(path) as stream:
        content = stream.read(MAX_SECRET + 1)
    if len(content) > MAX_SECRET:
        raise click.ClickException(f"{path}: is longer than {MAX_SECRET:,} bytes")
    return content


def _opened(path: Path) -> BinaryIO:
    try:
        return path.open("rb")
    except FileNotFoundError:
        raise click.ClickException(f"{path}: no such file") from None
    except OSError as error:
        raise click.ClickException(f"{path}: {error.strerror}") from None


@contextmanager
def rejects_file(
    path: Path | None, read: Iterable[Path | None], database: Path | None
) -> Iterator["Callable[[Rejected], None]"]:
    """Write rejects to a regular file that only its owner may read, a line at once.

    It is emptied, so it is no link, nobody else's, under no other name too, none of the files that are
    ``read``, and not SQLite's. Reasons never quote what the users' file says.
    """
    if path is None:
        yield lambda _rejected: None
        return
    flags = os.O_WRONLY | os.O_CREAT | os.O_NOFOLLOW | os.O_NONBLOCK
    with _unwritable(path):
        descriptor = os.open(path, flags, 0o600)
    with os.fdopen(descriptor, "wb", buffering=0) as file:
        found = os.fstat(descriptor)
        if not stat.S_ISREG(found.st_mode):
            raise click.ClickException(f"--rejects: {path}: is no regular file")
        for other in filter(None, read):
            if _is_same(found, other):
                raise click.ClickException(f"--rejects: {path} is {other}, which is read")
        if database and any(
            _is_same(found, Path(f"{database}{end}")) for end in ("", "-wal", "-shm")
        ):
            raise click.ClickException(f"--rejects: {path} is the database")
        if found.st_uid != os.geteuid():
            # Its owner reads it whatever its mode is, and may have it open.
            raise click.ClickException(f"--rejects: {path}: belongs to another user")
        if found.st_nlink > 1:
            raise click.ClickException(
                f"--rejects: {path}: is a file of several names (hard links)"
            )
        with _unwritable(path):
            os.fchmod(descriptor, 0o600)
            os.ftruncate(descriptor, 0)
        yield lambda rejected: _write(file, path, f"{rejected.place}: {rejected.reason}\n")


def _write(file: io.FileIO, path: Path, line: str) -> None:
    """At once: what waits in a buffer could not be told any more where the disk is full."""
    rest = line.encode()
    with _unwritable(path):
        while rest:
            rest = rest[file.write(rest) :]


@contextmanager
def _unwritable(path: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        reason = _REASONS.get(error.errno or 0) or error.strerror
        raise click.ClickException(f"--rejects: {path}: {reason}") from None


def _is_same(found: os.stat_result, other: Path) -> bool:
    return other.exists() and os.path.samestat(found, other.stat())
