"""Whatever a reply says: no platform's rule is broken, no character lost, every choice offered.

Each part is built as its adapter builds it and judged by the rules of the platform's fake.
"""

import html
import json
import re
from collections.abc import Callable, Sequence

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bots.max.sender import keyboard as max_keyboard
from bots.ok.sender import keyboard as ok_keyboard
from bots.viber.messages import text_message
from bots.vk.keyboard import keyboard as vk_keyboard
from replies import Button, Part, Reply, escape, render
from replies.channels import CAPABILITIES, Markup
from tests.fakes import viber as viber_rules
from tests.fakes.max import FakeMax
from tests.fakes.ok import FakeOk
from tests.fakes.telegram_limits import checked_markup, visible_text
from tests.fakes.vk_rules import check_message

TEXT = st.text(
    st.characters(exclude_categories=("Cs", "Cc")) | st.sampled_from("*_[]()<>&`#-1.\n|😀"),
    min_size=1,
    max_size=9_000,
)
LABEL = st.text(
    st.characters(categories=("Lu", "Ll", "Nd")) | st.sampled_from(" «»—<&"),
    min_size=1, max_size=60,
).filter(lambda label: label.strip() == label and "  " not in label)  # fmt: skip
ACTION = st.from_regex(r"[a-z]{1,12}:[a-z0-9/_]{1,50}", fullmatch=True)
BUTTON = st.builds(lambda label, action: Button(label, action), LABEL, ACTION) | st.builds(
    lambda label: Button(label, url="https://a.example/b"), LABEL
)
BUTTONS = st.lists(BUTTON, max_size=40, unique_by=lambda button: button.label)


def _telegram_button(button: Button) -> dict[str, str]:
    action = {"url": button.url} if button.url else {"callback_data": button.action}
    return {"text": button.label, **action}


def telegram(part: Part) -> None:
    keyboard = [[_telegram_button(button) for button in row] for row in part.rows]
    params = {"text": part.text, "parse_mode": "HTML"}
    if keyboard:
        params["reply_markup"] = json.dumps({"inline_keyboard": keyboard})
    visible_text(params)
    checked_markup(params)


def vk(part: Part) -> None:
    board = vk_keyboard(part.rows)
    check_message({"message": part.text, "random_id": "5"} | ({"keyboard": board} if board else {}))


def viber(part: Part) -> None:
    message = text_message(part, "Энергосбыт")
    assert viber_rules._refusal(message) is None, viber_rules._refusal(message)


def max_(part: Part) -> None:
    attachments = [max_keyboard(part.rows)] if part.rows else []
    content = {"text": part.text, "attachments": attachments, "format": "html"}
    refusal = FakeMax._refusal(None, content)  # type: ignore[arg-type]
    assert refusal is None, refusal


def ok(part: Part) -> None:
    attachments = [ok_keyboard(part.rows)] if part.rows else []
    refusal = FakeOk._refusal(None, {"text": part.text, "attachments": attachments})  # type: ignore[arg-type]
    assert refusal is None, refusal


RULES: dict[str, Callable[[Part], None]] = {
    "telegram": telegram, "vk": vk, "viber": viber, "max": max_, "ok": ok,
}  # fmt: skip


def test_every_messenger_is_judged() -> None:
    assert RULES.keys() == CAPABILITIES.keys() - {"web", "terminal"}


@pytest.mark.parametrize("channel", RULES)
@settings(max_examples=60)
@given(text=TEXT, buttons=BUTTONS)
def test_no_rule_is_broken_and_nothing_lost(
    channel: str, text: str, buttons: Sequence[Button]
) -> None:
    parts = render(Reply(escape(text), tuple(buttons)), channel)
    for part in parts:
        RULES[channel](part)
    shown = "".join(_visible(part.text, channel) for part in parts)
    solid = "".join("".join(shown.split()))
    assert solid.startswith("".join(text.split())), "the choices may stand behind it"
    offered = [button for part in parts for row in part.rows for button in row]
    if offered:
        assert offered == list(buttons)
        assert offered == [button for row in parts[-1].rows for button in row]
    else:
        flat = "".join(shown.split())
        for button in buttons:
            assert "".join(button.label.split()) in flat


@pytest.mark.parametrize("channel", RULES)
def test_a_text_of_the_greatest_length_in_four_byte_characters(channel: str) -> None:
    text = "😀" * 10_000
    parts = render(Reply(text), channel)
    for part in parts:
        RULES[channel](part)
    assert sum(_visible(part.text, channel).count("😀") for part in parts) == 10_000


def _visible(text: str, channel: str) -> str:
    if CAPABILITIES[channel].markup is Markup.PLAIN:
        return text
    return html.unescape(re.sub(r"<[^>]*>", "", text))
