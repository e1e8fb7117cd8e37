"""Second factor, capacity, distribution in groups

Revises: 0013
"""

import sqlalchemy as sa
from alembic import op

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None

_ID = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.add_column("staff_person", sa.Column("capacity", _ID, server_default="5", nullable=False))
    op.add_column(
        "staff_person",
        sa.Column("totp_required", sa.Boolean(), server_default=sa.false(), nullable=False),
    )
    op.add_column("staff_person", sa.Column("totp_secret", sa.Text(), nullable=True))
    op.add_column("staff_person", sa.Column("totp_step", _ID, server_default="0", nullable=False))
    op.add_column(
        "staff_group",
        sa.Column("distribute", sa.Boolean(), server_default=sa.false(), nullable=False),
    )
    op.add_column(
        "staff_session",
        sa.Column("pending", sa.Boolean(), server_default=sa.false(), nullable=False),
    )


def downgrade() -> None:
    op.drop_column("staff_session", "pending")
    op.drop_column("staff_group", "distribute")
    for name in ("totp_step", "totp_secret", "totp_required", "capacity"):
        op.drop_column("staff_person", name)
