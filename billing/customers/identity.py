"""Is this the holder, and what may be shown: comparison, normalisation, masks. No I/O.

People write their names with typos, without «ё», in another case and order. Comparison forgives
that and nothing more: a name or patronymic that is given must be the holder's.
"""

import re
from dataclasses import dataclass

from rapidfuzz.distance import OSA

NBSP = "\u00a0"

# Latin letters that look like Cyrillic ones: pasted text mixes them.
_LOOKALIKES = str.maketrans("abcehkmoptxy", "авсенкмортху")
_LATIN = str.maketrans("авсенкмортху", "abcehkmoptxy")
_WORDS = re.compile(r"[а-яa-z]+(?:-[а-яa-z]+)*")
# What people put around a name.
_FILLERS = frozenset(
    ("меня", "зовут", "это", "на", "имя", "фамилия", "владелец", "владельца", "собственник",
     "собственника", "абонент", "оформлен", "оформлено", "записан", "записано", "моя", "мой")
)  # fmt: skip
MOST_WORDS = 10  # a name is not longer; what is, is a story
MOST_LETTERS = 4  # in a contract's number
_LABEL = re.compile(
    r"^(?:лицевой\s*сч[её]т|лиц\.?\s*сч\.?|л\s*/\s*с|лс|договор|№|n|#|:|\.|\s)+", re.I
)
_SEPARATORS = re.compile(r"[\s\u00a0\u2009\u202f._–—-]+")
_ACCOUNT = re.compile(r"[0-9]{6,14}")
_CONTRACT = re.compile(r"(?=.*[0-9]{3})[0-9A-ZА-Я/]{4,24}")

_ENDING = re.compile(r"(?:ая|яя|ий|ый|ой|[аеиоуыэюяйь])$")
_CASES = frozenset(
    ("", "а", "я", "ы", "и", "у", "ю", "е", "ой", "ей", "ом", "ем", "ым", "им", "ого", "его",
     "ому", "ему", "ая", "яя", "ую", "юю", "ий", "ый", "й", "ь")
)  # fmt: skip
SHORTEST_STEM = 3


@dataclass(frozen=True, slots=True)
class Holder:
    surname: str
    name: str
    patronymic: str | None = None


@dataclass(frozen=True, slots=True)
class Address:
    """``street`` with its kind («ул. Мира»); ``house`` and ``flat`` are bare numbers."""

    locality: str
    street: str
    house: str
    flat: str | None = None


def normalise_number(text: str) -> str | None:
    """«4400-1234 5678» → «440012345678», «э/2019-15» → «Э/201915»; ``None``: no account number.

    Account numbers are stored in this form.
    """
    compact = _SEPARATORS.sub("", _LABEL.sub("", text.strip())).upper()
    if _ACCOUNT.fullmatch(compact):
        return compact
    letters = sum(character.isalpha() for character in compact)
    return compact if 0 < letters <= MOST_LETTERS and _CONTRACT.fullmatch(compact) else None


def number_spellings(number: str) -> set[str]:
    """«A/2019» may be typed with a Latin letter: the number in one alphabet and in the other."""
    low = number.lower()
    both = (low.translate(_LOOKALIKES), low.translate(_LATIN))
    return {number, *(one.upper() for one in both)}


def is_holder(given: str, holder: Holder) -> bool:
    """Does ``given`` name the holder: by surname alone, or with name and patronymic too?

    Initials count as a name. A name without the surname proves nothing.
    """
    words = [word for word in _words(given) if word not in _FILLERS]
    if words[:1] == ["я"]:
        words = words[1:]
    if len(words) > MOST_WORDS:
        return False
    surname = _words(holder.surname)
    others = [fold(part) for part in (holder.name, holder.patronymic) if part]
    for size in {len(surname), 1}:  # a double surname may come as two words or as one
        for start in range(len(words) - size + 1):
            if same_word("".join(words[start : start + size]), "".join(surname)) and _belong(
                words[:start] + words[start + size :], others, holder.patronymic is None
            ):
                return True
    return False


