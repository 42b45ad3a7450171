"""Indexes for the lists of operators, and what a pause of the brute-force guard is about.

Revision: 0008, after 0007
"""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None

integer = sa.BigInteger().with_variant(sa.Integer(), "sqlite")

COLUMNS = [
    ("kind", sa.String(10)),
    ("user_id", integer),
    ("network", sa.String(45)),
]
# Name, table, columns, condition on PostgreSQL, condition on SQLite.
INDEXES: list[tuple[str, str, list[str], str | None, str | None]] = [
    ("ix_users_username", "users", ["username"], None, None),
    ("ix_users_customer_id_username", "users", ["customer_id", "username"], None, None),
    ("ix_users_disabled", "users", ["username"], "disabled_at IS NOT NULL", None),
    (
        "ix_users_password_expired",
        "users",
        ["username"],
        "password_expired",
        "password_expired = 1",
    ),
    (
        "ix_users_foreign_hash",
        "users",
        ["username"],
        "substr(password_hash, 1, 10) <> '$argon2id$'",
        None,
    ),
    ("ix_throttles_paused", "throttles", ["kind", "paused_until"], "kind IS NOT NULL", None),
    ("ix_sessions_dialect_opened_at", "sessions", ["dialect", "opened_at"], None, None),
    (
        "ix_sessions_client_id_opened_at",
        "sessions",
        ["client_id", "opened_at"],
        "client_id IS NOT NULL",
        None,
    ),
    ("ix_audit_events_network_at", "audit_events", ["network", "at"], None, None),
]
# Served by the index of customer and username.
REPLACED = ("ix_users_customer_id", "users", ["customer_id"])
# In the order of characters, in which all names with one beginning are a range. SQLite's own order is that.
BEGINNINGS = "ix_login_names_beginning"


def upgrade() -> None:
    with _one_at_a_time() as options:
        there = {column["name"] for column in sa.inspect(op.get_bind()).get_columns("throttles")}
        for name, kind in COLUMNS:
            # They exist already after a downgrade, see below.
            if name not in there:
                op.add_column("throttles", sa.Column(name, kind, nullable=True))
        for name, table, columns, condition, on_sqlite in INDEXES:
            # A build that was interrupted on PostgreSQL leaves an invalid index behind, which is never used.
            op.drop_index(name, table, if_exists=True, **options)
            where: dict[str, Any] = {}
            if condition is not None:
                where = {
                    "postgresql_where": sa.text(condition),
                    "sqlite_where": sa.text(on_sqlite or condition),
                }
            op.create_index(name, table, columns, **where, **options)
        op.drop_index(REPLACED[0], REPLACED[1], if_exists=True, **options)
        op.drop_index(BEGINNINGS, "login_names", if_exists=True, **options)
        beginning = sa.text('name COLLATE "C"') if options else "name"
        op.create_index(BEGINNINGS, "login_names", [beginning, "user_id"], **options)


def downgrade() -> None:
    """The columns stay: the version before ignores them."""
    with _one_at_a_time() as options:
        op.drop_index(REPLACED[0], REPLACED[1], if_exists=True, **options)
        op.create_index(*REPLACED, **options)
        for name, table, *_ in reversed(INDEXES):
            op.drop_index(name, table, if_exists=True, **options)
        op.drop_index(BEGINNINGS, "login_names", if_exists=True, **options)


@contextmanager
def _one_at_a_time() -> Iterator[dict[str, bool]]:
    """One statement a transaction; concurrently on PostgreSQL, so that the service can write meanwhile."""
    with op.get_context().autocommit_block():
        postgresql = op.get_context().dialect.name == "postgresql"
        yield {"postgresql_concurrently": True} if postgresql else {}
