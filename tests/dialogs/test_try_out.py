"""«Попробовать» with the real assistant: the published base, and a draft in its place."""

from knowledge_base.article_text import ArticleText
from knowledge_base.learning.live import LiveEngine
from knowledge_base.try_out import Draft
from okno.shown_values import reference
from okno.try_out import trying
from tests.dialogs.conftest import House


async def test_a_draft_is_tried_without_publishing_it(house: House) -> None:
    services = house.services
    try_it = trying(services, LiveEngine(services.database, house.engine))
    draft = Draft(
        "faq/penalty",
        ArticleText("Пени", "Пеней больше нет: {{ company.phone }}", questions=("бубль гум",)),
    )
    now = await try_it("откуда пени", None)
    then = await try_it("откуда пени", draft)
    assert "Пеней больше нет: 8 800" in then.replies[0].text
    assert now.intent == then.intent == "faq/penalty"
    assert now.replies[0].text != then.replies[0].text

    # Its own variants are understood as they will be once they are learnt.
    assert (await try_it("Бубль гум", None)).intent != "faq/penalty"
    learnt = await try_it("Бубль гум", draft)
    assert (learnt.intent, learnt.confidence) == ("faq/penalty", 1.0)
    assert "Пеней больше нет" in learnt.replies[0].text

    unknown = Draft("faq/penalty", ArticleText("Пени", "{{ company.fax }}"))
    (reply,) = (await try_it("откуда пени", unknown)).replies
    assert "ответит человек" in reply.text  # as customers would hear it
    assert (await try_it("откуда пени", None)).replies == now.replies


async def test_every_text_with_a_value_of_the_company_can_be_shown(house: House) -> None:
    """To the editor, before she changes the value."""
    shown = reference(house.services).answers(house.services.variables())
    assert all(name and text and "{" not in text for name, text in shown.items())
