"""The ИНН of an organisation, and those that wait for an operator's confirmation

Revises: 0016
"""

import sqlalchemy as sa
from alembic import op

revision = "0017"
down_revision = "0016"
branch_labels = None
depends_on = None

_NUMBER = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
_WAITING = sa.text("state = 'waiting'")


def upgrade() -> None:
    op.add_column("account", sa.Column("inn", sa.Text(), nullable=True))
    op.create_table(
        "organisation_claim",
        sa.Column("id", _NUMBER, nullable=False),
        sa.Column("contact_id", _NUMBER, nullable=False),
        sa.Column("conversation_id", _NUMBER, nullable=False),
        sa.Column("number", sa.Text(), nullable=False),
        sa.Column("inn", sa.Text(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("decided_by", _NUMBER, nullable=True),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.CheckConstraint(
            "state IN ('waiting', 'confirmed', 'refused')",
            name=op.f("ck_organisation_claim_state"),
        ),
        sa.ForeignKeyConstraint(
            ["contact_id"], ["contact.id"], name=op.f("fk_organisation_claim_contact_id")
        ),
        sa.ForeignKeyConstraint(
            ["conversation_id"],
            ["conversation.id"],
            name=op.f("fk_organisation_claim_conversation_id"),
        ),
        sa.ForeignKeyConstraint(
            ["decided_by"], ["staff_person.id"], name=op.f("fk_organisation_claim_decided_by")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_organisation_claim")),
        sqlite_autoincrement=True,
    )
    op.create_index(
        "uq_organisation_claim_waiting",
        "organisation_claim",
        ["contact_id", "number"],
        unique=True,
        postgresql_where=_WAITING,
        sqlite_where=_WAITING,
    )


def downgrade() -> None:
    op.drop_table("organisation_claim")
    op.drop_column("account", "inn")
