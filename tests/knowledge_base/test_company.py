"""Reference tables: what is in force when, what reads them, and that nothing is saved unseen."""

import re
from datetime import date, timedelta
from typing import Any

import pytest
from sqlalchemy import select

from knowledge_base.company.tables import TABLES
from knowledge_base.company.values import CompanyValues
from knowledge_base.company.variables import variables_of
from knowledge_base.errors import EditConflict, Unfit
from knowledge_base.models import Article
from storage.database import Database
from tests.conftest import FakeClock
from tests.knowledge_base.conftest import Browser
from tests.knowledge_base.samples import PROFILE, published

DAY = {"category": "", "name": "День", "price": "6,29", "registers": "2.1"}
NEXT = DAY | {"price": "7,05"}
Form = dict[str, str | list[str]]


def tariff_form(base: int, since: date, **changes: Any) -> Form:
    row: Form = {name: [value] for name, value in (DAY | changes).items()}
    return {"base": str(base), "since": since.isoformat()} | row


def checked(page: str) -> str:
    found = re.search(r'name="checked" value="([0-9a-f]*)"', page)
    assert found is not None
    return found[1]


async def test_the_next_tariff_comes_into_force_on_its_day(
    values: CompanyValues, database: Database, clock: FakeClock, staff: object
) -> None:
    await values.begin()
    told: list[str] = []
    values.on_change(lambda tables: told.append(tables["tariffs"][0]["price"]))
    since = values.today() + timedelta(days=10)
    await values.save("tariffs", [NEXT, {}], since, author_id=1, base_number=1)
    assert "| День | 6,29 |" in values.variables()["tariffs"]["table"]
    assert "7,05" in values.variables()["tariffs"]["next"]
    assert told == []

    clock.advance(days=10)
    await values.refresh()
    assert values.variables()["tariffs"] == {
        "table": "| Тариф | ₽ за кВт·ч |\n|---|---|\n| День | 7,05 |",
        "next": "",
    }
    assert told == ["7,05"]
    assert [(one.number, one.author_id) for one in await values.history("tariffs")] == [
        (2, 1),
        (1, None),
    ]


async def test_the_profile_fills_an_empty_database_once(
    values: CompanyValues, database: Database, editor: Any
) -> None:
    await values.begin()
    other = PROFILE | {"grid": ({"name": "Другие", "phone": "112"},)}
    later = CompanyValues(database, editor.events, other, values._zone)
    await later.begin()
    assert later.in_force("grid").rows == PROFILE["grid"]


async def test_what_was_saved_meanwhile_is_not_overwritten(
    values: CompanyValues, staff: object
) -> None:
    await values.begin()
    today = values.today()
    await values.save("tariffs", [NEXT], today, author_id=1, base_number=1)
    with pytest.raises(EditConflict):
        await values.save("tariffs", [DAY], today, author_id=2, base_number=1)
    yesterday = today - timedelta(days=1)
    with pytest.raises(Unfit, match="Дата уже прошла"):
        await values.save("tariffs", [DAY], yesterday, author_id=2, base_number=2)
    assert values.in_force("tariffs").rows == (NEXT,)


@pytest.mark.parametrize(
    ("key", "rows", "told"),
    [
        ("tariffs", [DAY | {"price": "дорого"}], "нужна цена"),
        ("tariffs", [DAY, DAY], "Показание 2.1 уже указано"),
        ("tariffs", [], "хотя бы одна строка"),
        ("readings", [{"first_day": "25", "last_day": "20", "outside": "refuse"}], "раньше"),
        ("grid", [{"name": "Сети", "phone": ""}], "не заполнено"),
        ("penalty", [{"key_rate": "16 процентов"}], "нужны проценты"),
        ("company", [PROFILE["company"][0] | {"site": "javascript:alert(1)"}], "нужен адрес"),
    ],
)
def test_a_table_says_what_does_not_fit(key: str, rows: list[dict[str, str]], told: str) -> None:
    table = TABLES[key]
    assert told in " ".join(one.message for one in table.find_problems(table.tidied(rows)))


