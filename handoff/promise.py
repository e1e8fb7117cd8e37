"""What a customer who asks for an operator is promised."""

from datetime import datetime, timedelta

from handoff.calendar import WorkingHours


def promise(
    hours: WorkingHours,
    now: datetime,
    answer_within: timedelta,
    asked_at: datetime | None = None,
) -> str:
    """«Оператор ответит до 14:20.»; when that is not today or nobody works, with the schedule.

    ``asked_at``: when the customer asked who is told the same once more, or an apology.
    """
    due = hours.add_working_time(asked_at or now, answer_within)
    by = hours.clock_time(due, now)
    if due <= now:
        return f"Извините, оператор задерживается: обещали {by}. Старший смены об этом знает."
    if hours.is_open(now) and by.startswith("до "):
        return f"Оператор ответит {by}."
    return f"Операторы работают {hours.text()}. Вам ответят {by}."
