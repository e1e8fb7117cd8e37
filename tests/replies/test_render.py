"""Whatever a reply says, every channel shows all of it within its limits."""

import html
import re

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from replies import Button, File, FileKind, Part, Reply, escape, render
from replies.channels import CAPABILITIES, Lack, Markup
from replies.markdown import utf16_length, visible_length

TEXT = st.text(
    st.characters(exclude_categories=("Cs", "Cc")) | st.sampled_from("*_[]()<>&`#-1.\n\t =|~\\😀"),
    min_size=1,
    max_size=6_000,
)


@pytest.mark.parametrize("channel", CAPABILITIES)
@given(text=TEXT)
def test_no_part_breaks_the_limit_or_is_empty(channel: str, text: str) -> None:
    can = CAPABILITIES[channel]
    parts = render(Reply(text), channel)
    assert parts
    for part in parts:
        assert part.text
        assert visible_length(part.text, can) <= can.text_limit


@pytest.mark.parametrize("channel", CAPABILITIES)
@given(text=TEXT)
@example(text="\xa0")
def test_no_character_of_an_escaped_text_is_lost(channel: str, text: str) -> None:
    shown = "".join(part.text for part in render(Reply(escape(text)), channel))
    if CAPABILITIES[channel].markup is not Markup.PLAIN:
        shown = html.unescape(re.sub(r"<[^>]*>", "", shown))
    assert _solid(shown) == (_solid(text) or "…")


def _solid(text: str) -> str:
    return "".join(text.split())


@pytest.mark.parametrize("channel", CAPABILITIES)
def test_an_operators_own_layout_stays_as_he_typed_it(channel: str) -> None:
    text = "Тарифы\n======\n    - день (7:00)\n\tночь: 3*2"
    shown = "".join(part.text for part in render(Reply(escape(text)), channel))
    assert "\\" not in shown
    assert _solid(re.sub(r"<[^>]*>", "", shown)) == _solid(text)


@pytest.mark.parametrize("channel", ["telegram", "web"])
def test_what_stands_in_the_text_cannot_become_markup(channel: str) -> None:
    part = render(
        Reply(escape("<script>alert(1)</script> **не жирный** [x](javascript:1)")), channel
    )
    assert "<script" not in part[0].text
    assert "<b>" not in part[0].text
    assert "<strong>" not in part[0].text
    assert "href" not in part[0].text


def test_telegram_gets_its_own_dialect() -> None:
    text = (
        "Цены:\n\n| Зона | Цена |\n|--|--|\n| День | 5 |\n\n- **раз**\n- [сайт](https://a.example)"
    )
    (part,) = render(Reply(text), "telegram")
    assert part.text == (
        'Цены:\n\n• <b>День</b> — Цена: 5\n\n• <b>раз</b>\n• <a href="https://a.example">сайт</a>'
    )


def test_a_long_reply_is_split_between_paragraphs_and_carries_buttons_once() -> None:
    paragraph = "слово " * 300
    parts = render(
        Reply("\n\n".join([paragraph] * 5), (Button("Меню", action="menu"),)), "telegram"
    )
    assert [utf16_length(part.text) <= 4096 for part in parts] == [True] * len(parts)
    assert all(part.text.endswith("слово") for part in parts)
    assert [len(part.rows) for part in parts] == [0] * (len(parts) - 1) + [1]


def test_a_client_without_buttons_gets_the_same_numbers() -> None:
    reply = Reply("Что?", (Button("Долг", "a"), Button("Мой", contact=True, claim=True)))
    for channel in ("vk", "viber", "max"):
        (part,) = render(reply, channel, [Lack.BUTTONS])
        assert part.rows == []
        assert "1. Долг" in part.text
        assert "Мой" not in part.text
        assert render(Reply("Да."), channel, [Lack.BUTTONS]) == render(Reply("Да."), channel)


def test_a_channel_without_buttons_numbers_the_choices() -> None:
    reply = Reply(
        "Что?", (Button("Долг", action="i:balance"), Button("Сайт", url="https://a.example"))
    )
    (part,) = render(reply, "terminal")
    assert part.text == "Что?\n\n1. Долг\n\n• Сайт (https://a.example)"
    assert part.rows == []


QR = File(FileKind.PICTURE, "d" * 64, "qr.png", "QR-код для оплаты 100 ₽")
PDF = File(FileKind.DOCUMENT, "e" * 64, "spravka.pdf", "Справка для оплаты")


@pytest.mark.parametrize("channel", ["telegram", "web"])
def test_a_short_text_is_the_caption_of_its_picture(channel: str) -> None:
    (part,) = render(Reply("Оплата по QR", (Button("Меню", "menu"),), (QR,)), channel)
    assert "Оплата по QR" in part.text
    assert part.file == QR
    assert [[button.label for button in row] for row in part.rows] == [["Меню"]]


@given(text=TEXT)
def test_a_caption_is_within_telegrams_limit_and_the_buttons_stand_last(text: str) -> None:
    parts = render(Reply(escape(text), (Button("Меню", "menu"),), (QR, PDF)), "telegram")
    assert [part.file for part in parts if part.file] == [QR, PDF]
    for part in parts:
        if part.file:
            assert utf16_length(html.unescape(re.sub(r"<[^>]*>", "", part.text))) <= 1024
    assert [bool(part.rows) for part in parts] == [False] * (len(parts) - 1) + [True]


def test_where_files_cannot_be_shown_they_are_named() -> None:
    (part,) = render(Reply("Вот справка", files=(PDF,)), "terminal")
    assert part.file is None
    assert "Справка для оплаты" in part.text
    assert "spravka.pdf" in part.text.replace("\\", "")


def test_a_part_with_a_file_is_read_back_as_it_was_stored() -> None:
    (part,) = render(Reply("Оплата", (Button("Меню", "menu"),), (QR,)), "web")
    assert Part.from_json(part.to_json()) == part
    reply = Reply("Оплата", (Button("Меню", "menu"),), (QR, PDF))
    assert Reply.from_json(reply.to_json()) == reply
