"""What a customer who asks for an operator is promised."""

from datetime import datetime, timedelta

from handoff.calendar import WorkingHours


def promise(hours: WorkingHours, now: datetime, answer_within: timedelta) -> str:
    """«Оператор ответит до 14:20.»; when that is not today or nobody works, with the schedule."""
    due = hours.add_working_time(now, answer_within)
    by = hours.clock_time(due, now)
    if hours.is_open(now) and by.startswith("до "):
        return f"Оператор ответит {by}."
    return f"Операторы работают {hours.text()}. Вам ответят {by}."
