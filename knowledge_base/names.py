"""Russian names of sections, intents and states, as editors read them."""

from collections.abc import Iterable

from knowledge_base.article_text import Audience, fold
from knowledge_base.errors import Problem
from knowledge_base.models import State
from nlu.taxonomy import is_faq, topic_of

READINGS, MONEY, METER = "Показания", "Деньги и долг", "Счётчик"
PAPERS, SUPPLY, COMPANY = "Договор и счёт", "Свет и сети", "О компании"
_SECTIONS: dict[str, tuple[str, ...]] = {
    READINGS: (
        "reading_deadline", "reading_channels", "reading_rejected", "no_reading_calculation",
    ),
    MONEY: (
        "tariffs", "payment_methods", "benefits", "penalty", "installment", "debt_disconnection",
        "debt_certificate", "recalculation", "common_house_needs",
    ),
    METER: (
        "meter_verification", "meter_replacement", "meter_fault", "smart_meter", "multi_tariff",
    ),
    PAPERS: (
        "account_number", "owner_change", "contract", "contract_business", "personal_cabinet",
        "e_bill", "personal_data",
    ),
    SUPPLY: ("power_quality", "grid_connection", "microgeneration", "energy_saving"),
    COMPANY: ("offices", "service_standard", "extra_services", "corruption"),
}  # fmt: skip
OTHER = "Другое"
# Articles that no question leads to by itself: they stand in for what a flow would say.
SERVICE = "Служебные"
SECTIONS = (*_SECTIONS, OTHER, SERVICE)
_SECTION_OF = {topic: section for section, topics in _SECTIONS.items() for topic in topics}
_PLACES = {topic: place for place, topic in enumerate(_SECTION_OF)}
_BY_TAG = {fold(section): section for section in _SECTIONS}

# Where a button of an article may lead besides articles.
ACTIONS: dict[str, str] = {
    "submit_reading": "Передать показания",
    "reading_history": "История показаний",
    "balance": "Сколько к оплате",
    "charges": "Начисления",
    "pay": "Оплатить",
    "payment_history": "История платежей",
    "payment_status": "Где мой платёж",
    "receipt": "Квитанция",
    "link_account": "Привязать лицевой счёт",
    "my_accounts": "Мои лицевые счета",
    "power_outage": "Нет света",
    "planned_outage": "Плановые отключения",
    "danger": "Опасность для жизни",
    "operator": "Позвать оператора",
    "callback": "Заказать звонок",
    "appointment": "Записаться в офис",
    "complaint": "Пожаловаться",
    "feedback": "Оставить отзыв",
    "request_status": "Что с обращением",
    "notifications": "Напоминания",
    "help": "Главное меню",
}
_TALK: dict[str, str] = {
    "greet": "Приветствие",
    "goodbye": "Прощание",
    "thanks": "Благодарность",
    "affirm": "Согласие",
    "deny": "Отказ",
    "cancel": "Отмена",
    "bot_challenge": "Вы робот?",
    "abuse": "Грубость",
    "out_of_scope": "Не о том",
}
INTENTS = ACTIONS | _TALK

STATES = {
    State.DRAFT: "Черновик",
    State.PUBLISHED: "Опубликована",
    State.ARCHIVED: "Прежняя",
}
AUDIENCES = {
    Audience.ALL: "Все",
    Audience.HOUSEHOLD: "Население",
    Audience.BUSINESS: "Организации",
}
FIELDS = {
    "title": "Заголовок",
    "body": "Ответ",
    "short": "Короткий ответ",
    "questions": "Варианты вопроса",
    "buttons": "Кнопки",
    "valid_from": "Действует с",
    "valid_until": "Действует до",
    "review_by": "Пересмотреть до",
}


def section_of(topic: str, tags: Iterable[str] = ()) -> str:
    """A topic of an editor's own goes where a tag of his with a section's name puts it."""
    if not is_faq(topic):
        return SERVICE
    known = _SECTION_OF.get(topic_of(topic))
    named = (_BY_TAG[name] for tag in tags if (name := fold(tag)) in _BY_TAG)
    return known or next(named, OTHER)


def place_of(topic: str) -> int:
    """Where it stands in its section: what is asked most comes first, editors' own last."""
    return _PLACES.get(topic_of(topic), len(_PLACES))


def place_in(problem: Problem) -> str:
    """«Ответ, строка 3»; entries of a list are counted from 1. Empty: the article as a whole."""
    field, _, entry = problem.field.partition(".")
    place = FIELDS.get(field, "")
    if entry:
        return f"{place}, {int(entry) + 1}-я"
    if problem.line and field in ("body", "short"):
        return f"{place}, строка {problem.line}"
    return place
