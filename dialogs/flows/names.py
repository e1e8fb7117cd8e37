"""A holder's name in an answer, where nothing but the place tells that it is one. No I/O."""

import re

from nlu import morphology

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
    words = [word for word in re.findall(r"[А-Яа-яЁёA-Za-z-]{2,}", text)
             if word.casefold() not in _NO_NAMES]  # fmt: skip
    if asked == "number" and (len(words) > MAX_NAME_WORDS or not re.search(r"\d", text)):
        return None  # «440012345678 иванова» holds a name, «где его взять» does not
    return " ".join(words[:MAX_NAME_WORDS]) or None


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
