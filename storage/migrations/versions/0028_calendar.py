"""Office hours changed by an administrator

Revises: 0027
"""

import sqlalchemy as sa
from alembic import op

revision = "0028"
down_revision = "0027"
branch_labels = None
depends_on = None

_NUMBER = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.create_table(
        "calendar_change",
        sa.Column("id", _NUMBER, nullable=False),
        sa.Column("hours", sa.JSON(none_as_null=True), nullable=True),
        sa.Column("created_by", _NUMBER, nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["created_by"], ["staff_person.id"], name=op.f("fk_calendar_change_created_by")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_calendar_change")),
        sqlite_autoincrement=True,
    )


def downgrade() -> None:
    op.drop_table("calendar_change")
