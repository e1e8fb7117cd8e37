"""Customers' messages in the order in which they came, for the figures of a period

Revises: 0032
"""

import sqlalchemy as sa
from alembic import op

revision = "0033"
down_revision = "0032"
branch_labels = None
depends_on = None

_OF_CUSTOMERS = sa.text("author = 'customer'")


def upgrade() -> None:
    op.create_index(
        "ix_message_said_at", "message", ["created_at"],
        postgresql_where=_OF_CUSTOMERS, sqlite_where=_OF_CUSTOMERS,
    )  # fmt: skip


def downgrade() -> None:
    op.drop_index("ix_message_said_at", table_name="message")
