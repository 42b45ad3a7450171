"""The URL of the database: SQLite in a file, or PostgreSQL."""

from pathlib import Path

from sqlalchemy import make_url
from sqlalchemy.exc import ArgumentError

from ..store.urls import arguments


def default_database(service: Path, working: Path) -> Path:
    """Where the database is if no setting says it: in the checkout, or in the working directory.

    The wheel has the service in a directory ``_service`` of ``site-packages``. An installation is
    replaced by the next one, and often only root may write there.
    """
    home = working if service.name == "_service" else service
    return home / "instance" / "watchword.sqlite3"


DEFAULT_DATABASE = default_database(Path(__file__).resolve().parents[2], Path.cwd())


def database_url(text: str) -> str:
    """SQLite in a file, or PostgreSQL through psycopg 3 however the URL spells it.

    The text of a fault never quotes the URL, because the password may be anywhere in it.
    """
    try:
        url = make_url(text or f"sqlite:///{DEFAULT_DATABASE}")
    except (ArgumentError, ValueError):
        raise ValueError(
            "is not a database URL; in a password, encode @ / : ? # and % with a percent sign"
        ) from None
    if url.drivername in ("postgres", "postgresql", "postgresql+psycopg"):
        url = url.set(drivername="postgresql+psycopg")
    elif url.drivername != "sqlite":
        raise ValueError("must be sqlite:///… or postgresql://…")
    elif not url.database or url.database == ":memory:":
        raise ValueError("SQLite needs a file: the workers share it")
    elif not url.database.startswith(("/", "file:")):
        url = url.set(database=str(DEFAULT_DATABASE.parent / url.database))
    arguments(url)
    return url.render_as_string(hide_password=False)


def replica_url(text: str) -> str:
    """The same for a replica; empty if there is none."""
    if not text:
        return ""
    url = database_url(text)
    if url.startswith("sqlite"):
        raise ValueError("must be postgresql://…: only PostgreSQL has replicas")
    return url
