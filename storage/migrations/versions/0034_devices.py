"""From where a member of staff has logged in: the browser's name and the shortened address

Revises: 0033
"""

import sqlalchemy as sa
from alembic import op

revision = "0034"
down_revision = "0033"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("staff_session", sa.Column("browser", sa.Text(), nullable=True))
    op.add_column("staff_session", sa.Column("network", sa.Text(), nullable=True))


def downgrade() -> None:
    with op.batch_alter_table("staff_session") as table:
        table.drop_column("network")
        table.drop_column("browser")
