import pytest
from hypothesis import given
from hypothesis import strategies as st

from nlu.courtesy import matter
from nlu.embedded import EmbeddedEngine
from nlu.taxonomy import TALK
from nlu.training_data import CHECK_DIR, load_training_data
from tests.nlu.conftest import NOW


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("сколько я должен", "сколько я должен"),
        ("Добрый день! Подскажите, пожалуйста, где офис. Спасибо.", "где офис"),
        ("ДОБРЫЙ ВЕЧЕР!!! СКОЛЬКО Я ДОЛЖЕН???", "СКОЛЬКО Я ДОЛЖЕН???"),
        ("Здравствуйте.Какой у меня долг", "Какой у меня долг"),
        ("здрасьте, девушка, а можно вопрос: где пени?", "где пени?"),
        ("Уважаемые сотрудники, у меня такой вопрос - нет света", "нет света"),
        ("Здравствуйте, меня зовут Анна. Где офис", "Где офис"),
        ("показания 12345, заранее благодарю. С уважением, Иванова А. П.", "показания 12345"),
        ("Здравствуйте, 440174209345", "440174209345"),
        ("где офис, мой лицевой счёт № 440174209345", "где офис"),
        ("нет света. лс 440174209345, спасибо", "нет света"),
        ("лс 440174209345", "лс 440174209345"),
        ("привяжите лицевой счёт 440174209345", "привяжите лицевой счёт 440174209345"),
        ("добрый день, Сергей, нет света", "Сергей, нет света"),
        # The politeness is all that is said.
        ("Добрый день", "Добрый день"),
        ("Добрый день, Анна", "Добрый день, Анна"),
        ("Здравствуйте, это Иванова Анна Петровна", "Здравствуйте, это Иванова Анна Петровна"),
        ("спасибо!", "спасибо!"),
        ("у меня вопрос", "у меня вопрос"),
        ("извините", "извините"),
        ("алло\nВы работаете?", "алло\nВы работаете?"),
        ("алло, вы тут? где пени", "где пени"),
        # Not politeness.
        ("вера пропала", "вера пропала"),
        ("спасибо что отключили свет", "спасибо что отключили свет"),
        ("добрались до нас пени", "добрались до нас пени"),
        ("пожалуйтесь на соседей", "пожалуйтесь на соседей"),
        ("", ""),
    ],
)
def test_the_matter_of_a_message(text: str, said: str) -> None:
    found = matter(text)

    assert text[found.start : found.end] == said


@given(st.text(alphabet="спасибо пожалуйста здравствуйте ,.!-\n", max_size=300))
def test_something_is_always_left(text: str) -> None:
    found = matter(text)

    assert 0 <= found.start <= found.end <= len(text)
    if text.strip():
        assert text[found.start : found.end].strip()


def test_politeness_does_not_hide_a_question(engine: EmbeddedEngine) -> None:
    """What people wrap their questions in costs hardly any of them their answer."""
    asked = [one for one in load_training_data([CHECK_DIR]).examples if one.intent not in TALK]
    for before, after in (
        ("Добрый день! Подскажите, пожалуйста, ", ". Спасибо."),
        ("здравствуйте, у меня вопрос ", " заранее благодарю"),
    ):
        bare = sum(engine.parse(one.text, now=NOW).intent == one.intent for one in asked)
        wrapped = [
            engine.parse_many(before + one.text + after, NOW)[0].intent == one.intent
            for one in asked
        ]
        assert sum(wrapped) > bare - 0.02 * len(asked)


@pytest.mark.parametrize(
    ("text", "intent"),
    [
        ("Здравствуйте! работаете?", "faq/offices"),
        ("Добрый день, главный офис, пожалуйста", "faq/offices"),
        ("Добрый день, задолженность по лс 440174209345 Константинова)", "balance"),
        ("нет света, спасибо", "power_outage"),
        ("Здравствуйте! искрит проводка, спасибо", "danger"),
        ("Добрый вечер, Анна", "greet"),
        ("понятно, спасибо", "thanks"),
        ("всё получилось, спасибо", "thanks"),
        ("оплатил, спасибо вам большое", "thanks"),
        ("вопрос решён, спасибо", "thanks"),
        ("Иванова, лс 440174209345", "link_account"),
        ("где офис, лс 440174209345", "faq/offices"),
        ("да, пожалуйста", "affirm"),
        ("ты тупой как пробка, спасибо", "abuse"),
    ],
)
def test_what_is_meant(engine: EmbeddedEngine, text: str, intent: str) -> None:
    assert engine.parse(text, now=NOW).intent == intent


def test_details_in_the_politeness_are_found(engine: EmbeddedEngine) -> None:
    text = "Здравствуйте, меня зовут Анна Константинова. Сколько я должен по счёту 440174209345"

    (understood,) = engine.parse_many(text, NOW)

    assert understood.text == text
    assert [text[one.start : one.end] for one in understood.of("person")] == ["Анна Константинова"]
    assert [one.value for one in understood.of("account_number")] == ["440174209345"]
