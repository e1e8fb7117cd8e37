"""Commands said in words that no label of the understanding stands for."""

import re

_UNDO = re.compile(
    r"(?:отмен|аннулир|удал|убер|верн|забер)\w*\s+(?:\w+\s+){0,3}показани|"
    r"показани\w*\s+(?:\w+\s+){0,2}(?:отмен|аннулир|удал|убер|верн)"
)
_HOW = re.compile(r"\b(?:как|можно|почему|зачем|что|если)\b")

_WITHDRAW = re.compile(r"(?:отзыв|отозв|отозы|отмен|забир)\w*\s+(?:\w+\s+){0,2}согласи")
_UNSUBSCRIBE = re.compile(
    r"отпи[шс]\w*\s+(?:\w+\s+){0,2}(?:рассылк|новост)|"
    r"не\s+(?:при|вы|от)сыла\w*\s+(?:\w+\s+){0,2}(?:рассылк|новост|реклам)"
)
_MAILINGS = re.compile(r"рассылк|новост|реклам")
# A bill by e-mail is no mailing of ours.
_BILLS = re.compile(r"счет|квитанц|почт|мейл|mail")

UNDO_LAST = "b:undo:last"
WITHDRAW = "b:consent:withdraw"
UNSUBSCRIBE = "b:consent:withdraw-mailings"


def command(text: str) -> str | None:
    """The action that ``text`` asks for; questions about it are not it."""
    plain = " ".join(text.casefold().replace("ё", "е").split())
    if _HOW.search(plain):
        return None
    if _WITHDRAW.search(plain):
        return UNSUBSCRIBE if _MAILINGS.search(plain) else WITHDRAW
    if _UNSUBSCRIBE.search(plain) and not _BILLS.search(plain):
        return UNSUBSCRIBE
    return UNDO_LAST if _UNDO.search(plain) else None
