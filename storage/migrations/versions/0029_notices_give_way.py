"""Which messages give way to answers

Revises: 0028
"""

import sqlalchemy as sa
from alembic import op

revision = "0029"
down_revision = "0028"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column(
        "delivery",
        sa.Column("notice", sa.Boolean(), server_default=sa.false(), nullable=False),
    )
    op.create_index(
        "ix_delivery_notice",
        "delivery",
        ["conversation_id"],
        postgresql_where=sa.text("notice AND state = 'queued'"),
        sqlite_where=sa.text("notice AND state = 'queued'"),
    )


def downgrade() -> None:
    op.drop_index("ix_delivery_notice", "delivery")
    with op.batch_alter_table("delivery") as table:
        table.drop_column("notice")
