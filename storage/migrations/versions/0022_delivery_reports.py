"""Since when a message has arrived and was read

Revises: 0021
"""

import sqlalchemy as sa
from alembic import op

revision = "0022"
down_revision = "0021"
branch_labels = None
depends_on = None


def upgrade() -> None:
    for column in ("delivered_at", "seen_at"):
        op.add_column("delivery", sa.Column(column, sa.DateTime(timezone=True), nullable=True))
    op.create_index(
        "ix_delivery_platform_id",
        "delivery",
        ["bot_account_id", "platform_id"],
        postgresql_where=sa.text("platform_id IS NOT NULL"),
        sqlite_where=sa.text("platform_id IS NOT NULL"),
    )


def downgrade() -> None:
    op.drop_index("ix_delivery_platform_id", "delivery")
    with op.batch_alter_table("delivery") as table:
        table.drop_column("seen_at")
        table.drop_column("delivered_at")
