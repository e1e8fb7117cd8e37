"""Full text: which messages and names hold the words of a search.

SQLite has the tables ``fts_message`` and ``fts_handoff`` (FTS5, filled by triggers), PostgreSQL
indexes of the same names over ``to_tsvector``; a migration makes both. Neither knows the forms
of Russian words in the way the other does, so the forms are asked for, not stored, and both find
the same.
"""

import re
from collections.abc import Sequence
from typing import Any

from sqlalchemy import (
    BindParameter,
    ColumnElement,
    Select,
    bindparam,
    column,
    func,
    literal_column,
    select,
    table,
)
from sqlalchemy.orm import InstrumentedAttribute

from conversations.folding import fold
from conversations.models import Message
from handoff.models import Handoff
from nlu.morphology import forms

MOST_WORDS = 8
_WORD = re.compile(r"[^\W_]+")
# What the parser of PostgreSQL would make numbers with a sign, addresses and the like of. The
# migration has the same text: the index is used only for the same expression.
SEPARATORS = "!\"#$%&'()*+,-./:;<=>?@[\\]^_`{|}~«»„“”–—…№"


def words_of(text: str) -> list[str]:
    """What of a search text is looked for: runs of letters and digits, folded."""
    return list(dict.fromkeys(_WORD.findall(fold(text))))[:MOST_WORDS]


def messages(words: Sequence[str], *, sqlite: bool, newest: int) -> ColumnElement[bool]:
    """Messages with each of ``words``, in any form or beginning with it. Of more than ``newest``
    SQLite looks at so many: a common word is in every second message."""
    return _fits(Message.id, Message.text_folded, "fts_message", words, newest, sqlite=sqlite)


def stays(words: Sequence[str], *, sqlite: bool) -> ColumnElement[bool]:
    """Stays of customers with each of ``words`` in their names."""
    return _fits(Handoff.id, Handoff.name_folded, "fts_handoff", words, sqlite=sqlite)


def _fits(
    key: InstrumentedAttribute[int],
    text: InstrumentedAttribute[str],
    index: str,
    words: Sequence[str],
    newest: int | None = None,
    *,
    sqlite: bool,
) -> ColumnElement[bool]:
    if sqlite:
        found: Select[tuple[int]] = (
            select(column("rowid"))
            .select_from(table(index))
            .where(literal_column(index).op("MATCH")(_for_sqlite(words)))
        )
        if newest is not None:
            found = found.order_by(column("rowid").desc()).limit(newest)
        return key.in_(found)
    separators: BindParameter[str] = bindparam(None, SEPARATORS, literal_execute=True)
    blanks: BindParameter[str] = bindparam(None, " " * len(SEPARATORS), literal_execute=True)
    simple: ColumnElement[Any] = literal_column("'simple'::regconfig")
    vector = func.to_tsvector(simple, func.translate(text, separators, blanks))
    return vector.op("@@")(func.to_tsquery(simple, _for_postgres(words)))


def _for_sqlite(words: Sequence[str]) -> str:
    return " AND ".join(
        "(" + " OR ".join([f'"{word}" *', *(f'"{one}"' for one in _others(word))]) + ")"
        for word in words
    )


def _for_postgres(words: Sequence[str]) -> str:
    return " & ".join(
        "(" + " | ".join([f"'{word}':*", *(f"'{one}'" for one in _others(word))]) + ")"
        for word in words
    )


def _others(word: str) -> list[str]:
    """The forms that do not begin with the word."""
    found = (one for one in forms(word) if not one.startswith(word))
    return sorted(one for one in found if _WORD.fullmatch(one))
