"""Names of people: full ones, initials, and single ones after a cue («меня зовут …»)."""

import re
from typing import Final

from nlu import morphology
from nlu.entities.scan import Found, Scan

_WORD: Final = re.compile(r"[а-яa-z]+(?:-[а-яa-z]+)?")
_PATRONYMIC: Final = re.compile(
    r"\w+(?:ович|евич|ьич|инич|овн|евн|ичн|иничн)(?:а|у|ем|ом|е|ы|ой|ою|и)?"
)
_CUE: Final = re.compile(
    r"(?:зовут|фамилия|фамилию|фио|ф\.и\.о\.?|на имя|собственник\w*|владел\w+|абонент\w*|"
    r"оператор\w*|сотрудни\w+|мастер\w*|инспектор\w*|менеджер\w*|девушк\w+|контрол[её]р\w*|"
    r"специалист\w*|работник\w*|электрик\w*|оформлен\w* на|записан\w* на|беспокоит|"
    r"с уважением|это|^я)\s*[:,\-]?\s*"
)
_INITIALS: Final = re.compile(
    r"(?<!\w)([А-ЯA-Z][а-яa-z]{2,}(?:-[А-Я][а-я]+)?)\s+([А-Я])\.\s?([А-Я])\.?(?!\w)"
)
_SURNAME: Final = re.compile(
    r"\w{2,}(?:ов|ев|ёв|ин|ын|ова|ева|ина|ына|ский|цкий|ская|цкая|енко|чук|ых|их|ян|дзе|швили)"
    r"(?:ой|ым|у|е|а|ого|ому|ую)?"
)
_STRONG_CUES: Final = (
    "зовут",
    "фамили",
    "фио",
    "ф.и.о",
    "на имя",
    "собственник",
    "оформлен",
    "беспокоит",
    "с уваж",
)
_NOT_NAMES: Final = frozenset({"вера", "роза", "любовь", "надежда", "мир", "слава", "май", "марта"})
_MOST_WORDS: Final = 3
# A cue that belongs to a name stands so near.
_NEAR: Final = 60


def find_people(scan: Scan) -> None:
    """Value: the name as written, its words in capital letters («Иванов Пётр» keeps its form)."""
    for match in _INITIALS.finditer(scan.cased):
        if scan.is_free(match.start(), match.end()):
            _add(scan, match.start(), match.end(), 0.95)
    words = list(_WORD.finditer(scan.text))
    first = _CUE.search(scan.text)
    cue = first.start() if first is not None else len(scan.text)
    index = 0
    while index < len(words):
        size, confidence = _name_at(scan, words, index, cue)
        if size:
            _add(scan, words[index].start(), words[index + size - 1].end(), confidence)
        index += max(size, 1)


def _name_at(scan: Scan, words: list[re.Match[str]], index: int, cue: int) -> tuple[int, float]:
    """How many words from here are a name, and how sure that is; (0, 0) for none. ``cue``: where
    the first word stands that says that a name follows."""
    run = _adjacent(scan, words, index)
    parts = [_parts(scan, word) for word in run]
    if not parts[0] and cue >= run[0].start():
        return 0, 0.0
    for size in range(len(run), 1, -1):
        chosen = parts[:size]
        if not all(chosen):
            continue
        joined = set().union(*chosen)
        if "Patr" in joined and len(joined) > 1:
            return size, 0.95
        if {"Name", "Surn"} <= joined and all(_capital(scan, word) for word in run[:size]):
            return size, 0.9
        if {"Name", "Surn"} <= joined and _likely_pair(chosen):
            return size, 0.7
    return _single(scan, run[0], parts[0])


def _single(scan: Scan, word: re.Match[str], parts: frozenset[str]) -> tuple[int, float]:
    before = scan.text[max(0, word.start() - _NEAR) : word.start()]
    cues = [cue for cue in _CUE.finditer(before) if cue.end() == len(before)]
    capital = _capital(scan, word)
    if cues:
        strong = cues[-1].group().startswith(_STRONG_CUES)
        surname = _SURNAME.fullmatch(word.group()) is not None
        if strong and (parts or capital or surname):
            return 1, 0.85
        if capital and parts & {"Name", "Surn"}:
            return 1, 0.75
    if capital and parts and _beside_contact(scan, word):
        return 1, 0.7
    if capital and not _begins_sentence(scan, word) and "Surn" in parts:
        following = scan.text[word.end() :]
        # «Мира 15» is a street.
        if not re.match(r",?\s*\d{1,3}(?!\d)", following):
            return 1, 0.55
    return 0, 0.0


def _beside_contact(scan: Scan, word: re.Match[str]) -> bool:
    """«Андрей 89031239988», «Кузнецов 4400987612»: a name before or after a long number."""
    return any(
        found.entity in ("phone", "account_number", "address")
        and scan.text[min(found.end, word.end()) : max(found.start, word.start())].strip(" ,.")
        == ""
        for found in scan.found
    )


def _adjacent(scan: Scan, words: list[re.Match[str]], index: int) -> list[re.Match[str]]:
    run = [words[index]]
    while len(run) < _MOST_WORDS and index + len(run) < len(words):
        following = words[index + len(run)]
        if scan.text[run[-1].end() : following.start()] != " ":
            break
        run.append(following)
    return run


def _parts(scan: Scan, word: re.Match[str]) -> frozenset[str]:
    text = word.group()
    if len(text) < 3 or text in _NOT_NAMES or not scan.is_free(word.start(), word.end()):
        return frozenset()
    if _PATRONYMIC.fullmatch(text):
        return frozenset({"Patr"})
    parts = morphology.name_parts(text)
    if not parts and _capital(scan, word) and _SURNAME.fullmatch(text):
        return frozenset({"Surn"})
    return parts


def _likely_pair(chosen: list[frozenset[str]]) -> bool:
    """Of small letters only a clear pair counts: one word is a name alone, another a surname."""
    return frozenset({"Name"}) in chosen and frozenset({"Surn"}) in chosen


def _capital(scan: Scan, word: re.Match[str]) -> bool:
    return scan.is_capital(word.start())


def _begins_sentence(scan: Scan, word: re.Match[str]) -> bool:
    before = scan.text[: word.start()].rstrip(' "(')
    return not before or before[-1] in ".!?\n"


def _add(scan: Scan, start: int, end: int, confidence: float) -> None:
    value = re.sub(r"[а-яa-z]+", lambda word: word.group().capitalize(), scan.text[start:end])
    scan.add(Found("person", value, start, end, confidence=confidence))
