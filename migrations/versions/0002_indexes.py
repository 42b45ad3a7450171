"""Indexes for lookups by owner, for the purge and for the audit trail.

Revision: 0002, after 0001
"""

from collections.abc import Iterator
from contextlib import contextmanager

from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

INDEXES = [
    ("ix_audit_events_at", "audit_events", ["at"]),
    ("ix_audit_events_request_id", "audit_events", ["request_id"]),
    ("ix_audit_events_user_id_address", "audit_events", ["user_id", "address", "at"]),
    ("ix_throttles_expires_at", "throttles", ["expires_at"]),
    ("ix_users_customer_id", "users", ["customer_id"]),
    ("ix_access_codes_expires_at", "access_codes", ["expires_at"]),
    ("ix_access_codes_user_id", "access_codes", ["user_id"]),
    ("ix_api_keys_user_id", "api_keys", ["user_id"]),
    ("ix_login_names_user_id", "login_names", ["user_id"]),
    ("ix_sessions_expires_at", "sessions", ["expires_at"]),
    ("ix_sessions_user_id", "sessions", ["user_id"]),
]


def upgrade() -> None:
    with _one_at_a_time() as options:
        for name, table, columns in INDEXES:
            # A build that was interrupted on PostgreSQL leaves an invalid index behind, which is never used.
            op.drop_index(name, table, if_exists=True, **options)
            op.create_index(name, table, columns, **options)


def downgrade() -> None:
    with _one_at_a_time() as options:
        for name, table, _ in reversed(INDEXES):
            op.drop_index(name, table, if_exists=True, **options)


@contextmanager
def _one_at_a_time() -> Iterator[dict[str, bool]]:
    """Concurrently on PostgreSQL, so that the service can write meanwhile. One statement a transaction."""
    if op.get_context().dialect.name != "postgresql":
        yield {}
        return
    with op.get_context().autocommit_block():
        yield {"postgresql_concurrently": True}
