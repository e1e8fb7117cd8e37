"""Makers of articles for the tests of this room."""

import io
from typing import Any

from PIL import Image

from knowledge_base import versions
from knowledge_base.answers import ArticleButton
from knowledge_base.article_text import ArticleText
from storage.database import Database

VALUES: dict[str, Any] = {
    "company": {"phone": "8 800 555-01-23", "site": "https://example.org"},
    "readings": {"last_day": 25},
}

# What a profile's file gives to the reference tables.
PROFILE: dict[str, tuple[dict[str, str], ...]] = {
    "company": (
        {
            "name": "АО «Тест»",
            "short_name": "«Тест»",
            "phone": "8 800 555-01-23",
            "email": "info@example.org",
            "site": "https://example.org",
            "cabinet_url": "https://lk.example.org",
            "payment_url": "https://pay.example.org",
        },
    ),
    "grid": ({"name": "Сети", "phone": "8 800 220-0-220"},),
    "tariffs": ({"category": "", "name": "День", "price": "6,29", "registers": "2.1"},),
    "readings": ({"first_day": "20", "last_day": "25", "outside": "refuse"},),
}


def text(**changes: Any) -> ArticleText:
    fields: dict[str, Any] = {
        "title": "Пени",
        "body": "Первые **30 дней** пеней нет.\n\nТелефон: {{ company.phone }}",
        "short": "Первые 30 дней пеней нет.",
        "questions": ("откуда пени", "что за пеня"),
        "buttons": (
            ArticleButton("Мой долг", intent="balance"),
            ArticleButton("Сайт", url="{{ company.site }}"),
        ),
        "tags": ("деньги",),
    }
    return ArticleText(**(fields | changes))


async def published(
    database: Database, topic: str = "faq/penalty", *, author_id: int | None = None, **changes: Any
) -> int:
    """A published article; the version's id."""
    async with database.write() as tx:
        article_id = await versions.add_article(tx, topic)
        version_id = await versions.save(
            tx, article_id, text(**changes), author_id=author_id, base_number=0
        )
        await versions.publish(tx, None, article_id, version_id, base_number=1)
    return version_id


def picture(kind: str = "PNG") -> bytes:
    """Nothing but a picture."""
    stream = io.BytesIO()
    Image.new("RGB", (40, 30), "navy").save(stream, kind)
    return stream.getvalue()
