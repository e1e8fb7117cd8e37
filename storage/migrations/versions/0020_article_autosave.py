"""What editors typed and have not saved

Revises: 0019
"""

import sqlalchemy as sa
from alembic import op

revision = "0020"
down_revision = "0019"
branch_labels = None
depends_on = None

_NUMBER = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.create_table(
        "article_autosave",
        sa.Column("id", _NUMBER, nullable=False),
        sa.Column("article_id", _NUMBER, nullable=False),
        sa.Column("person_id", _NUMBER, nullable=False),
        sa.Column("base_number", _NUMBER, nullable=False),
        sa.Column("text", sa.JSON(), nullable=False),
        sa.Column("saved_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["article_id"], ["article.id"], name=op.f("fk_article_autosave_article_id")
        ),
        sa.ForeignKeyConstraint(
            ["person_id"], ["staff_person.id"], name=op.f("fk_article_autosave_person_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_article_autosave")),
        sa.UniqueConstraint(
            "article_id", "person_id", name=op.f("uq_article_autosave_article_id_person_id")
        ),
        sqlite_autoincrement=True,
    )


def downgrade() -> None:
    op.drop_table("article_autosave")
