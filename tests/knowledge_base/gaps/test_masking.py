"""Customers' words leave the conversation without what tells who they are."""

import pytest

from knowledge_base.gaps.masking import as_variant, masked


@pytest.mark.parametrize(
    ("said", "shown"),
    [
        (
            "мой лс 440012345678, почему пени 1500 руб",
            "мой лс [лицевой счёт], почему пени 1500 руб",
        ),
        ("меня зовут Иванов Иван Петрович", "меня зовут [имя]"),
        ("Иванова показания 12345", "[имя] показания 12345"),
        ("ул. Ленина 5 кв 3 нет света", "[адрес] нет света"),
        ("перезвоните +7 916 123-45-67", "перезвоните [телефон]"),
        ("пишите на ivan.petrov@mail.ru или @ivan_p", "пишите на [почта] или [имя]"),
        ("карта 4276 1234 5678 9012", "карта [номер]"),
        ("почему свет дорогой", "почему свет дорогой"),
        ("за октябрь 350 кВт", "за октябрь 350 кВт"),
        ("", ""),
    ],
)
def test_masked(said: str, shown: str) -> None:
    assert masked(said) == shown


def test_a_variant_has_no_holes() -> None:
    assert as_variant("мой лс [лицевой счёт], почему пени") == "мой лс, почему пени"
    assert as_variant("меня зовут [имя], [адрес], нет света") == "меня зовут, нет света"
    assert as_variant("[телефон]") == ""
