"""Details of messages: each line is a case that customers write."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nlu.entities import SURE, extract
from nlu.normalise import Normaliser
from nlu.taxonomy import ENTITIES
from tests.nlu.conftest import NOW

NORMALISER = Normaliser({"днем": 5, "ночью": 5})


def found(text: str, intent: str | None = None) -> list[tuple[str, str, str | None]]:
    """What is surely there, as (kind, value, role)."""
    return [
        (entity.entity, entity.value, entity.role)
        for entity in extract(NORMALISER.normalise(text), now=NOW, intent=intent)
        if entity.confidence >= SURE
    ]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("день-4471", [("4471", "day")]),
        ("т1 4512,3", [("4512.3", "day")]),
        ("8890/3127", [("8890", "day"), ("3127", "night")]),
        ("12 345", [("12345", None)]),
        ("сорок пять двести", [("45200", None)]),
        (
            "Т1=20145; Т2=11032; Т3=7719",
            [("20145", "day"), ("11032", "night"), ("7719", "half_peak")],
        ),
        (
            "пик 3301 полупик 5120 ночь 2244",
            [("3301", "day"), ("5120", "half_peak"), ("2244", "night")],
        ),
        ("6620 день и 3015 ночь", [("6620", "day"), ("3015", "night")]),
        ("день 15 220, ночь 8 094", [("15220", "day"), ("8094", "night")]),
        ("dnem 8855 nochyu 4210", [("8855", "day"), ("4210", "night")]),
        ("показания 018224", [("18224", None)]),
        ("показания 7650.4 квт", [("7650.4", None)]),
        ("ltym 320 yjxm 118", [("320", "day"), ("118", "night")]),
        ("на счётчике сейчас 6078", [("6078", None)]),
    ],
)
def test_readings(text: str, expected: list[tuple[str, str | None]]) -> None:
    assert found(text, "submit_reading") == [("reading", *pair) for pair in expected]


@pytest.mark.parametrize(
    ("text", "intent"),
    [
        ("кв 46", None),
        ("живу в квартире 46", "submit_reading"),
        ("напряжение 160 вольт", "faq/power_quality"),
        ("в 2024 году", None),
        ("работаете с 9 до 18?", "faq/offices"),
        ("15 кВт мощности на участок", "faq/grid_connection"),
        ("по постановлению 354 положено", "faq/recalculation"),
        ("лс 440012345678", "link_account"),
        ("третий день без света", "power_outage"),
        ("дом 12 подъезд 3", "power_outage"),
        ("1500 рублей", "pay"),
    ],
)
def test_not_readings(text: str, intent: str | None) -> None:
    assert [kind for kind, _, _ in found(text, intent) if kind == "reading"] == []


@pytest.mark.parametrize(
    ("text", "intent", "value"),
    [
        ("лс 440012345678", None, "440012345678"),
        ("л/с № 44 001 234 5678", None, "440012345678"),
        ("лицевой счёт 4400-1234-5678", None, "440012345678"),
        ("ЛС550098761234 показания 812", "submit_reading", "550098761234"),
        ("7700 1234 5678", "link_account", "770012345678"),
        ("2300778", "link_account", "2300778"),
    ],
)
def test_accounts(text: str, intent: str | None, value: str) -> None:
    assert ("account_number", value, None) in found(text, intent)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("прибор учета № 00712345", "00712345"),
        ("счётчик 009072051234567", "009072051234567"),
        ("заводской номер счетчика 11576803", "11576803"),
    ],
)
def test_meters(text: str, value: str) -> None:
    assert found(text) == [("meter_number", value, None)]


def test_an_account_and_a_reading_in_one_message() -> None:
    assert found("лс 440012345678 показания 04512,7", "submit_reading") == [
        ("account_number", "440012345678", None),
        ("reading", "4512.7", None),
    ]


def test_a_lone_number_is_offered_as_both() -> None:
    entities = extract(NORMALISER.normalise("1234567"), now=NOW)

    assert {(entity.entity, entity.value) for entity in entities} == {
        ("account_number", "1234567"),
        ("reading", "1234567"),
    }


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("+7 912 345-67-89", "+79123456789"),
        ("8(913)222-33-44", "+79132223344"),
        ("тел. 9261112233", "+79261112233"),
        ("89161234567", "+79161234567"),
        ("перезвоните 8 918 765 43 21", "+79187654321"),
        (
            "восемь девятьсот шестнадцать сто двадцать три сорок пять шестьдесят семь",
            "+79161234567",
        ),
    ],
)
def test_phones(text: str, value: str) -> None:
    assert found(text) == [("phone", value, None)]


def test_an_account_of_eleven_digits_is_no_phone() -> None:
    assert found("лицевой счет 89161234567") == [("account_number", "89161234567", None)]


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("оплатил 1 500,50 руб", "1500.50"),
        ("1500 руб 50 коп", "1500.50"),
        ("долг 6 412,37 ₽", "6412.37"),
        ("заплатил 5 тыс. рублей", "5000"),
        ("две тысячи рублей", "2000"),
        ("пени 40р", "40"),
        ("перевёл 3000", "3000"),
    ],
)
def test_amounts(text: str, value: str) -> None:
    assert found(text, "payment_status") == [("amount", value, None)]


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("за октябрь", "2026-10"),
        ("за декабрь", "2026-12"),
        ("за январь", "2026-01"),
        ("за март 2024 года", "2024-03"),
        ("вчера", "2026-11-17"),
        ("позавчера", "2026-11-16"),
        ("25 числа", "2026-10-25"),
        ("до 25 числа", "2026-11-25"),
        ("15-го", "2026-11-15"),
        ("12 октября", "2026-10-12"),
        ("3 декабря", "2026-12-03"),
        ("двадцать пятого октября", "2026-10-25"),
        ("01.12.2025", "2025-12-01"),
        ("от 17.10.25", "2025-10-17"),
        ("за прошлый месяц", "2026-10"),
        ("в этом году", "2026"),
        ("в прошлом году", "2025"),
        ("на прошлой неделе", "2026-11-09/2026-11-15"),
        ("неделю назад", "2026-11-11"),
        ("два месяца назад", "2026-09"),
        ("с мая по август", "2026-05/2026-08"),
        ("за 3 квартал", "2026-07/2026-09"),
        ("в прошлую пятницу", "2026-11-13"),
        ("за лето", "2026-06/2026-08"),
        ("в 2024 году", "2024"),
        ("vchera", "2026-11-17"),
    ],
)
def test_dates(text: str, value: str) -> None:
    assert found(text) == [("date", value, None)]


def test_the_31st_of_a_short_month_is_the_last_real_one() -> None:
    assert found("31 числа") == [("date", "2026-10-31", None)]


def test_impossible_dates_are_none() -> None:
    assert found("32.13.2025") == []


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("меня зовут Анна", "Анна"),
        ("Иванов Пётр Сергеевич", "Иванов Петр Сергеевич"),
        ("иванов петр сергеевич", "Иванов Петр Сергеевич"),
        ("Гаврилова Т.П. не отвечает", "Гаврилова Т.П."),
        ("фамилия Журавлёв", "Журавлев"),
    ],
)
def test_people(text: str, value: str) -> None:
    assert found(text) == [("person", value, None)]


@pytest.mark.parametrize(
    ("text", "part"),
    [
        ("адрес ул. Кирова д. 7 кв. 31", "ул. Кирова д. 7 кв. 31"),
        ("на Ленина 15 темно", "Ленина 15"),
        ("ул Гагарина 14 кв 58", "ул Гагарина 14 кв 58"),
        ("г. Энск, пр. Победы 21-44", "г. Энск, пр. Победы 21-44"),
        ("Садовая 3-17", "Садовая 3-17"),
    ],
)
def test_addresses(text: str, part: str) -> None:
    entities = [e for e in extract(NORMALISER.normalise(text), now=NOW) if e.entity == "address"]

    assert [text[entity.start : entity.end] for entity in entities] == [part]


@pytest.mark.parametrize("text", ["на улице темно", "весь дом без света", "пришла квитанция"])
def test_no_address(text: str) -> None:
    assert found(text, "power_outage") == []


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("заявка № 55812", "55812"),
        ("обращение 2023-4567 рассмотрено?", "2023-4567"),
        ("вы мне номер дали А-20551", "А-20551"),
        ("письмо вх. № 771/24", "771/24"),
    ],
)
def test_requests(text: str, value: str) -> None:
    assert found(text, "request_status") == [("request_number", value, None)]


PIECES = st.sampled_from(
    [
        "лс",
        "т1",
        "день",
        "ночь",
        "ул. Мира",
        "кв",
        "д.",
        "руб",
        "за октябрь",
        "25",
        "числа",
        "до",
        "8890/3127",
        "12 345",
        "+7",
        "(916)",
        "№",
        "заявка",
        "31.02.2025",
        "Иванов",
        "сто",
        "тысяч",
        ",",
        ".",
        "-",
        "0",
        "00",
        "99999999999999999",
        "1,5",
        "квартал",
        "прошлый месяц",
        "\n",
    ]
)


@given(st.one_of(st.text(max_size=150), st.lists(PIECES, max_size=20).map(" ".join)))
def test_entities_point_into_the_text_and_never_fail(text: str) -> None:
    normalised = NORMALISER.normalise(text)
    for intent in (None, "submit_reading", "link_account", "pay"):
        for entity in extract(normalised, now=NOW, intent=intent):
            assert 0 <= entity.start < entity.end <= len(text)
            assert entity.entity in ENTITIES
            assert 0 < entity.confidence <= 1
            assert entity.value
