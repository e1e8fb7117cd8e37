"""Messages' texts folded for the search

Revises: 0008
"""

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None

BATCH = 1_000


def upgrade() -> None:
    op.add_column("message", sa.Column("text_folded", sa.Text(), server_default="", nullable=False))
    _fold_what_is_there()


def _fold_what_is_there() -> None:
    """In Python, in batches: no database folds Cyrillic as we do."""
    connection = op.get_bind()
    message = sa.table(
        "message", sa.column("id", sa.BigInteger), sa.column("text"), sa.column("text_folded")
    )
    last = 0
    while rows := connection.execute(
        sa.select(message.c.id, message.c.text)
        .where(message.c.id > last, message.c.text != "")
        .order_by(message.c.id)
        .limit(BATCH)
    ).all():
        last = rows[-1].id
        connection.execute(
            sa.update(message)
            .where(message.c.id == sa.bindparam("of"))
            .values(text_folded=sa.bindparam("folded")),
            [
                {"of": row.id, "folded": row.text.casefold().replace("ё", "е")[:2_000]}
                for row in rows
            ],
        )


def downgrade() -> None:
    op.drop_column("message", "text_folded")
