"""Full text of messages and names; the lists of the inbox in the order of an index

Revises: 0024
"""

import sqlalchemy as sa
from alembic import op

revision = "0025"
down_revision = "0024"
branch_labels = None
depends_on = None

_OPEN = sa.text("state <> 'closed'")
_NOTHING_OWED = sa.text("state <> 'closed' AND rank_at IS NULL")
_TEXTS = (("message", "text_folded"), ("handoff", "name_folded"))
# As in handoff/inbox/words.py.
_SEPARATORS = "!\"#$%&'()*+,-./:;<=>?@[\\]^_`{|}~«»„“”–—…№"


def upgrade() -> None:
    op.drop_index("ix_handoff_queue", table_name="handoff")
    op.create_index(
        "ix_handoff_queue", "handoff", ["state", "urgency", "rank_at", "id", "group_id"]
    )
    op.drop_index("ix_handoff_operator", table_name="handoff")
    op.create_index(
        "ix_handoff_operator", "handoff", ["operator_id", "state", "urgency", "rank_at", "id"]
    )
    op.create_index(
        "ix_handoff_open", "handoff", ["urgency", "rank_at", "id"],
        postgresql_where=_OPEN, sqlite_where=_OPEN,
    )  # fmt: skip
    op.create_index(
        "ix_handoff_nothing_owed", "handoff", ["id"],
        postgresql_where=_NOTHING_OWED, sqlite_where=_NOTHING_OWED,
    )  # fmt: skip
    for table, column in _TEXTS:
        if op.get_bind().dialect.name == "sqlite":
            _index_in_sqlite(table, column)
        else:
            _index_in_postgres(table, column)


def _index_in_sqlite(table: str, column: str) -> None:
    """An external-content table: the words are here, the text stays where it is."""
    fts = f"fts_{table}"
    op.execute(
        f"CREATE VIRTUAL TABLE {fts} USING fts5({column}, content='{table}', content_rowid='id', "
        "detail=none, tokenize='unicode61 remove_diacritics 0')"
    )
    add = f"INSERT INTO {fts} (rowid, {column}) VALUES (new.id, new.{column});"  # noqa: S608
    drop = f"INSERT INTO {fts} ({fts}, rowid, {column}) VALUES ('delete', old.id, old.{column});"  # noqa: S608
    op.execute(f"CREATE TRIGGER {fts}_insert AFTER INSERT ON {table} BEGIN {add} END")
    op.execute(f"CREATE TRIGGER {fts}_delete AFTER DELETE ON {table} BEGIN {drop} END")
    op.execute(
        f"CREATE TRIGGER {fts}_update AFTER UPDATE OF {column} ON {table} "
        f"WHEN old.{column} IS NOT new.{column} BEGIN {drop} {add} END"
    )
    op.execute(f"INSERT INTO {fts} ({fts}) VALUES ('rebuild')")  # noqa: S608


def _index_in_postgres(table: str, column: str) -> None:
    separators = _SEPARATORS.replace("'", "''")
    # Past SQLAlchemy's own text: colons are no parameters here.
    op.get_bind().exec_driver_sql(
        f"CREATE INDEX fts_{table} ON {table} USING gin (to_tsvector('simple'::regconfig, "
        f"translate({column}, '{separators}', '{' ' * len(_SEPARATORS)}')))"
    )


def downgrade() -> None:
    for table, _ in _TEXTS:
        if op.get_bind().dialect.name == "sqlite":
            for event in ("insert", "delete", "update"):
                op.execute(f"DROP TRIGGER fts_{table}_{event}")
            op.execute(f"DROP TABLE fts_{table}")
        else:
            op.execute(f"DROP INDEX fts_{table}")
    op.drop_index("ix_handoff_nothing_owed", table_name="handoff")
    op.drop_index("ix_handoff_open", table_name="handoff")
    op.drop_index("ix_handoff_queue", table_name="handoff")
    op.create_index("ix_handoff_queue", "handoff", ["state", "urgency", "rank_at", "id"])
    op.drop_index("ix_handoff_operator", table_name="handoff")
    op.create_index("ix_handoff_operator", "handoff", ["operator_id", "state"])
