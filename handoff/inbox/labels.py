"""Russian names of what the operators' pages show."""

from collections.abc import Mapping
from typing import Any

REASONS = {
    "asked": "Клиент попросил",
    "not_understood": "Бот не понял",
    "human_topic": "Вопрос к человеку",
    "outdated": "Статью пора пересмотреть",
    "flow_failed": "Не получилось с ботом",
    "callback": "Просит перезвонить",
    "organisation": "Организация: сверить договор и ИНН",
    "failure": "Сбой у бота",
    "payment_missing": "Не пришёл платёж",
    "receipt_sent": "Прислан чек об оплате",
    "complaint": "Жалоба",
    "returned": "Вернулся в течение суток",
    "first": "Мы написали первыми",
    "elsewhere": "Ответил сотрудник на странице мессенджера",
    "not_helped": "Ответ бота не помог",
    "danger": "Опасность для жизни",
}
# What is said beside the matter: these intents are no subjects and have no place in the menu.
TALK_TITLES = {
    "greet": "Приветствие",
    "goodbye": "Прощание",
    "thanks": "Благодарность",
    "affirm": "Согласие",
    "deny": "Отказ",
    "cancel": "Передумал",
    "bot_challenge": "Бот ли отвечает",
    "abuse": "Оскорбление",
    "out_of_scope": "Не по теме",
}
# What our base says of the contract and ИНН that an organisation's customer named.
CLAIMS = {
    "fits": "Договор и ИНН сходятся с базой.",
    "not_known": "Договор в базе есть, ИНН не указан: сверьте по документам.",
    "other_inn": "У этого договора в базе другой ИНН.",
    "no_contract": "Договора организации с таким номером в базе нет.",
}
# Name and icon.
CHANNELS = {
    "web": ("Чат на сайте", "world"),
    "telegram": ("Telegram", "brand-telegram"),
    "vk": ("ВКонтакте", "brand-vk"),
    "max": ("MAX", "message-circle"),
    "viber": ("Viber", "message-circle"),
    "ok": ("Одноклассники", "message-circle"),
}
CLOSE_REASONS = {
    "operator": "Закрыт оператором",
    "returned": "Возвращён боту",
    "customer": "Клиент передумал ждать",
    "stopped": "Прекращён за оскорбления",
    "idle": "Закрыт сам: клиент молчал",
}
UNREACHABLE = {
    "blocked": "Клиент остановил бота: написать ему сейчас нельзя.",
}
UNREACHABLE_OTHER = "Клиенту сейчас нельзя написать."
ATTACHMENTS = {
    "photo": "Фото",
    "voice": "Голосовое сообщение",
    "audio": "Аудио",
    "video": "Видео",
    "video_note": "Видеосообщение",
    "sticker": "Стикер",
    "document": "Файл",
    "location": "Место на карте",
    "animation": "Анимация",
    "link": "Ссылка",
}
ATTACHMENT_OTHER = "Вложение"
FLOWS = {
    "reading": "Передача показаний",
    "balance": "Баланс счёта",
    "callback": "Заказ звонка",
    "link": "Привязка счёта",
    "charges": "Начисления",
    "payment_history": "История платежей",
    "payment_status": "Поиск платежа",
    "pay": "Оплата",
    "receipt": "Квитанция",
    "penalty": "Расчёт пеней",
}
# What the assistant does in an operator's conversation.
LENT = {
    "identity": "Бот подтверждает личность клиента",
    "reading": "Бот принимает показания",
    "bill": "Бот показывает квитанцию",
    "payment": "Бот готовит QR-код",
}
# How two conversations became one customer's.
JOINED = {"code": "по коду клиента", "phone": "по телефону"}
# What a customer has asked us for.
ASKED = {
    "callback": "Звонок",
    "complaint": "Жалоба",
    "payment_missing": "Поиск платежа",
    "receipt_sent": "Чек об оплате",
    "promise": "Обещан ответ",
    "reading": "Показания",
    "organisation": "Организация, договор",
}
COLLECTED = {
    "number": "Лицевой счёт",
    "account": "Лицевой счёт",
    "name": "Владелец, как назвал клиент",
    "phone": "Телефон",
    "when": "Удобное время звонка",
    "values": "Показания",
    "reading": "Показания",
    "meter": "Счётчик",
    "failures": "Неудачных попыток",
}
# What the summary says elsewhere on the page.
_TOLD = {"intent", "topic", "flow"}


def channel(name: str) -> tuple[str, str]:
    """The channel's name and icon."""
    return CHANNELS.get(name, (name, "message-circle"))


def reason(code: str) -> str:
    return REASONS.get(code, code)


def unreachable(code: str) -> str:
    return UNREACHABLE.get(code, UNREACHABLE_OTHER)


def collected(summary: Mapping[str, Any]) -> list[tuple[str, str]]:
    """What the assistant had learned before the handoff, as label and value."""
    found = []
    for key, value in summary.items():
        if key in _TOLD or value in (None, "", [], {}):
            continue
        shown = ", ".join(map(str, value)) if isinstance(value, list | tuple) else str(value)
        found.append((COLLECTED.get(key, key), shown))
    return found
