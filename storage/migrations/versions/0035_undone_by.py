"""Which message took a reading back: read again after a death it takes back no other

Revises: 0034
"""

import sqlalchemy as sa
from alembic import op

revision = "0035"
down_revision = "0034"
branch_labels = None
depends_on = None


def upgrade() -> None:
    number = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
    op.add_column("reading", sa.Column("undone_by_message_id", number, nullable=True))


def downgrade() -> None:
    with op.batch_alter_table("reading") as table:
        table.drop_column("undone_by_message_id")
