"""Labels of conversations

Revises: 0026
"""

import sqlalchemy as sa
from alembic import op

revision = "0027"
down_revision = "0026"
branch_labels = None
depends_on = None

_NUMBER = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    op.create_table(
        "label",
        sa.Column("handoff_id", _NUMBER, nullable=False),
        sa.Column("folded", sa.Text(), nullable=False),
        sa.Column("label", sa.Text(), nullable=False),
        sa.Column("created_by", _NUMBER, nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(["created_by"], ["staff_person.id"],
                                name=op.f("fk_label_created_by")),
        sa.ForeignKeyConstraint(["handoff_id"], ["handoff.id"], name=op.f("fk_label_handoff_id")),
        sa.PrimaryKeyConstraint("handoff_id", "folded", name=op.f("pk_label")),
    )  # fmt: skip
    op.create_index("ix_label_folded", "label", ["folded"])


def downgrade() -> None:
    op.drop_table("label")
