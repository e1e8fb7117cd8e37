"""What is refused, and what is said about it."""

from datetime import UTC, datetime
from typing import Any

import pytest

from knowledge_base.answers import ArticleButton
from knowledge_base.checks import find_problems
from tests.knowledge_base.samples import VALUES, text


def test_a_sound_article_is_fit() -> None:
    assert find_problems(text(), VALUES) == []


def button(**parts: str) -> dict[str, Any]:
    return {"buttons": (ArticleButton(**{"label": "Дальше", **parts}),)}


@pytest.mark.parametrize(
    ("changes", "field", "message"),
    [
        ({"title": ""}, "title", "Нет заголовка"),
        ({"title": "я" * 151}, "title", "длиннее 150"),
        ({"body": ""}, "body", "Ответ пуст"),
        ({"body": "я" * 5_000_000}, "body", "разделите"),
        ({"body": "Звоните {{ company.fax }}"}, "body", "company.fax"),
        ({"title": "О {{ company.fax }}"}, "title", "company.fax"),
        ({"short": "{{ company.fax }}"}, "short", "company.fax"),
        ({"short": "[тут]()"}, "short", "никуда не ведёт"),
        (
            {"body": "[да](https://a.example/x_(y)), {{ company.site }}/a. Ещё <http:/b>"},
            "body",
            "«http:/b»",
        ),
        (
            {"body": "[тел](tel:88005550123) [почта](mailto:a@b.ru 'Да') [нет](mailto:a)"},
            "body",
            "«mailto:a»",
        ),
        ({"short": "я" * 1501}, "short", "длиннее 1500"),
        ({"questions": ("да", "я" * 301)}, "questions.1", "длиннее 300"),
        ({"questions": tuple(map(str, range(501)))}, "questions", "больше 500"),
        (button(label="", intent="balance"), "buttons.0", "нет надписи"),
        (button(label="я" * 41, intent="balance"), "buttons.0", "длиннее 40"),
        (button(), "buttons.0", "либо тему, либо ссылку"),
        (button(intent="balance", url="https://example.org"), "buttons.0", "либо тему"),
        (button(intent="faq/weather"), "buttons.0", "«faq/weather» нет"),
        (button(url="javascript:alert(1)"), "buttons.0", "https://"),
        (button(url="example.org"), "buttons.0", "https://"),
        (button(url="https://[broken"), "buttons.0", "https://"),
        (button(url="{{ company.fax }}"), "buttons.0", "company.fax"),
        ({"buttons": (ArticleButton("Да", intent="balance"),) * 9}, "buttons", "больше 8"),
        (
            {
                "valid_from": datetime(2026, 12, 1, tzinfo=UTC),
                "valid_until": datetime(2026, 12, 1, tzinfo=UTC),
            },
            "valid_until",
            "раньше",
        ),
    ],
)
def test_what_would_fail_customers_is_refused(
    changes: dict[str, Any], field: str, message: str
) -> None:
    problems = find_problems(text(**changes), VALUES)
    assert [problem.field for problem in problems] == [field]
    assert message in problems[0].message


def test_buttons_may_lead_to_articles_outside_the_taxonomy() -> None:
    outage = text(**button(intent="info/outage"))
    assert find_problems(outage, VALUES) != []
    assert find_problems(outage, VALUES, topics=["info/outage"]) == []


def test_without_values_variables_are_not_looked_at() -> None:
    assert find_problems(text(body="{{ company.fax }}"), None) == []
