import pytest
from hypothesis import given
from hypothesis import strategies as st

from billing.customers.identity import (
    Address,
    Holder,
    full_address,
    full_name,
    is_holder,
    mask_address,
    mask_holder,
    mask_number,
    normalise_number,
)

MARIA = Holder("Иванова", "Мария", "Петровна")
FEDOR = Holder("Фёдоров", "Пётр", "Алексеевич")
KIM = Holder("Ким", "Анна", None)
DOUBLE = Holder("Петров-Водкин", "Кузьма", "Сергеевич")


@pytest.mark.parametrize(
    ("given_name", "holder"),
    [
        ("Иванова", MARIA),
        ("ИВАНОВА", MARIA),
        ("  иванова. ", MARIA),
        ("Иванова Мария Петровна", MARIA),
        ("Мария Петровна Иванова", MARIA),
        ("мария иванова", MARIA),
        ("Иванова М.П.", MARIA),
        ("Иванова М. П.", MARIA),
        ("М.П.Иванова", MARIA),
        ("Иванова П.", MARIA),
        ("Ивнаова", MARIA),
        ("Ивванова Марья Петровна", MARIA),
        ("Ивановой", MARIA),
        ("на Иванову Марию Петровну", MARIA),
        ("меня зовут Мария Петровна Иванова", MARIA),
        ("я Иванова", MARIA),
        ("Ивaнoвa", MARIA),  # with Latin letters that look the same
        ("Федоров", FEDOR),
        ("фёдоров петр алексеевич", FEDOR),
        ("Фёдорова Петра", FEDOR),
        ("Ким", KIM),
        ("Ким Анна Сергеевна", KIM),  # the patronymic is not in the base
        ("Петров-Водкин", DOUBLE),
        ("Петров Водкин К.С.", DOUBLE),
        ("петровводкин", DOUBLE),
        ("Петров - Водкин", DOUBLE),
    ],
)
def test_the_holder_is_known_however_he_writes(given_name: str, holder: Holder) -> None:
    assert is_holder(given_name, holder)


@pytest.mark.parametrize(
    ("given_name", "holder"),
    [
        ("", MARIA),
        ("🙂", MARIA),
        ("Мария", MARIA),
        ("Мария Петровна", MARIA),
        ("Петровна", MARIA),
        ("И", MARIA),
        ("Иван", MARIA),
        ("Сидорова", MARIA),
        ("Романова", MARIA),
        ("Иванова Ольга Петровна", MARIA),
        ("Иванова Мария Сергеевна", MARIA),
        ("Иванова О. П.", MARIA),
        ("Иванова Мария Петровна Сидоровна", MARIA),
        ("Иванова Сидорова Петрова Кузнецова", MARIA),
        ("Иванова М. М.", MARIA),
        ("Кит", KIM),
        ("Ли", KIM),
        ("Ким Анна Сергеевна Петровна", KIM),
        ("Водкин", DOUBLE),
        ("Петров", DOUBLE),
        ("Иванова " * 5000, MARIA),
    ],
)
def test_nobody_else_passes(given_name: str, holder: Holder) -> None:
    assert not is_holder(given_name, holder)


@given(st.text(alphabet=st.characters(codec="utf-8"), max_size=200))
def test_any_text_is_judged(text: str) -> None:
    assert is_holder(text, MARIA) in (True, False)


@given(st.permutations(["Иванова", "Мария", "Петровна"]))
def test_order_does_not_matter(words: list[str]) -> None:
    assert is_holder(" ".join(words), MARIA)


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("440012345678", "440012345678"),
        ("4400-1234-5678", "440012345678"),
        ("4400 1234\u00a05678", "440012345678"),
        ("лс 440012345678", "440012345678"),
        ("л/с №440012345678", "440012345678"),
        ("Лицевой счёт: 440012345678", "440012345678"),
        ("123456", "123456"),
        ("эк-2019/15-3", "ЭК2019/153"),
        ("Договор № 77100123/Э", "77100123/Э"),
    ],
)
def test_numbers_are_brought_to_one_form(text: str, number: str) -> None:
    assert normalise_number(text) == number
    assert normalise_number(number) == number


@pytest.mark.parametrize(
    "text", ["", "12345", "1" * 15, "Иванова", "Иванова 123456", "12345,6", "🙂", "1/2", "№"]
)
def test_what_is_no_account_number(text: str) -> None:
    assert normalise_number(text) is None


@given(st.text(max_size=60))
def test_a_number_in_its_form_stays_as_it_is(text: str) -> None:
    number = normalise_number(text)
    assert number is None or normalise_number(number) == number


ADDRESS = Address("г. Примерск", "ул. Карла Маркса", "12", "45")


def _plain(text: str) -> str:
    return text.replace("\u00a0", " ")


def test_masks_hide_what_proves() -> None:
    assert _plain(mask_holder(MARIA)) == "Мария Петровна И."
    assert _plain(mask_holder(KIM)) == "Анна К."
    assert mask_number("440012345678") == "…5678"
    assert _plain(mask_address(ADDRESS)) == "г. Примерск, ул. К***, кв. **"
    assert _plain(mask_address(Address("с. Новое", "Мира", "7"))) == "с. Новое, М***, д. **"


def test_a_masked_name_is_no_proof() -> None:
    for holder in (MARIA, FEDOR, DOUBLE):
        assert not is_holder(mask_holder(holder), holder)


def test_staff_see_the_whole() -> None:
    assert full_name(MARIA) == "Иванова Мария Петровна"
    assert full_name(KIM) == "Ким Анна"
    assert _plain(full_address(ADDRESS)) == "г. Примерск, ул. Карла Маркса, д. 12, кв. 45"
