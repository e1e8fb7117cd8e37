"""The operators' daily tools: groups, putting off, mentions, prepared answers, ratings

Revises: 0003
"""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
_MOMENT = sa.DateTime(timezone=True)
_UNSEEN = sa.text("seen_at IS NULL")
_SNOOZED = sa.text("snoozed_at IS NOT NULL")


def upgrade() -> None:
    op.create_table(
        "staff_group",
        sa.Column("id", _ID, nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("topics", sa.JSON(), nullable=False),
        sa.Column("is_default", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_staff_group")),
        sa.UniqueConstraint("name", name=op.f("uq_staff_group_name")),
        sqlite_autoincrement=True,
    )
    op.create_table(
        "staff_group_member",
        sa.Column("group_id", _ID, nullable=False),
        sa.Column("person_id", _ID, nullable=False),
        sa.ForeignKeyConstraint(
            ["group_id"], ["staff_group.id"], name=op.f("fk_staff_group_member_group_id")
        ),
        sa.ForeignKeyConstraint(
            ["person_id"], ["staff_person.id"], name=op.f("fk_staff_group_member_person_id")
        ),
        sa.PrimaryKeyConstraint("group_id", "person_id", name=op.f("pk_staff_group_member")),
        sqlite_autoincrement=False,
    )
    op.create_index("ix_staff_group_member_person_id", "staff_group_member", ["person_id"])
    _group_of_a_stay()
    for name in ("snoozed_at", "wake_at", "promised_at"):
        op.add_column("handoff", sa.Column(name, _MOMENT, nullable=True))
    op.add_column("handoff", sa.Column("subject", sa.Text(), server_default="", nullable=False))
    op.create_index(
        "ix_handoff_snoozed",
        "handoff",
        ["operator_id", "snoozed_at"],
        sqlite_where=_SNOOZED,
        postgresql_where=_SNOOZED,
    )
    op.add_column(
        "operator_line",
        sa.Column("undone", sa.Boolean(), server_default=sa.false(), nullable=False),
    )
    op.create_table(
        "mention",
        sa.Column("message_id", _ID, nullable=False),
        sa.Column("person_id", _ID, nullable=False),
        sa.Column("handoff_id", _ID, nullable=False),
        sa.Column("seen_at", _MOMENT, nullable=True),
        sa.ForeignKeyConstraint(["message_id"], ["message.id"], name=op.f("fk_mention_message_id")),
        sa.ForeignKeyConstraint(
            ["person_id"], ["staff_person.id"], name=op.f("fk_mention_person_id")
        ),
        sa.ForeignKeyConstraint(["handoff_id"], ["handoff.id"], name=op.f("fk_mention_handoff_id")),
        sa.PrimaryKeyConstraint("message_id", "person_id", name=op.f("pk_mention")),
    )
    op.create_index(
        "ix_mention_unseen",
        "mention",
        ["person_id"],
        sqlite_where=_UNSEEN,
        postgresql_where=_UNSEEN,
    )
    op.create_table(
        "canned_reply",
        sa.Column("id", _ID, nullable=False),
        sa.Column("owner_id", _ID, nullable=True),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("folded", sa.Text(), nullable=False),
        sa.Column("updated_at", _MOMENT, nullable=False),
        sa.ForeignKeyConstraint(
            ["owner_id"], ["staff_person.id"], name=op.f("fk_canned_reply_owner_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_canned_reply")),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_canned_reply_owner_id", "canned_reply", ["owner_id"])
    op.create_table(
        "rating",
        sa.Column("handoff_id", _ID, nullable=False),
        sa.Column("operator_id", _ID, nullable=True),
        sa.Column("asked_at", _MOMENT, nullable=False),
        sa.Column("score", _ID, nullable=True),
        sa.Column("comment", sa.Text(), nullable=False),
        sa.Column("rated_at", _MOMENT, nullable=True),
        sa.CheckConstraint("score BETWEEN 1 AND 5", name=op.f("ck_rating_score")),
        sa.ForeignKeyConstraint(["handoff_id"], ["handoff.id"], name=op.f("fk_rating_handoff_id")),
        sa.ForeignKeyConstraint(
            ["operator_id"], ["staff_person.id"], name=op.f("fk_rating_operator_id")
        ),
        sa.PrimaryKeyConstraint("handoff_id", name=op.f("pk_rating")),
    )
    op.create_table(
        "correction",
        sa.Column("id", _ID, nullable=False),
        sa.Column("message_id", _ID, nullable=False),
        sa.Column("understood", sa.Text(), nullable=False),
        sa.Column("right", sa.Text(), nullable=False),
        sa.Column("staff_id", _ID, nullable=False),
        sa.Column("created_at", _MOMENT, nullable=False),
        sa.Column("reviewed_at", _MOMENT, nullable=True),
        sa.ForeignKeyConstraint(
            ["message_id"], ["message.id"], name=op.f("fk_correction_message_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_correction")),
        sa.UniqueConstraint("message_id", name=op.f("uq_correction_message_id")),
        sqlite_autoincrement=True,
    )


def _group_of_a_stay() -> None:
    """SQLite takes a new column with its reference; copying the table would lose its checks."""
    if op.get_context().dialect.name == "sqlite":
        op.execute(
            "ALTER TABLE handoff ADD COLUMN group_id INTEGER "
            "CONSTRAINT fk_handoff_group_id REFERENCES staff_group (id)"
        )
        return
    op.add_column("handoff", sa.Column("group_id", _ID, nullable=True))
    op.create_foreign_key("fk_handoff_group_id", "handoff", "staff_group", ["group_id"], ["id"])


def downgrade() -> None:
    for table in ("correction", "rating", "canned_reply", "mention"):
        op.drop_table(table)
    op.drop_column("operator_line", "undone")
    op.drop_index("ix_handoff_snoozed", table_name="handoff")
    with op.batch_alter_table("handoff") as batch:
        for column in ("subject", "promised_at", "wake_at", "snoozed_at", "group_id"):
            batch.drop_column(column)
    op.drop_table("staff_group_member")
    op.drop_table("staff_group")
