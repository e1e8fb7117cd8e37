"""Reading phrases: Rasa 3.1 training files and the question variants of articles.

A phrase is written ``передаю [12345](reading) за [октябрь](date)`` or
``день [4471]{"entity": "reading", "role": "day"}``; https://rasa.com/docs/rasa/training-data-format
describes the format. Everything but ``nlu:`` items with ``intent`` and ``examples`` is skipped.
"""

import hashlib
import json
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import yaml

from nlu.errors import DataError
from nlu.taxonomy import INTENTS

DATA_DIR: Final = Path(__file__).parent / "data"
CHECK_DIR: Final = DATA_DIR / "check"

_ANNOTATION: Final = re.compile(r"\[([^\]\n]+)\](?:\(([^()\n]+)\)|(\{[^}\n]*\}))")
_FRONT_MATTER: Final = re.compile(r"\A---\s*\n(.*?)\n---\s*(?:\n|\Z)", re.DOTALL)
_Loader: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


@dataclass(frozen=True, slots=True)
class Annotation:
    """A marked detail: ``text[start:end]`` is an ``entity`` (``value`` if the file gives one)."""

    entity: str
    start: int
    end: int
    role: str | None = None
    value: str | None = None


@dataclass(frozen=True, slots=True)
class Example:
    """A phrase with its label, and the place it stands at."""

    text: str
    intent: str
    annotations: tuple[Annotation, ...]
    path: Path
    line: int


@dataclass(frozen=True, slots=True)
class TrainingData:
    """Phrases in a fixed order: by file name, then as written."""

    examples: tuple[Example, ...]

    @property
    def intents(self) -> tuple[str, ...]:
        """The labels that occur, sorted."""
        return tuple(sorted({example.intent for example in self.examples}))

    @property
    def digest(self) -> str:
        """SHA-256 over labels and phrases, in hex; files' names do not count."""
        digest = hashlib.sha256()
        for example in self.examples:
            digest.update(f"{example.intent}\0{example.text}\0".encode(errors="replace"))
        return digest.hexdigest()


def load_training_data(paths: Iterable[Path]) -> TrainingData:
    """Read files and folders (``*.yml`` of a folder itself, not of folders in it).

    Raises `DataError` with file and line at the first mistake, and if nothing is found.
    """
    examples: list[Example] = []
    listed = list(paths)
    for path in listed:
        for file in _yaml_files(path):
            examples.extend(read_rasa_file(file))
    if not examples:
        raise DataError(listed[0] if listed else DATA_DIR, None, "no phrases found")
    return TrainingData(tuple(examples))


def load_article_questions(folder: Path) -> tuple[Example, ...]:
    """The ``questions`` of each article's front matter, labelled with its ``topic``.

    Articles about things that are no intent (``info/…``) are left out.
    """
    examples: list[Example] = []
    for path in sorted(folder.glob("*.md")):
        match = _FRONT_MATTER.match(path.read_text(encoding="utf-8"))
        if match is None:
            continue
        root = _compose(path, match.group(1), first_line=2)
        topic = _get(root, "topic")
        questions = _get(root, "questions")
        if not isinstance(topic, yaml.ScalarNode) or topic.value not in INTENTS:
            continue
        if not isinstance(questions, yaml.SequenceNode):
            continue
        for node in questions.value:
            line = node.start_mark.line + 2
            if not isinstance(node, yaml.ScalarNode) or not node.value.strip():
                raise DataError(path, line, "a question must be a line of text")
            examples.append(read_example(node.value.strip(), topic.value, path, line))
    return tuple(examples)


def read_rasa_file(path: Path) -> Iterator[Example]:
    """The phrases of one file. Raises `DataError`."""
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise DataError(path, None, f"cannot be read: {error}") from error
    root = _compose(path, text, first_line=1)
    if not isinstance(root, yaml.MappingNode):
        raise DataError(path, 1, "the file must be a mapping with `nlu:`")
    items = _get(root, "nlu")
    if items is None:
        return
    if not isinstance(items, yaml.SequenceNode):
        raise DataError(path, items.start_mark.line + 1, "`nlu:` must be a list")
    for item in items.value:
        yield from _read_item(path, item)


