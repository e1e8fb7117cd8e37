"""Readings on their way to the company's billing system

Revises: 0006
"""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

_NUMBER = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
_WAITING = sa.text("state = 'waiting'")


def upgrade() -> None:
    op.create_table(
        "reading_delivery",
        sa.Column("reading_id", _NUMBER, nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("next_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("attempts", _NUMBER, nullable=False),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column("finished_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "state IN ('waiting', 'delivered', 'refused', 'dropped')",
            name=op.f("ck_reading_delivery_state"),
        ),
        sa.ForeignKeyConstraint(
            ["reading_id"], ["reading.id"], name=op.f("fk_reading_delivery_reading_id")
        ),
        sa.PrimaryKeyConstraint("reading_id", name=op.f("pk_reading_delivery")),
    )
    op.create_index(
        "ix_reading_delivery_waiting",
        "reading_delivery",
        ["next_at"],
        postgresql_where=_WAITING,
        sqlite_where=_WAITING,
    )


def downgrade() -> None:
    op.drop_index(
        "ix_reading_delivery_waiting",
        "reading_delivery",
        postgresql_where=_WAITING,
        sqlite_where=_WAITING,
    )
    op.drop_table("reading_delivery")
