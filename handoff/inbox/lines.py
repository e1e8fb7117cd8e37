"""A message as the operators' page shows it. No I/O."""

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from zoneinfo import ZoneInfo

from markupsafe import Markup

from conversations import marks
from conversations.models import Author, DeliveryState, Message, MessageKind
from conversations.service import CALLED_BACK
from handoff.inbox import labels
from handoff.inbox.enclosed import FileShown, shown
from media.attachments import Enclosed
from replies import Button, File, Reply, escape, render


class By(StrEnum):
    """Whose line it is."""

    CUSTOMER = "customer"
    ASSISTANT = "assistant"
    OPERATOR = "operator"
    NOTE = "note"
    SYSTEM = "system"


@dataclass(frozen=True, slots=True)
class Mark:
    """How the delivery stands: ``state`` is that of the delivery, or «delivered», «seen»,
    «called_back». ``problem``: why it did not arrive; ``detail`` as told to us; ``at``: since
    when the customer has it."""

    state: str
    text: str
    problem: str = ""
    detail: str = ""
    at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Line:
    """``html`` is safe markup, else ``text`` is shown as it is. ``what`` names a line without
    words (a photo, a pressed button). ``understood``: what the assistant made of it.
    ``files``: the customer's. ``quote``: what he replies to."""

    id: int
    by: By
    who: str
    at: datetime
    day: date
    text: str = ""
    html: Markup | None = None
    what: str = ""
    introduction: str = ""
    buttons: tuple[str, ...] = ()
    understood: str = ""
    mark: Mark | None = None
    files: tuple[FileShown, ...] = ()
    quote: str = ""


_MARKS = {
    DeliveryState.QUEUED: "отправляется",
    DeliveryState.SENDING: "отправляется",
    DeliveryState.SENT: "отправлено",
    DeliveryState.FAILED: "не доставлено",
    DeliveryState.EXPIRED: "не отправлено: устарело",
}
# What senders say of a customer who can't be written to (``bots/*/sender.py``).
_GONE = re.compile(
    r"blocked|not allowed by the customer|chat not found|dialog.notfound|OK 10$"
    r"|VK (18|900|901|902|932|936|945)$|Viber (5|6|11)$"
)
_SILENT = re.compile(r"no connection|Timeout|HTTP 5|Error$")


def line(
    message: Message,
    delivery: marks.Mark | None,
    *,
    zone: ZoneInfo,
    intent_title: Callable[[str], str],
    files: Sequence[Enclosed] = (),
) -> Line:
    """``delivery``: how its parts stand. ``files``: what was sent with it."""
    day = message.created_at.astimezone(zone).date()
    if message.author == Author.CUSTOMER:
        return _of_customer(message, day, intent_title, files)
    if message.kind in (MessageKind.NOTE, MessageKind.LENT):
        if message.author == Author.SYSTEM:
            return Line(message.id, By.SYSTEM, "", message.created_at, day, message.text)
        who = str(message.data.get("name", ""))
        return Line(message.id, By.NOTE, who, message.created_at, day, message.text)
    mark = _mark(delivery)
    if message.author == Author.OPERATOR:
        return Line(
            message.id, By.OPERATOR, str(message.data.get("name", "Оператор")),
            message.created_at, day, message.text,
            introduction=str(message.data.get("introduction", "")), mark=mark,
            files=tuple(shown(file) for file in files),
        )  # fmt: skip
    return Line(
        message.id, By.ASSISTANT, "Бот", message.created_at, day, message.text,
        html=_rendered(message), buttons=_buttons(message), mark=mark,
    )  # fmt: skip


def preview(kind: str, text: str, data: dict[str, object]) -> str:
    """One line for the list."""
    what = _what(kind, data)
    words = " ".join(text.split())
    return f"{what}: {words}" if what and words else what or words


def _of_customer(
    message: Message, day: date, intent_title: Callable[[str], str], files: Sequence[Enclosed]
) -> Line:
    return Line(
        message.id, By.CUSTOMER, "", message.created_at, day, message.text,
        # A file that is shown needs no word for it.
        what="" if files else _what(message.kind, message.data),
        understood=_understood(message.understanding, intent_title),
        files=tuple(shown(file) for file in files),
        quote=str(message.data.get("reply_to", "")),
    )  # fmt: skip


def _what(kind: str, data: dict[str, object]) -> str:
    match kind:
        case MessageKind.PRESS:
            return "Кнопка"
        case MessageKind.COMMAND:
            return f"Команда /{data.get('command', '')}"
        case MessageKind.CONTACT:
            own = "свой" if data.get("own") else "со слов" if data.get("claimed") else "чужой"
            return f"Контакт ({own}): {data.get('phone', '')}"
        case MessageKind.ATTACHMENT:
            return labels.ATTACHMENTS.get(str(data.get("type", "")), labels.ATTACHMENT_OTHER)
        case MessageKind.EDITED:
            return "Исправлено"
        case MessageKind.REMOVED:
            file = labels.ATTACHMENTS.get(str(data.get("type", "")))
            return f"Удалено клиентом: {file}" if file else "Удалено клиентом"
        case MessageKind.STOPPED:
            return "Клиент остановил бота"
        case MessageKind.RETURNED:
            return "Клиент снова разрешил писать"
        case MessageKind.TEXT if data.get("files"):
            return "Файл"
        case _:
            return ""


def _understood(found: dict[str, object] | None, intent_title: Callable[[str], str]) -> str:
    if not found or not found.get("intent"):
        return ""
    intent = str(found["intent"])
    confidence = found.get("confidence")
    title = intent_title(intent) or labels.TALK_TITLES.get(intent, intent)
    if not isinstance(confidence, int | float):
        return title
    return f"{title}, {round(confidence * 100)} %"


def _mark(delivery: marks.Mark | None) -> Mark | None:
    if delivery is None:
        return None
    state, error = delivery.state, delivery.error or ""
    if error == CALLED_BACK:
        return Mark("called_back", "отменено до отправки")
    if state == DeliveryState.SENT and delivery.seen_at:
        return Mark("seen", "прочитано", at=delivery.seen_at)
    if state == DeliveryState.SENT and delivery.delivered_at:
        return Mark("delivered", "доставлено", at=delivery.delivered_at)
    problem = ""
    if state == DeliveryState.FAILED:
        problem = _why(error)
    elif state == DeliveryState.QUEUED and error:
        problem = "не получилось с первого раза, повторим"
    return Mark(state, _MARKS.get(DeliveryState(state), state), problem, error)


def _why(error: str) -> str:
    if _GONE.search(error):
        return "клиент остановил бота или удалил чат"
    return "мессенджер не отвечал" if _SILENT.search(error) else "мессенджер не принял"


def _rendered(message: Message) -> Markup:
    """The words, and what was sent with them: «📎 QR-код для оплаты 1 500,00 ₽»."""
    files = [File.from_json(file) for file in message.data.get("files", ())]
    markdown = "\n\n".join([message.text, *(f"📎 {escape(file.alt)}" for file in files)])
    # Sanitised by the renderer: what the site chat shows is safe here too.
    return Markup("".join(part.text for part in render(Reply(markdown), "web")))  # noqa: S704


def _buttons(message: Message) -> tuple[str, ...]:
    return tuple(Button(**button).label for button in message.data.get("buttons", ()))
