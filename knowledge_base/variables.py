"""Variables in articles: ``{{ company.phone }}`` becomes the company's phone.

Only the names of values may stand between the braces. Jinja's loops, filters and calls are
refused: an article is written by many hands and answered to everybody.
"""

import re
from collections.abc import Iterator, Mapping
from functools import lru_cache
from typing import Any

from jinja2 import StrictUndefined, Template, TemplateSyntaxError, nodes
from jinja2.sandbox import SandboxedEnvironment

from knowledge_base.errors import Problem, Unfit

_ENVIRONMENT = SandboxedEnvironment(undefined=StrictUndefined)
# Answers are Markdown; what becomes HTML of it is escaped and cleaned where it is rendered.

_PLACE = re.compile(r"\{\{\s*([\w.]+)\s*\}\}")
ONLY_NAMES = "Между {{ и }} может стоять только имя переменной, например {{ company.phone }}"


def fill(source: str, values: Mapping[str, Any], *, field: str = "") -> str:
    """``source`` with its variables filled. Raises Unfit."""
    if "{" not in source:
        return source
    if problems := list(find_problems(source, values, field=field)):
        raise Unfit(problems)
    return _template(source).render(values)


@lru_cache(maxsize=1_000)
def _template(source: str) -> Template:
    """Compiled once: every publication fills all articles anew."""
    return _ENVIRONMENT.from_string(source)


def fill_known(source: str, values: Mapping[str, Any]) -> str:
    """For previews of unfinished text: what can't be filled stays as it was typed."""
    known = dict(names(values))
    return _PLACE.sub(lambda place: known.get(place[1], place[0]), source)


def find_problems(source: str, values: Mapping[str, Any], *, field: str = "") -> Iterator[Problem]:
    """What keeps ``source`` from being filled, with lines counted from 1."""
    try:
        tree = _ENVIRONMENT.parse(source)
    except TemplateSyntaxError as error:
        yield Problem(f"{ONLY_NAMES} (здесь скобки не сходятся)", field, error.lineno)
        return
    for statement in tree.body:
        if not isinstance(statement, nodes.Output):
            yield Problem(ONLY_NAMES, field, statement.lineno)
            continue
        for node in statement.nodes:
            if isinstance(node, nodes.TemplateData):
                continue
            path = _path(node)
            if path is None:
                yield Problem(ONLY_NAMES, field, node.lineno)
            elif not _is_value(path, values):
                yield Problem(f"Нет такой переменной: {'.'.join(path)}", field, node.lineno)


def names(values: Mapping[str, Any]) -> list[tuple[str, str]]:
    """Every variable with its value, as articles name it: ``("company.phone", "8 800 …")``."""
    found: list[tuple[str, str]] = []
    for key, value in values.items():
        if isinstance(value, Mapping):
            found += [(f"{key}.{name}", shown) for name, shown in names(value)]
        elif _is_leaf(value):
            found.append((key, str(value)))
    return found


def _path(node: nodes.Node) -> tuple[str, ...] | None:
    """``company.phone`` as its parts; None for any other expression."""
    if isinstance(node, nodes.Name):
        return (node.name,)
    if isinstance(node, nodes.Getattr):
        before = _path(node.node)
        return None if before is None else (*before, node.attr)
    return None


def _is_value(path: tuple[str, ...], values: Mapping[str, Any]) -> bool:
    value: Any = values
    for part in path:
        if not isinstance(value, Mapping) or part not in value:
            return False
        value = value[part]
    return _is_leaf(value)


def _is_leaf(value: object) -> bool:
    return isinstance(value, str | int | float)