def read_example(source: str, intent: str, path: Path, line: int) -> Example:
    """Take the annotations out of one written phrase. Raises `DataError`."""
    plain: list[str] = []
    annotations: list[Annotation] = []
    position = length = 0
    for match in _ANNOTATION.finditer(source):
        between = source[position : match.start()]
        plain.append(between)
        length += len(between)
        marked = match.group(1)
        annotations.append(_annotation(match, length, path, line))
        plain.append(marked)
        length += len(marked)
        position = match.end()
    plain.append(source[position:])
    return Example("".join(plain), intent, tuple(annotations), path, line)


def _yaml_files(path: Path) -> list[Path]:
    if path.is_dir():
        return sorted([*path.glob("*.yml"), *path.glob("*.yaml")])
    if not path.exists():
        raise DataError(path, None, "no such file or folder")
    return [path]


def _compose(path: Path, text: str, *, first_line: int) -> yaml.Node | None:
    try:
        node: yaml.Node | None = yaml.compose(text, Loader=_Loader)
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        line = mark.line + first_line if mark else None
        raise DataError(path, line, f"not YAML: {getattr(error, 'problem', error)}") from error
    return node


def _get(node: yaml.Node | None, key: str) -> yaml.Node | None:
    if isinstance(node, yaml.MappingNode):
        for name, value in node.value:
            if name.value == key:
                found: yaml.Node = value
                return found
    return None


def _read_item(path: Path, item: yaml.Node) -> Iterator[Example]:
    line = item.start_mark.line + 1
    if not isinstance(item, yaml.MappingNode):
        raise DataError(path, line, "an item of `nlu:` must be a mapping")
    intent = _get(item, "intent")
    if intent is None:
        return
    if not isinstance(intent, yaml.ScalarNode) or not intent.value.strip():
        raise DataError(path, line, "`intent:` must be a name")
    examples = _get(item, "examples")
    if isinstance(examples, yaml.SequenceNode):
        for node in examples.value:
            text = _get(node, "text")
            if not isinstance(text, yaml.ScalarNode):
                raise DataError(path, node.start_mark.line + 1, "an example needs `text:`")
            yield read_example(text.value.strip(), intent.value, path, text.start_mark.line + 1)
        return
    if not isinstance(examples, yaml.ScalarNode):
        raise DataError(path, line, f"intent {intent.value!r} has no `examples: |`")
    yield from _read_block(path, intent.value, examples)


def _read_block(path: Path, intent: str, block: yaml.ScalarNode) -> Iterator[Example]:
    literal = block.style == "|"
    first = block.start_mark.line + (2 if literal else 1)
    for offset, raw in enumerate(block.value.split("\n")):
        line = first + offset if literal else first
        if not raw.strip():
            continue
        if not raw.lstrip().startswith("- "):
            raise DataError(path, line, f"an example must begin with «- »: {raw.strip()[:60]!r}")
        phrase = raw.lstrip()[2:].strip()
        if not phrase:
            raise DataError(path, line, "an empty example")
        yield read_example(phrase, intent, path, line)


def _annotation(match: re.Match[str], start: int, path: Path, line: int) -> Annotation:
    end = start + len(match.group(1))
    if match.group(2) is not None:
        entity, _, value = match.group(2).partition(":")
        return Annotation(entity.strip(), start, end, value=value.strip() or None)
    try:
        details = json.loads(match.group(3))
    except ValueError as error:
        raise DataError(path, line, f"broken annotation {match.group()!r}") from error
    entity = details.get("entity")
    if not isinstance(entity, str):
        raise DataError(path, line, f"annotation without entity: {match.group()!r}")
    return Annotation(entity, start, end, details.get("role"), details.get("value"))
