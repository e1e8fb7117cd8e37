"""What customers of an electricity retailer write in a busy hour: distinct texts, in a fixed order.

Of twenty messages two are a greeting alone, ten are questions, four give a reading with the account
and the surname, three ask for the debt of an account, one asks for an operator. Questions are
training phrases with what people put around them and, in a third, a slip of the finger: as they
stand, understanding would know them by heart.
"""

import random
import sqlite3
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import count
from typing import Final

from nlu.training_data import DATA_DIR, load_training_data

GREETING, QUESTION, READING, DEBT, HANDOFF = "greeting", "question", "reading", "debt", "handoff"
# Twelve customers write twenty messages.
CUSTOMERS: Final = (
    (GREETING, QUESTION, QUESTION), (READING,), (DEBT,), (QUESTION, QUESTION), (GREETING, QUESTION),
    (READING,), (DEBT,), (QUESTION, READING), (QUESTION, HANDOFF), (DEBT,), (QUESTION, READING),
    (QUESTION, QUESTION),
)  # fmt: skip
# First lines of others between two of a customer's own, and what comes while others still begin.
LAG: Final = 600
STEADY: Final = 0.84
_MONTH: Final = 150
_BEFORE: Final = ("", "", "", "Здравствуйте! ", "Добрый день, ", "Скажите пожалуйста, ",
                  "подскажите, ", "Ещё вопрос: ", "девушка, ")  # fmt: skip
_AFTER: Final = ("", "", "", "?", " спасибо", ", пожалуйста", " ?", "!!")
_GREETINGS: Final = ("Здравствуйте", "здравствуйте", "Добрый день", "добрый вечер", "Привет",
                     "Доброе утро", "приветствую", "добрый день", "Здрасьте")  # fmt: skip
_SIGNS: Final = ("", "!", ".", "!!", " )", ")", " :)", "...")
_READINGS: Final = (
    "лс {number} {surname} показания {value}",
    "{surname} лицевой {number} передаю показания {value}",
    "Здравствуйте, показания {value}, лицевой счёт {number}, {surname}",
    "показание счетчика {value} по счету {number} {surname}",
)  # fmt: skip
_DEBTS: Final = (
    "сколько я должен по счёту {number} {surname}", "какой долг, лицевой {number}, {surname}",
    "Добрый день, задолженность по лс {number} {surname}",
    "{surname}, {number}: сколько к оплате",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Account:
    """An ordinary flat: its number, holder, the only meter and its last value in kWh."""

    number: str
    surname: str
    meter: str
    last: int


@dataclass(frozen=True, slots=True)
class Written:
    """A message: from which chat, of which kind."""

    chat: int
    kind: str
    text: str


def written(
    size: int, accounts: Sequence[Account], *, chats: Iterator[int] | None = None
) -> list[Written]:
    """``size`` messages with distinct texts; a customer's own stand in order, far from each other.

    ``chats``: their numbers, new ones by default; accounts are used from the first on, one a
    reading.
    """
    texts = _Texts(random.Random(1), accounts)
    chats = chats or count(1)
    waves: tuple[list[Written], ...] = ([], [], [])
    total = 0
    while total * STEADY < size:
        for lines in CUSTOMERS:
            chat = next(chats)
            for step, kind in enumerate(lines):
                waves[step].append(Written(chat, kind, texts.of(kind)))
            total += len(lines)
    return _spread(waves)[:size]


def _spread(waves: Sequence[list[Written]]) -> list[Written]:
    """First lines, and among them, ``LAG`` of them later, what the same customers add.

    It ends with the first lines: past them a customer's own would follow each other closely, and
    what he writes at once is answered at once.
    """
    lag = min(len(waves[0]) // 3, LAG)
    placed = [
        (place * len(waves[0]) / len(wave) + step * lag, step, one)
        for step, wave in enumerate(waves)
        for place, one in enumerate(wave)
    ]
    steady = [entry for entry in placed if entry[0] < len(waves[0])]
    return [one for *_, one in sorted(steady, key=lambda entry: entry[:2])]


def phrases(intent: str = "faq/") -> list[str]:
    """Training phrases of intents that begin so."""
    examples = load_training_data([DATA_DIR]).examples
    return sorted({one.text for one in examples if one.intent.startswith(intent)})


def plain(size: int) -> list[Written]:
    """Training phrases about everything as they stand, each once, in the chats of 400 customers
    who go on writing: the least that a message can cost."""
    texts = phrases("")
    random.Random(1).shuffle(texts)
    if size > len(texts):
        raise ValueError(f"there are {len(texts)} phrases, not {size}")
    return [Written(place % 400 + 1, QUESTION, text) for place, text in enumerate(texts[:size])]


class _Texts:
    def __init__(self, rng: random.Random, accounts: Sequence[Account]) -> None:
        self._rng = rng
        self._accounts = accounts
        self._used = count()
        self._said: set[str] = set()
        self._questions = self._endless(phrases())
        self._operator = self._endless(phrases("operator"))

    def of(self, kind: str) -> str:
        while (text := self._make(kind)) in self._said:
            pass
        self._said.add(text)
        return text

    def _make(self, kind: str) -> str:
        rng = self._rng
        if kind == GREETING:
            # There are not so many ways to say it: with a name of one's own they differ.
            name = rng.choice(self._accounts).surname
            return f"{rng.choice(_GREETINGS)}{rng.choice(_SIGNS)} {name}{rng.choice(_SIGNS)}"
        if kind == QUESTION:
            return rng.choice(_BEFORE) + self._slip(next(self._questions)) + rng.choice(_AFTER)
        if kind == HANDOFF:
            return rng.choice(_BEFORE) + next(self._operator) + rng.choice(_AFTER)
        if kind == READING:
            account = self._accounts[next(self._used)]
            form = rng.choice(_READINGS)
        else:
            account = rng.choice(self._accounts)
            form = rng.choice(_DEBTS) + rng.choice(_SIGNS)
        value = account.last + _MONTH
        return form.format(number=account.number, surname=account.surname, value=value)

    def _endless(self, phrases: Sequence[str]) -> Iterator[str]:
        while True:
            yield from self._rng.sample(phrases, len(phrases))

    def _slip(self, text: str) -> str:
        """In a third of texts two letters have changed places, or one is left out."""
        place = self._rng.randrange(1, max(len(text) - 1, 2))
        match self._rng.randrange(6):
            case 0:
                return text[:place] + text[place + 1 :]
            case 1:
                return text[:place] + text[place : place + 2][::-1] + text[place + 2 :]
        return text


def accounts_of(file: str) -> list[Account]:
    """Open flats of a demo company in an SQLite file, with one ordinary meter."""
    with sqlite3.connect(f"file:{file}?mode=ro", uri=True) as connection:
        rows = connection.execute(
            "SELECT a.number, a.surname, m.number, max(r.t1) FROM account a"
            " JOIN meter m ON m.account_id = a.id JOIN reading r ON r.meter_id = m.id"
            " WHERE a.category = 'household' AND a.closed_on IS NULL AND m.zones = 1"
            " AND m.decimals = 0 AND NOT m.remote AND m.removed_on IS NULL"
            " AND m.verification_due > date('now')"
            " GROUP BY a.id, m.id HAVING max(r.t1) < 99000000"
            " AND (SELECT count(*) FROM meter o WHERE o.account_id = a.id) = 1 ORDER BY a.id"
        ).fetchall()
    return [Account(number, surname, meter, last // 1000) for number, surname, meter, last in rows]
