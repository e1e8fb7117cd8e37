"""What of a message is its matter, and what only stands around it: politeness, an account's number.

«Добрый день! Подскажите, пожалуйста, где офис. Спасибо» asks where the office is, and a classifier
that hears two greetings' worth of politeness takes it for one (docs/decisions/0106).
"""

import re
from dataclasses import dataclass
from typing import Final

from nlu import morphology

# Less than this around the politeness is nothing that could be asked.
_LEAST_LETTERS: Final = 2

_GAP: Final = r"\s,.!?)(:;…–—-"
_PLEASE: Final = (
    r"(?:пожалу?й?ст[ао]\w*|пож|плиз|пл[зс]|пжл?ст?|если\s+(?:можно|не\s+(?:сложно|трудно))"
    r"|будьте\s+(?:так\s+)?(?:добры|любезны))"
)
_OPENING: Final = (
    r"здра\w+|здоров\w?|приве[тд]\w*|салют|хай"
    r"|добр\w{1,4}\s+(?:ден\w{1,3}|дня|веч[ео]р\w*|утр\w+|ноч\w|времени(?:\s+суток)?|здоровья)"
    r"|ал+[оеё](?:\W+вы\s+(?:ещ[её]\s+)?(?:тут|здесь|там|работаете|живы))?|девушк[аи]|молодой\s+человек|коллеги|ребята|друзья|господа"
    r"|товарищи"
    r"|уважаем\w+(?:\s+(?:сотрудник|оператор|специалист|коллег|господа|работник|компани|поддержк"
    r"|администраци|энергетик)\w*)?"
    r"|(?:(?:вы\s+)?не\s+)?(?:под)?скаж[иу]\w*(?:\s+(?:мне|нам))?"
    r"|(?:извините|простите|извиняюсь|прошу\s+прощени[яе])(?:\s+за\s+(?:беспокойство|вопрос))?"
    r"|(?:(?:[аи]\s+)?(?:у\s+меня|есть|можно|ещ[её])\s+"
    r"(?:(?:к\s+вам|есть|такой|один|задать|ещ[её]|тоже|вот)\s+)*)?вопрос\w{0,2}"
    rf"|меня\s+зовут(?:\s+\w+){{1,3}}(?=[,.!]|\s*$)|{_PLEASE}"
)
_CLOSING: Final = (
    r"(?:(?:и|заранее|большое|огромное)\s+)*(?:спасиб\w*|спс|благодарю?|благодарен|благодарна)"
    r"(?:\s+(?:большое|огромное|заранее|вам|за\s+(?:ответ|помощь|внимание|понимание)))*"
    rf"|с\s+уважением(?:[{_GAP}]+\w+){{0,5}}"
    r"|(?:хорошего|доброго|удачного|приятного)\s+(?:вам\s+)?(?:дня|вечера|дн[её]чка)(?:\s+вам)?"
    r"|всего\s+(?:вам\s+)?(?:доброго|хорошего|наилучшего)"
    # Not politeness, but as little of a matter: «…, лс 440012345678».
    r"|(?<=[,.!?;\n]\s)(?:мой\s+)?(?:лицевой(?:\s+сч[её]т)?|л\W?с|сч[её]т"
    r"|номер\s+(?:лицевого\s+)?сч[её]та)[\s№:-]*\d[\d\s-]{6,}\d"
)
# Surname, name and patronymic.
_NAME_WORDS: Final = 3
_INTRODUCING: Final = frozenset(("это", "я"))
_LETTERS: Final = re.compile(r"\w+")
_BEFORE: Final = re.compile(rf"[{_GAP}]*(?:(?:{_OPENING})(?!\w)[{_GAP}]*)+", re.IGNORECASE)
# A run of signs is looked at from its beginning only: else a long one is from each of its places.
_AFTER: Final = re.compile(
    rf"(?<![{_GAP}])(?:[{_GAP}]+(?:(?P<closing>{_CLOSING})|{_PLEASE})(?!\w))+[{_GAP}]*$",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Matter:
    """``text[start:end]``. ``closed``: thanks, wishes or an account's number follow, which may be
    all that was meant («понятно, спасибо»)."""

    start: int
    end: int
    closed: bool = False


def matter(text: str) -> Matter:
    """The text without what is only polite at its ends; all of it where nothing else is said."""
    before = _BEFORE.match(text)
    start = before.end() if before else 0
    after = _AFTER.search(text, max(start - 1, 0))
    end = max(after.start(), start) if after else len(text)
    said = text[start:end]
    if sum(map(str.isalnum, said)) < _LEAST_LETTERS or (start and _is_name(said)):
        return Matter(0, len(text))
    return Matter(start, end, closed=after is not None and after["closing"] is not None)


def _is_name(text: str) -> bool:
    """«Анна», «это Иванова»: after a greeting it is a part of it."""
    words = [word for word in _LETTERS.findall(text.lower()) if word not in _INTRODUCING]
    return len(words) <= _NAME_WORDS and all(map(morphology.name_parts, words))
