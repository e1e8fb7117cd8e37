"""Russian for numbers and moments."""

from datetime import datetime, timedelta

MONTHS = (
    "января", "февраля", "марта", "апреля", "мая", "июня",
    "июля", "августа", "сентября", "октября", "ноября", "декабря",
)  # fmt: skip


def plural(number: int, one: str, few: str, many: str) -> str:
    """The form that goes with ``number``: 1 минута, 2 минуты, 5 минут."""
    if number % 10 == 1 and number % 100 != 11:
        return one
    if 2 <= number % 10 <= 4 and not 12 <= number % 100 <= 14:
        return few
    return many


def duration(value: timedelta) -> str:
    """«30 секунд», «2 минуты», «3 часа»: rounded up, to be put after «через» or «ещё»."""
    seconds = max(1, -(-int(value.total_seconds() * 1000) // 1000))
    if seconds < 60:
        return f"{seconds} {plural(seconds, 'секунду', 'секунды', 'секунд')}"
    minutes = -(-seconds // 60)
    if minutes < 60:
        return f"{minutes} {plural(minutes, 'минуту', 'минуты', 'минут')}"
    hours = -(-minutes // 60)
    return f"{hours} {plural(hours, 'час', 'часа', 'часов')}"


def day(local: datetime, now: datetime) -> str:
    """«сегодня», «вчера», «18 ноября», «18 ноября 2025». Both moments in local time."""
    if local.date() == now.date():
        return "сегодня"
    if local.date() == (now - timedelta(days=1)).date():
        return "вчера"
    spelled = f"{local.day} {MONTHS[local.month - 1]}"
    return spelled if local.year == now.year else f"{spelled} {local.year}"
