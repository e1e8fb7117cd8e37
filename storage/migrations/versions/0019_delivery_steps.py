"""What happened to readings on their way to the company's billing system

Revises: 0018
"""

import sqlalchemy as sa
from alembic import op

revision = "0019"
down_revision = "0018"
branch_labels = None
depends_on = None

_NUMBER = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.create_table(
        "reading_delivery_step",
        sa.Column("id", _NUMBER, nullable=False),
        sa.Column("reading_id", _NUMBER, nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("staff_id", _NUMBER, nullable=True),
        sa.Column("note", sa.Text(), nullable=False),
        sa.CheckConstraint(
            "kind IN ('no_answer', 'refused', 'retried', 'closed')",
            name=op.f("ck_reading_delivery_step_kind"),
        ),
        sa.ForeignKeyConstraint(
            ["reading_id"],
            ["reading_delivery.reading_id"],
            name=op.f("fk_reading_delivery_step_reading_id"),
        ),
        sa.ForeignKeyConstraint(
            ["staff_id"], ["staff_person.id"], name=op.f("fk_reading_delivery_step_staff_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_reading_delivery_step")),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_reading_delivery_step_reading_id", "reading_delivery_step", ["reading_id"])


def downgrade() -> None:
    op.drop_table("reading_delivery_step")
