"""Indexes that find who is an admin, and which roles are in use.

Revision: 0010, after 0009
"""

from collections.abc import Iterator
from contextlib import contextmanager

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None

# Name, columns, condition.
INDEXES = (
    (
        "ix_users_admins",
        ["id"],
        "replace(' ' || roles || ' ', ' admin ', '') <> ' ' || roles || ' '",
    ),
    ("ix_users_roles", ["roles"], "roles <> ''"),
)


def upgrade() -> None:
    with _one_at_a_time() as options:
        for name, columns, condition in INDEXES:
            # A build that was interrupted on PostgreSQL leaves an invalid index behind, which is never used.
            op.drop_index(name, "users", if_exists=True, **options)
            where = {"postgresql_where": sa.text(condition), "sqlite_where": sa.text(condition)}
            op.create_index(name, "users", columns, **where, **options)


def downgrade() -> None:
    with _one_at_a_time() as options:
        for name, *_ in INDEXES:
            op.drop_index(name, "users", if_exists=True, **options)


@contextmanager
def _one_at_a_time() -> Iterator[dict[str, bool]]:
    """One statement a transaction; concurrently on PostgreSQL, so that the service can write meanwhile."""
    with op.get_context().autocommit_block():
        postgresql = op.get_context().dialect.name == "postgresql"
        yield {"postgresql_concurrently": True} if postgresql else {}
