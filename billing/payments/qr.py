"""The payment code: ГОСТ Р 56042-2014, «Двумерные символы штрихового кода для осуществления
платежей физических лиц». Pure.

``ST`` + version ``0001`` + encoding ``2`` (UTF-8), then fields divided by ``|``: the five
obligatory ones first, the sum in kopecks.
"""

import io
import re
from dataclasses import dataclass
from datetime import date

import segno

HEADER = "ST00012"
SEPARATOR = "|"
# The standard's own limits, in characters.
LONGEST = {"Name": 160, "BankName": 45, "Purpose": 210}
# The standard's code of the trade: utilities.
TECH_CODE = "02"
SCALE = 8  # pixels per module: readable from a screen and from paper
BORDER = 4  # modules of quiet zone, ISO/IEC 18004


@dataclass(frozen=True, slots=True)
class Requisites:
    """Where money is paid to: a company's account in a bank. All as digits but the names."""

    name: str
    account: str
    bank: str
    bic: str
    corr_account: str
    inn: str
    kpp: str


def payload(
    requisites: Requisites, number: str, kopecks: int, month: date | None, purpose: str
) -> str:
    """What the code says. ``number``: the personal account; ``month``: the one that is paid."""
    fields = {
        "Name": requisites.name,
        "PersonalAcc": requisites.account,
        "BankName": requisites.bank,
        "BIC": requisites.bic,
        "CorrespAcc": requisites.corr_account,
        "Sum": str(kopecks),
        "Purpose": purpose,
        "PayeeINN": requisites.inn,
        "KPP": requisites.kpp,
        "persAcc": number,
        "paymPeriod": f"{month:%m%Y}" if month else "",
        "TechCode": TECH_CODE,
    }
    written = [f"{name}={_clean(name, value)}" for name, value in fields.items() if value]
    return SEPARATOR.join([HEADER, *written])


def picture(text: str) -> bytes:
    """The code as a PNG, black on white."""
    stream = io.BytesIO()
    code = segno.make(text, error="m", encoding="utf-8", micro=False)
    code.save(stream, kind="png", scale=SCALE, border=BORDER)
    return stream.getvalue()


def _clean(name: str, value: str) -> str:
    """Without what would end the field, within the field's limit."""
    return re.sub(r"[|\s]+", " ", value).strip()[: LONGEST.get(name, 100)]
