"""What an editor sees of learning."""

from typing import Any

import httpx

from knowledge_base.learning.models import TrainingState
from storage.database import Database
from tests.knowledge_base.conftest import Browser
from tests.knowledge_base.learning.conftest import School
from tests.knowledge_base.samples import published
from tests.knowledge_base.test_pages import form


async def publish(elena: Browser, questions: str, *, htmx: bool = False) -> httpx.Response:
    return await elena.post("/kb/1/publish", form(1, questions=questions), htmx=htmx)


async def test_publishing_shows_how_the_training_goes(school: School, elena: Browser) -> None:
    await published(school.database)
    answer = await publish(elena, "раз\r\nдва", htmx=True)
    assert "Бот учится новым вариантам вопроса" in answer.text
    assert 'hx-get="/kb/trainings/1?on=article"' in answer.text
    assert "Бот учится" in (await elena.get("/kb/1")).text  # also without JavaScript
    await school.trainer.run_one()
    done = await elena.get("/kb/trainings/1?on=article", htmx=True)
    assert "бот обучен и уже отвечает по-новому" in done.text
    assert "every 2s" not in done.text
    assert 'id="state"' in done.text
    assert "Опубликована" in done.text
    assert "Бот учится" not in (await elena.get("/kb/1")).text


async def test_a_doubted_publication_is_decided_by_the_editor(
    school: School, elena: Browser
) -> None:
    await published(school.database)
    school.child.reads = {"сколько должен": "faq/penalty"}
    await publish(elena, "мой долг")
    await school.trainer.run_one()
    asked = await elena.get("/kb/1")
    assert "«сколько должен»" in asked.text
    assert "вместо «Сколько к оплате» → «Пени»" in asked.text
    answer = await elena.post("/kb/trainings/1/cancel", {"on": "article"}, htmx=True)
    assert "Не опубликовано" in answer.text
    await elena.post("/kb/1/publish", form(2, questions="мой долг"))
    await school.trainer.run_one()
    answer = await elena.post("/kb/trainings/2/confirm", {"on": "article"}, htmx=True)
    assert "уже отвечает по-новому" in answer.text
    again = await elena.post("/kb/trainings/2/confirm", {"on": "article"}, htmx=True)
    assert "уже отвечает по-новому" in again.text


async def test_a_failure_is_told(school: School, elena: Browser) -> None:
    await published(school.database)
    school.child.error = "phrases.yml:3: not YAML"
    await publish(elena, "раз")
    await school.trainer.run_one()
    told = await elena.get("/kb/trainings/1?on=article", htmx=True)
    assert "phrases.yml:3: not YAML" in told.text
    assert "phrases.yml:3: not YAML" in (await elena.get("/kb/model")).text


async def test_the_page_of_models(school: School, elena: Browser) -> None:
    await published(school.database)
    before = await elena.get("/kb/model")
    assert "модель их ещё не учила" in before.text  # published without the editor
    assert "Вернуть предыдущую" not in before.text
    await elena.post("/kb/model/train", {})
    await school.trainer.run_one()
    after = await elena.get("/kb/model")
    assert "модель их ещё не учила" not in after.text
    assert "верно 2 из 2" in after.text
    back = await elena.post("/kb/model/back", {})
    assert back.headers["location"] == "/kb/model?done=back"
    assert await school.active() == "first"
    training, _ = await school.learning.training(1)
    assert training.state == TrainingState.DONE


async def test_check_phrases_are_edited_and_go_through_files(
    school: School, elena: Browser
) -> None:
    await published(school.database)
    await elena.post("/kb/check", {"intent": "greet", "phrases": "привет\r\nхай"})
    page = await elena.get("/kb/check?intent=greet")
    assert "привет\nхай" in page.text
    written = (await elena.get("/kb/check/export.yml")).text
    assert "- intent: greet\n  examples: |\n    - привет\n    - хай\n" in written
    wrong: dict[str, Any] = {"intent": "нет такой", "phrases": "привет"}
    assert (await elena.post("/kb/check", wrong)).status_code == 404
    broken = {"intent": "greet", "phrases": 'день [1]{"entity"}'}
    answer = await elena.post("/kb/check", broken)
    assert answer.status_code == 422
    assert "Строка 1" in answer.text
    assert (await elena.get("/kb/check?intent=greet")).text.count("хай") == 1


async def test_an_uploaded_file_is_added_or_refused(school: School, elena: Browser) -> None:
    good = 'version: "3.1"\nnlu:\n- intent: greet\n  examples: |\n    - хай\n'
    answer = await elena.upload("/kb/check/import", "check.yml", good.encode())
    assert "Добавлено фраз: 1" in answer.text
    answer = await elena.upload("/kb/check/import", "check.yml", b"nlu:\n- intent: greet\n")
    assert answer.status_code == 422
    assert "Файл не подошёл: строка 2: нужен файл Rasa" in answer.text
    binary = await elena.upload("/kb/check/import", "check.yml", b"\xff\xfe")
    assert "Файл не подошёл: нужен файл Rasa" in binary.text


async def test_phrases_of_a_topic_that_is_not_there_can_be_taken_out(
    school: School, elena: Browser
) -> None:
    mistyped = b"nlu:\n- intent: faq/penallty\n  examples: |\n    - hi\n"
    answer = await elena.upload("/kb/check/import", "check.yml", mistyped)
    assert "Таких тем нет: faq/penallty" in answer.text
    assert "hi" in (await elena.get("/kb/check?intent=faq/penallty")).text
    await elena.post("/kb/check", {"intent": "faq/penallty", "phrases": ""})
    assert "faq/penallty" not in (await elena.get("/kb/check")).text


async def test_only_editors(app: Any, database: Database) -> None:
    olga = await Browser(app).log_in("olga")
    for path in ("/kb/model", "/kb/check", "/kb/check/export.yml", "/kb/trainings/1"):
        assert (await olga.get(path)).status_code == 403
    await olga.close()
