"""«Продолжить в другом мессенджере»: a code got in one chat and written in another. Pure."""

import re
import secrets
from collections.abc import Mapping

from handoff.inbox.labels import channel
from replies import Button

_MESSENGER = (
    r"(?:друг\w+\s+(?:мессенджер|приложени|чат)\w*|телеграм\w*|telegram|вотсап\w*|max|макс\w*|"
    r"вк|вконтакте|vk|вайбер\w*|viber|одноклассник\w*|чат\w*\s+на\s+сайте|сайте)"
)
_GO_ON = re.compile(
    r"\b(?:продолж\w+|перейти|перейд\w+|перенес\w+|переключ\w+)"
    r"(?:\s+(?:наш\s+)?(?:разговор|общение|диалог|переписк[уи]|чат))?"
    rf"\s+(?:в|во|на)\s+{_MESSENGER}\b"
    rf"|\b(?:объедин\w+|связать|свяж\w+|привязать|привяж\w+|подключ\w+)\s+(?:\w+\s+){{0,2}}"
    rf"{_MESSENGER}\b"
    r"|\bкод\s+(?:\w+\s+){0,2}(?:для|из)\s+(?:другого|мессенджера|телеграм\w*|max|вк)"
    r"|\b(?:дай\w*|дать|получить|пришли\w*|нужен|вышли\w*)\s+(?:мне\s+)?код\b(?!\s+(?:из|от|подтв))"
)
_PREFIX = "code-"
_LINKED = re.compile(rf"{_PREFIX}(\d{{8}})")
_BARE = re.compile(r"код[.!]?")
_CODE = re.compile(r"\W*код\W{0,3}(\d{4})[\s-]?(\d{4})\W*")

ASKED = (
    "Чтобы мы узнали Вас в другом мессенджере, напишите нам там:\n\n**код {code}**\n\n"
    "Код действует 10 минут и подойдёт один раз. Никому его не сообщайте: кто его напишет, "
    "увидит Ваши счета."
)


def wants_code(text: str, *, in_flow: bool) -> bool:
    """Whether the customer wants to be known in another messenger too; the word «код» alone is
    enough where nothing else is asked."""
    plain = _plain(text)
    return bool(_GO_ON.search(plain) or (not in_flow and _BARE.fullmatch(plain)))


def code_in(text: str) -> str | None:
    """«Код 4827-1935» → «48271935»."""
    found = _CODE.fullmatch(_plain(text))
    return found[1] + found[2] if found else None


def code_of_link(payload: str) -> str | None:
    """The code that a one-time link brings with «/start»."""
    found = _LINKED.fullmatch(payload)
    return found[1] if found else None


def ways(links: Mapping[str, str], here: str, code: str) -> tuple[Button, ...]:
    """Buttons that lead to our other bots with the code; ``links`` by channel."""
    return tuple(
        Button(f"Продолжить в {channel(name)[0]}", url=link.format(code=f"{_PREFIX}{code}"))
        for name, link in links.items()
        if name != here
    )


def new_code() -> str:
    """Eight digits: with five tries in half an hour nobody finds one that lives ten minutes."""
    return f"{secrets.randbelow(10**8):08d}"


def shown(code: str) -> str:
    return f"{code[:4]}-{code[4:]}"


def _plain(text: str) -> str:
    return " ".join(text.casefold().replace("ё", "е").split())
