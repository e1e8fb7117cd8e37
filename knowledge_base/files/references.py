"""Files in an article's Markdown: ``![Что на картинке](files/plan.png)``,
``[Заявление](files/zayavlenie.pdf)``. Plain text work, no I/O.

The same form shows the pictures wherever Markdown is read beside the folder ``files``.
"""

import re
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass
from typing import Final

from knowledge_base.errors import Problem
from media.attachments import clean_name
from replies import File, FileKind

FOLDER: Final = "files"
NAME: Final = re.compile(r"[a-z0-9][a-z0-9_-]{0,79}\.[a-z0-9]{2,4}")
MOST_FILES: Final = 6
# What the editor's button writes for the author to put his words in its place.
UNSIGNED: Final = "что на картинке"

_REFERENCE: Final = re.compile(rf"!?\[([^\[\]\n]*)\]\({FOLDER}/([^()\n]*)\)")
_OUTSIDE: Final = re.compile(rf"!\[[^\[\]\n]*\]\((?!{FOLDER}/)")
# Meant as one and none: with brackets in its words, or with a blank.
_MEANT: Final = re.compile(rf"\]\(\s*{FOLDER}/")
# What is left of a line that held nothing but files.
_EMPTY_LINE: Final = re.compile(r"\s*(?:[-*+]|\d+[.)])?\s*")
_PICTURES: Final = ("image/png", "image/jpeg")


@dataclass(frozen=True, slots=True)
class Reference:
    """``alt``: what is in the file, in words; ``line`` counts from 1."""

    name: str
    alt: str
    line: int


@dataclass(frozen=True, slots=True)
class FileFacts:
    """A kept file. ``digest``: its key in ``media``."""

    name: str
    digest: str
    content_type: str
    size: int

    @property
    def is_picture(self) -> bool:
        return self.content_type in _PICTURES


Files = Mapping[str, FileFacts]


def references(source: str) -> Iterator[Reference]:
    for number, line in enumerate(source.split("\n"), 1):
        for found in _REFERENCE.finditer(line):
            yield Reference(found[2].strip(), found[1].strip(), number)


def names(*sources: str) -> set[str]:
    """Every file that the texts show."""
    return {one.name for source in sources for one in references(source)}


def without(source: str) -> str:
    """The text beside its files, as a messenger shows it: a file inside a sentence leaves its
    words, a line of nothing but files leaves nothing."""
    lines: list[str] = []
    for line in source.split("\n"):
        if _REFERENCE.search(line) is None:
            lines.append(line)
        elif not _EMPTY_LINE.fullmatch(_REFERENCE.sub("", line)):
            lines.append(_REFERENCE.sub(_words, line).rstrip())
    return re.sub(r"\n{3,}", "\n\n", "\n".join(lines)).strip("\n")


def enclosed(source: str, known: Files) -> tuple[File, ...]:
    """The files that are sent after the text, each once, in its order; unknown ones are left."""
    found = {
        one.name: _file(known[one.name], one.alt) for one in references(source) if one.name in known
    }
    return tuple(found.values())


def with_links(source: str, link: Callable[[str], str]) -> str:
    """The text with ``link(name)`` in place of each ``files/name``."""

    def linked(found: re.Match[str]) -> str:
        return f"{found[0].partition('](')[0]}]({link(found[2].strip())})"

    return _REFERENCE.sub(linked, source)


def find_problems(source: str, field: str, known: Collection[str]) -> Iterator[Problem]:
    """``known``: the names of the files there are."""
    for one in references(source):
        if not NAME.fullmatch(one.name):
            message = f"Имя файла — строчная латиница, цифры, _ и -, как plan.png: «{one.name}»"
            yield Problem(message, field, one.line)
        elif one.name not in known:
            yield Problem(f"Нет файла «{one.name}»: загрузите его", field, one.line)
    for number, line in enumerate(source.split("\n"), 1):
        if _MEANT.search(_REFERENCE.sub("", line)):
            message = "Файл записан не так: нужно [слова](files/имя), без скобок в словах"
            yield Problem(message, field, number)
        if _OUTSIDE.search(line):
            message = "Картинку с чужого сайта клиент не увидит: загрузите её сюда"
            yield Problem(message, field, number)
    if len(names(source)) > MOST_FILES:
        yield Problem(f"Файлов больше {MOST_FILES}: столько сообщений подряд не читают", field)
    if source.strip() and not without(source).strip():
        yield Problem("Кроме файлов нужен и текст", field)


def advice(source: str, field: str) -> Iterator[Problem]:
    for one in references(source):
        if not one.alt or one.alt == UNSIGNED:
            message = f"Подпишите «{one.name}»: так поймут и те, кто файла не видит"
            yield Problem(message, field, one.line)


def _words(found: re.Match[str]) -> str:
    return "" if found[0].startswith("!") else found[1].strip()


def _file(facts: FileFacts, alt: str) -> File:
    """A document is saved under the words that stand for it."""
    if facts.is_picture:
        return File(FileKind.PICTURE, facts.digest, facts.name, alt or facts.name)
    ending = facts.name.rpartition(".")[2]
    named = " ".join(clean_name(alt).split())
    name = named if named.lower().endswith(f".{ending}") else f"{named}.{ending}"
    return File(FileKind.DOCUMENT, facts.digest, name if named else facts.name, alt or facts.name)
