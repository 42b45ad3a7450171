"""The operator who caused an audit event.

Revision: 0007, after 0006
"""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


TABLE = "audit_events"


def upgrade() -> None:
    there = {column["name"] for column in sa.inspect(op.get_bind()).get_columns(TABLE)}
    # It exists already after a downgrade.
    if "operator" not in there:
        op.add_column(TABLE, sa.Column("operator", sa.String(254), nullable=True))


def downgrade() -> None:
    """The column stays: the version before ignores it."""
