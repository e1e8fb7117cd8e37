"""A holder's name in an answer, where nothing but the place tells that it is one. No I/O."""

import re

from nlu import morphology
from nlu.translit import to_cyrillic

MAX_NAME_WORDS = 3
# Words that stand beside a number or a name and are neither.
_NO_NAMES = {"лс", "лицевой", "счет", "счёт", "счета", "счёта", "номер", "мой", "на", "по",
             "владелец", "фамилия", "оформлен", "оформлена", "это", "вот", "показания",
             "маму", "маме", "мама", "папу", "папе", "папа", "мужа", "муж", "мужу", "жену", "жена",
             "бабушку", "бабушка", "дедушку", "дедушка", "меня", "мне", "мы", "оформлено", "не",
             "показание", "показаний", "передаю", "передать", "счетчик", "счётчик", "счетчика",
             "счётчика", "день", "ночь", "пик", "полупик", "квт", "ч"}  # fmt: skip


def typed_name(text: str, asked: str) -> str | None:
    """The words of an answer to «на кого оформлен счёт?», or beside the number asked for."""
    if asked not in {"number", "name"}:
        return None
    words = [_russian(word) for word in re.findall(r"[А-Яа-яЁёA-Za-z-]{2,}", text)
             if word.casefold() not in _NO_NAMES]  # fmt: skip
    if asked == "number" and (len(words) > MAX_NAME_WORDS or not re.search(r"\d", text)):
        return None  # «440012345678 иванова» holds a name, «где его взять» does not
    return " ".join(words[:MAX_NAME_WORDS]) or None


def _russian(word: str) -> str:
    """«Ivanova»: a name in Latin letters as it is written in the papers."""
    if not re.fullmatch(r"[A-Za-z-]+", word):
        return word
    readings = to_cyrillic(word.lower())
    named = (one for one in readings if morphology.name_parts(one))
    return next(named, readings[0] if readings else word).title()


def surname_alone(text: str) -> str | None:
    """The surname in a text of a few words: «нет, Иванова»."""
    words: list[str] = re.findall(r"[а-яё-]{3,}", text.casefold().replace("ё", "е"))
    if len(words) > MAX_NAME_WORDS:
        return None
    return next((word for word in words if "Surn" in morphology.name_parts(word)), None)


def name_beside(text: str, start: int, end: int) -> str | None:
    """«лс 440012345678 иванова показания 100»: a surname next to the number, in small letters."""
    before = re.search(r"([А-Яа-яЁё-]{3,})[\s,:]*$", text[:start])
    after = re.match(r"[\s,:]*([А-Яа-яЁё-]{3,})", text[end:])
    for match in (after, before):
        if match and match[1].casefold() not in _NO_NAMES:
            word = match[1].casefold().replace("ё", "е")
            if "Surn" in morphology.name_parts(word):
                return match[1]
    return None
