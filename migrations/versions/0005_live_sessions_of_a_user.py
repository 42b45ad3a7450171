"""The live sessions of one user are found without the rows of those that ended before.

Revision: 0005, after 0004
"""

from collections.abc import Iterator
from contextlib import contextmanager

from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

TABLE = "sessions"
BY_USER = ("ix_sessions_user_id", TABLE, ["user_id"])
BY_USER_AND_EXPIRY = ("ix_sessions_user_id_expires_at", TABLE, ["user_id", "expires_at"])


def upgrade() -> None:
    _exchange(BY_USER, BY_USER_AND_EXPIRY)


def downgrade() -> None:
    _exchange(BY_USER_AND_EXPIRY, BY_USER)


def _exchange(old: tuple[str, str, list[str]], new: tuple[str, str, list[str]]) -> None:
    """The new index is there before the old one goes."""
    with _one_at_a_time() as options:
        # One that broke off on PostgreSQL left an index behind that is never used.
        op.drop_index(new[0], TABLE, if_exists=True, **options)
        op.create_index(*new, **options)
        op.drop_index(old[0], TABLE, if_exists=True, **options)


@contextmanager
def _one_at_a_time() -> Iterator[dict[str, bool]]:
    """On PostgreSQL beside the service's transactions: no lock on one table while waiting for another."""
    if op.get_context().dialect.name != "postgresql":
        yield {}
        return
    with op.get_context().autocommit_block():
        yield {"postgresql_concurrently": True}
