"""Lines of bills: tariff, range, factor, part of the month

Revises: 0004
"""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

_NUMBER = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    with op.batch_alter_table("charge") as batch:
        batch.add_column(sa.Column("line", _NUMBER, nullable=False, server_default="0"))
        batch.add_column(sa.Column("tariff", _NUMBER, nullable=True))
        batch.add_column(sa.Column("tier", _NUMBER, nullable=False, server_default="0"))
        batch.add_column(sa.Column("factor", _NUMBER, nullable=False, server_default="100"))
        batch.add_column(sa.Column("since", sa.Date(), nullable=True))
        batch.add_column(sa.Column("until", sa.Date(), nullable=True))
        batch.add_column(sa.Column("note", sa.Text(), nullable=True))
        batch.drop_constraint(op.f("uq_charge_account_id_month_kind_zone"), type_="unique")
        batch.create_unique_constraint(
            op.f("uq_charge_account_id_month_kind_zone_line"),
            ["account_id", "month", "kind", "zone", "line"],
        )
        batch.create_check_constraint(op.f("ck_charge_tier"), "tier BETWEEN 0 AND 9")
        batch.create_check_constraint(op.f("ck_charge_factor"), "factor > 0")


def downgrade() -> None:
    with op.batch_alter_table("charge") as batch:
        batch.drop_constraint(op.f("ck_charge_factor"), type_="check")
        batch.drop_constraint(op.f("ck_charge_tier"), type_="check")
        batch.drop_constraint(op.f("uq_charge_account_id_month_kind_zone_line"), type_="unique")
        batch.create_unique_constraint(
            op.f("uq_charge_account_id_month_kind_zone"), ["account_id", "month", "kind", "zone"]
        )
        for column in ("note", "until", "since", "factor", "tier", "tariff", "line"):
            batch.drop_column(column)
