"""A message in the light of what was said before: «а ночью?», «да», a bare number.

Pure functions; what was said before is the dialog's to keep.
"""

import re
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final

from nlu.entities import SURE, extract
from nlu.normalise import normalise
from nlu.taxonomy import DANGER, OUT_OF_SCOPE, TALK
from nlu.types import Entity, Ranked, Understanding

# The question that a detail belongs to, when we have asked for that detail.
_ASKED_BY: Final = {
    "reading": "submit_reading",
    "account_number": "link_account",
    "meter_number": "submit_reading",
    "phone": "callback",
    "request_number": "request_status",
    "amount": "pay",
    "date": "appointment",
    "address": "power_outage",
    "person": "link_account",
}
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


@dataclass(frozen=True, slots=True)
class Context:
    """``intent``: what was answered last. ``expects``: the kind of entity just asked for."""

    intent: str | None = None
    expects: str | None = None


def in_context(understood: Understanding, context: Context, *, now: datetime) -> Understanding:
    """The same message read as an answer to our question, or as a follow-up to the last one.

    A message that is clear by itself, and any danger, stays as it is.
    """
    if understood.intent == DANGER:
        return understood
    if context.expects is not None:
        answer = _as_answer(understood, context.expects, now)
        if answer is not None:
            return answer
    if context.intent is not None and _is_follow_up(understood):
        return _led_by(understood, context.intent, _INHERITED, _details(understood, context, now))
    return understood


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


def _as_answer(understood: Understanding, expects: str, now: datetime) -> Understanding | None:
    """With what we asked for in it, and no other clear question around it, it is the answer."""
    intent = _ASKED_BY.get(expects, understood.intent)
    normalised = normalise(understood.text)
    found = extract(normalised, now=now, intent=intent)
    details = [entity for entity in found if entity.entity == expects]
    bare = _BARE.fullmatch(normalised.text) is not None
    if not details and bare:
        details = _forced(understood.text, normalised.text, expects)
    other_question = (
        understood.intent not in (intent, OUT_OF_SCOPE, *TALK) and understood.confidence >= _CLEAR
    )
    if not details or (other_question and not bare):
        return None
    sure = [replace(entity, confidence=max(entity.confidence, _CLEAR)) for entity in details]
    taken = [(entity.start, entity.end) for entity in sure]
    others = [
        entity
        for entity in found
        if entity.entity != expects
        and entity.confidence >= SURE
        and all(entity.end <= start or end <= entity.start for start, end in taken)
    ]
    entities = tuple(sorted((*sure, *others), key=lambda entity: entity.start))
    return _led_by(understood, intent, _CLEAR, entities)


def _forced(text: str, normalised: str, expects: str) -> list[Entity]:
    """A bare number is what we asked for, whatever its form."""
    digits = re.sub(r"\D", "", normalised)
    if expects not in _FORMLESS or not digits:
        return []
    start = len(text) - len(text.lstrip())
    value = digits.lstrip("0") or "0" if expects == "reading" else digits
    return [Entity(expects, value, start, len(text.rstrip()))]


def _is_follow_up(understood: Understanding) -> bool:
    text = normalise(understood.text).text.strip()
    if len(text.split()) > _MOST_WORDS or understood.confidence >= _CLEAR:
        return False
    leans = _FOLLOW_UP.match(text) is not None
    only_date = any(
        entity.entity == "date"
        and entity.end - entity.start >= len(understood.text.strip(" ?.!")) - 1
        for entity in understood.entities
    )
    return leans or only_date


def _details(understood: Understanding, context: Context, now: datetime) -> tuple[Entity, ...]:
    return extract(normalise(understood.text), now=now, intent=context.intent)


def _led_by(
    understood: Understanding, intent: str, confidence: float, entities: tuple[Entity, ...]
) -> Understanding:
    rest = tuple(
        Ranked(one.intent, one.confidence * (1 - confidence))
        for one in understood.ranking
        if one.intent != intent
    )
    return replace(
        understood,
        intent=intent,
        confidence=confidence,
        ranking=(Ranked(intent, confidence), *rest),
        entities=entities,
    )
