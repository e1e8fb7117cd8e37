"""Errors of the knowledge base.

KnowledgeBaseError
├── Unfit            the text cannot be published or filled; ``problems`` says why, in Russian
├── FilesUnfit       … and stands in files; ``str()`` is «path:line: what», a line each
├── FileRefused      a picture or document can't be taken; ``str()`` says why, in Russian
├── EditConflict     another version was saved meanwhile; ``latest`` is its id
├── ArticleUnknown   no such article or version
├── StillPointedTo   something leads to the article
├── NotForYou        somebody else has to decide this
├── TopicTaken       an article about this topic exists
├── TrainingGone     no such training, or it is past the step
└── ModelGone        the model's bytes were thrown away, or another release of Okno made it
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Problem:
    """``field`` is a name of ``ArticleText``, for one entry of a list with its number from 0
    («buttons.1»); ``line`` counts from 1 within the field, or within the file it stands in."""

    message: str
    field: str = ""
    line: int | None = None


class KnowledgeBaseError(Exception):
    pass


class Unfit(KnowledgeBaseError):
    def __init__(self, problems: Sequence[Problem]) -> None:
        super().__init__("; ".join(problem.message for problem in problems))
        self.problems = tuple(problems)


class FilesUnfit(KnowledgeBaseError):
    def __init__(self, problems: Sequence[tuple[Path, Problem]]) -> None:
        super().__init__("\n".join(f"{path}:{p.line or 1}: {p.message}" for path, p in problems))
        self.problems = tuple(problems)


class FileRefused(KnowledgeBaseError):
    pass


class EditConflict(KnowledgeBaseError):
    def __init__(self, latest: int) -> None:
        super().__init__(f"version {latest} was saved meanwhile")
        self.latest = latest


class ArticleUnknown(KnowledgeBaseError):
    pass


class StillPointedTo(KnowledgeBaseError):
    pass


class NotForYou(KnowledgeBaseError):
    pass


class TopicTaken(KnowledgeBaseError):
    pass


class TrainingGone(KnowledgeBaseError):
    pass


class ModelGone(KnowledgeBaseError):
    pass
