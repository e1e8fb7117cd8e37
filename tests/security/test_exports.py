"""Formulas in what is opened by a table program (OWASP, «CSV Injection»): text in every export."""

import csv
import io
from pathlib import Path

import pytest
from openpyxl import Workbook, load_workbook

from billing.importing.run import _Report
from billing.readings.export import Encoding, _Csv, _Xlsx
from handoff.board.workbook import _sheet
from web.exports import harmless

FORMULAS = ("=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", "\n=1", '=HYPERLINK("//x";"y")')


@pytest.mark.parametrize("formula", FORMULAS)
def test_a_formula_is_text_in_every_table(formula: str, tmp_path: Path) -> None:
    register = _Csv(tmp_path / "register.csv", Encoding.UTF_8)
    register.add((formula,) * 9)
    register.save()
    report = _Report(tmp_path / "rejected.csv")
    report.add(1, formula, formula)
    report.close()
    for name in ("register.csv", "rejected.csv"):
        with (tmp_path / name).open(encoding="utf-8-sig", newline="") as file:
            *_, row = csv.reader(file, delimiter=";")
        assert {cell for cell in row if cell != "1"} == {f"'{formula}"}, name
    assert harmless(formula) == f"'{formula}"
    book = Workbook(write_only=True)
    _sheet(book, "Операторы", [(formula,)])
    out = io.BytesIO()
    book.save(out)
    table = _Xlsx(tmp_path / "register.xlsx")
    table.add((formula,) * 9)
    table.save()
    for source in (io.BytesIO(out.getvalue()), tmp_path / "register.xlsx"):
        *_, cells = load_workbook(source).worksheets[0].iter_rows()
        assert {cell.data_type for cell in cells} == {"s"}
