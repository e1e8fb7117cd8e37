"""One article as a Markdown file with YAML front matter, read and written without loss.

---
topic: faq/penalty
title: …
buttons:
  - {label: Мой долг, intent: balance}
responsible: elena
---
Body in Markdown, with {{ variables }}.
"""

import math
import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

import yaml
from typing_extensions import override

from knowledge_base.answers import ArticleButton
from knowledge_base.article_text import ArticleText, Audience
from knowledge_base.errors import Problem, Unfit

TOPIC = re.compile(r"(faq|info)/[a-z0-9_]{1,50}")
FENCE = "---"
_STRING = "tag:yaml.org,2002:str"


@dataclass(frozen=True, slots=True)
class People:
    """Logins; empty: the file names nobody."""

    responsible: str = ""
    approver: str = ""


NOBODY = People()


@dataclass(frozen=True, slots=True)
class ArticleFile:
    """``people``: who keeps and who approves the article, where the file says so; ``lines`` tells
    where in the file a field, or an entry of a list, begins."""

    topic: str
    text: ArticleText
    people: People
    lines: dict[str, int]

    def locate(self, problem: Problem) -> Problem:
        """A problem of the text as a problem of the file."""
        start = self.lines.get(problem.field) or self.lines.get(problem.field.split(".")[0], 1)
        within = problem.line - 1 if problem.line and problem.field == "body" else 0
        return Problem(problem.message, problem.field, start + within)


def parse(source: str) -> ArticleFile:
    """Raises Unfit with lines of ``source``."""
    lines = source.replace("\r\n", "\n").split("\n")
    if lines[0].rstrip() != FENCE:
        raise Unfit([Problem("Файл должен начинаться со строки ---", line=1)])
    end = next((n for n, line in enumerate(lines[1:], 1) if line.rstrip() == FENCE), None)
    if end is None:
        raise Unfit([Problem("Нет второй строки ---, после которой идёт текст", line=len(lines))])
    reader = _Reader()
    reader.read("\n".join(lines[1:end]))
    if "topic" in reader.values and not TOPIC.fullmatch(reader.values["topic"]):
        reader.problem("Тема должна выглядеть как faq/имя или info/имя", "topic")
    for name in ("topic", "title"):
        if name not in reader.values:
            reader.problems.append(Problem(f"Не хватает поля {name}", name, end + 1))
    if reader.problems:
        raise Unfit(reader.problems)
    body = lines[end + 1 :]
    blank = next((n for n, line in enumerate(body) if line.strip()), 0)
    topic = reader.values.pop("topic")
    people = People(*(reader.values.pop(name, "") for name in ("responsible", "approver")))
    text = ArticleText(body="\n".join(body), **reader.values)
    return ArticleFile(topic, text.tidied(), people, reader.lines | {"body": end + 2 + blank})


def dump(topic: str, text: ArticleText, people: People = NOBODY) -> str:
    """The file for a tidied ``text``; the same text always gives the same bytes."""
    fields: list[tuple[str, yaml.Node]] = [
        ("topic", _scalar(topic)),
        ("title", _scalar(text.title)),
    ]
    if text.short:
        fields.append(("short", _scalar(text.short, style="|" if "\n" in text.short else ">")))
    fields.append(("questions", _sequence(map(_scalar, text.questions))))
    fields.append(("buttons", _sequence(map(_button, text.buttons))))
    fields.append(("audience", _scalar(text.audience)))
    dates = {
        "valid_from": text.valid_from, "valid_until": text.valid_until, "review_by": text.review_by
    }  # fmt: skip
    fields += [(name, _plain(day.isoformat())) for name, day in dates.items() if day is not None]
    named = {"responsible": people.responsible, "approver": people.approver}
    fields += [(name, _scalar(login)) for name, login in named.items() if login]
    fields.append(("legal_basis", _sequence(map(_scalar, text.legal_basis))))
    fields.append(("tags", _sequence(map(_scalar, text.tags), flow=True)))
    front = yaml.serialize(
        _mapping(fields), Dumper=_Dumper, allow_unicode=True, width=math.inf
    )  # fmt: skip
    return f"{FENCE}\n{front}{FENCE}\n{text.body}\n"


