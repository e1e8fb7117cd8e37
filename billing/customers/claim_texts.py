"""What an organisation's customer hears of an operator's decision. No I/O."""

from billing.customers.identity import mask_number
from billing.models import Account
from replies import Button, Reply, escape

_BALANCE = Button("Сколько я должен", action="i:balance")
_READING = Button("Передать показания", action="i:submit_reading")
_AGAIN = Button("Привязать счёт", action="i:link_account")
_OPERATOR = Button("Оператор", action="i:operator")


def confirmed(account: Account) -> Reply:
    who = f" ({escape(account.organisation)})" if account.organisation else ""
    text = (
        f"✅ Договор {mask_number(account.number)}{who} подтверждён: теперь можно спрашивать о нём "
        "и передавать показания прямо здесь."
    )
    return Reply(text, (_BALANCE, _READING))


def refused(number: str, reason: str) -> Reply:
    text = f"Договор {mask_number(number)} подтвердить не получилось"
    text += f": {escape(reason)}" if reason else ". Проверьте, пожалуйста, номер договора и ИНН"
    text += "" if text.endswith((".", "!", "?")) else "."
    return Reply(f"{text}\n\nНа общие вопросы отвечаю как прежде.", (_AGAIN, _OPERATOR))


def outcome(*, accepted: bool) -> str:
    """For the operator."""
    if accepted:
        return "Подтверждено: счёт привязан, клиенту написали."
    return "Отклонено, клиенту написали."
