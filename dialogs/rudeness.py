"""A rude message that holds a genuine question is answered like any other [11]."""

from dataclasses import replace
from typing import Final

from nlu import Ranked, Understanding
from nlu.taxonomy import TALK

ABUSE: Final = "abuse"
# As surely rude as this, it is nothing else.
_NOTHING_ELSE: Final = 0.8


def beneath_the_words(found: Understanding, *, sure: float) -> Understanding:
    """The question that is clear once the rudeness is set aside; else the message as it was.

    ``sure``: the probability from which a question is answered.
    """
    rude = next((one.confidence for one in found.ranking if one.intent == ABUSE), 0.0)
    if rude >= _NOTHING_ELSE or (found.intent != ABUSE and found.confidence >= sure):
        return found
    rest = tuple(
        Ranked(one.intent, one.confidence / (1 - rude))
        for one in found.ranking
        if one.intent != ABUSE
    )
    if not rest or rest[0].intent in TALK or rest[0].confidence < sure:
        return found
    return replace(found, intent=rest[0].intent, confidence=rest[0].confidence, ranking=rest)
