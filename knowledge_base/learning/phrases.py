"""What a model learns from: the phrases that come with Okno and those of published articles."""

import hashlib
from collections.abc import Iterable, Sequence
from functools import cached_property
from pathlib import Path

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from knowledge_base.models import Article, ArticleVersion, State
from nlu.taxonomy import is_faq
from nlu.training_data import DATA_DIR, Example, TrainingData, load_training_data, read_example

# (phrase, intent)
Phrase = tuple[str, str]
ARTICLES = Path("articles")


class BasePhrases:
    """The phrases that come with Okno, read from ``paths`` when first asked for."""

    def __init__(self, paths: Sequence[Path] = (DATA_DIR,)) -> None:
        self.paths = tuple(paths)

    @cached_property
    def examples(self) -> tuple[Example, ...]:
        return load_training_data(self.paths).examples

    @cached_property
    def digest(self) -> str:
        return digest((example.text, example.intent) for example in self.examples)

    def with_articles(self, phrases: Sequence[Phrase]) -> TrainingData:
        """Everything a model is trained on. Raises `nlu.errors.DataError`."""
        own = tuple(
            read_example(text, intent, ARTICLES, line)
            for line, (text, intent) in enumerate(phrases, 1)
        )
        return TrainingData(self.examples + own)


def digest(phrases: Iterable[Phrase]) -> str:
    """The same for the same phrases in any order, in hex."""
    lines = sorted({f"{intent}\0{text}" for text, intent in phrases})
    return hashlib.sha256("\1".join(lines).encode(errors="replace")).hexdigest()


async def of_articles(session: AsyncSession, *, with_version: int | None = None) -> list[Phrase]:
    """The questions of the published articles that are intents, by topic; ``with_version``
    stands for its article's published one."""
    wanted = ArticleVersion.state == State.PUBLISHED
    if with_version is not None:
        article = select(ArticleVersion.article_id).where(ArticleVersion.id == with_version)
        article_id = (await session.execute(article)).scalar_one()
        wanted = (wanted & (ArticleVersion.article_id != article_id)) | (
            ArticleVersion.id == with_version
        )
    rows = await session.execute(
        select(Article.topic, ArticleVersion.questions)
        .join(Article, Article.id == ArticleVersion.article_id)
        .where(wanted)
    )
    return [
        (question, topic)
        for topic, questions in sorted((topic, questions) for topic, questions in rows)
        if is_faq(topic)
        for question in questions
    ]
