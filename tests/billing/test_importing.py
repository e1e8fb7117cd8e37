"""Files from other billing systems: every spelling, nothing doubled, each bad row with its line."""

import csv
from datetime import UTC, date, datetime
from pathlib import Path
from zipfile import ZIP_DEFLATED, ZipFile
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st
from openpyxl import Workbook
from sqlalchemy import func, select

from billing.importing import cells, run
from billing.importing.errors import BadRow, UnusableFile
from billing.importing.kinds import account_row, kind_of
from billing.importing.run import Imported, import_file
from billing.importing.tables import MOST_AT_ONCE, open_table, shown
from billing.models import Account, Charge, Meter, Payment, Reading
from storage.database import Database

ZONE = ZoneInfo("Europe/Moscow")
HEADER = "Лицевой счёт;Фамилия;Имя;Отчество;Населённый пункт;Улица;Дом;Квартира;Телефон"
IVANOVA = "4400-1234 5678;Иванова;Мария;Петровна;г. Демоград;ул. Светлая;12;45;8 (900) 123-45-67"
PETROV = "440087654321;Петров;Сергей;;г. Демоград;ул. Заречная;7;;"


def write(folder: Path, *lines: str, encoding: str = "utf-8", name: str = "accounts.csv") -> Path:
    path = folder / name
    path.write_bytes("\r\n".join(lines).encode(encoding))
    return path


async def load(database: Database, path: Path, kind: str | None = None) -> Imported:
    return await import_file(database, path, ZONE, kind=kind)


async def with_accounts(database: Database, folder: Path) -> None:
    assert (await load(database, write(folder, HEADER, IVANOVA, PETROV))).taken == 2


def rejected(result: Imported) -> list[list[str]]:
    assert result.report is not None
    text = result.report.read_text(encoding="utf-8-sig")
    return list(csv.reader(text.splitlines(), delimiter=";"))[1:]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "cp1251"])
@pytest.mark.parametrize("delimiter", [";", ",", "\t"])
async def test_accounts_in_every_spelling(
    database: Database, tmp_path: Path, encoding: str, delimiter: str
) -> None:
    lines = [line.replace(";", delimiter) for line in (HEADER, IVANOVA, PETROV, "", ";;;")]
    result = await load(database, write(tmp_path, *lines, encoding=encoding))
    assert (result.kind, result.taken, result.rejected) == ("accounts", 2, 0)
    async with database.read() as session:
        first, second = list(await session.scalars(select(Account).order_by(Account.id)))
    assert (first.number, first.surname, first.flat) == ("440012345678", "Иванова", "45")
    assert first.phone == "+79001234567"
    assert (second.patronymic, second.flat, second.phone) == (None, None, None)


async def test_again_changes_nothing_and_brings_up_to_date(
    database: Database, tmp_path: Path
) -> None:
    await with_accounts(database, tmp_path)
    await with_accounts(database, tmp_path)
    await load(database, write(tmp_path, HEADER, IVANOVA.replace("Иванова", "Смирнова")))
    async with database.read() as session:
        names = list(await session.scalars(select(Account.surname).order_by(Account.id)))
    assert names == ["Смирнова", "Петров"]


async def test_a_bad_row_is_reported_and_does_not_stop_the_rest(
    database: Database, tmp_path: Path
) -> None:
    path = write(
        tmp_path, HEADER, "12;Иванова;М;;г. Д;ул. С;1;;", IVANOVA, ";;;;;;;;x",
        "440087654321;;Сергей;;г. Д;ул. З;7;;", "440087654321;Петров;Сергей;;г. Д;ул. З;7;;123",
        "440087654322;=СУММ(A1);Сергей;;г. Д;;7;;", "44008765",
    )  # fmt: skip
    result = await load(database, path)
    assert (result.taken, result.rejected) == (2, 5)
    assert [(line, reason) for line, reason, _ in rejected(result)] == [
        ("2", "лицевой счёт: «12» не похоже на номер счёта"),
        ("4", "фамилия: пусто"),
        ("5", "фамилия: пусто"),
        ("6", "телефон: «123» не похоже на телефон"),
        ("8", "фамилия: пусто"),
    ]
    good = await load(database, write(tmp_path, HEADER, IVANOVA))
    assert good.report is None
    assert not (tmp_path / "accounts.csv.rejected.csv").exists()


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (b"", "файл пуст"),
        ("Лицевой счёт;Фамилия;Имя\n1;2;3".encode(), "не понять"),
        (HEADER.encode("utf-16"), "в кодировке UTF-8"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "старый формат .xls"),
        (b"PK\x03\x04 not a zip", "не книга Excel"),
        (bytes(range(1, 256)), "не понять"),
    ],
)
async def test_a_file_that_is_of_no_use_is_one_clear_line(
    database: Database, tmp_path: Path, content: bytes, says: str
) -> None:
    path = tmp_path / "file.csv"
    path.write_bytes(content)
    with pytest.raises(UnusableFile, match=says):
        await load(database, path)


