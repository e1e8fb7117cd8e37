"""The next deliveries in the order in which they are sent, however many wait

Revises: 0031
"""

import sqlalchemy as sa
from alembic import op

revision = "0032"
down_revision = "0031"
branch_labels = None
depends_on = None

_QUEUED = sa.text("state = 'queued'")


def upgrade() -> None:
    op.create_index(
        "ix_delivery_next",
        "delivery",
        ["bot_account_id", "notice", "not_before"],
        postgresql_where=_QUEUED,
        sqlite_where=_QUEUED,
    )
    op.drop_index("ix_delivery_due", table_name="delivery")


def downgrade() -> None:
    op.create_index(
        "ix_delivery_due",
        "delivery",
        ["bot_account_id", "not_before"],
        postgresql_where=_QUEUED,
        sqlite_where=_QUEUED,
    )
    op.drop_index("ix_delivery_next", table_name="delivery")
