"""Advice to editors, and the starter articles that follow it."""

import re
from pathlib import Path

import pytest

from knowledge_base.front_matter import parse
from knowledge_base.style import advice, demands
from tests.knowledge_base.samples import text

CONTENT = Path(__file__).resolve().parents[2] / "knowledge_base" / "content"


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ("Вы обязаны оплатить счёт.", "обязаны"),
        ("Вы обязаны заплатить. Приходите. Так велит п. 34 Правил.", "обязаны"),
        ("Учтите дату окончания срока действия договора.", "«окончания срока действия договора»"),
        ("Закажите замену старого прибора учёта электрической энергии дома.", "Цепочка слов"),
        ("Нужно явиться в офис и предъявить паспорт.", "явиться"),
        ("Предъявите паспорт.", "предъявить"),
        ("Вам предписывается допустить инспектора.", "предписывается"),
        ("Необходимо осуществить оплату.", "осуществлять"),
        ("В целях проверки счётчика подождите.", "в целях"),
        ("Скажите, как вам удобно.", "Вам"),
        ("Начислено по ОДПУ дома.", "ОДПУ"),
        (f"Когда {'слово ' * 30} кончится.", "Длинное предложение"),
    ],
)
def test_what_could_be_said_better(body: str, expected: str) -> None:
    found = advice(text(body=f"Хорошо.\n\n{body}", short="", title="Пени"))
    assert len(found) >= 1
    assert all((one.field, one.line) == ("body", 3) for one in found)
    assert any(expected in one.message for one in found)


@pytest.mark.parametrize(
    "body",
    [
        "Пустить инспектора Вы обязаны по п. 85 Правил № 354.",
        "Согласно п. 34 Правил Вы обязаны сообщить о новом жильце.",
        "Впустить мастера Вы обязаны. Это требует п. 85 Правил № 354.",
        "Сложите показания общего счётчика дома и товарищества собственников жилья.",
        "Позвоните Вы или Ваш сосед: {{ company.phone }}.",
        "Общедомовые нужды (ОДН) делят на всех. За ОДН платят все.",
        "[правила](https://example.org/POSTANOVLENIE)",
        "Ваш счёт придёт в СМС по ЖК РФ.",
    ],
)
def test_what_is_well_said(body: str) -> None:
    assert advice(text(body=body, short="", title="Пени")) == []


@pytest.mark.parametrize("path", sorted(CONTENT.glob("*.md")), ids=lambda path: path.stem)
def test_the_starter_articles_follow_it(path: Path) -> None:
    assert advice(parse(path.read_text(encoding="utf-8")).text) == []


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("Вы обязаны передать показания.", ["«обязаны»"]),
        ("Вам нужно явиться в офис и предъявить паспорт", ["«явиться»", "«предъявить»"]),
        ("По п. 34 Правил Вы обязаны вносить плату. Хорошего дня!", []),
        ("Вы обязаны платить до 10 числа (ст. 155 ЖК РФ).", []),
        # The clause of another sentence is no reason.
        ("По ст. 155 срок до 10 числа.\nВы обязаны явиться. Вы обязаны прийти!",
         ["«обязаны»", "«явиться»"]),
        ("Передайте, пожалуйста, показания.", []),
    ],
)  # fmt: skip
def test_demands_in_an_answer(text: str, found: list[str]) -> None:
    assert [re.search(r"«\w+»", one)[0] for one in demands(text)] == found  # type: ignore[index]
