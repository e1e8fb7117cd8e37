"""What the customer hears of an employee's decision. No I/O."""

from billing.customers.identity import mask_number
from billing.models import Account
from billing.numbers import format_value
from billing.readings.rules import Values
from replies import Button, Reply, escape

_ZONES = {1: ("",), 2: ("день", "ночь"), 3: ("пик", "ночь", "полупик")}
_AGAIN = Button("Передать показания", action="i:submit_reading")
_OPERATOR = Button("Оператор", action="i:operator")


def named(values: Values) -> str:
    """«день 12 345, ночь 6 789»."""
    return ", ".join(
        f"{name} {format_value(value)}".strip()
        for name, value in zip(_ZONES[len(values)], values, strict=True)
    )


def decided(
    number: str,
    account: Account,
    said: Values,
    corrected: Values | None,
    *,
    verified: bool,
    accepted: bool,
    reason: str,
) -> Reply:
    """``said`` are the customer's own figures. Who has not shown that he is the holder hears
    nothing that he has not said himself: no corrected figures and no reason."""
    which = f"Показания {number} ({named(said)}) по счёту {mask_number(account.number)}"
    if accepted:
        if corrected is None:
            text = f"✅ {which} проверены и приняты."
        elif verified:
            text = f"✅ {which} проверены и приняты с исправлением: **{named(corrected)}**."
            text += f"\n\n{escape(reason)}" if reason else ""
        else:
            text = f"✅ {which} проверены и приняты с исправлением."
        return Reply(text)
    if verified:
        text = f"{which} не приняты: {escape(reason)}"
        text += "" if reason.endswith((".", "!", "?")) else "."
        return Reply(f"{text}\n\nПередайте их, пожалуйста, ещё раз.", (_AGAIN, _OPERATOR))
    text = (
        f"{which} не подошли к этому счёту: проверьте номер и цифры или назовите владельца, "
        "тогда скажем точно почему."
    )
    return Reply(text, (_AGAIN, _OPERATOR))


def outcome(*, accepted: bool, corrected: Values | None) -> str:
    """For the employee."""
    if not accepted:
        return "Отказано, клиенту написали."
    if corrected is not None:
        return f"Принято с исправлением: {named(corrected)}. Клиенту написали."
    return "Принято, клиенту написали."
