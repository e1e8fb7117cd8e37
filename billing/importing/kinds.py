"""What a file may hold: the columns of each kind, and a row of it made into values. No I/O.

Columns are found by their names, Russian or English, in any order; others are skipped.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from zoneinfo import ZoneInfo

from billing.importing import cells
from billing.importing.errors import BadRow, UnusableFile
from billing.models import Category, ChargeKind
from billing.readings.rules import next_month

Values = dict[str, Any]
# A cell of the row by the column's English name; "" where the file has no such column.
Cell = Callable[[str], str]

_CHARGES = {
    "электроэнергия": ChargeKind.ELECTRICITY,
    "одн": ChargeKind.COMMON,
    "общедомовые нужды": ChargeKind.COMMON,
    "пени": ChargeKind.PENALTY,
    "перерасчёт": ChargeKind.RECALCULATION,
    "перерасчет": ChargeKind.RECALCULATION,
    "входящий остаток": ChargeKind.OPENING,
    **{kind.value: kind for kind in ChargeKind},
}


@dataclass(frozen=True, slots=True)
class Kind:
    """``columns``: English name → Russian names, the first of which is told to people."""

    name: str
    columns: Mapping[str, tuple[str, ...]]
    required: tuple[str, ...]
    # Its own among the kinds: tells it when nobody says what the file holds.
    telling: tuple[str, ...]
    parse: Callable[[Cell, ZoneInfo], Values]


def account_row(cell: Cell, _: ZoneInfo) -> Values:
    organisation = cells.text(cell("organisation"), "организация")
    person = ("surname", "фамилия"), ("name", "имя")
    names = {
        field: (cells.text if organisation else cells.needed)(cell(field), name) or ""
        for field, name in person
    }
    return {
        "number": cells.account(cell("number"), "лицевой счёт"),
        "category": Category.BUSINESS if organisation else Category.HOUSEHOLD,
        **names,
        "patronymic": cells.text(cell("patronymic"), "отчество"),
        "organisation": organisation,
        "inn": cells.inn(cell("inn"), "инн") if organisation else None,
        "locality": cells.needed(cell("locality"), "населённый пункт"),
        "street": cells.text(cell("street"), "улица") or "",
        "house": cells.needed(cell("house"), "дом"),
        "flat": cells.text(cell("flat"), "квартира"),
        "phone": cells.phone(cell("phone"), "телефон"),
        "closed_on": cells.day(cell("closed_on"), "дата закрытия"),
    }


def meter_row(cell: Cell, _: ZoneInfo) -> Values:
    zones = cells.whole(cell("zones"), "зон", 1, 3, 1)
    registers = [cells.register(cell(f"t{n}"), f"т{n}") for n in (1, 2, 3)]
    given = [value for value in registers if value is not None]
    taken_on = cells.day(cell("taken_on"), "дата показаний")
    if given and (len(given) != zones or None in registers[:zones]):
        raise BadRow(f"показаний {len(given)}, а зон {zones}")
    if given and taken_on is None:
        raise BadRow("дата показаний: пусто")
    return {
        "account": cells.account(cell("account"), "лицевой счёт"),
        "number": cells.needed(cell("number"), "номер счётчика"),
        "zones": zones,
        "digits": cells.whole(cell("digits"), "знаков", 4, 8, 5),
        "decimals": cells.whole(cell("decimals"), "знаков после запятой", 0, 3, 0),
        "ratio": cells.whole(cell("ratio"), "коэффициент трансформации", 1, 1_000_000, 1),
        "remote": cells.yes_or_no(cell("remote"), "передаёт сам"),
        "verification_due": cells.day(cell("verification_due"), "поверка до"),
        "removed_on": cells.day(cell("removed_on"), "снят"),
        "values": tuple(given),
        "taken_on": taken_on if given else None,
    }


def charge_row(cell: Cell, _: ZoneInfo) -> Values:
    word = cells.needed(cell("kind"), "вид начисления")
    kind = _CHARGES.get(word.casefold())
    if kind is None:
        known = ", ".join(name for name in _CHARGES if not name.isascii())
        raise BadRow(f"вид начисления: «{word}», а бывает: {known}")
    month = cells.month(cell("month"), "месяц")
    tariff = cell("tariff").strip()
    return {
        "account": cells.account(cell("account"), "лицевой счёт"),
        "month": month,
        "kind": kind,
        "zone": cells.whole(cell("zone"), "зона", 0, 3, 0),
        "line": cells.whole(cell("line"), "строка", 0, 1000, 0),
        "kopecks": cells.kopecks(cell("amount"), "сумма"),
        "kwh": cells.watt_hours(cell("kwh"), "кВт·ч"),
        "tariff": cells.kopecks(tariff, "тариф") if tariff else None,
        "tier": cells.whole(cell("tier"), "диапазон", 0, 9, 0),
        "factor": cells.kopecks(cell("factor"), "коэффициент") if cell("factor").strip() else 100,
        "since": cells.day(cell("since"), "с"),
        "until": cells.day(cell("until"), "по"),
        "note": cells.text(cell("note"), "примечание"),
        "charged_on": cells.day(cell("charged_on"), "дата начисления") or next_month(month),
    }


def payment_row(cell: Cell, zone: ZoneInfo) -> Values:
    paid_at = cells.moment(cell("paid_on"), "дата платежа", zone)
    received = cell("received_on")
    amount = cells.kopecks(cell("amount"), "сумма")
    if amount <= 0:
        raise BadRow("сумма: должна быть больше нуля")
    return {
        "account": cells.account(cell("account"), "лицевой счёт"),
        "paid_at": paid_at,
        "received_at": cells.moment(received, "дата зачисления", zone)
        if received.strip()
        else paid_at,
        "kopecks": amount,
        "channel": cells.text(cell("channel"), "канал") or "bank",
        "external_id": cells.needed(cell("id"), "номер платежа"),
    }


_ACCOUNT = ("лицевой счёт", "лицевой счет", "лс", "счёт", "счет", "л/с", "абонент")
ACCOUNTS = Kind(
    "accounts",
    {
        "number": (*_ACCOUNT, "номер счёта", "account"),
        "surname": ("фамилия",),
        "name": ("имя",),
        "patronymic": ("отчество",),
        "organisation": ("организация", "наименование"),
        "inn": ("инн",),
        "locality": ("населённый пункт", "населенный пункт", "город"),
        "street": ("улица",),
        "house": ("дом",),
        "flat": ("квартира", "кв"),
        "phone": ("телефон",),
        "closed_on": ("дата закрытия", "закрыт"),
    },
    ("number", "surname", "name", "locality", "house"),
    ("surname", "locality"),
    account_row,
)
METERS = Kind(
    "meters",
    {
        "account": _ACCOUNT,
        "number": ("номер счётчика", "номер счетчика", "счётчик", "счетчик", "meter"),
        "zones": ("зон", "число зон"),
        "digits": ("знаков", "разрядность"),
        "decimals": ("знаков после запятой",),
        "ratio": ("коэффициент трансформации", "ктт"),
        "remote": ("передаёт сам", "передает сам", "аскуэ"),
        "verification_due": ("поверка до", "дата поверки"),
        "removed_on": ("снят", "дата снятия"),
        "t1": ("т1", "показание", "день"),
        "t2": ("т2", "ночь"),
        "t3": ("т3", "полупик"),
        "taken_on": ("дата показаний",),
    },
    ("account", "number"),
    ("number",),
    meter_row,
)
CHARGES = Kind(
    "charges",
    {
        "account": _ACCOUNT,
        "month": ("месяц", "период"),
        "kind": ("вид начисления", "вид", "услуга"),
        "zone": ("зона",),
        "line": ("строка",),
        "amount": ("сумма", "начислено"),
        "kwh": ("квт·ч", "квтч", "квт*ч", "расход"),
        "tariff": ("тариф",),
        "tier": ("диапазон",),
        "factor": ("коэффициент",),
        "since": ("с",),
        "until": ("по",),
        "note": ("примечание",),
        "charged_on": ("дата начисления",),
    },
    ("account", "month", "kind", "amount"),
    ("month", "kind"),
    charge_row,
)
PAYMENTS = Kind(
    "payments",
    {
        "account": _ACCOUNT,
        "paid_on": ("дата платежа", "дата оплаты", "дата"),
        "received_on": ("дата зачисления",),
        "amount": ("сумма", "оплачено"),
        "channel": ("канал", "способ оплаты"),
        "id": ("номер платежа", "идентификатор"),
    },
    ("account", "paid_on", "amount", "id"),
    ("paid_on", "id"),
    payment_row,
)
KINDS = {kind.name: kind for kind in (ACCOUNTS, METERS, CHARGES, PAYMENTS)}


def places(kind: Kind, header: Sequence[str]) -> dict[str, int]:
    """Where in a row each column stands; of two with one name the first."""
    folded = [_fold(name) for name in header]
    found = {}
    for column, names in kind.columns.items():
        known = [folded.index(name) for name in (column, *map(_fold, names)) if name in folded]
        if known:
            found[column] = known[0]
    return found


def kind_of(header: Sequence[str], asked: str | None) -> Kind:
    """``asked``, or the kind whose own columns stand there. Raises UnusableFile."""
    if asked is not None:
        kind = KINDS[asked]
    else:
        fitting = [one for one in KINDS.values() if set(one.required) <= places(one, header).keys()]
        own = [one for one in fitting if set(one.telling) <= places(one, header).keys()]
        if not own:
            raise UnusableFile(
                "по заголовку не понять, что в файле; назовите: --kind "
                + ", ".join(KINDS)
                + f". Колонки файла: {', '.join(header)[:300]}"
            )
        kind = max(own, key=lambda one: len(places(one, header)))
    there = places(kind, header)
    missing = [column for column in kind.required if column not in there]
    if missing:
        names = ", ".join(f"«{kind.columns[column][0]}» ({column})" for column in missing)
        raise UnusableFile(f"{kind.name}: нет колонок {names}")
    return kind


def _fold(name: str) -> str:
    return " ".join(name.strip().strip("\ufeff").casefold().split())
