"""What a message without a word says: «👍», «😡», «фывапро». Pure."""

import re
from typing import Final

from nlu import Understanding, morphology
from nlu.normalise import normalise
from nlu.taxonomy import DANGER, OUT_OF_SCOPE

_PLEASED: Final = frozenset("👍👌🙏❤♥💙💛🧡💚💜😊🙂☺😍🥰😘🤗👏🤝✅🎉🌹💐🌷")
_CROSS: Final = frozenset("😡😠🤬👎💩😤🖕😾")
_LETTERS: Final = re.compile(r"[^\W\d_]+")
# «Эээ», «ыыыы»: so many of one letter are no word.
_DRAWN_OUT: Final = re.compile(r"\W*([^\W\d_])\1{2,}\W*", re.IGNORECASE)


def meaning(text: str) -> str:
    """``thanks`` or ``abuse`` where all that is drawn says so; empty where it says neither."""
    drawn = {character for character in text if character in _PLEASED or character in _CROSS}
    if drawn and drawn <= _PLEASED:
        return "thanks"
    return "abuse" if drawn and drawn <= _CROSS else ""


def is_meaningless(found: Understanding) -> bool:
    """Letters that are no word in any layout or alphabet («фывапро», «123 ыыы»), or another tongue.

    What is misspelt but understood is not it, nor is a link, which nobody has to read.
    """
    if _DRAWN_OUT.fullmatch(found.text):
        return found.intent != DANGER
    if found.intent != OUT_OF_SCOPE or "://" in found.text:
        return False
    words = _LETTERS.findall(normalise(found.text).text)
    known = (len(word) > 1 and morphology.is_known(word) for word in words)
    return bool(words) and not any(known)
