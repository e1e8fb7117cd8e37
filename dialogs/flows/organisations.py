"""What a customer says of an organisation: its contract, its ИНН, that it is one. No I/O."""

import re

from billing.customers.identity import normalise_number

_INN = re.compile(r"\bинн\W{0,3}(\d{12}|\d{10})(?!\d)", re.IGNORECASE)
_CONTRACT = re.compile(
    r"договор\w*\s*(?:№|n|номер)?\s*:?\s*((?=\S*\d)[0-9a-zа-я][0-9a-zа-я/.-]{2,23})", re.I
)
# Not «организация» alone: «сколько я должен вашей организации» says a person.
_ORGANISATION = re.compile(
    r"\b(?:ооо|оао|зао|пао|ао|ип|юр\.?\s?лиц\w*|юридическ\w+\s+лиц\w*|"
    r"(?:мы|у\s+нас|наша|нашей|для|от)\s+организаци\w*)\b",
    re.IGNORECASE,
)


def inn_in(text: str, *, asked: bool) -> str | None:
    """The digits after «ИНН», or alone where they were ``asked`` for; the check digits may be
    wrong, and then even their number."""
    named = _INN.search(text)
    if named is not None:
        return named[1]
    bare = re.sub(r"\s", "", text)
    return bare if asked and re.fullmatch(r"\d{9,13}", bare) else None


def contract_in(text: str) -> str | None:
    """«договор № Э/2019-15» → «Э/201915»."""
    found = _CONTRACT.search(text)
    return (normalise_number(found[1]) or found[1].upper()) if found else None


def speaks_of_organisation(text: str) -> bool:
    return _ORGANISATION.search(text) is not None