class _Reader:
    """Reads the nodes themselves: they know their lines, and «да» or 112 stay what was typed."""

    def __init__(self) -> None:
        self.values: dict[str, Any] = {}
        self.lines: dict[str, int] = {}
        self.problems: list[Problem] = []

    def read(self, source: str) -> None:
        try:
            root = yaml.compose(source, Loader=yaml.SafeLoader)
        except yaml.YAMLError as error:
            mark = getattr(error, "problem_mark", None)
            reason = getattr(error, "problem", None) or "недопустимый символ"
            line = mark.line + 2 if mark is not None else 2
            self.problems.append(Problem(f"Не читается YAML: {reason}", line=line))
            return
        if not isinstance(root, yaml.MappingNode):
            self.problems.append(Problem("Между строками --- должны стоять поля", line=2))
            return
        for key, node in root.value:
            name = str(key.value)
            again = name in self.lines
            self.lines[name] = key.start_mark.line + 2
            if again:
                self.problem(f"Поле {name} стоит дважды", name)
            elif name not in _READERS:
                self.problem(f"Неизвестное поле {name}", name)
            else:
                try:
                    self.values[name] = _READERS[name](self, name, node)
                except ValueError as error:
                    self.problem(f"{name}: {error}", name)

    def problem(self, message: str, field: str) -> None:
        self.problems.append(Problem(message, field, self.lines[field]))

    def string(self, _name: str, node: yaml.Node) -> str:
        if not isinstance(node, yaml.ScalarNode):
            raise ValueError("нужна строка")
        return str(node.value)

    def login(self, name: str, node: yaml.Node) -> str:
        """As the staff's table keeps it."""
        return self.string(name, node).strip().casefold()

    def strings(self, name: str, node: yaml.Node) -> tuple[str, ...]:
        return tuple(self.string(name, item) for item in self._items(name, node))

    def buttons(self, name: str, node: yaml.Node) -> tuple[ArticleButton, ...]:
        return tuple(self._button(item) for item in self._items(name, node))

    def audience(self, name: str, node: yaml.Node) -> Audience:
        given = self.string(name, node)
        if given not in list(Audience):
            raise ValueError("нужно одно из: " + ", ".join(Audience))
        return Audience(given)

    def day(self, name: str, node: yaml.Node) -> date:
        try:
            return date.fromisoformat(self.string(name, node))
        except ValueError:
            raise ValueError("нужна дата вида 2027-03-01") from None

    def moment(self, name: str, node: yaml.Node) -> datetime:
        wanted = "нужно время с поясом вида 2027-03-01T00:00:00+03:00"
        try:
            moment = datetime.fromisoformat(self.string(name, node))
        except ValueError:
            raise ValueError(wanted) from None
        if moment.tzinfo is None:
            raise ValueError(wanted)
        return moment

    def _items(self, name: str, node: yaml.Node) -> Sequence[yaml.Node]:
        if isinstance(node, yaml.ScalarNode) and not node.value:
            return []
        if not isinstance(node, yaml.SequenceNode):
            raise ValueError("нужен список")
        for number, item in enumerate(node.value):
            self.lines[f"{name}.{number}"] = item.start_mark.line + 2
        return list(node.value)

    def _button(self, node: yaml.Node) -> ArticleButton:
        if not isinstance(node, yaml.MappingNode):
            raise ValueError("кнопка пишется как {label: Надпись, intent: тема}")
        given = {str(key.value): self.string("", value) for key, value in node.value}
        if unknown := given.keys() - {"label", "intent", "url"}:
            raise ValueError(f"у кнопки нет свойства {min(unknown)}")
        return ArticleButton(**{"label": "", **given})


_READERS: dict[str, Callable[[_Reader, str, yaml.Node], object]] = {
    "topic": _Reader.string,
    "title": _Reader.string,
    "short": _Reader.string,
    "questions": _Reader.strings,
    "buttons": _Reader.buttons,
    "audience": _Reader.audience,
    "valid_from": _Reader.moment,
    "valid_until": _Reader.moment,
    "review_by": _Reader.day,
    "responsible": _Reader.login,
    "approver": _Reader.login,
    "legal_basis": _Reader.strings,
    "tags": _Reader.strings,
}


class _Dumper(yaml.SafeDumper):
    @override
    def increase_indent(self, flow: bool = False, indentless: bool = False) -> None:
        super().increase_indent(flow, False)


def _scalar(value: str, *, style: str | None = None) -> yaml.Node:
    if style is None and (value.startswith("{{") or "://" in value):
        style = '"'
    return yaml.ScalarNode(_STRING, value, style=style)


def _plain(value: str) -> yaml.Node:
    return yaml.ScalarNode("tag:yaml.org,2002:timestamp", value)


def _mapping(items: Iterable[tuple[str, yaml.Node]], *, flow: bool = False) -> yaml.Node:
    return yaml.MappingNode(
        "tag:yaml.org,2002:map", [(_scalar(k), node) for k, node in items], flow_style=flow
    )


def _sequence(items: Iterable[yaml.Node], *, flow: bool = False) -> yaml.Node:
    nodes = list(items)
    return yaml.SequenceNode("tag:yaml.org,2002:seq", nodes, flow_style=flow or not nodes)


def _button(button: ArticleButton) -> yaml.Node:
    items = [("label", button.label), ("intent", button.intent), ("url", button.url)]
    return _mapping([(k, _scalar(v)) for k, v in items if v or k == "label"], flow=True)
