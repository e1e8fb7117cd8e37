"""Consumption by month as a small picture: bars with their kWh, readable on a phone."""

from collections.abc import Sequence
from datetime import date
from io import BytesIO
from pathlib import Path

from PIL import Image, ImageDraw, ImageFont

from billing.money import grouped
from billing.readings.history import Month

WIDTH, HEIGHT = 960, 480
LEFT, RIGHT, TOP, BOTTOM = 32, 32, 88, 56
_GROUND, _TEXT, _QUIET, _LINE = "#ffffff", "#1d262b", "#53616a", "#d9dfe2"
# By register: only or day or peak, night, half-peak; told apart in grey too.
_COLOURS = ("#1b6b80", "#9fd6e4", "#c98a2b")
_NAMES = {1: (), 2: ("день", "ночь"), 3: ("пик", "ночь", "полупик")}
_SHORT = ("янв", "фев", "мар", "апр", "май", "июн", "июл", "авг", "сен", "окт", "ноя", "дек")
_FONT = Path(__file__).parent.parent / "fonts" / "PTSans-Regular.ttf"
_BOLD = Path(__file__).parent.parent / "fonts" / "PTSans-Bold.ttf"
_THOUSANDTHS = 1000


def consumption_png(title: str, months: Sequence[Month]) -> bytes:
    """A PNG of ``WIDTH`` by ``HEIGHT``; at least one month. CPU work of some milliseconds."""
    picture = Image.new("RGB", (WIDTH, HEIGHT), _GROUND)
    draw = ImageDraw.Draw(picture)
    small, bold = ImageFont.truetype(_FONT, 22), ImageFont.truetype(_BOLD, 28)
    draw.text((LEFT, 24), title, font=bold, fill=_TEXT)
    _legend(draw, len(months[0].kwh), small)
    floor = HEIGHT - BOTTOM
    draw.line([(LEFT, floor), (WIDTH - RIGHT, floor)], fill=_LINE, width=2)
    most = max(1, *(month.total for month in months))
    step = (WIDTH - LEFT - RIGHT) / len(months)
    for place, month in enumerate(months):
        middle = LEFT + step * (place + 0.5)
        top = _bar(draw, month, middle, min(56, step * 0.62), floor, most)
        label = grouped(round(month.total / _THOUSANDTHS))
        draw.text((middle, top - 6), label, font=small, fill=_TEXT, anchor="mb")
        draw.text((middle, floor + 30), _name(month.period), font=small, fill=_QUIET, anchor="ms")
    stream = BytesIO()
    picture.save(stream, "PNG", optimize=True)
    return stream.getvalue()


def _bar(draw: ImageDraw.ImageDraw, month: Month, middle: float, width: float, floor: float,
         most: int) -> float:  # fmt: skip
    """The registers one on top of the other; where the bar ends."""
    top = floor
    for register, kwh in enumerate(month.kwh):
        height = (floor - TOP - 40) * kwh / most
        box = [middle - width / 2, top - height, middle + width / 2, top]
        draw.rectangle(box, fill=_COLOURS[register])
        top -= height
    return top


def _legend(draw: ImageDraw.ImageDraw, registers: int, font: ImageFont.FreeTypeFont) -> None:
    right = WIDTH - RIGHT
    for register, name in reversed(list(enumerate(_NAMES[registers]))):
        right -= int(draw.textlength(name, font=font))
        draw.text((right, 30), name, font=font, fill=_QUIET)
        right -= 26
        draw.rectangle([right, 34, right + 18, 52], fill=_COLOURS[register])
        right -= 22


def _name(period: date) -> str:
    short = _SHORT[period.month - 1]
    return f"{short} {period:%y}" if period.month == 1 else short
