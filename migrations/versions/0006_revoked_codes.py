"""An index by which the purge finds revoked access codes.

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
    # One statement a transaction, and concurrently on PostgreSQL.
    with op.get_context().autocommit_block():
        postgresql = op.get_context().dialect.name == "postgresql"
        options = {"postgresql_concurrently": True} if postgresql else {}
        # A build that was interrupted on PostgreSQL leaves an invalid index behind, which is never used.
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
