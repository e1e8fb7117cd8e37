"""What keeps an article from being published. Plain rules, no I/O."""

from collections.abc import Collection, Iterator, Mapping
from typing import Any

from knowledge_base.answers import ArticleButton
from knowledge_base.article_text import ArticleText
from knowledge_base.errors import Problem, Unfit
from knowledge_base.files.references import find_problems as find_file_problems
from knowledge_base.links import find_problems as find_link_problems
from knowledge_base.links import is_link
from knowledge_base.variables import fill, fill_known
from knowledge_base.variables import find_problems as find_variable_problems
from nlu.taxonomy import INTENTS

LONGEST_TITLE = 150
LONGEST_BODY = 20_000
LONGEST_SHORT = 1_500
LONGEST_QUESTION = 300
MOST_QUESTIONS = 500
# Odnoklassniki and Viber cut longer labels; more buttons than these nobody reads.
LONGEST_LABEL = 40
MOST_BUTTONS = 8


def find_problems(
    text: ArticleText,
    values: Mapping[str, Any] | None,
    *,
    topics: Collection[str] = (),
    files: Collection[str] = (),
) -> list[Problem]:
    """``values`` are today's variables (None: they are not looked at); ``topics`` those that
    buttons may lead to beside the intents of the taxonomy; ``files``: the names there are."""
    problems = [*_missing(text), *find_excess(text), *_dates(text)]
    for number, button in enumerate(text.buttons):
        problems += _button(button, f"buttons.{number}", values, topics)
    for field, source in (("body", text.body), ("short", text.short)):
        problems += find_file_problems(source, field, files)
    if values is not None:
        for field, source in (("title", text.title), ("body", text.body), ("short", text.short)):
            unknown = list(find_variable_problems(source, values, field=field))
            problems += unknown or find_link_problems(fill_known(source, values), field)
    return problems


def _missing(text: ArticleText) -> Iterator[Problem]:
    if not text.title:
        yield Problem("Нет заголовка", "title")
    if not text.body.strip():
        yield Problem("Ответ пуст: напишите, что услышит клиент", "body")


def find_excess(text: ArticleText) -> Iterator[Problem]:
    """What is too much even for a draft."""
    if len(text.title) > LONGEST_TITLE:
        yield Problem(f"Заголовок длиннее {LONGEST_TITLE} символов", "title")
    if len(text.body) > LONGEST_BODY:
        yield Problem(f"Ответ длиннее {LONGEST_BODY} символов: разделите его на статьи", "body")
    if len(text.short) > LONGEST_SHORT:
        yield Problem(f"Короткий ответ длиннее {LONGEST_SHORT} символов", "short")
    if len(text.questions) > MOST_QUESTIONS:
        yield Problem(f"Вариантов вопроса больше {MOST_QUESTIONS}", "questions")
    for number, question in enumerate(text.questions):
        if len(question) > LONGEST_QUESTION:
            yield Problem(
                f"Вариант вопроса длиннее {LONGEST_QUESTION} символов", f"questions.{number}"
            )
    if len(text.buttons) > MOST_BUTTONS:
        yield Problem(f"Кнопок больше {MOST_BUTTONS}", "buttons")


def _dates(text: ArticleText) -> Iterator[Problem]:
    if text.valid_from and text.valid_until and text.valid_until <= text.valid_from:
        yield Problem("Статья перестаёт действовать раньше, чем начинает", "valid_until")


def _button(
    button: ArticleButton, field: str, values: Mapping[str, Any] | None, topics: Collection[str]
) -> Iterator[Problem]:
    if not button.label:
        yield Problem("У кнопки нет надписи", field)
    if len(button.label) > LONGEST_LABEL:
        yield Problem(f"Надпись на кнопке длиннее {LONGEST_LABEL} символов", field)
    if bool(button.intent) == bool(button.url):
        yield Problem("Укажите для кнопки либо тему, либо ссылку", field)
    if button.intent and button.intent not in INTENTS and button.intent not in topics:
        yield Problem(f"Кнопка ведёт в никуда: темы «{button.intent}» нет", field)
    if values is None:
        return
    unknown = list(find_variable_problems(button.label, values, field=field))
    unknown += find_variable_problems(button.url, values, field=field)
    yield from unknown
    if button.url and not unknown and not is_link(fill(button.url, values)):
        yield Problem("Ссылка должна начинаться с https://, tel: или mailto:", field)


def require_fit(
    text: ArticleText,
    values: Mapping[str, Any] | None,
    *,
    topics: Collection[str] = (),
    files: Collection[str] = (),
) -> None:
    """Raises Unfit when ``text`` cannot be published."""
    if problems := find_problems(text, values, topics=topics, files=files):
        raise Unfit(problems)
