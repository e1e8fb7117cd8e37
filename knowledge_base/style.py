"""Advice on how an answer is written: plain, polite, without office Russian. Nothing is forbidden.

The list of what not to say to a customer follows the service standards ([10] of the reference):
demands stand only beside the clause of law or contract that makes them.
"""

import re
from collections.abc import Collection, Iterator
from typing import Final

from knowledge_base.article_text import ArticleText
from knowledge_base.errors import Problem
from knowledge_base.files.references import advice as file_advice
from nlu.morphology import genitive

LONGEST_SENTENCE: Final = 28
# «окончания срока действия договора»: so many nouns in the genitive one after another.
LONGEST_CHAIN: Final = 3
# Everybody knows these; others are spelled out the first time: «общедомовые нужды (ОДН)».
KNOWN_ABBREVIATIONS: Final = frozenset(
    (
        "РФ", "ЖК", "ГК", "ПП", "ФЗ", "НК", "СМС", "SMS", "QR", "PDF", "ИНН", "КПП", "ОГРН",
        "СНИЛС", "ЕГРН", "ЖКХ", "ГИС", "МФЦ", "УК", "ТСЖ", "СНТ", "СБП", "ЭДО", "ГОСТ", "ООО",
        "АО", "ПАО", "ИП", "НДС",
    )
)  # fmt: skip

_CODE: Final = re.compile(r"\{\{.*?\}\}|\]\([^)]*\)|https?://\S+|`[^`]*`")
# The full stop of «ст. 155», «п. 34», «руб.» ends no sentence.
_SENTENCE: Final = re.compile(
    r"(?:[^.!?…\n]|(?<=\bст)\.|(?<=\bп)\.|(?<=\bпп)\.|(?<=\bч)\.|(?<=\bт)\.|(?<=\bг)\.|"
    r"(?<=\bул)\.|(?<=\bд)\.|(?<=\bруб)\.(?=\s+[а-яё\d]))+[.!?…]?",
    re.I,
)
_WORD: Final = re.compile(r"[А-Яа-яЁёA-Za-z-]+")
_LAW: Final = re.compile(
    r"\bст\.|\bп\.|\bпп\.|№|\bПП\b|\bФЗ\b|\bГК\b|\bЖК\b|закон|постановлен|договор", re.I
)
# Alone in a sentence it stands beside the one before or after: «Это требует п. 34 Правил».
_CLAUSE: Final = re.compile(r"\b(?:ст|п|пп|ч)\.\s*\d|№\s*\d|\b(?:ФЗ|ГК|ЖК)\b", re.I)
_ABBREVIATION: Final = re.compile(r"\b[А-ЯЁA-Z]{2,6}\b")
_EXPLAINED: Final = re.compile(r"\(([А-ЯЁA-Z]{2,6})\b")
_SMALL_YOU: Final = re.compile(
    r"(?<![.!?…]\s)(?<!^)\b(вы|вас|вам|вами|ваш(?:а|е|и|его|ей|их|им|у)?)\b"
)

_PHRASE: Final = re.compile(r"[А-Яа-яЁё-]+(?: [А-Яа-яЁё-]+)*")

_DEMANDS: Final = (
    (re.compile(r"\bвы\s+обязаны\b|\bобязаны\b", re.I), "«обязаны»"),
    (re.compile(r"\bпредписывается\b", re.I), "«предписывается»"),
    (re.compile(r"\bявиться\b|\bявитесь\b", re.I), "«явиться»"),
    (re.compile(r"\bпредъяв(?:ить|ите|ляйте)\b", re.I), "«предъявить»"),
    (re.compile(r"\bнадлежит\b", re.I), "«надлежит»"),
)
_OFFICE: Final = (
    (re.compile(r"\bосуществ(?:ить|ля\w+|лен\w+)\b", re.I), "осуществлять", "делать"),
    (re.compile(r"\bпроизвести\s+(?:оплату|расч[её]т)\b", re.I), "произвести оплату", "оплатить"),
    (re.compile(r"\bв\s+целях\b", re.I), "в целях", "чтобы"),
    (re.compile(r"\bпосредством\b", re.I), "посредством", "через"),
    (re.compile(r"\bвышеуказанн\w+|\bнижеуказанн\w+", re.I), "вышеуказанный", "этот"),
    (re.compile(r"\bв\s+случае\s+отсутствия\b", re.I), "в случае отсутствия", "если нет"),
    (re.compile(r"\bпо\s+факту\b", re.I), "по факту", "когда"),
    (re.compile(r"\bв\s+установленном\s+порядке\b", re.I), "в установленном порядке", "как именно"),
    (re.compile(r"\bявляется\b", re.I), "является", "это"),
    (re.compile(r"\bданн(?:ый|ая|ое|ого|ой|ому|ым)\b", re.I), "данный", "этот"),
)  # fmt: skip


def advice(text: ArticleText) -> list[Problem]:
    """What could be said better, with lines of the field; nothing of it keeps from publishing."""
    found: list[Problem] = []
    whole = "\n".join((text.title, text.short, text.body))
    known = KNOWN_ABBREVIATIONS | set(_EXPLAINED.findall(whole))
    for field, source in (("title", text.title), ("short", text.short), ("body", text.body)):
        for number, line in enumerate(source.split("\n"), 1):
            plain = _CODE.sub(" ", line)
            found += (Problem(message, field, number) for message in _line(plain, known))
        found += file_advice(source, field)
    return found


def demands(text: str) -> list[str]:
    """Advice on categorical phrases, each once; silent where the clause stands beside them."""
    return list(dict.fromkeys(one for line in text.split("\n") for one in _demands(line)))


def _demands(line: str) -> Iterator[str]:
    sentences = _SENTENCE.findall(line)
    for number, sentence in enumerate(sentences):
        beside = " ".join((*sentences[max(0, number - 1) : number], *sentences[number + 1 :][:1]))
        if not _LAW.search(sentence) and not _CLAUSE.search(beside):
            for pattern, words in _DEMANDS:
                if pattern.search(sentence):
                    yield f"Мягче, чем {words}: требование звучит только рядом с пунктом закона"


def _line(line: str, known: Collection[str]) -> Iterator[str]:
    for sentence in _SENTENCE.findall(line):
        length = len(_WORD.findall(sentence))
        if length > LONGEST_SENTENCE:
            yield f"Длинное предложение ({length} слов): разделите его"
    yield from _demands(line)
    for chain in _chains(line):
        yield f"Цепочка слов «{chain}»: скажите глаголами"
    for pattern, words, plainer in _OFFICE:
        if pattern.search(line):
            yield f"Канцеляризм «{words}»: проще «{plainer}»"
    if small := _SMALL_YOU.search(line):
        yield f"К клиенту обращаемся с большой буквы: «{small[0].capitalize()}»"
    for abbreviation in dict.fromkeys(_ABBREVIATION.findall(line)):
        if abbreviation not in known:
            yield f"Клиент может не знать сокращения «{abbreviation}»: напишите полностью"


def _chains(line: str) -> Iterator[str]:
    """Runs of more than ``LONGEST_CHAIN`` nouns in the genitive, with their adjectives."""
    for phrase in _PHRASE.findall(line):
        chain: list[str] = []
        nouns = 0
        for word in (*phrase.split(" "), ""):
            kind = genitive(word.lower()) if len(word) > 3 else ""
            if kind:
                chain.append(word)
                nouns += kind == "noun"
                continue
            if nouns > LONGEST_CHAIN:
                yield " ".join(chain)
            chain, nouns = [], 0
