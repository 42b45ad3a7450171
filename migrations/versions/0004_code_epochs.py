"""Access codes get the epoch of their user, and the session in which they were made.

Revision: 0004, after 0003
"""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

TABLE = "access_codes"
INDEX = ("ix_access_codes_session_id", TABLE, ["session_id"])
integer = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    # One statement a transaction, so that no table is locked while another lock is awaited.
    with op.get_context().autocommit_block():
        there = {column["name"] for column in sa.inspect(op.get_bind()).get_columns(TABLE)}
        for name in ("epoch", "session_id"):
            # They exist already after a downgrade, see below.
            if name not in there:
                op.add_column(TABLE, sa.Column(name, integer, nullable=True))
        op.execute(
            "UPDATE access_codes SET epoch ="
            " (SELECT users.epoch FROM users WHERE users.id = access_codes.user_id)"
            " WHERE epoch IS NULL"
        )
        postgresql = op.get_context().dialect.name == "postgresql"
        options = {"postgresql_concurrently": True} if postgresql else {}
        op.drop_index(INDEX[0], INDEX[1], if_exists=True, **options)
        op.create_index(*INDEX, **options)


def downgrade() -> None:
    """The columns stay: the version before ignores them, and leaves them NULL in the codes that it makes."""
    op.drop_index(INDEX[0], INDEX[1])