def _belong(words: list[str], parts: list[str], spare: bool) -> bool:
    """Does every word stand for a part of its own? ``spare``: the patronymic is not known."""
    if not words:
        return True
    word, rest = words[0], words[1:]
    for index, part in enumerate(parts):
        if (part.startswith(word) if len(word) == 1 else same_word(word, part)) and _belong(
            rest, parts[:index] + parts[index + 1 :], spare
        ):
            return True
    return spare and len(parts) == 0 and _belong(rest, parts, False)


def same_word(given: str, true: str) -> bool:
    """Folded words, equal but for the case or typos: none in a short word, two in a long one."""
    stem = _ENDING.sub("", true)
    if len(stem) >= SHORTEST_STEM and given.startswith(stem) and given[len(stem) :] in _CASES:
        return True
    allowed = 0 if len(true) < 5 else 1 if len(true) < 9 else 2
    return OSA.distance(given, true, score_cutoff=allowed) <= allowed


def fold(text: str) -> str:
    """Small letters, «ё» as «е», Latin lookalikes as what they look like."""
    folded = text.casefold().replace("ё", "е")
    return folded.translate(_LOOKALIKES) if re.search("[а-я]", folded) else folded


def _words(text: str) -> list[str]:
    return [part for word in _WORDS.findall(fold(text)) for part in word.split("-")]


def same_phone(given: str, true: str | None) -> bool:
    """«8 (916) 123-45-67» is «+79161234567»: the last ten digits count."""
    digits, known = (re.sub(r"\D", "", phone or "")[-10:] for phone in (given, true))
    return len(known) == 10 and digits == known


# The longest row of weights; a shorter number is weighed with its end.
_INN = (3, 7, 2, 4, 10, 3, 5, 9, 4, 6, 8)


def is_inn(text: str) -> bool:
    """An ИНН with its check digits right: ten digits of an organisation, the last is a check;
    twelve of an entrepreneur, the last two are (приказ ФНС ММВ-7-6/435@)."""
    if re.fullmatch(r"[0-9]{10}|[0-9]{12}", text) is None:
        return False
    checks = (9,) if len(text) == 10 else (10, 11)
    return all(_inn_check(text[:place]) == int(text[place]) for place in checks)


def _inn_check(digits: str) -> int:
    weights = _INN[-len(digits) :]
    total = sum(weight * int(digit) for weight, digit in zip(weights, digits, strict=True))
    return total % 11 % 10


def mask_holder(holder: Holder) -> str:
    """«Мария Петровна И.»: the surname is what proves, so it is not shown."""
    given = " ".join(part for part in (holder.name, holder.patronymic) if part)
    return f"{given} {holder.surname[:1]}.".replace(" ", NBSP).strip()


def mask_number(number: str) -> str:
    """«…5678»."""
    return f"…{number[-4:]}"


def mask_address(address: Address) -> str:
    """«г. Примерск, ул. М***, кв. **»: enough to know one's own, not enough to prove it."""
    kind, _, street = address.street.partition(" ")
    if not street or kind[:1].isupper():
        kind, street = "", address.street
    parts = [address.locality, f"{kind} {street[:1]}***".strip()]
    parts.append(f"кв.{NBSP}**" if address.flat else f"д.{NBSP}**")
    return ", ".join(parts)


def full_address(address: Address) -> str:
    """«г. Примерск, ул. Мира, д. 12, кв. 45», for the company's own people."""
    parts = [address.locality, address.street, f"д.{NBSP}{address.house}"]
    if address.flat:
        parts.append(f"кв.{NBSP}{address.flat}")
    return ", ".join(parts)


def full_name(holder: Holder) -> str:
    """«Иванова Мария Петровна», for the company's own people."""
    return " ".join(part for part in (holder.surname, holder.name, holder.patronymic) if part)
