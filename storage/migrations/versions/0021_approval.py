"""Who approves an article, and drafts that wait for it

Revises: 0020
"""

import sqlalchemy as sa
from alembic import op

revision = "0021"
down_revision = "0020"
branch_labels = None
depends_on = None

_NUMBER = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.add_column("article", sa.Column("approver_id", _NUMBER, nullable=True))
    op.add_column(
        "article_version", sa.Column("submitted_at", sa.DateTime(timezone=True), nullable=True)
    )
    op.add_column("article_version", sa.Column("sent_back", sa.Text(), nullable=True))


def downgrade() -> None:
    for column in ("sent_back", "submitted_at"):
        op.drop_column("article_version", column)
    op.drop_column("article", "approver_id")
