"""«Попробовать»: what would happen to a customer's message. The dialog itself is passed in."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field

from knowledge_base.article_text import ArticleText
from knowledge_base.files.references import Files
from replies import Reply


@dataclass(frozen=True, slots=True)
class Guess:
    """An intent with its probability, 0 to 1."""

    intent: str
    confidence: float


@dataclass(frozen=True, slots=True)
class FoundEntity:
    """A detail as it was understood: «account_number», «440012345678»."""

    entity: str
    value: str


@dataclass(frozen=True, slots=True)
class TryResult:
    """``runners_up`` are best first, without ``intent``; ``replies`` are what would be sent."""

    intent: str
    confidence: float
    runners_up: tuple[Guess, ...]
    entities: tuple[FoundEntity, ...]
    replies: tuple[Reply, ...]


@dataclass(frozen=True, slots=True)
class Draft:
    """What an article would say if it were published as it stands. ``files``: all there are."""

    topic: str
    text: ArticleText
    files: Files = field(default_factory=dict)


# Against the published base, or with a draft in it.
TryIt = Callable[[str, Draft | None], Awaitable[TryResult]]
# What each of these phrases is read as by itself.
ReadPhrases = Callable[[Sequence[str]], Awaitable[list[Guess]]]
