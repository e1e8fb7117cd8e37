import pytest
from hypothesis import given
from hypothesis import strategies as st

from nlu.normalise import MAX_CHARS, Normaliser, normalise

VOCABULARY = {
    "показания": 9,
    "счетчик": 9,
    "оплатить": 9,
    "электричество": 9,
    "передать": 9,
    "деньги": 9,
    "ночью": 3,
}
NORMALISER = Normaliser(VOCABULARY)

# Texts as they come, and texts made of what the repairs react to.
TEXTS = st.one_of(
    st.text(max_size=200),
    st.text(alphabet="аеёйщъ éabcxyz`[];'.,ghbdtn0123456789-/№:\u0301\u200b\n😀", max_size=120),
    st.lists(
        st.sampled_from(
            ["двадцать", "пять", "тысяч", "сто", "запятая", "ghbdtn", "svet", "ааааа", "4то", "12"]
        ),
        max_size=25,
    ).map(" ".join),
)


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ("Счётчик", "счетчик"),
        ("сче\u0308тчик", "счетчик"),
        ("показа\u0301ния", "показания"),
        ("по\u200bказа\u00adния", "показания"),
        ("cчeтчик", "счетчик"),
        ("１２３", "123"),
        ("1️⃣2️⃣", "12"),
        ("помогиииите", "помогите"),
        ("длинный", "длинный"),
        ("4то делать", "что делать"),
        ("т1 4512", "т1 4512"),
        ("ghbdtn", "привет"),
        ("rfr gthtlfnm gjrfpfybz?", "как передать показания?"),
        ("kak oplatit svet", "как оплатит свет"),
        ("gde dengi", "где денги"),
        ("hello how are you", "hello how are you"),
        ("qr код", "qr код"),
        ("https://example.com/a?b=c", "https://example.com/a?b=c"),
        ("меркурий ce101", "меркурий ce101"),
    ],
)
def test_one_spelling(written: str, read: str) -> None:
    assert NORMALISER.normalise(written).text == read


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ("двадцать пять рублей", "25 рублей"),
        ("сорок пять двести", "45200"),
        ("двенадцать тысяч триста сорок пять", "12345"),
        ("12 тысяч 345", "12345"),
        ("сорок пять целых три десятых", "45.3"),
        ("двенадцать запятая пять", "12.5"),
        ("ноль ноль семь сорок", "00740"),
        ("восемь девятьсот шестнадцать сто двадцать три сорок пять шестьдесят семь", "89161234567"),
        ("до двадцать пятого октября", "до 25 октября"),
        ("пятого числа", "5 числа"),
        ("первый раз слышу", "первый раз слышу"),
        ("ни один не работает", "ни один не работает"),
        ("два-три раза", "2 3 раза"),
        ("семью накормить", "семью накормить"),
    ],
)
def test_numbers_in_words(written: str, read: str) -> None:
    assert NORMALISER.normalise(written).text == read


@pytest.mark.parametrize(
    ("written", "words"),
    [
        ("пакозания", ("показания",)),
        ("электричиство", ("электричество",)),
        ("передатьпоказания", ("передать", "показания")),
        ("деньги", ("деньги",)),
        ("кот", ("кот",)),
        ("+", ("+",)),
        ("👍👍👍", ("👍",)),
        ("показания 12,5!", ("показания", "12,5")),
    ],
)
def test_words_are_corrected(written: str, words: tuple[str, ...]) -> None:
    assert NORMALISER.words(NORMALISER.normalise(written)) == words


def test_names_are_not_corrected_in_the_text() -> None:
    """Only the classifier's words are: a surname must reach the entities as written."""
    assert NORMALISER.normalise("Деньгин").text == "деньгин"


def test_capitals_come_back() -> None:
    assert normalise("Иванов Пётр, ул. Мира").cased == "Иванов Петр, ул. Мира"
    assert normalise("Bdfyjd Gtnh").cased == "Иванов Петр"


def test_other_languages_are_left_alone() -> None:
    assert Normaliser(russian=False).normalise("Ghbdtn tWENTY").text == "ghbdtn twenty"


def test_reads_only_the_beginning_of_a_flood() -> None:
    assert len(normalise("а1" * 50_000).original) == MAX_CHARS


@given(TEXTS)
def test_offsets_point_into_the_original(text: str) -> None:
    normalised = NORMALISER.normalise(text)

    assert len(normalised.cased) == len(normalised.text)
    for index in range(len(normalised.text)):
        start, end = normalised.span(index, index + 1)
        assert 0 <= start < end <= len(text)
    starts = [normalised.span(i, i + 1)[0] for i in range(len(normalised.text))]
    assert starts == sorted(starts)


@given(TEXTS)
def test_words_never_fail(text: str) -> None:
    assert all(NORMALISER.words(NORMALISER.normalise(text)))
