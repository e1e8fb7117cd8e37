"""Pictures and documents of an article go out with its answer."""

from pathlib import Path

import pytest
from sqlalchemy import select

from conversations.models import Delivery
from knowledge_base import versions
from knowledge_base.article_text import ArticleText
from knowledge_base.files.service import ArticleFiles
from knowledge_base.models import Article
from staff.models import Role
from tests.dialogs.conftest import BuildHouse
from tests.knowledge_base.samples import picture


async def test_the_short_answer_and_the_whole_one_have_their_own_files(
    build_house: BuildHouse, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OKNO_MEDIA_DIR", str(tmp_path / "media"))
    house = await build_house()
    services = house.services
    files = ArticleFiles(services.database, services.media, services.links())
    await services.staff.add(
        login="elena", display_name="Елена", role=Role.EDITOR, password="зимний-счётчик-1"
    )
    plan = await files.upload("план.png", picture(), author_id=1)
    paper = await files.upload("заявление.pdf", b"%PDF-1.7 ...", author_id=1)
    async with services.database.write() as tx:
        article = (
            await tx.session.execute(select(Article).where(Article.topic == "faq/penalty"))
        ).scalar_one()
        newest = await versions.latest(tx.session, article.id)
        assert newest is not None
        text = ArticleText(
            title="Пени",
            short=f"Коротко.\n\n![Схема](files/{plan.name})",
            body=f"Возьмите [заявление](files/{paper.name}) с собой.",
            questions=tuple(newest.questions),
        )
        number = newest.number
        version = await versions.save(tx, article.id, text, author_id=1, base_number=number)
        await versions.publish(tx, None, article.id, version, base_number=number + 1)
    await services.knowledge_base.load()

    async def sent() -> list[tuple[str, dict[str, str] | None]]:
        async with services.database.read() as session:
            rows = await session.execute(select(Delivery.payload).order_by(Delivery.id))
            return [(one.get("text", ""), one.get("file")) for one in rows.scalars()]

    customer = house.customer()
    assert (await customer.writes("почему мне начислили пени")).text.startswith("Коротко.")
    [(text_sent, file)] = [one for one in await sent() if one[1]]
    assert "files/" not in text_sent
    assert file == {"kind": "picture", "key": plan.digest, "name": "plan.png", "alt": "Схема"}
    assert "Возьмите заявление с собой." in (await customer.presses("Подробнее")).text
    *_, (_, file) = [one for one in await sent() if one[1]]
    assert file == {
        "kind": "document", "key": paper.digest, "name": "заявление.pdf", "alt": "заявление",
    }  # fmt: skip
    assert await services.media.read(paper.digest) == b"%PDF-1.7 ..."
