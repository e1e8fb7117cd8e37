"""Decisions on readings, their export, consents, accounts found by address

Revises: 0010
"""

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None

_NUMBER = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
_OPEN = sa.text("withdrawn_at IS NULL")


def upgrade() -> None:
    op.add_column("reading", sa.Column("decided_at", sa.DateTime(timezone=True), nullable=True))
    op.add_column("reading", sa.Column("decided_by", _NUMBER, nullable=True))
    op.add_column("reading", sa.Column("decision", sa.Text(), nullable=True))
    op.add_column("reading", sa.Column("exported_at", sa.DateTime(timezone=True), nullable=True))
    op.create_index("ix_account_house_flat", "account", ["house", "flat"])
    op.create_table(
        "consent",
        sa.Column("id", _NUMBER, nullable=False),
        sa.Column("contact_id", _NUMBER, nullable=False),
        sa.Column("purpose", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("version", sa.Text(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("message_id", _NUMBER, nullable=True),
        sa.Column("withdrawn_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint("purpose IN ('service', 'mailings')", name=op.f("ck_consent_purpose")),
        sa.CheckConstraint("kind IN ('notice', 'consent')", name=op.f("ck_consent_kind")),
        sa.ForeignKeyConstraint(["contact_id"], ["contact.id"], name=op.f("fk_consent_contact_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_consent")),
        sqlite_autoincrement=True,
    )
    op.create_index(
        "uq_consent_open",
        "consent",
        ["contact_id", "purpose"],
        unique=True,
        postgresql_where=_OPEN,
        sqlite_where=_OPEN,
    )


def downgrade() -> None:
    op.drop_table("consent")
    op.drop_index("ix_account_house_flat", "account")
    for column in ("exported_at", "decision", "decided_by", "decided_at"):
        op.drop_column("reading", column)
