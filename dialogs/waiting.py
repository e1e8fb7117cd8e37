"""Whether a customer has said all, or is still writing: then the message waits for what follows.

Pure. How long it waits is the profile's; that it waits stands in the database.
"""

import re
from collections.abc import Sequence
from typing import Final

from nlu import Understanding
from nlu.taxonomy import DANGER

_NUMBER_ALONE: Final = re.compile(r"[№#+]?\s*\d[\d\s.,:;/|()-]*")
# What opens a message, without a word of the matter.
_OPENING: Final = re.compile(
    r"(?:(?:здравствуйте|добрый\s+(?:день|вечер)|доброе\s+утро|привет)\W+)?"
    r"(?:(?:подскажите|скажите|помогите|объясните)(?:\W+(?:мне|пожалуйста|пож|плиз))*"
    r"|(?:можно|есть|у\s+меня)\W+(?:(?:к\s+вам|такой|один|задать)\W+)*вопрос\w{0,2}"
    r"|(?:хочу|хотел[аи]?|надо|нужно)(?:\W+бы)?\W+(?:узнать|спросить|уточнить)"
    r"|девушка|алло|ал[её]|смотрите|короче|в\s+общем|дело\s+в\s+том|такая\s+ситуация)[\s.,!]*",
    re.IGNORECASE,
)
# A line that ends so goes on in the next one.
_DANGLING: Final = re.compile(
    r"[,:(–—-]\s*$"
    r"|(?<!\w)(?:и|а|но|или|что|чтобы|если|когда|потому|хотя|про|за|на|в|во|с|со|по|для|об?|обо|"
    r"у|к|от|до|из|без|мой|моя|моё|мое|мои|наш|наша|меня\s+зовут)\s*$",
    re.IGNORECASE,
)
# Who announces a number as briefly as this is about to send it.
_ANNOUNCED: Final = re.compile(
    r"(?:(?:мои|мой|наши|вот|передаю|примите|отправляю|сдаю|пишу)\W+){0,2}"
    r"(?:показани[яей](?:\W+сч[её]тчика)?(?:\W+за\W+\w+)?|лицевой(?:\W+сч[её]т)?|л\W?с"
    r"|номер(?:\W+лицевого)?\W+сч[её]та)[\s.!]*",
    re.IGNORECASE,
)


def is_number_alone(text: str) -> bool:
    """«12345», «12 345,6»: it says nothing of what it is."""
    return _NUMBER_ALONE.fullmatch(text.strip()) is not None


def goes_on(text: str, questions: Sequence[Understanding], *, sure: float) -> bool:
    """Whether more is likely to follow. ``sure``: the probability from which we answer.

    A danger never waits.
    """
    if not questions or any(found.intent == DANGER for found in questions):
        return False
    line = text.strip()
    if any(pattern.fullmatch(line) for pattern in (_NUMBER_ALONE, _OPENING, _ANNOUNCED)):
        return True
    if _DANGLING.search(line):
        return True
    return (
        len(questions) == 1 and questions[0].intent == "greet" and questions[0].confidence >= sure
    )
