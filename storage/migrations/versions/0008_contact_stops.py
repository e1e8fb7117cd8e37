"""Warnings for swearing, and the time without operators after them

Revises: 0007
"""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None

_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
_MOMENT = sa.DateTime(timezone=True)


def upgrade() -> None:
    op.create_table(
        "contact_stop",
        sa.Column("id", _ID, nullable=False),
        sa.Column("contact_id", _ID, nullable=False),
        sa.Column("handoff_id", _ID, nullable=False),
        sa.Column("warned_at", _MOMENT, nullable=False),
        sa.Column("warned_by", _ID, nullable=False),
        sa.Column("stopped_until", _MOMENT, nullable=True),
        sa.Column("stopped_by", _ID, nullable=True),
        sa.Column("lifted_at", _MOMENT, nullable=True),
        sa.Column("lifted_by", _ID, nullable=True),
        sa.ForeignKeyConstraint(
            ["contact_id"], ["contact.id"], name=op.f("fk_contact_stop_contact_id")
        ),
        sa.ForeignKeyConstraint(
            ["handoff_id"], ["handoff.id"], name=op.f("fk_contact_stop_handoff_id")
        ),
        sa.ForeignKeyConstraint(
            ["warned_by"], ["staff_person.id"], name=op.f("fk_contact_stop_warned_by")
        ),
        sa.ForeignKeyConstraint(
            ["stopped_by"], ["staff_person.id"], name=op.f("fk_contact_stop_stopped_by")
        ),
        sa.ForeignKeyConstraint(
            ["lifted_by"], ["staff_person.id"], name=op.f("fk_contact_stop_lifted_by")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_contact_stop")),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_contact_stop_contact_id", "contact_stop", ["contact_id"])


def downgrade() -> None:
    op.drop_table("contact_stop")
