"""What an operator was shown before he confirmed an account; one customer in several messengers

Revises: 0022
"""

import sqlalchemy as sa
from alembic import op

revision = "0023"
down_revision = "0022"
branch_labels = None
depends_on = None

_NUMBER = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
_MOMENT = sa.DateTime(timezone=True)


def upgrade() -> None:
    op.add_column(
        "account_link", sa.Column("shown", sa.JSON(), nullable=False, server_default="[]")
    )
    op.add_column("account_link", sa.Column("confirmed_by", _NUMBER, nullable=True))
    op.create_table(
        "join_code",
        sa.Column("id", _NUMBER, nullable=False),
        sa.Column("code", sa.Text(), nullable=False),
        _conversation(),
        sa.Column("expires_at", _MOMENT, nullable=False),
        sa.Column("used_at", _MOMENT, nullable=True),
        _of_conversation("join_code"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_join_code")),
        sa.UniqueConstraint("code", name=op.f("uq_join_code_code")),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_join_code_conversation_id", "join_code", ["conversation_id"])
    op.create_index("ix_join_code_expires_at", "join_code", ["expires_at"])
    op.create_table(
        "join_try",
        sa.Column("id", _NUMBER, nullable=False),
        _conversation(),
        sa.Column("at", _MOMENT, nullable=False),
        _of_conversation("join_try"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_join_try")),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_join_try_conversation_id_at", "join_try", ["conversation_id", "at"])
    op.create_table(
        "proven_phone",
        _conversation(),
        sa.Column("phone", sa.Text(), nullable=False),
        sa.Column("at", _MOMENT, nullable=False),
        _of_conversation("proven_phone"),
        sa.PrimaryKeyConstraint("conversation_id", name=op.f("pk_proven_phone")),
    )
    op.create_index("ix_proven_phone_phone", "proven_phone", ["phone"])
    op.create_table(
        "contact_join",
        sa.Column("id", _NUMBER, nullable=False),
        _conversation(),
        sa.Column("from_contact_id", _NUMBER, nullable=False),
        sa.Column("to_contact_id", _NUMBER, nullable=False),
        sa.Column("how", sa.Text(), nullable=False),
        sa.Column("accounts", sa.JSON(), nullable=False),
        sa.Column("at", _MOMENT, nullable=False),
        sa.Column("parted_at", _MOMENT, nullable=True),
        sa.Column("parted_by", _NUMBER, nullable=True),
        sa.CheckConstraint("how IN ('code', 'phone')", name=op.f("ck_contact_join_how")),
        _of_conversation("contact_join"),
        sa.ForeignKeyConstraint(
            ["from_contact_id"], ["contact.id"], name=op.f("fk_contact_join_from_contact_id")
        ),
        sa.ForeignKeyConstraint(
            ["to_contact_id"], ["contact.id"], name=op.f("fk_contact_join_to_contact_id")
        ),
        sa.ForeignKeyConstraint(
            ["parted_by"], ["staff_person.id"], name=op.f("fk_contact_join_parted_by")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_contact_join")),
        sqlite_autoincrement=True,
    )
    op.create_index("ix_contact_join_conversation_id", "contact_join", ["conversation_id"])


def downgrade() -> None:
    for table in ("contact_join", "proven_phone", "join_try", "join_code"):
        op.drop_table(table)
    for column in ("confirmed_by", "shown"):
        op.drop_column("account_link", column)


def _conversation() -> sa.Column[int]:
    return sa.Column("conversation_id", _NUMBER, nullable=False)


def _of_conversation(table: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint(
        ["conversation_id"], ["conversation.id"], name=op.f(f"fk_{table}_conversation_id")
    )
