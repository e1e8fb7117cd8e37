"""The register of readings as a file."""

import csv
from datetime import date
from io import StringIO
from pathlib import Path

import pytest
from openpyxl import load_workbook
from sqlalchemy import select, update

from billing.models import Meter, Reading, ReadingStatus
from billing.readings.export import HEADER, Encoding, Exported, Format, export, month
from tests.billing.conftest import Company
from tests.conftest import FakeClock
from web.exports import harmless

PERIOD = date(2026, 10, 1)


@pytest.fixture
async def filled(company: Company) -> Company:
    """Two readings of October: one zone, and two zones of an organisation with a bad name."""
    first = await company.account()
    await company.reading(await company.meter(first, decimals=1), 12180)
    second = await company.account(
        "440087654321", category="business", organisation="=cmd|' /C calc'!A0"
    )
    await company.reading(await company.meter(second, "202", zones=2), 12100, 6700)
    await company.reading(
        await company.meter(second, "203"), 5, on=date(2026, 9, 19)
    )  # another month
    return company


def _rows(path: Path, encoding: str = "utf-8-sig") -> list[list[str]]:
    return list(csv.reader(StringIO(path.read_bytes().decode(encoding)), delimiter=";"))


async def test_a_line_for_each_register(filled: Company, tmp_path: Path) -> None:
    path = tmp_path / "register.csv"
    done = await export(filled.database, path, period=PERIOD)
    assert done == Exported(readings=2, lines=3)
    header, *rows = _rows(path)
    assert tuple(header) == HEADER
    assert rows[0] == [
        "440012345678", "Иванова Мария Петровна", "г. Демоград, ул. Светлая, д. 12, кв. 45",
        "101", "Т1", "12180", "19.10.2026", "office", "П-000001",
    ]  # fmt: skip
    assert [row[4:6] for row in rows[1:]] == [["Т1", "12100"], ["Т2", "6700"]]
    assert rows[1][1] == "'=cmd|' /C calc'!A0"
    assert not path.with_name("register.csv.part").exists()


async def test_only_once_and_again_when_asked(filled: Company, tmp_path: Path) -> None:
    path = tmp_path / "register.csv"
    await export(filled.database, path, period=PERIOD)
    assert (await export(filled.database, path, period=PERIOD)).readings == 0
    assert (await export(filled.database, path, period=PERIOD, again=True)).readings == 2
    async with filled.database.read() as session:
        marked = await session.scalars(select(Reading.id).where(Reading.exported_at.is_not(None)))
        assert len(list(marked)) == 2


async def test_not_what_waits_nor_what_may_be_taken_back(
    filled: Company, tmp_path: Path, clock: FakeClock
) -> None:
    async with filled.database.write() as tx:
        ids = list(await tx.session.scalars(select(Reading.id).where(Reading.period == PERIOD)))
        await tx.session.execute(
            update(Reading).where(Reading.id == ids[0]).values(status=ReadingStatus.REVIEW)
        )
        await tx.session.execute(
            update(Reading).where(Reading.id == ids[1]).values(received_at=clock.now())
        )
    path = tmp_path / "register.csv"
    clock.advance(minutes=9)
    for again in (False, True):
        done = await export(filled.database, path, period=PERIOD, again=again)
        assert done.readings == 0
    clock.advance(minutes=1)
    assert (await export(filled.database, path, period=PERIOD)).readings == 1


async def test_xlsx_holds_numbers_as_numbers_and_no_formulas(
    filled: Company, tmp_path: Path
) -> None:
    path = tmp_path / "register.xlsx"
    await export(filled.database, path, period=PERIOD, format=Format.XLSX)
    sheet = load_workbook(path)["Показания"]
    rows = list(sheet.iter_rows(min_row=2))
    assert [cell.value for cell in rows[0]][5] == 12180
    assert rows[0][0].value == "440012345678"
    assert rows[1][1].data_type == "s"
    assert rows[1][1].value == "'=cmd|' /C calc'!A0"


async def test_for_old_programs(filled: Company, tmp_path: Path) -> None:
    path = tmp_path / "register.csv"
    await export(filled.database, path, period=PERIOD, encoding=Encoding.CP1251)
    assert _rows(path, "cp1251")[0] == list(HEADER)


async def test_more_than_one_batch(
    company: Company, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("billing.readings.export.BATCH", 3)
    account = await company.account()
    for n in range(7):
        await company.reading(await company.meter(account, str(100 + n)), n + 1)
    path = tmp_path / "register.csv"
    assert (await export(company.database, path, period=PERIOD)).readings == 7
    assert sorted(row[3] for row in _rows(path)[1:]) == [str(100 + n) for n in range(7)]
    async with company.database.read() as session:
        assert await session.scalar(select(Meter.id).order_by(Meter.id.desc())) == 7


@pytest.mark.parametrize("text", ["=1", "+7", "-1", "@a", "\t=1", "\r=1"])
def test_what_begins_like_a_formula_is_text(text: str) -> None:
    assert harmless(text) == f"'{text}"
    assert harmless("Иванова") == "Иванова"


def test_the_month_as_written() -> None:
    assert month("2026-11") == date(2026, 11, 1)


@pytest.mark.parametrize("text", ["2026", "11.2026", "2026-13", ""])
def test_a_month_written_otherwise(text: str) -> None:
    with pytest.raises(ValueError, match=r"int|month"):
        month(text)
