"""Commands said in words that no label of the understanding stands for."""

import re

_UNDO = re.compile(
    r"(?:отмен|аннулир|удал|убер|верн|забер)\w*\s+(?:\w+\s+){0,3}показани|"
    r"показани\w*\s+(?:\w+\s+){0,2}(?:отмен|аннулир|удал|убер|верн)"
)
_HOW = re.compile(r"\b(?:как|можно|почему|зачем|что|если)\b")

_WITHDRAW = re.compile(r"(?:отзыв|отозв|отозы|отмен|забир)\w*\s+(?:\w+\s+){0,2}согласи")

UNDO_LAST = "b:undo:last"
WITHDRAW = "b:consent:withdraw"


def command(text: str) -> str | None:
    """The action that ``text`` asks for; questions about it are not it."""
    plain = " ".join(text.casefold().replace("ё", "е").split())
    if _HOW.search(plain):
        return None
    if _WITHDRAW.search(plain):
        return WITHDRAW
    return UNDO_LAST if _UNDO.search(plain) else None
