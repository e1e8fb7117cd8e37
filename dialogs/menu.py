"""The menu: sections, what they do, the questions of the published base; at most three levels with
at most seven choices each; back, the main menu and the operator from everywhere [9]."""

from collections.abc import Sequence
from dataclasses import dataclass

from dialogs.actions import MENU_BUTTON, OPERATOR_BUTTON, intent_button, section_button
from knowledge_base import names
from knowledge_base.answers import Answer
from replies import Button, Reply

# With the three ways on these are ten buttons: more no messenger of ours shows.
MOST_CHOICES = 7
LONGEST_LABEL = 40
_QUESTIONS = "questions"


@dataclass(frozen=True, slots=True)
class Section:
    """``actions``: (label, intent) of what the assistant does itself; ``articles``: the sections
    of the knowledge base whose questions stand here."""

    label: str
    title: str
    actions: tuple[tuple[str, str], ...]
    articles: tuple[str, ...]


SECTIONS: dict[str, Section] = {
    "readings": Section(
        "Показания",
        "Показания счётчика",
        (("Передать показания", "submit_reading"), ("История показаний", "reading_history")),
        (names.READINGS,),
    ),
    "money": Section(
        "Оплата и долг",
        "Оплата и долг",
        (
            ("Сколько я должен", "balance"),
            ("Оплатить", "pay"),
            ("Начисления", "charges"),
            ("История платежей", "payment_history"),
            ("Квитанция", "receipt"),
        ),
        (names.MONEY,),
    ),
    "meter": Section("Счётчик", "Счётчик электроэнергии", (), (names.METER,)),
    "papers": Section("Договор и документы", "Договор, счёт и документы", (), (names.PAPERS,)),
    "supply": Section(
        "Нет света",
        "Отключения и качество",
        (("Нет света сейчас", "power_outage"), ("Плановые отключения", "planned_outage")),
        (names.SUPPLY,),
    ),
    "contacts": Section(
        "Контакты и другое",
        "Контакты, обращения и другие вопросы",
        (("Пожаловаться", "complaint"), ("Заказать звонок", "callback")),
        (names.COMPANY, names.OTHER),
    ),
}


def main_menu(text: str) -> Reply:
    buttons = [section_button(section.label, key) for key, section in SECTIONS.items()]
    return Reply(text, (*buttons, OPERATOR_BUTTON))


def section_menu(place: str, published: Sequence[Answer]) -> Reply | None:
    """What a section offers. ``place``: its key; «money:questions:2» is the third page of its
    questions. ``published``: the articles in the order of the menu. None for a place that no
    longer exists."""
    key, _, page = place.partition(f":{_QUESTIONS}:")
    section = SECTIONS.get(key)
    if section is None or (page and not (page.isascii() and page.isdigit())):
        return None
    actions = [intent_button(label, intent) for label, intent in section.actions]
    questions = [
        intent_button(_label(answer), answer.topic)
        for name in section.articles
        for answer in published
        if answer.section == name
    ]
    title = f"**{section.title}**\n\nЧто подсказать?"
    if not page and len(actions) + len(questions) <= MOST_CHOICES:
        return Reply(title, (*actions, *questions, MENU_BUTTON, OPERATOR_BUTTON))
    if not page and actions:
        more = section_button("Частые вопросы", f"{key}:{_QUESTIONS}:0")
        return Reply(title, (*actions, more, MENU_BUTTON, OPERATOR_BUTTON))
    shown, following = _page(questions, int(page or 0))
    if not shown:
        return None
    if following is not None:
        shown.append(section_button("Ещё вопросы", f"{key}:{_QUESTIONS}:{following}"))
    back = [section_button("Назад", key)] if page else []
    return Reply(title, (*shown, *back, MENU_BUTTON, OPERATOR_BUTTON))


def ways_on(answer: Answer) -> list[Button]:
    """From an article that was chosen in the menu: back to its section, and the usual ones."""
    keys = [key for key, section in SECTIONS.items() if answer.section in section.articles]
    return [*(section_button("Назад", key) for key in keys), MENU_BUTTON, OPERATOR_BUTTON]


def _page(questions: Sequence[Button], number: int) -> tuple[list[Button], int | None]:
    """The buttons of a page and the number of the next one."""
    if len(questions) <= MOST_CHOICES:
        return (list(questions), None) if number == 0 else ([], None)
    size = MOST_CHOICES - 1  # one leads on
    shown = list(questions[number * size : (number + 1) * size])
    return shown, number + 1 if (number + 1) * size < len(questions) else None


def _label(answer: Answer) -> str:
    label = label_of(answer.topic) or answer.title
    return label if len(label) <= LONGEST_LABEL else f"{label[: LONGEST_LABEL - 1].rstrip()}…"


def label_of(intent: str) -> str:
    """The shortest name of a question, for buttons with guesses."""
    return _LABELS.get(intent, "")


def subjects() -> dict[str, str]:
    """What a conversation can be about: intents with their names."""
    hidden = {"operator", "help"}
    return {intent: label for intent, label in _LABELS.items() if intent not in hidden}


_LABELS: dict[str, str] = {
    **{intent: label for s in SECTIONS.values() for label, intent in s.actions},
    "faq/reading_deadline": "Сроки передачи",
    "faq/reading_channels": "Все способы",
    "faq/reading_rejected": "Почему не приняли",
    "faq/no_reading_calculation": "Если не передавать",
    "faq/tariffs": "Тарифы",
    "faq/penalty": "Пени",
    "faq/meter_verification": "Поверка",
    "faq/meter_replacement": "Замена",
    "faq/meter_fault": "Неисправность",
    "faq/smart_meter": "Умный счётчик",
    "faq/multi_tariff": "Двухтарифный учёт",
    "faq/owner_change": "Смена собственника",
    "faq/contract": "Заключить договор",
    "faq/debt_certificate": "Справка об отсутствии долга",
    "faq/account_number": "Где номер счёта",
    "faq/personal_cabinet": "Личный кабинет",
    "faq/e_bill": "Электронная квитанция",
    "faq/power_quality": "Скачет напряжение",
    "faq/grid_connection": "Подключение к сетям",
    "faq/offices": "Адреса и часы",
    "faq/service_standard": "Сроки ответов",
    "operator": "Позвать оператора",
    "payment_status": "Не вижу оплату",
    "faq/payment_methods": "Как оплатить",
    "faq/debt_disconnection": "Отключение за долг",
    "faq/installment": "Рассрочка",
    "faq/benefits": "Льготы и субсидии",
    "link_account": "Привязать лицевой счёт",
    "my_accounts": "Мои лицевые счета",
    "appointment": "Запись на приём",
    "feedback": "Оставить отзыв",
    "request_status": "Статус обращения",
    "notifications": "Напоминания",
    "danger": "Опасность: провод, искры",
    "faq/recalculation": "Перерасчёт",
    "faq/common_house_needs": "Общедомовые нужды",
    "faq/contract_business": "Договор для организаций",
    "faq/microgeneration": "Солнечные панели",
    "faq/energy_saving": "Как экономить",
    "faq/extra_services": "Платные услуги",
    "faq/personal_data": "Персональные данные",
    "faq/corruption": "Сообщить о коррупции",
    "help": "Что умеет бот",
}
