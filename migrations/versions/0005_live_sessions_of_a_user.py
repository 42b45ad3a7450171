"""An index for the live sessions of one user, which skips the sessions that have ended.

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
    """Create the new index, then drop the old one, so that there is always one."""
    with _one_at_a_time() as options:
        # A build that was interrupted on PostgreSQL leaves an invalid index behind, which is never used.
        op.drop_index(new[0], TABLE, if_exists=True, **options)
        op.create_index(*new, **options)
        op.drop_index(old[0], TABLE, if_exists=True, **options)


@contextmanager
def _one_at_a_time() -> Iterator[dict[str, bool]]:
    """Concurrently on PostgreSQL, so that the service can write meanwhile. One statement a transaction."""
    if op.get_context().dialect.name != "postgresql":
        yield {}
        return
    with op.get_context().autocommit_block():
        yield {"postgresql_concurrently": True}
