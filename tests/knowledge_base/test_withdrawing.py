"""Taking an article back, unless something leads to it."""

from knowledge_base.answers import ArticleButton
from knowledge_base.service import KnowledgeBase
from storage.database import Database
from tests.knowledge_base.conftest import Browser
from tests.knowledge_base.samples import VALUES, published
from tests.knowledge_base.test_pages import form


async def test_what_leads_to_an_article_is_named(database: Database, elena: Browser) -> None:
    await published(database)
    to = (ArticleButton("О пенях", intent="faq/penalty"),)
    await published(database, "faq/debt", title="О долге", questions=(), buttons=to)
    await published(database, "faq/installment", title="Рассрочка", questions=())
    kb = KnowledgeBase(database, lambda: VALUES)
    await kb.load()
    for number, named in ((1, "«О пенях» в статье"), (3, "в ответе бота «Мои пени»")):
        refused = await elena.post(f"/kb/{number}/withdraw", {"base": "1"})
        assert (refused.status_code, named in refused.text) == (422, True)
    assert not await kb.refresh()

    # The draft drops the button, but customers still see the other version.
    await elena.post("/kb/2/save", form(1, questions="", title="О долге"))
    assert "О долге" in (await elena.get("/kb/1/withdraw")).text
    await elena.post("/kb/2/publish", form(2, questions="", title="О долге"))
    await elena.post("/kb/1/save", form(1, title="Свежий черновик"))
    conflict = await elena.post("/kb/1/withdraw", {"base": "1"})
    assert (conflict.status_code, "статью изменили" in conflict.text) == (422, True)
    done = await elena.post("/kb/1/withdraw", {"base": "2"})
    assert done.headers["location"] == "/kb/1?done=withdrawn"
    assert await kb.refresh()
    assert kb.answer("faq/penalty") is None
    page = (await elena.get("/kb/1?done=withdrawn")).text
    assert "Снято с публикации" in page
    assert "Свежий черновик" in page
    assert "Не опубликована" in page
    assert (await elena.get("/kb/99/withdraw")).status_code == 404
