"""A message in the light of what was said before: «а ночью?», «да», a bare number.

Pure functions; what was said before is the dialog's to keep.
"""

import re
from dataclasses import replace
from datetime import datetime
from typing import Final

from nlu.entities import extract
from nlu.normalise import normalise
from nlu.taxonomy import DANGER, OUT_OF_SCOPE
from nlu.types import Entity, Ranked, Understanding

# The detail that a question wants.
_DETAIL_OF: Final = {
    "submit_reading": "reading",
    "link_account": "account_number",
    "balance": "account_number",
    "pay": "amount",
    "callback": "phone",
}
# Details that any number can be.
_FORMLESS: Final = ("account_number", "meter_number", "request_number", "reading", "amount")
# Asked about a month, the first of these becomes the second.
_BY_MONTH: Final = {"balance": "charges"}
_NUMBER_AFTER: Final = {
    "submit_reading": "submit_reading",
    "reading_history": "submit_reading",
    "faq/reading_deadline": "submit_reading",
    "faq/reading_channels": "submit_reading",
    "faq/reading_rejected": "submit_reading",
    "faq/no_reading_calculation": "submit_reading",
    "faq/account_number": "link_account",
    "my_accounts": "link_account",
    "balance": "balance",
    "pay": "pay",
    "faq/payment_methods": "pay",
    "callback": "callback",
}
_MOST_WORDS: Final = 6
# A follow-up that is as clear as this by itself is a question of its own.
_CLEAR: Final = 0.9
_INHERITED: Final = 0.7
_FOLLOW_UP: Final = re.compile(r"(?:а|и|ну\s+а|а\s+если|а\s+вот|тогда)\s+\S")
_BARE: Final = re.compile(r"[\d\s.,:;/|+()№#-]+")
_RATING: Final = re.compile(
    r"(?:оценка\s+|ставлю\s+)?(?P<mark>[1-5])(?:\s*(?:из|/|баллов\s+из)\s*5)?(?:\s*(?:балл\w*|зв[её]зд\w*))?\s*[.!)]*"
)
_MARKS: Final = {
    "отлично": 5,
    "пятерка": 5,
    "хорошо": 4,
    "четверка": 4,
    "нормально": 3,
    "тройка": 3,
    "плохо": 2,
    "двойка": 2,
    "ужасно": 1,
    "единица": 1,
    "один": 1,
}


def follow_up(understood: Understanding, last: str, *, now: datetime) -> Understanding:
    """«а за прошлый месяц?» after an answer on ``last`` asks the same again.

    A message that is clear by itself, and any danger, stays as it is.
    """
    if last in ("", OUT_OF_SCOPE) or understood.intent == DANGER or not _leans(understood):
        return understood
    intent = last
    if understood.of("date"):
        intent = _BY_MONTH.get(last, last)
    entities = extract(normalise(understood.text), now=now, intent=intent)
    rest = tuple(
        Ranked(one.intent, one.confidence * (1 - _INHERITED))
        for one in understood.ranking
        if one.intent != intent
    )
    return replace(
        understood,
        intent=intent,
        confidence=_INHERITED,
        ranking=(Ranked(intent, _INHERITED), *rest),
        entities=entities,
    )


def number_after(last: str) -> str:
    """What a bare number is given for after an answer on ``last``; empty where that says nothing.

    «до какого числа передавать?», answered, then «12345»: that is the reading.
    """
    return _NUMBER_AFTER.get(last, "")


def meant(text: str, intent: str, *, now: datetime) -> Understanding:
    """A message whose writer has said which question it is: its details are read accordingly."""
    normalised = normalise(text)
    details = extract(normalised, now=now, intent=intent)
    expects = _DETAIL_OF.get(intent)
    if expects is not None and _BARE.fullmatch(normalised.text):
        # The very number that was asked about is that detail, unless it is several.
        several = [entity for entity in details if entity.entity == expects]
        details = tuple(several or _forced(text, normalised.text, expects))
    return Understanding(text, intent, 1.0, (Ranked(intent, 1.0),), details)


def read_rating(text: str) -> int | None:
    """1 to 5 for «5», «5 из 5», «пять», «отлично»; None if the text is no mark."""
    plain = normalise(text).text.strip(" .!)\n")
    match = _RATING.fullmatch(plain)
    if match is not None:
        return int(match.group("mark"))
    return _MARKS.get(plain)


def _forced(text: str, normalised: str, expects: str) -> list[Entity]:
    """A bare number is what we asked for, whatever its form."""
    digits = re.sub(r"\D", "", normalised)
    if expects not in _FORMLESS or not digits:
        return []
    start = len(text) - len(text.lstrip())
    value = digits.lstrip("0") or "0" if expects == "reading" else digits
    return [Entity(expects, value, start, len(text.rstrip()))]


def _leans(understood: Understanding) -> bool:
    """Whether it is short, unclear by itself, and begins or consists as follow-ups do."""
    if understood.confidence >= _CLEAR:
        return False
    text = normalise(understood.text).text.strip()
    if len(text.split()) > _MOST_WORDS:
        return False
    only_date = any(
        entity.entity == "date"
        and entity.end - entity.start >= len(understood.text.strip(" ?.!")) - 1
        for entity in understood.entities
    )
    return only_date or _FOLLOW_UP.match(text) is not None
