"""Revoked access codes are found for the purge without a look at all others.

Revision: 0006, after 0005
"""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

TABLE = "access_codes"
INDEX = "ix_access_codes_revoked_at"
REVOKED = sa.text("revoked_at IS NOT NULL")


def upgrade() -> None:
    # One statement a transaction, on PostgreSQL beside the service's.
    with op.get_context().autocommit_block():
        postgresql = op.get_context().dialect.name == "postgresql"
        options = {"postgresql_concurrently": True} if postgresql else {}
        # One that broke off on PostgreSQL left an index behind that is never used.
        op.drop_index(INDEX, TABLE, if_exists=True, **options)
        op.create_index(
            INDEX,
            TABLE,
            ["revoked_at"],
            sqlite_where=REVOKED,
            postgresql_where=REVOKED,
            **options,
        )


def downgrade() -> None:
    with op.get_context().autocommit_block():
        postgresql = op.get_context().dialect.name == "postgresql"
        options = {"postgresql_concurrently": True} if postgresql else {}
        op.drop_index(INDEX, TABLE, if_exists=True, **options)
