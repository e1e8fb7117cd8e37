"""Articles shown, and questions without a good answer

Revises: 0011
"""

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None

_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
_MOMENT = sa.DateTime(timezone=True)
_OPEN = sa.text("state = 'open'")


def upgrade() -> None:
    op.create_table(
        "kb_article_shown",
        sa.Column("id", _ID, nullable=False),
        sa.Column("conversation_id", _ID, nullable=False),
        sa.Column("message_id", _ID, nullable=False),
        sa.Column("topic", sa.Text(), nullable=False),
        sa.Column("version_id", _ID, nullable=False),
        sa.Column("shown_at", _MOMENT, nullable=False),
        sa.Column("helpful", sa.Boolean(), nullable=True),
        sa.Column("handed_over", sa.Boolean(), nullable=False),
        sa.ForeignKeyConstraint(
            ["conversation_id"], ["conversation.id"],
            name=op.f("fk_kb_article_shown_conversation_id"), ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["message_id"], ["message.id"],
            name=op.f("fk_kb_article_shown_message_id"), ondelete="CASCADE",
        ),
        sa.ForeignKeyConstraint(
            ["version_id"], ["article_version.id"], name=op.f("fk_kb_article_shown_version_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_kb_article_shown")),
        sqlite_autoincrement=True,
    )  # fmt: skip
    op.create_index("ix_kb_article_shown_topic", "kb_article_shown", ["topic", "shown_at"])
    op.create_index(
        "ix_kb_article_shown_conversation_id", "kb_article_shown", ["conversation_id", "id"]
    )
    op.create_table(
        "kb_gap",
        sa.Column("id", _ID, nullable=False),
        sa.Column("message_id", _ID, nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("topic", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("created_at", _MOMENT, nullable=False),
        sa.Column("closed_at", _MOMENT, nullable=True),
        sa.Column("closed_by", _ID, nullable=True),
        sa.CheckConstraint(
            "kind IN ('not_understood', 'not_helpful', 'handed_over', 'misread')",
            name=op.f("ck_kb_gap_kind"),
        ),
        sa.CheckConstraint("state IN ('open', 'taught', 'not_ours')", name=op.f("ck_kb_gap_state")),
        sa.ForeignKeyConstraint(
            ["message_id"], ["message.id"], name=op.f("fk_kb_gap_message_id"), ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["closed_by"], ["staff_person.id"], name=op.f("fk_kb_gap_closed_by")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_kb_gap")),
        sa.UniqueConstraint("message_id", "kind", name=op.f("uq_kb_gap_message_id_kind")),
        sqlite_autoincrement=True,
    )
    op.create_index(
        "ix_kb_gap_open", "kb_gap", ["created_at"],
        postgresql_where=_OPEN, sqlite_where=_OPEN,
    )  # fmt: skip


def downgrade() -> None:
    op.drop_table("kb_gap")
    op.drop_table("kb_article_shown")
