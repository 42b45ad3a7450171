"""Audit events with a count, and the network of an address.

Revision: 0003, after 0002
"""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

TABLE = "audit_events"
integer = sa.BigInteger().with_variant(sa.Integer(), "sqlite")

COLUMNS = [
    ("network", sa.String(45), {"nullable": True}),
    ("count", integer, {"nullable": False, "server_default": "1"}),
    ("aggregate", sa.LargeBinary(32), {"nullable": True}),
]
NETWORK = ("ix_audit_events_user_id_network", TABLE, ["user_id", "network", "at"])
# The index of user and network serves all its queries.
REPLACED = ("ix_audit_events_user_id_address", TABLE, ["user_id", "address", "at"])
AGGREGATE = "uq_audit_events_aggregate"
COUNTED = sa.text("aggregate IS NOT NULL")


def upgrade() -> None:
    # One statement a transaction, so that no table is locked while another lock is awaited.
    with op.get_context().autocommit_block():
        there = {column["name"] for column in sa.inspect(op.get_bind()).get_columns(TABLE)}
        for name, kind, options in COLUMNS:
            # They exist already after a downgrade, see below.
            if name not in there:
                op.add_column(TABLE, sa.Column(name, kind, **options))
        options = _beside_the_service()
        op.drop_index(AGGREGATE, TABLE, if_exists=True, **options)
        op.create_index(
            AGGREGATE,
            TABLE,
            ["aggregate"],
            unique=True,
            sqlite_where=COUNTED,
            postgresql_where=COUNTED,
            **options,
        )
        _replace(REPLACED, NETWORK)


def downgrade() -> None:
    """The columns stay: the version before ignores them. The index that this version counts by stays too."""
    with op.get_context().autocommit_block():
        _replace(NETWORK, REPLACED)


def _replace(old: tuple[str, str, list[str]], new: tuple[str, str, list[str]]) -> None:
    options = _beside_the_service()
    op.drop_index(new[0], new[1], if_exists=True, **options)
    op.create_index(*new, **options)
    op.drop_index(old[0], old[1], if_exists=True, **options)


def _beside_the_service() -> dict[str, bool]:
    postgresql = op.get_context().dialect.name == "postgresql"
    return {"postgresql_concurrently": True} if postgresql else {}