async def test_missing_columns_are_named(database: Database, tmp_path: Path) -> None:
    path = write(tmp_path, "Лицевой счёт;Месяц;Сумма", "440012345678;2026-10;1")
    with pytest.raises(UnusableFile, match="«вид начисления»"):
        await load(database, path, "charges")


async def test_an_unclosed_quote_does_not_swallow_the_file_silently(
    database: Database, tmp_path: Path
) -> None:
    lines = [PETROV.replace("440087654321", str(440087654321 + n)) for n in range(3_000)]
    path = write(tmp_path, HEADER, IVANOVA.replace("Иванова", '"Иванова'), *lines)
    result = await load(database, path)
    assert result.rejected >= 1
    assert result.taken > 0


async def test_excel(database: Database, tmp_path: Path) -> None:
    book = Workbook()
    sheet = book.active
    assert sheet is not None
    sheet.append(HEADER.split(";"))
    sheet.append([440012345678.0, "Иванова", "Мария", None, "г. Демоград", "ул. С", 12, 45.0])
    sheet.append([440087654321, "=A1&B1", "Сергей", None, "г. Демоград", "ул. З", 7])
    sheet.append([None, None, None])
    path = tmp_path / "accounts.xlsx"
    book.save(path)
    result = await load(database, path)
    assert (result.taken, result.rejected) == (1, 1)
    assert rejected(result)[0][:2] == ["3", "формула вместо значения"]
    async with database.read() as session:
        row = (await session.scalars(select(Account))).one()
    assert (row.number, row.house, row.flat) == ("440012345678", "12", "45")


