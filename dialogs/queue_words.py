"""What a customer who waits for an operator says of the waiting. Pure."""

import re

_MOST_WORDS = 8
_ASKS_WHEN = re.compile(
    r"\b(?:сколько|долго|когда|скоро|через\s+сколько|где)\b.*"
    r"\b(?:жд\w+|дожд\w+|ожида\w+|ответ\w+|отвеч\w+|подойд\w+|подключ\w+|освобод\w+|очеред\w+|"
    r"оператор\w*|специалист\w*|человек)"
    r"|^(?:(?:ну\s+)?(?:и\s+)?(?:долго|скоро|сколько)(?:\s+(?:ещ[её]|там|уже))*)$"
    r"|\bя\s+(?:уже\s+)?(?:долго\s+)?жду\b|\bменя\s+забыли\b|\bпро\s+меня\s+забыли\b"
)
# Of another waiting: papers, complaints, the light.
_ANOTHER = re.compile(r"жалоб|обращени|заявлени|письм|мастер|свет|перерасч|деньг|плат[её]ж|включ")
_WHO = r"(?:оператор\w*|человек\w*|специалист\w*|сотрудник\w*|никого|его)"
_NOT_WANTED = r"(?:не\s+(?:надо|нужен|нужно|нужна|зови\w*|хочу|требуется|ждем|жду)|отмен\w+)"
_NO_OPERATOR = re.compile(
    rf"\b{_NOT_WANTED}\s+(?:уже\s+|мне\s+|больше\s+|никакого\s+|вашего\s+|звать\s+)*{_WHO}\b"
    rf"|\b{_WHO}\s+(?:уже\s+|мне\s+|больше\s+)*{_NOT_WANTED}\b"
    rf"|\bобойдусь\s+без\s+{_WHO}\b|\bбез\s+{_WHO}\s+(?:обойдусь|разберусь|справлюсь)"
)
# Said in the queue, these are of the operator.
_NEVER_MIND = re.compile(
    r"(?:(?:ладно|все|уже|спасибо|нет|а|ой)\W+)*"
    r"(?:передумал\w*|не\s+(?:надо|нужно|нужен)|отбой|разобрал\w+|сам\w?\s+разобрал\w+)"
    r"(?:\W+(?:уже|спасибо|все|сам\w?|ладно|не\s+надо|не\s+нужно))*(?:[,.!)].*)?"
)


def asks_when(text: str) -> bool:
    """«Сколько ждать?», «ну и где оператор»: by when an operator will answer."""
    plain = _plain(text)
    short = len(plain.split()) <= _MOST_WORDS
    return short and bool(_ASKS_WHEN.search(plain)) and not _ANOTHER.search(plain)


def needs_no_operator(text: str, *, waiting: bool) -> bool:
    """«Не надо оператора»; of one who is ``waiting`` also «уже не надо»."""
    plain = _plain(text)
    if len(plain.split()) > _MOST_WORDS:
        return False
    return bool(_NO_OPERATOR.search(plain) or (waiting and _NEVER_MIND.fullmatch(plain)))


def _plain(text: str) -> str:
    return " ".join(text.casefold().replace("ё", "е").split()).strip(" .,!?)")
