"""Who keeps an article, and reminders of its end

Revises: 0015
"""

import sqlalchemy as sa
from alembic import op

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None

_NUMBER = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.add_column("article", sa.Column("responsible_id", _NUMBER, nullable=True))
    op.create_table(
        "article_reminder",
        sa.Column("id", _NUMBER, nullable=False),
        sa.Column("article_id", _NUMBER, nullable=False),
        sa.Column("last_day", sa.Date(), nullable=False),
        sa.Column("stage", _NUMBER, nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("seen_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["article_id"], ["article.id"], name=op.f("fk_article_reminder_article_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_article_reminder")),
        sa.UniqueConstraint(
            "article_id",
            "last_day",
            "stage",
            name=op.f("uq_article_reminder_article_id_last_day_stage"),
        ),
        sqlite_autoincrement=True,
    )


def downgrade() -> None:
    op.drop_table("article_reminder")
    op.drop_column("article", "responsible_id")
