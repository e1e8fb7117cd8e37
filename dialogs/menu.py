"""The menu: two levels, at most eight choices each, the operator from anywhere [9]."""

from dataclasses import dataclass

from dialogs.actions import MENU_BUTTON, OPERATOR_BUTTON, intent_button, section_button
from replies import Button, Reply


@dataclass(frozen=True, slots=True)
class Section:
    label: str
    title: str
    choices: tuple[tuple[str, str], ...]  # (label, intent)


SECTIONS: dict[str, Section] = {
    "readings": Section(
        "Показания",
        "Показания счётчика",
        (
            ("Передать показания", "submit_reading"),
            ("Сроки передачи", "faq/reading_deadline"),
            ("Все способы", "faq/reading_channels"),
            ("Почему не приняли", "faq/reading_rejected"),
            ("Если не передавать", "faq/no_reading_calculation"),
        ),
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
            ("Тарифы", "faq/tariffs"),
            ("Пени", "faq/penalty"),
        ),
    ),
    "meter": Section(
        "Счётчик",
        "Счётчик электроэнергии",
        (
            ("Поверка", "faq/meter_verification"),
            ("Замена", "faq/meter_replacement"),
            ("Неисправность", "faq/meter_fault"),
            ("Умный счётчик", "faq/smart_meter"),
            ("Двухтарифный учёт", "faq/multi_tariff"),
        ),
    ),
    "papers": Section(
        "Договор и документы",
        "Договор, счёт и документы",
        (
            ("Смена собственника", "faq/owner_change"),
            ("Заключить договор", "faq/contract"),
            ("Справка об отсутствии долга", "faq/debt_certificate"),
            ("Где номер счёта", "faq/account_number"),
            ("Личный кабинет", "faq/personal_cabinet"),
            ("Электронная квитанция", "faq/e_bill"),
        ),
    ),
    "supply": Section(
        "Нет света",
        "Отключения и качество",
        (
            ("Нет света сейчас", "power_outage"),
            ("Плановые отключения", "planned_outage"),
            ("Скачет напряжение", "faq/power_quality"),
            ("Подключение к сетям", "faq/grid_connection"),
        ),
    ),
    "contacts": Section(
        "Контакты",
        "Контакты и обращения",
        (
            ("Адреса и часы", "faq/offices"),
            ("Сроки ответов", "faq/service_standard"),
            ("Пожаловаться", "complaint"),
            ("Заказать звонок", "callback"),
        ),
    ),
}


def main_menu(text: str) -> Reply:
    buttons = [section_button(section.label, key) for key, section in SECTIONS.items()]
    return Reply(text, (*buttons, OPERATOR_BUTTON))


def section_menu(key: str) -> Reply | None:
    """The questions of a section; None for one that no longer exists."""
    section = SECTIONS.get(key)
    if section is None:
        return None
    buttons: list[Button] = [intent_button(label, intent) for label, intent in section.choices]
    return Reply(f"**{section.title}**\n\nЧто подсказать?", (*buttons, MENU_BUTTON))


def label_of(intent: str) -> str:
    """The shortest name of a question, for buttons with guesses."""
    return _LABELS.get(intent, "")


def subjects() -> dict[str, str]:
    """What a conversation can be about: intents with their names."""
    hidden = {"operator", "help"}
    return {intent: label for intent, label in _LABELS.items() if intent not in hidden}


_LABELS: dict[str, str] = {
    **{intent: label for s in SECTIONS.values() for label, intent in s.choices},
    "operator": "Позвать оператора",
    "reading_history": "История показаний",
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