def test_a_book_of_unreasonable_size_or_broken_off(tmp_path: Path) -> None:
    """What is read at once is small; the rows before the break are good."""
    book, large, broken = (tmp_path / f"{name}.xlsx" for name in ("book", "large", "broken"))
    workbook = Workbook()
    assert workbook.active is not None
    for _ in range(60):
        workbook.active.append(["Лицевой счёт", "Фамилия"])
    workbook.save(book)
    with (
        ZipFile(book) as whole,
        ZipFile(large, "w", ZIP_DEFLATED) as bomb,
        ZipFile(broken, "w") as cut,
    ):
        for part in whole.namelist():
            content = whole.read(part)
            bomb.writestr(part, content)
            cut.writestr(part, content[: len(content) // 2] if "sheet1" in part else content)
        bomb.writestr("xl/sharedStrings.xml", bytes(MOST_AT_ONCE + 1))
    with pytest.raises(UnusableFile, match="слишком большая книга"):
        open_table(large)
    table = open_table(broken)
    *good, last = table.rows()
    table.close()
    assert 20 < len(good) < 40
    assert "дальше книга повреждена" in last.problem


async def test_meters_with_their_last_readings(database: Database, tmp_path: Path) -> None:
    await with_accounts(database, tmp_path)
    header = "лс;счётчик;зон;знаков;т1;т2;дата показаний;поверка до;передаёт сам"
    rows = [
        "440012345678;101;1;5;12 180;;21.10.2026;01.05.2032;нет",
        "440087654321;202;2;6;12100,5;6700;2026-10-20;;да",
        "440087654321;203;2;6;12100;;20.10.2026;;",
        "440000000000;204;1;5;;;;;",
    ]
    for _ in (1, 2):
        result = await load(database, write(tmp_path, header, *rows))
        assert (result.kind, result.taken) == ("meters", 2)
        assert [(line, reason) for line, reason, _ in rejected(result)] == [
            ("4", "показаний 1, а зон 2"),
            ("5", "нет такого лицевого счёта: сначала загрузите счета"),
        ]
    async with database.read() as session:
        meters = list(await session.scalars(select(Meter).order_by(Meter.number)))
        readings = list(await session.scalars(select(Reading).order_by(Reading.meter_id)))
    assert [(m.zones, m.digits, m.remote) for m in meters] == [(1, 5, False), (2, 6, True)]
    assert [(r.t1, r.t2, r.period) for r in readings] == [
        (12_180_000, None, date(2026, 10, 1)), (12_100_500, 6_700_000, date(2026, 10, 1)),
    ]  # fmt: skip
    corrected = [rows[0].replace("12 180", "12 200")]
    await load(database, write(tmp_path, header, *corrected))
    async with database.read() as session:
        assert await session.scalar(select(func.max(Reading.t1)).where(Reading.t2.is_(None))) == (
            12_200_000
        )


async def test_a_customers_reading_stays_in_force(database: Database, tmp_path: Path) -> None:
    await with_accounts(database, tmp_path)
    header = "лс;счётчик;т1;дата показаний"
    await load(database, write(tmp_path, header, "440012345678;101;100;21.10.2026"))
    async with database.write() as tx:
        reading = (await tx.session.scalars(select(Reading))).one()
        reading.source_message_id, reading.t1 = 7, 150_000
    await load(database, write(tmp_path, header, "440012345678;101;120;25.10.2026"))
    async with database.read() as session:
        assert (await session.scalars(select(Reading.t1))).all() == [150_000]


async def test_charges_and_payments(database: Database, tmp_path: Path) -> None:
    await with_accounts(database, tmp_path)
    charges = write(
        tmp_path, "лс;месяц;вид;зона;сумма;квтч;тариф;примечание",
        "440012345678;10.2026;Электроэнергия;1;902,55;165;5,47;",
        '440012345678;2026-10;перерасчёт;;"-1 234,50";;;за дни без света',
        "440012345678;2026-13;одн;;1;;;", "440012345678;2026-10;вода;;1;;;",
        "440012345678;2026-10;пени;;1,234;;;",
    )  # fmt: skip
    for _ in (1, 2):
        result = await load(database, charges)
        assert (result.kind, result.taken, result.rejected) == ("charges", 2, 3)
    payments = write(
        tmp_path, "ЛС;Дата платежа;Сумма;Номер платежа;Канал",
        "440012345678;12.11.2026;1 500,00;p1;sbp", "440012345678;2026-11-12 23:30;10;p2;",
        "440012345678;12.11.2026;1 500,00;p1;sbp", "440012345678;12.11.2026;77;p1;",
        "440012345678;12.11.2026;-5;p3;", "440012345678;завтра;5;p4;",
    )  # fmt: skip
    for _ in (1, 2):
        result = await load(database, payments)
        assert (result.kind, result.taken, result.rejected) == ("payments", 3, 3)
    assert rejected(result)[-1][:2] == [
        "5", "платёж с этим номером уже есть, счёт или сумма другие",
    ]  # fmt: skip
    async with database.read() as session:
        lines = list(await session.scalars(select(Charge).order_by(Charge.kopecks)))
        paid = list(await session.scalars(select(Payment).order_by(Payment.external_id)))
    assert [(line.kopecks, line.kwh, line.tariff) for line in lines] == [
        (-123_450, None, None), (90_255, 165_000, 547),
    ]  # fmt: skip
    assert lines[0].note == "за дни без света"
    assert [(row.kopecks, row.channel) for row in paid] == [(150_000, "sbp"), (1_000, "bank")]
    assert paid[1].paid_at == datetime(2026, 11, 12, 20, 30, tzinfo=UTC)


async def test_batches_are_short_and_progress_is_told(
    database: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(run, "BATCH", 10)
    rows = [PETROV.replace("440087654321", str(440087654000 + n)) for n in range(35)]
    told: list[tuple[int, int]] = []
    path = write(tmp_path, HEADER, *rows)
    result = await import_file(
        database, path, ZONE, progress=lambda done, total: told.append((done, total))
    )
    assert (result.taken, len(told)) == (35, 4)
    assert told[-1] == (path.stat().st_size, path.stat().st_size)


@pytest.mark.parametrize(
    ("cell", "kopecks"),
    [("1 234,5", 123_450), ("0", 0), ("-12.30", -1_230), ("1\u00a0000", 100_000), ("7,00 ₽", 700)],
)
def test_sums(cell: str, kopecks: int) -> None:
    assert cells.kopecks(cell, "сумма") == kopecks


@given(st.text(max_size=40))
def test_no_cell_breaks_a_parser(cell: str) -> None:
    parsers = (
        cells.text, cells.needed, cells.account, cells.kopecks, cells.watt_hours, cells.register,
        cells.day, cells.month, cells.phone, cells.yes_or_no,
    )  # fmt: skip
    for parse in parsers:
        try:
            parse(cell, "x")
        except BadRow:
            continue


def test_an_organisation_has_its_inn() -> None:
    """A person's is nobody's business here."""
    cells = {"number": "Э/2019-15", "organisation": "ИП Егоров", "inn": "5001 0073 2259",
             "locality": "г. Д", "house": "1"}  # fmt: skip
    named = account_row(lambda name: cells.get(name, ""), ZONE)
    assert (named["number"], named["inn"]) == ("Э/201915", "500100732259")
    with pytest.raises(BadRow, match="не похоже на ИНН"):
        account_row(lambda name: (cells | {"inn": "500100732250"}).get(name, ""), ZONE)
    person = cells | {"organisation": "", "surname": "Егоров", "name": "Павел", "inn": "1"}
    assert account_row(lambda name: person.get(name, ""), ZONE)["inn"] is None


def test_a_report_holds_no_formulas() -> None:
    assert shown(["=cmd|' /C calc'!A0", "x"]).startswith("'=")


def test_columns_are_known_in_english_too() -> None:
    assert kind_of(["account", "paid_on", "amount", "id"], None).name == "payments"
    assert kind_of(["number", "surname", "name", "locality", "house"], None).name == "accounts"