def test_groups_of_customers_have_a_table_each() -> None:
    rows = (DAY | {"category": "Город"}, DAY | {"category": "Село", "price": "4,40"})
    table = variables_of({"tariffs": rows})["tariffs"]["table"]
    assert table.index("**Город**") < table.index("6,29") < table.index("**Село**")


async def test_nothing_is_saved_before_its_uses_were_shown(
    elena: Browser, database: Database, values: CompanyValues
) -> None:
    await values.begin()
    await published(database, "faq/tariffs", title="Тарифы", body="{{ tariffs.table }}")
    await published(database, title="Пени", body="Тариф ни при чём")
    form = tariff_form(1, values.today(), price="7,05")
    first = await elena.post("/kb/values/tariffs/save", form)
    assert first.status_code == 200
    assert values.in_force("tariffs").rows == (DAY,)
    uses = first.text.split('id="uses"')[1]
    assert "Тарифы" in uses
    assert "Пени" not in uses
    assert "<del>| День | 6,29 |</del>" in uses
    assert "<ins>| День | 7,05 |</ins>" in uses

    changed = tariff_form(1, values.today(), price="7,06") | {"checked": checked(first.text)}
    assert (await elena.post("/kb/values/tariffs/save", changed)).status_code == 200
    done = await elena.post(
        "/kb/values/tariffs/save", form | {"checked": checked(first.text)}
    )  # fmt: skip
    assert done.headers["location"] == "/kb/values?done=saved"
    assert values.in_force("tariffs").rows == (NEXT,)
    page = (await elena.get("/kb/values/tariffs")).text
    assert "Елена" in page
    assert "Из профиля компании" in page


async def test_the_assistants_own_answers_are_shown_too(
    elena: Browser, values: CompanyValues
) -> None:
    await values.begin()
    form: Form = {"base": "1", "since": values.today().isoformat()}
    grid = await elena.post("/kb/values/grid/check", form | {"name": "Сети", "phone": "8 800 1"})
    assert "<ins>Звоните 8 800 1</ins>" in grid.text
    days: Form = {"first_day": "1", "last_day": "31", "outside": "refuse"}
    assert "Передача показаний" in (await elena.post("/kb/values/readings/check", form | days)).text
    refused = await elena.post("/kb/values/grid/save", form | {"name": "Сети", "phone": "нет"})
    assert refused.status_code == 422
    assert "нужен телефон" in refused.text


async def test_a_phone_that_an_article_names_is_not_taken_away(
    elena: Browser, database: Database, values: CompanyValues, staff: object
) -> None:
    await values.begin()
    phones = [{"code": "meters", "title": "Счётчики", "phone": "8 800 300-30-30"}]
    await values.save("phones", phones, values.today(), author_id=1, base_number=0)
    assert values.variables()["phones"] == {"meters": "8 800 300-30-30"}
    await published(database, title="Поверка", body="Звоните {{ phones.meters }}")
    form: Form = {"base": "1", "since": values.today().isoformat(), "code": "", "title": "",
                  "phone": ""}  # fmt: skip
    refused = await elena.post("/kb/values/phones/check", form)
    assert refused.status_code == 422
    assert "В статье «Поверка» стоит phones.meters" in refused.text
    assert 'formaction="/kb/values/phones/save"' not in refused.text


async def test_a_later_value_can_be_called_off(
    elena: Browser, values: CompanyValues, staff: object, database: Database
) -> None:
    await values.begin()
    since = values.today() + timedelta(days=5)
    await values.save("tariffs", [NEXT], since, author_id=1, base_number=1)
    [later] = values.upcoming("tariffs")
    assert "будет другое" in (await elena.get("/kb/values")).text
    await elena.post(f"/kb/values/tariffs/withdraw/{later.id}", {})
    assert values.upcoming("tariffs") == []
    assert "отменено" in (await elena.get("/kb/values/tariffs")).text
    async with database.read() as session:  # nothing of the articles was touched
        assert (await session.execute(select(Article.id))).all() == []
