"""Where one question of a message ends and the next begins."""

import re
from typing import Final

# More parts than this are a story, not a list of questions; the rest stays with the last part.
MAX_PARTS: Final = 8
_LEAST_LETTERS: Final = 6

_BOUNDARY: Final = re.compile(
    r"(?<=[.!?…])\s+(?=\S)"
    r"|(?<=[!?])(?=[А-ЯЁа-яёA-Za-z])"
    r"|\s*\n+\s*"
    r"|;\s+"
    r"|(?:,\s*)?\s(?=(?:(?:и|а)\s+)?(?:ещ[её]\s+(?:вопрос|хочу|подскажите|скажите|такой|один|мне|надо|нужно)"
    r"|также\s|заодно\s|кстати|втор(?:ое|ой\s+вопрос)|во-вторых|плюс\s+к))"
    r"|,?\s(?=и\s+ещ[её]\s|а\s+также\s|а\s+ещ[её]\s|и\s+(?:как|где|когда|сколько|почему|можно\s+ли|что|куда|какой|какая)\s)"
    r"|,\s*(?=(?:а\s+)?(?:как|где|когда|сколько|почему|можно\s+ли|куда)\s)"
    # «…, позовите человека»: a plea for a human is never the same question.
    r"|,?\s(?=(?:и\s+|а\s+|пожалуйста\s+|лучше\s+)?(?:позов\w+|соедини\w+|переключи\w+|дайте)\s+"
    r"(?:мне\s+|меня\s+)?(?:с\s+|на\s+)?(?:жив\w+\s+)?(?:оператор|человек|специалист|сотрудник|менеджер))"
    r"|\s(?=[1-3]\)\s)",
    re.IGNORECASE,
)
# The rest of the same question, not another one: «…, куда идти», «… и где её взять».
_CONTINUED: Final = re.compile(
    r"(?:и|а)?\s*(?:куда|к\s+кому|где|как|что|когда|сколько)\s+(?:мне\s+|нам\s+|это\s+|теперь\s+|дальше\s+)*"
    r"(?:идти|обра\w+|звонить|писать|быть|делать|взять|е[её]|его|их|это|он[аио]?|ему|ей)(?!\w)",
    re.IGNORECASE,
)
_ABBREVIATED: Final = re.compile(
    r"(?:^|[\s(])(?:[А-ЯЁA-Zа-яё]|ул|кв|пр|пер|пос|дер|корп|стр|обл|тел|эл|руб|коп|сч|пок|зав|исх|вх|"
    r"им|мкр|тыс|янв|фев|апр|авг|сент|окт|нояб|дек|т\.[дпек])\.$",
    re.IGNORECASE,
)


def split_questions(text: str) -> list[tuple[int, int]]:
    """Spans of the parts that may be questions of their own, in order; they leave out only spaces.

    A part too short to say anything is joined to the one before it.
    """
    spans: list[tuple[int, int]] = []
    start = 0
    for match in _BOUNDARY.finditer(text):
        before = text[start : match.start()]
        if len(spans) + 1 >= MAX_PARTS or _ABBREVIATED.search(before.rstrip()[-8:]):
            continue
        if sum(map(str.isalnum, before)) < _LEAST_LETTERS:
            continue
        if text[match.start()] in ", " and _CONTINUED.match(text, match.end()):
            continue
        spans.append((start, match.start()))
        start = match.end()
    rest = text[start:]
    if spans and sum(map(str.isalnum, rest)) < _LEAST_LETTERS:
        spans[-1] = (spans[-1][0], len(text))
    else:
        spans.append((start, len(text)))
    return spans
