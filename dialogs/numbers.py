"""A number that came alone: what it can be, by its form."""

from collections.abc import Sequence

from nlu import Understanding

_READING = ("Показания счётчика", "submit_reading")
_ACCOUNT = ("Номер лицевого счёта", "link_account")
_AMOUNT = ("Сумма к оплате", "pay")
_CALL = ("Мой телефон, позвоните", "callback")
_OF_ACCOUNT = (
    ("Сколько я должен", "balance"),
    ("Передать показания", "submit_reading"),
    ("Привязать счёт", "link_account"),
)
# Nobody has as long a reading, or as short an account.
_LONGEST_READING = 8
_SHORTEST_ACCOUNT = 6


def meanings(found: Understanding) -> Sequence[tuple[str, str]]:
    """What a customer may mean by it, as (label, intent), likeliest first."""
    digits = sum(character.isdigit() for character in found.text)
    if found.of("phone"):
        return (_CALL, _ACCOUNT)
    if digits > _LONGEST_READING:
        return _OF_ACCOUNT
    if len(found.of("reading")) > 1:
        return (_READING,)
    return (_READING, _ACCOUNT) if digits >= _SHORTEST_ACCOUNT else (_READING, _AMOUNT)
