import pytest

from knowledge_base.errors import Unfit
from knowledge_base.variables import fill, find_problems, names
from tests.knowledge_base.samples import VALUES


@pytest.mark.parametrize(
    ("source", "filled"),
    [
        ("Звоните: {{ company.phone }}", "Звоните: 8 800 555-01-23"),
        ("до {{readings.last_day}}-го", "до 25-го"),
        ("без переменных, даже с { и }", "без переменных, даже с { и }"),
        ("<b>{{ company.site }}</b>", "<b>https://example.org</b>"),
    ],
)
def test_values_take_the_place_of_names(source: str, filled: str) -> None:
    assert fill(source, VALUES) == filled


@pytest.mark.parametrize(
    "source",
    [
        "{{ company.fax }}",
        "{{ bank.name }}",
        "{{ company }}",  # a group and no value
        "{{ company.items }}",  # what Jinja would find on a dictionary
        "{{ company.phone.upper }}",
        "{{ company['phone'] }}",
        "{{ company.phone|upper }}",
        "{{ company.phone ~ 1 }}",
        "{{ ''.__class__.__mro__ }}",
        "{{ 'x' * 10000000000 }}",
        "{{ range(3) }}",
        "{% for x in company %}{% endfor %}",
        "{% include 'x' %}",
        "{{ company.phone",
        "{% if %}",
    ],
)
def test_anything_but_a_known_name_is_refused(source: str) -> None:
    with pytest.raises(Unfit):
        fill(source, VALUES)


def test_problems_know_their_lines() -> None:
    source = "Строка\n\n{{ company.fax }} и {{ company.phone }}\n{{ 1 + 1 }}"
    found = list(find_problems(source, VALUES, field="body"))
    assert [(problem.line, problem.field) for problem in found] == [(3, "body"), (4, "body")]
    assert found[0].message == "Нет такой переменной: company.fax"


def test_names_lists_every_value_as_articles_write_it() -> None:
    assert names(VALUES) == [
        ("company.phone", "8 800 555-01-23"),
        ("company.site", "https://example.org"),
        ("readings.last_day", "25"),
    ]
