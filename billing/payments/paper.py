"""Our own paper to pay by: a PDF with the debt, the last bill and the payment code. Pure.

It is no bill: it says so in its heading. Names and addresses stand on it masked.
"""

import io
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from fpdf import FPDF

FONTS = Path(__file__).parent.parent / "fonts"
FONT = "PT Sans"
MARGIN = 18  # millimetres
WIDTH = 210 - 2 * MARGIN
CODE = 58
ROW = 7


@dataclass(frozen=True, slots=True)
class Paper:
    """Texts ready to be printed. ``rows`` are (what, how much), ``code`` a PNG or nothing."""

    company: str
    number: str
    holder: str
    address: str
    on: date
    total: str
    rows: Sequence[tuple[str, str]]
    pay_by: date | None
    requisites: Sequence[tuple[str, str]]
    code: bytes | None
    made_at: datetime


def heading(on: date) -> str:
    return f"Справка для оплаты по данным на {on:%d.%m.%Y}, не заменяет платёжный документ"


def to_pdf(paper: Paper) -> bytes:
    # Imported here: with its fonts it takes 17 MB, which a process that prints nothing can spare.
    from fpdf import FPDF

    pdf = FPDF(format="A4")
    pdf.set_creation_date(paper.made_at)
    pdf.set_title(heading(paper.on))
    pdf.set_lang("ru-RU")
    pdf.set_margin(MARGIN)
    pdf.add_font(FONT, "", FONTS / "PTSans-Regular.ttf")
    pdf.add_font(FONT, "B", FONTS / "PTSans-Bold.ttf")
    pdf.add_page()
    _text(pdf, paper.company, size=11)
    pdf.ln(2)
    _text(pdf, heading(paper.on), size=15, bold=True)
    pdf.ln(3)
    for name, value in (
        ("Лицевой счёт", paper.number), ("Владелец", paper.holder), ("Адрес", paper.address),
    ):  # fmt: skip
        _pair(pdf, name, value)
    pdf.ln(3)
    _text(pdf, paper.total, size=14, bold=True)
    if paper.pay_by:
        _text(pdf, f"Срок оплаты: {paper.pay_by:%d.%m.%Y}", size=11)
    pdf.ln(3)
    for what, money in paper.rows:
        _row(pdf, what, money)
    pdf.ln(6)
    if paper.code:
        _code(pdf, paper.code)
    for name, value in paper.requisites:
        _pair(pdf, name, value)
    return bytes(pdf.output())


def _code(pdf: "FPDF", code: bytes) -> None:
    if pdf.get_y() + CODE + 20 > pdf.h - MARGIN:
        pdf.add_page()
    top = pdf.get_y()
    pdf.image(io.BytesIO(code), x=MARGIN, y=top, w=CODE, alt_text="QR-код для оплаты")
    pdf.set_xy(MARGIN + CODE + 6, top + 8)
    pdf.set_font(FONT, "", 11)
    pdf.multi_cell(
        WIDTH - CODE - 6, 6,
        "Откройте приложение своего банка, выберите оплату по QR-коду и наведите камеру. "
        "Реквизиты, номер счёта и сумма подставятся сами.",
        align="L",
    )  # fmt: skip
    pdf.set_xy(MARGIN, top + CODE + 4)


def _text(pdf: "FPDF", text: str, *, size: int, bold: bool = False) -> None:
    pdf.set_font(FONT, "B" if bold else "", size)
    pdf.multi_cell(WIDTH, size * 0.55, text, align="L", new_x="LMARGIN", new_y="NEXT")


def _pair(pdf: "FPDF", name: str, value: str) -> None:
    _text(pdf, f"{name}: {value}", size=11)


def _row(pdf: "FPDF", what: str, money: str) -> None:
    """What on the left, as many lines as it takes; how much on the right of the first."""
    pdf.set_font(FONT, "", 11)
    if pdf.get_y() + 2 * ROW > pdf.h - MARGIN:
        pdf.add_page()
    top = pdf.get_y()
    pdf.multi_cell(WIDTH - 40, ROW - 1, what, align="L", new_x="LMARGIN", new_y="NEXT")
    bottom = pdf.get_y()
    pdf.set_xy(MARGIN + WIDTH - 40, top)
    pdf.cell(40, ROW - 1, money, align="R")
    pdf.set_xy(MARGIN, bottom)
    pdf.set_draw_color(200)
    pdf.line(MARGIN, bottom, MARGIN + WIDTH, bottom)
