"""Clocks of answers as rows

Revises: 0002
"""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
_MOMENT = sa.DateTime(timezone=True)
_RUNNING = sa.text("ended_at IS NULL")


def upgrade() -> None:
    op.create_table(
        "answer_clock",
        sa.Column("id", _ID, nullable=False),
        sa.Column("conversation_id", _ID, nullable=False),
        sa.Column("handoff_id", _ID, nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("started_at", _MOMENT, nullable=False),
        sa.Column("due_at", _MOMENT, nullable=False),
        sa.Column("warned_at", _MOMENT, nullable=True),
        sa.Column("paused_at", _MOMENT, nullable=True),
        sa.Column("ended_at", _MOMENT, nullable=True),
        sa.Column("outcome", sa.Text(), nullable=True),
        sa.Column("promised", sa.Boolean(), nullable=False),
        sa.Column("calendar", sa.Text(), nullable=False),
        sa.CheckConstraint(
            "kind IN ('first_answer', 'next_answer', 'matter')",
            name=op.f("ck_answer_clock_kind"),
        ),
        sa.CheckConstraint(
            "outcome IN ('met', 'missed', 'dropped')", name=op.f("ck_answer_clock_outcome")
        ),
        sa.CheckConstraint(
            "ended_at IS NULL OR outcome IS NOT NULL", name=op.f("ck_answer_clock_ended")
        ),
        sa.ForeignKeyConstraint(
            ["conversation_id"],
            ["conversation.id"],
            name=op.f("fk_answer_clock_conversation_id"),
        ),
        sa.ForeignKeyConstraint(
            ["handoff_id"], ["handoff.id"], name=op.f("fk_answer_clock_handoff_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_answer_clock")),
        sqlite_autoincrement=True,
    )
    op.create_index(
        "uq_answer_clock_running",
        "answer_clock",
        ["handoff_id", "kind"],
        unique=True,
        sqlite_where=_RUNNING,
        postgresql_where=_RUNNING,
    )
    op.create_index(
        "ix_answer_clock_due",
        "answer_clock",
        ["due_at"],
        sqlite_where=_RUNNING,
        postgresql_where=_RUNNING,
    )
    op.create_index("ix_answer_clock_started_at", "answer_clock", ["started_at"])
    op.create_index("ix_answer_clock_handoff_id", "answer_clock", ["handoff_id"])
    op.add_column("handoff", sa.Column("rank_at", _MOMENT, nullable=True))
    op.drop_index("ix_handoff_queue", table_name="handoff")
    op.create_index("ix_handoff_queue", "handoff", ["state", "urgency", "rank_at", "id"])
    _clocks_of_what_is_there()


def _clocks_of_what_is_there() -> None:
    """First answers given and owed. An empty calendar's version has them recomputed at the start.

    What came after the first answer left no trace of its own, so it stays unknown.
    """
    op.execute("UPDATE handoff SET rank_at = next_due_at")
    columns = (
        "conversation_id, handoff_id, kind, started_at, due_at, ended_at, outcome, promised, "
        "calendar"
    )
    no = "false"
    op.execute(
        f"INSERT INTO answer_clock ({columns}) "  # noqa: S608 (nothing from outside)
        "SELECT conversation_id, id, 'first_answer', requested_at, first_due_at, "
        "coalesce(first_answered_at, closed_at), "
        "CASE WHEN coalesce(first_answered_at, closed_at) > first_due_at THEN 'missed' "
        "WHEN first_answered_at IS NOT NULL THEN 'met' "
        f"WHEN closed_at IS NOT NULL THEN 'dropped' END, {no}, '' FROM handoff "
        "ORDER BY id"
    )
    op.execute(
        f"INSERT INTO answer_clock ({columns}) "  # noqa: S608
        "SELECT conversation_id, id, 'next_answer', coalesce(last_operator_at, requested_at), "
        f"next_due_at, NULL, NULL, {no}, '' FROM handoff "
        "WHERE first_answered_at IS NOT NULL AND next_due_at IS NOT NULL ORDER BY id"
    )
    op.execute(
        f"INSERT INTO answer_clock ({columns}) "  # noqa: S608
        "SELECT conversation_id, id, 'matter', requested_at, requested_at, NULL, NULL, "
        f"{no}, '' FROM handoff WHERE state <> 'closed' ORDER BY id"
    )


def downgrade() -> None:
    op.drop_index("ix_handoff_queue", table_name="handoff")
    op.create_index("ix_handoff_queue", "handoff", ["state", "urgency", "next_due_at", "id"])
    op.drop_column("handoff", "rank_at")
    op.drop_table("answer_clock")
