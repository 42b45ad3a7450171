"""An import in the process: records in, counts and rejects out."""

import io
from collections.abc import Callable, Iterable

import pytest

from app.core import importing
from app.core.core import Core
from app.core.importing import FORMATS, Checks, Counts, Import, Record, Rejected
from app.core.importing.records import Found, PassedOver
from app.core.secrets import ImportedPepper
from tests.factories import ORIGIN


class Run:
    def __init__(self, core: Core) -> None:
        self._core = core
        self.rejected: list[str] = []
        self.progress: list[Counts] = []

    def __call__(
        self,
        records: Iterable[Record | Rejected],
        *,
        dry_run: bool = False,
        wrap: bool = False,
        email_domain: str | None = None,
        pepper: ImportedPepper | None = None,
        admins: bool = True,
    ) -> tuple[int, int, int]:
        """Users added, there already, and rejected."""
        self.rejected.clear()
        checks = Checks(
            self._core.policy,
            email_domain=email_domain,
            wrap=wrap,
            pepper_id=self._core.keys.import_pepper(pepper) if pepper else None,
            peppers=importing.peppers(self._core),
            admins=admins,
            now=self._core.clock.now(),
        )
        run = Import(
            self._core,
            ORIGIN,
            dry_run=dry_run,
            reject=lambda rejected: self.rejected.append(f"{rejected.place}: {rejected.reason}"),
            progress=self.progress.append,
        )
        self.counts = run.run(importing.batches(records, checks))
        return self.counts[:3]


@pytest.fixture
def run(core: Core) -> Callable[..., tuple[int, int, int]]:
    return Run(core)


@pytest.fixture
def tables(rows):
    """The users and their names, without what differs from import to import."""

    def read() -> list[dict[str, object]]:
        return rows(
            "SELECT users.id, username, email, password_hash, roles, permissions, customer_id, epoch,"
            " password_expired, disabled_at IS NOT NULL AS disabled, pepper_id, login_names.name"
            " FROM users JOIN login_names ON login_names.user_id = users.id ORDER BY login_names.name"
        )

    return read


def read(name: str, text: str | bytes) -> list[Record | Rejected]:
    data = text if isinstance(text, bytes) else text.encode()
    return [found for found in read_all(name, data) if not isinstance(found, PassedOver)]


def read_all(name: str, data: bytes) -> list[Found]:
    return list(FORMATS[name].read(io.BytesIO(data)))


def reasons(name: str, text: str | bytes) -> list[str]:
    return [
        f"{found.place}: {found.reason}"
        for found in read(name, text)
        if isinstance(found, Rejected)
    ]
