"""Question variants that the bot takes for another topic, told while they are typed."""

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from knowledge_base.article_text import fold
from knowledge_base.models import Article, ArticleVersion
from knowledge_base.try_out import ReadPhrases
from nlu.taxonomy import is_faq

# Of a long list the last lines are read: there one types.
MOST_READ = 25
SURE = 0.5


@dataclass(frozen=True, slots=True)
class Conflict:
    """``topic``: whose question it is, or is taken for with ``confidence``; 1.0 for the very same
    question in another article."""

    question: str
    topic: str
    confidence: float


async def find_conflicts(
    session: AsyncSession,
    read: ReadPhrases,
    *,
    article_id: int,
    topic: str,
    questions: Sequence[str],
) -> list[Conflict]:
    """Of the variants that the article's newest saved version does not have yet."""
    rows = await session.execute(
        select(Article.id, Article.topic, ArticleVersion.questions).join(
            ArticleVersion,
            (ArticleVersion.article_id == Article.id)
            & (ArticleVersion.number == Article.last_number),
        )
    )
    elsewhere: dict[str, str] = {}
    own: set[str] = set()
    for row_id, other, saved in rows:
        if row_id == article_id:
            own = {fold(question) for question in saved}
        else:
            elsewhere |= {fold(question): other for question in saved}
    found = [
        Conflict(question, elsewhere[fold(question)], 1.0)
        for question in questions
        if fold(question) in elsewhere
    ]
    if is_faq(topic):
        new = [q for q in questions if fold(q) not in own and fold(q) not in elsewhere]
        new = new[-MOST_READ:]
        for question, guess in zip(new, await read(new), strict=True):
            if guess.intent != topic and guess.confidence >= SURE:
                found.append(Conflict(question, guess.intent, guess.confidence))
    return found
