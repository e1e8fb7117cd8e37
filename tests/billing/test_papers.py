"""The payment code by ГОСТ Р 56042-2014 and the paper around it, read back by other libraries."""

import io
from datetime import UTC, date, datetime

import pytest
import zxingcpp
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from billing.payments import qr as payment_qr
from billing.payments.paper import Paper, heading, to_pdf
from billing.payments.qr import Requisites

OURS = Requisites(
    "АО «Энергосбыт Демо»", "40702810000000012345", "ПАО «Демобанк» г. Демоград", "040000123",
    "30101810000000000123", "0000123456", "000101001",
)  # fmt: skip


def read(png: bytes) -> str:
    # Of a code's squares the reader now and then makes a line code too.
    kinds = zxingcpp.BarcodeFormats(zxingcpp.BarcodeFormat.QRCode)
    (code,) = zxingcpp.read_barcodes(Image.open(io.BytesIO(png)), formats=kinds)
    return str(code.text)


def test_the_code_says_what_the_standard_asks_in_its_order() -> None:
    text = payment_qr.payload(OURS, "440012345678", 123_456, date(2026, 10, 1), "Оплата, ЛС 44")
    assert text == (
        "ST00012|Name=АО «Энергосбыт Демо»|PersonalAcc=40702810000000012345"
        "|BankName=ПАО «Демобанк» г. Демоград|BIC=040000123|CorrespAcc=30101810000000000123"
        "|Sum=123456|Purpose=Оплата, ЛС 44|PayeeINN=0000123456|KPP=000101001"
        "|persAcc=440012345678|paymPeriod=102026|TechCode=02"
    )
    assert read(payment_qr.picture(text)) == text


def test_a_field_cannot_end_itself_and_keeps_to_its_length() -> None:
    odd = Requisites("А|Б\n" + "я" * 300, *("1" * 20, "б" * 60, "0" * 9, "0", "1" * 10, "1" * 9))
    text = payment_qr.payload(odd, "Э/201915", 1, None, "раз|два")
    fields = dict(field.split("=", 1) for field in text.split("|")[1:])
    assert fields["Name"].startswith("А Б я")
    assert (len(fields["Name"]), len(fields["BankName"])) == (160, 45)
    assert fields["Purpose"] == "раз два"
    assert "paymPeriod" not in fields


@given(kopecks=st.integers(100, 10_000_000), number=st.from_regex(r"[0-9]{6,14}", fullmatch=True))
@settings(max_examples=15)
def test_every_sum_and_account_is_read_back(kopecks: int, number: str) -> None:
    text = payment_qr.payload(OURS, number, kopecks, date(2026, 1, 1), f"ЛС {number}")
    assert read(payment_qr.picture(text)) == text


def paper(rows: int = 3, *, code: bytes | None = None) -> Paper:
    return Paper(
        company="АО «Энергосбыт Демо»", number="440012345678", holder="Мария Петровна И.",
        address="г. Демоград, ул. С***, кв. **", on=date(2026, 11, 18), total="К оплате 100,00 ₽",
        rows=[("Электроэнергия, день: 165 кВт·ч × 5,47 ₽ = 902,55 ₽ " * 2, "902,55 ₽")] * rows,
        pay_by=date(2026, 11, 15), requisites=[("Получатель", OURS.name)], code=code,
        made_at=datetime(2026, 11, 18, tzinfo=UTC),
    )  # fmt: skip


def test_the_paper_says_that_it_is_no_bill() -> None:
    assert "не заменяет платёжный документ" in heading(date(2026, 11, 18))
    content = to_pdf(paper(code=payment_qr.picture("ST00012|x=1")))
    assert content.startswith(b"%PDF-")
    assert content.count(b"/Subtype /Image") >= 1


@pytest.mark.parametrize("rows", [0, 1, 60])
def test_a_long_bill_goes_on_to_the_next_page(rows: int) -> None:
    content = to_pdf(paper(rows, code=payment_qr.picture("ST00012|x=1")))
    assert (content.count(b"/Type /Page\n") > 1) == (rows == 60)


def test_the_same_data_give_the_same_paper() -> None:
    assert to_pdf(paper()) == to_pdf(paper())
