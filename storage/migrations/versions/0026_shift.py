"""Breaks of people, districts of announcements

Revises: 0025
"""

import sqlalchemy as sa
from alembic import op

revision = "0026"
down_revision = "0025"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column(
        "staff_person", sa.Column("break_since", sa.DateTime(timezone=True), nullable=True)
    )
    op.add_column(
        "announcement", sa.Column("districts", sa.JSON(), server_default="[]", nullable=False)
    )


def downgrade() -> None:
    with op.batch_alter_table("announcement") as table:
        table.drop_column("districts")
    with op.batch_alter_table("staff_person") as table:
        table.drop_column("break_since")
