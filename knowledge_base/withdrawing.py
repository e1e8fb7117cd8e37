"""Taking an article back: customers are not shown it, its questions go to operators."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from knowledge_base.models import Article, ArticleVersion, State

# By topic, the names of the assistant's own answers that lead to its article.
PointedTo = Mapping[str, Sequence[str]]


@dataclass(frozen=True, slots=True)
class Pointer:
    """A button with ``label`` that leads to the article: of the article ``article_id``, or, None,
    of an answer of the assistant itself."""

    title: str
    article_id: int | None = None
    label: str = ""
    draft: bool = False


async def pointers(session: AsyncSession, topic: str, pointed_to: PointedTo) -> list[Pointer]:
    """What would lead nowhere without the article about ``topic``: the assistant's answers, then
    articles, drafts too."""
    rows = await session.execute(
        select(Article.id, ArticleVersion.title, ArticleVersion.buttons, ArticleVersion.state)
        .join(ArticleVersion, ArticleVersion.article_id == Article.id)
        .where(
            Article.topic != topic, ArticleVersion.state.in_((State.PUBLISHED, State.DRAFT))
        )
        .order_by(ArticleVersion.title, ArticleVersion.state)
    )  # fmt: skip
    return [
        *(Pointer(name) for name in pointed_to.get(topic, ())),
        *(
            Pointer(title, article_id, button["label"], state == State.DRAFT)
            for article_id, title, buttons, state in rows
            for button in buttons
            if button["intent"] == topic
        ),
    ]
