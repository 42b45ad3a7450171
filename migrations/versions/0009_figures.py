"""Figures for operators: hourly counts of events and requests, and what the purge's leader found last.

Revision: 0009, after 0008
"""

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None

integer = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
EVENTS = "audit_events"
UNTALLIED = "ix_audit_events_untallied"
GROWN = sa.text("aggregate IS NOT NULL AND count <> tallied")


def upgrade() -> None:
    # One statement a transaction, so that no table is locked while another lock is awaited.
    with op.get_context().autocommit_block():
        op.create_table(
            "event_hours",
            sa.Column("hour", integer, autoincrement=False, nullable=False),
            sa.Column("dialect", sa.String(20), nullable=False),
            sa.Column("event", sa.String(40), nullable=False),
            sa.Column("reason", sa.String(40), nullable=False),
            sa.Column("count", integer, nullable=False),
            sa.PrimaryKeyConstraint(
                "hour", "dialect", "event", "reason", name=op.f("pk_event_hours")
            ),
            if_not_exists=True,
        )
        op.create_table(
            "request_hours",
            sa.Column("hour", integer, autoincrement=False, nullable=False),
            sa.Column("door", sa.String(20), nullable=False),
            sa.Column("bound", integer, autoincrement=False, nullable=False),
            sa.Column("count", integer, nullable=False),
            sa.PrimaryKeyConstraint("hour", "door", "bound", name=op.f("pk_request_hours")),
            if_not_exists=True,
        )
        op.create_table(
            "figures",
            sa.Column("name", sa.String(40), nullable=False),
            sa.Column("at", sa.Double(), nullable=False),
            sa.Column("number", integer, nullable=False, server_default="0"),
            sa.Column("value", sa.Text(), nullable=False),
            sa.PrimaryKeyConstraint("name", name=op.f("pk_figures")),
            if_not_exists=True,
        )
        there = {column["name"] for column in sa.inspect(op.get_bind()).get_columns(EVENTS)}
        # It exists already after a downgrade, see below.
        if "tallied" not in there:
            column = sa.Column("tallied", integer, nullable=False, server_default="0")
            op.add_column(EVENTS, column)
        postgresql = op.get_context().dialect.name == "postgresql"
        options = {"postgresql_concurrently": True} if postgresql else {}
        # A build that was interrupted on PostgreSQL leaves an invalid index behind, which is never used.
        op.drop_index(UNTALLIED, EVENTS, if_exists=True, **options)
        op.create_index(
            UNTALLIED, EVENTS, ["id"], sqlite_where=GROWN, postgresql_where=GROWN, **options
        )


def downgrade() -> None:
    """The column stays, and a table with rows: the version before ignores them, and no count is lost."""
    with op.get_context().autocommit_block():
        postgresql = op.get_context().dialect.name == "postgresql"
        options = {"postgresql_concurrently": True} if postgresql else {}
        op.drop_index(UNTALLIED, EVENTS, if_exists=True, **options)
        for name in ("event_hours", "request_hours", "figures"):
            rows = sa.select(sa.func.count()).select_from(sa.table(name))
            if not op.get_bind().scalar(rows):
                op.drop_table(name)
