"""Models of the understanding, their training, check phrases

Revises: 0005
"""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
_MOMENT = sa.DateTime(timezone=True)
_OPEN = sa.text("state IN ('queued', 'running', 'doubted')")


def upgrade() -> None:
    op.create_table(
        "nlu_model",
        sa.Column("id", _ID, nullable=False),
        sa.Column("model_id", sa.Text(), nullable=False),
        sa.Column("base_digest", sa.Text(), nullable=False),
        sa.Column("phrases_digest", sa.Text(), nullable=False),
        sa.Column("phrases", _ID, nullable=False),
        sa.Column("engine_version", sa.Text(), nullable=False),
        sa.Column("check_digest", sa.Text(), nullable=False),
        sa.Column("checked", _ID, nullable=False),
        sa.Column("failures", sa.JSON(), nullable=False),
        sa.Column("active", sa.Boolean(), nullable=False),
        sa.Column("previous_id", _ID, nullable=True),
        sa.Column("created_at", _MOMENT, nullable=False),
        sa.Column("activated_at", _MOMENT, nullable=True),
        sa.ForeignKeyConstraint(
            ["previous_id"], ["nlu_model.id"], name=op.f("fk_nlu_model_previous_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_nlu_model")),
        sa.UniqueConstraint("model_id", name=op.f("uq_nlu_model_model_id")),
        sqlite_autoincrement=True,
    )
    op.create_index(
        "uq_nlu_model_active", "nlu_model", ["active"], unique=True,
        postgresql_where=sa.text("active"), sqlite_where=sa.text("active"),
    )  # fmt: skip
    op.create_table(
        "nlu_model_file",
        sa.Column("model_id", _ID, nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(
            ["model_id"], ["nlu_model.id"], name=op.f("fk_nlu_model_file_model_id")
        ),
        sa.PrimaryKeyConstraint("model_id", name=op.f("pk_nlu_model_file")),
        sqlite_autoincrement=True,
    )
    op.create_table(
        "kb_training",
        sa.Column("id", _ID, nullable=False),
        sa.Column("article_id", _ID, nullable=True),
        sa.Column("version_id", _ID, nullable=True),
        sa.Column("author_id", _ID, nullable=True),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("attempts", _ID, nullable=False),
        sa.Column("step", sa.Text(), nullable=False),
        sa.Column("share", _ID, nullable=False),
        sa.Column("error", sa.Text(), nullable=True),
        sa.Column("model_id", _ID, nullable=True),
        sa.Column("worse", sa.JSON(), nullable=False),
        sa.Column("created_at", _MOMENT, nullable=False),
        sa.Column("finished_at", _MOMENT, nullable=True),
        sa.CheckConstraint(
            "state IN ('queued', 'running', 'doubted', 'done', 'failed', 'cancelled')",
            name=op.f("ck_kb_training_state"),
        ),
        sa.ForeignKeyConstraint(
            ["article_id"], ["article.id"], name=op.f("fk_kb_training_article_id")
        ),
        sa.ForeignKeyConstraint(
            ["version_id"], ["article_version.id"], name=op.f("fk_kb_training_version_id")
        ),
        sa.ForeignKeyConstraint(
            ["author_id"], ["staff_person.id"], name=op.f("fk_kb_training_author_id")
        ),
        sa.ForeignKeyConstraint(
            ["model_id"], ["nlu_model.id"], name=op.f("fk_kb_training_model_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_kb_training")),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_kb_training_state", "kb_training", ["state"])
    op.create_index(
        "uq_kb_training_open", "kb_training", ["article_id"], unique=True,
        postgresql_where=_OPEN, sqlite_where=_OPEN,
    )  # fmt: skip
    op.create_table(
        "kb_check_phrase",
        sa.Column("id", _ID, nullable=False),
        sa.Column("intent", sa.Text(), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_kb_check_phrase")),
        sa.UniqueConstraint("intent", "source", name=op.f("uq_kb_check_phrase_intent_source")),
        sqlite_autoincrement=True,
    )


def downgrade() -> None:
    for table in ("kb_check_phrase", "kb_training", "nlu_model_file", "nlu_model"):
        op.drop_table(table)
