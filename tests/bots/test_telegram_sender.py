"""What each of Telegram's answers means; limits; and that the fake refuses what Telegram does."""

import io
import json
import threading
from collections.abc import AsyncIterator

import httpx
import pytest
from aiogram import Bot
from aiogram.exceptions import TelegramBadRequest
from aiogram.types import BufferedInputFile
from PIL import Image

from bots import plainly
from bots.outcome import (
    AccountBroken,
    Outcome,
    Rejected,
    Sent,
    SlowDown,
    TryAgain,
    Unknown,
)
from bots.telegram import sender as sending
from bots.telegram.sender import TelegramSender, make_bot
from conversations.models import DeliveryKind
from media.errors import StoreDown
from media.store import MediaStore
from replies import Button, File, FileKind, Part, Reply, render
from replies.channels import Markup
from tests.bots.parcels import parcel, signal
from tests.fakes.telegram import TOKEN, FakeTelegram
from tests.fakes.telegram_failures import (
    Failure,
    html_page,
    refused,
    reset_after_accept,
    slow,
    too_many,
)


@pytest.fixture
async def bot(telegram: FakeTelegram) -> AsyncIterator[Bot]:
    bot = make_bot(TOKEN, telegram.url)
    yield bot
    await bot.session.close()


@pytest.fixture
def sender(bot: Bot, media: MediaStore) -> TelegramSender:
    return TelegramSender(bot, media, per_second=1000)


async def test_a_message_with_buttons_arrives(
    telegram: FakeTelegram, sender: TelegramSender
) -> None:
    anna = telegram.customer(77)
    rows = [[Button("Тарифы", "intent:faq/tariffs")], [Button("Сайт", url="https://a.example/b")]]
    part = Part("<b>Тариф</b> &lt;1 &amp; 2&gt;", Markup.TELEGRAM_HTML, rows)
    assert await sender.send(parcel(77, part)) == Sent(str(anna.sees[0]["message_id"]))
    assert anna.reads == ["Тариф <1 & 2>"]
    keyboard = anna.sees[0]["reply_markup"]["inline_keyboard"]
    assert [[button["text"] for button in row] for row in keyboard] == [["Тарифы"], ["Сайт"]]


@pytest.mark.parametrize(
    ("failure", "outcome"),
    [
        (too_many("sendMessage", 7), SlowDown(7)),
        (
            refused("sendMessage", 403, "Forbidden: bot was blocked by the user"),
            Rejected("blocked by the customer", unreachable=True),
        ),
        (refused("sendMessage", 401, "Unauthorized"), AccountBroken("TelegramUnauthorizedError")),
        (refused("sendMessage", 404, "Not Found"), AccountBroken("TelegramNotFound")),
        (refused("sendMessage", 500, "Internal Server Error"), TryAgain("TelegramServerError")),
        (html_page("sendMessage"), Unknown("ClientDecodeError")),
        (reset_after_accept("sendMessage"), Unknown("TelegramNetworkError")),
    ],
)
async def test_the_meaning_of_answers(
    telegram: FakeTelegram, sender: TelegramSender, failure: Failure, outcome: Outcome
) -> None:
    telegram.customer(77)
    telegram.fail(failure)
    assert await sender.send(parcel(77)) == outcome
    assert len(telegram.called("sendMessage")) == 1, "the sender itself repeats nothing"


async def test_no_answer_in_time_is_an_unknown_outcome(
    telegram: FakeTelegram, sender: TelegramSender, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sending, "REQUEST_SECONDS", 0.2)
    anna = telegram.customer(77)
    released = threading.Event()
    telegram.fail(slow("sendMessage", released))
    assert await sender.send(parcel(77)) == Unknown("TelegramNetworkError")
    assert anna.reads == ["привет"], "it was sent all the same"
    released.set()


async def test_a_refused_connection_has_sent_nothing(media: MediaStore) -> None:
    bot = make_bot(TOKEN, "http://127.0.0.1:9")
    assert await TelegramSender(bot, media).send(parcel(77)) == TryAgain("no connection")
    await bot.session.close()


async def test_a_group_that_became_a_supergroup_is_followed(
    telegram: FakeTelegram, sender: TelegramSender
) -> None:
    """The supervisors' chat: Telegram tells its new number to who uses the old one."""
    moved = telegram.customer(-100555)
    body = {
        "ok": False, "error_code": 400, "parameters": {"migrate_to_chat_id": moved.chat_id},
        "description": "Bad Request: group chat was upgraded to a supergroup chat",
    }  # fmt: skip
    telegram.fail(Failure("sendMessage", chat_id=-555, status=400, body=body))
    for _ in range(2):
        assert isinstance(await sender.send(parcel(-555)), Sent)
    assert moved.reads == ["привет"] * 2
    assert len(telegram.called("sendMessage")) == 3


async def test_an_unknown_chat_is_unreachable(
    telegram: FakeTelegram, sender: TelegramSender
) -> None:
    outcome = await sender.send(parcel(555))
    assert isinstance(outcome, Rejected)
    assert outcome.unreachable


async def test_blocked_by_the_customer_and_lifted(
    telegram: FakeTelegram, sender: TelegramSender
) -> None:
    anna = telegram.customer(77)
    anna.blocks()
    assert await sender.send(parcel(77)) == Rejected("blocked by the customer", unreachable=True)
    anna.unblocks()
    assert isinstance(await sender.send(parcel(77)), Sent)


@pytest.mark.parametrize(
    "part",
    [
        Part("<b>не закрыто", Markup.TELEGRAM_HTML),
        Part("<h1>заголовок</h1>", Markup.TELEGRAM_HTML),
        Part("выбор", Markup.TELEGRAM_HTML, [[Button("Тарифы", "я" * 33)]]),
    ],
)
async def test_what_telegram_calls_wrong_is_sent_once_more_in_plain_words(
    telegram: FakeTelegram, sender: TelegramSender, part: Part
) -> None:
    anna = telegram.customer(77)
    assert isinstance(await sender.send(parcel(77, part)), Sent)
    words = part.text.replace("<b>", "").replace("<h1>", "").replace("</h1>", "")
    assert anna.reads == [words + "\n\n1. Тарифы" * len(part.rows)]
    assert "reply_markup" not in anna.sees[0]
    assert [call.accepted for call in telegram.called("sendMessage")] == [False, True]


async def test_what_is_refused_plain_too_is_given_up(
    telegram: FakeTelegram, sender: TelegramSender
) -> None:
    telegram.customer(77)
    outcome = await sender.send(parcel(77, Part("   ", Markup.PLAIN)))
    assert outcome == Rejected("Bad Request: message text is empty")
    assert len(telegram.called("sendMessage")) == 2


async def test_rendered_replies_of_any_length_are_accepted(
    telegram: FakeTelegram, sender: TelegramSender
) -> None:
    anna = telegram.customer(77)
    long = "\n\n".join("**Важно** \U0001f4a1 <tag> & " + "слово " * 300 for _ in range(8))
    buttons = tuple(Button(f"Кнопка {n}", f"a:{n}") for n in range(12))
    parts = render(Reply(long, buttons), "telegram")
    assert len(parts) > 3
    for part in parts:
        assert isinstance(await sender.send(parcel(77, part)), Sent)
    assert len(anna.sees) == len(parts)
    assert all(call.accepted for call in telegram.called("sendMessage"))


async def test_a_press_is_answered_once_and_too_late_is_no_failure_of_ours(
    telegram: FakeTelegram, sender: TelegramSender
) -> None:
    press = telegram.customer(77).presses("menu:1")["callback_query"]["id"]
    answer = signal(77, DeliveryKind.PRESS_ANSWER, {"press_id": press})
    assert await sender.send(answer) == Sent()
    late = await sender.send(answer)
    assert isinstance(late, Rejected)
    assert not late.unreachable
    assert len(telegram.called("answerCallbackQuery")) == 2


def _png(width: int = 40, height: int = 40) -> bytes:
    stream = io.BytesIO()
    Image.new("RGB", (width, height), "white").save(stream, "PNG")
    return stream.getvalue()


async def test_a_picture_arrives_with_its_caption_and_buttons(
    telegram: FakeTelegram, sender: TelegramSender, media: MediaStore
) -> None:
    anna = telegram.customer(77)
    file = File(FileKind.PICTURE, await media.put(_png()), "qr.png", "QR-код")
    (part,) = render(Reply("К оплате **100 ₽**", (Button("Меню", "menu"),), (file,)), "telegram")
    assert await sender.send(parcel(77, part)) == Sent(str(anna.sees[0]["message_id"]))
    assert anna.reads == ["К оплате 100 ₽"]
    assert anna.sees[0]["photo"][0]["width"] == 40
    assert anna.sees[0]["reply_markup"]["inline_keyboard"][0][0]["text"] == "Меню"
    (call,) = telegram.called("sendPhoto")
    assert [upload.content for upload in call.uploads.values()] == [_png()]


async def test_a_document_arrives_under_its_name(
    telegram: FakeTelegram, sender: TelegramSender, media: MediaStore
) -> None:
    anna = telegram.customer(77)
    file = File(FileKind.DOCUMENT, await media.put(b"%PDF-1.7 x"), "Справка.pdf", "Справка")
    for part in render(Reply("слово " * 400, files=(file,)), "telegram"):
        assert isinstance(await sender.send(parcel(77, part)), Sent)
    assert len(anna.sees) == 2
    assert anna.sees[1]["document"]["file_name"] == "Справка.pdf"
    assert telegram.called("sendDocument")[0].accepted


async def test_a_picture_that_telegram_refuses_is_sent_as_a_document(
    telegram: FakeTelegram, sender: TelegramSender, media: MediaStore
) -> None:
    anna = telegram.customer(77)
    narrow = File(FileKind.PICTURE, await media.put(_png(2100, 100)), "chart.png", "График")
    part = Part("<b>График</b>", Markup.TELEGRAM_HTML, file=narrow)
    assert isinstance(await sender.send(parcel(77, part)), Sent)
    assert anna.reads == ["График"]
    assert anna.sees[0]["document"]["file_name"] == "chart.png"
    assert not telegram.called("sendPhoto")[0].accepted


async def test_an_upload_whose_answer_was_lost_has_an_unknown_outcome(
    telegram: FakeTelegram, sender: TelegramSender, media: MediaStore
) -> None:
    anna = telegram.customer(77)
    file = File(FileKind.PICTURE, await media.put(_png()), "qr.png", "QR-код")
    telegram.fail(reset_after_accept("sendPhoto"))
    part = Part("QR", Markup.TELEGRAM_HTML, file=file)
    assert await sender.send(parcel(77, part)) == Unknown("TelegramNetworkError")
    assert len(anna.sees) == 1


async def test_a_message_waits_for_a_store_of_files_that_is_down(
    telegram: FakeTelegram, sender: TelegramSender, media: MediaStore,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    anna = telegram.customer(77)
    file = File(FileKind.DOCUMENT, await media.put(b"%PDF-1.7 x"), "Справка.pdf", "Справка")

    async def is_down(_: str) -> bytes:
        raise StoreDown

    monkeypatch.setattr(media, "read", is_down)
    part = Part("Справка", Markup.TELEGRAM_HTML, file=file)
    assert await sender.send(parcel(77, part)) == SlowDown(plainly.STORE_SECONDS)
    assert anna.sees == []


async def test_a_file_that_is_gone_is_a_refusal_that_reaches_nobody(
    telegram: FakeTelegram, sender: TelegramSender
) -> None:
    telegram.customer(77)
    part = Part("", Markup.TELEGRAM_HTML, file=File(FileKind.PICTURE, "0" * 64, "a.png", ""))
    assert await sender.send(parcel(77, part)) == Rejected("the file is gone")
    assert not telegram.calls


async def test_the_fake_refuses_uploads_that_telegram_refuses(
    telegram: FakeTelegram, bot: Bot
) -> None:
    telegram.customer(77)
    file = BufferedInputFile(b"not a picture", "a.png")
    with pytest.raises(TelegramBadRequest, match="IMAGE_PROCESS_FAILED"):
        await bot.send_photo(77, file)
    with pytest.raises(TelegramBadRequest, match="caption is too long"):
        await bot.send_photo(77, BufferedInputFile(_png(), "a.png"), caption="я" * 1025)
    with pytest.raises(TelegramBadRequest, match="there is no document"):
        await bot.send_document(77, "no-such-file-id")


async def test_typing_is_shown(telegram: FakeTelegram, sender: TelegramSender) -> None:
    telegram.customer(77)
    assert await sender.send(signal(77, DeliveryKind.TYPING, {})) == Sent()
    assert telegram.called("sendChatAction")[0].params["action"] == "typing"


@pytest.mark.parametrize(
    ("text", "markup", "refusal"),
    [
        ("я" * 4097, None, "message is too long"),
        ("\U0001f600" * 2049, None, "message is too long"),
        ("<i>x</b>", None, "can't parse entities: Unmatched end tag"),
        ("a < b", None, "can't parse entities: Unclosed start tag"),
        ("</b>", None, "can't parse entities: Unexpected end tag"),
        ("<b> </b>", None, "message text is empty"),
        ("x", [[{"text": "a", "callback_data": "я" * 33}]], "BUTTON_DATA_INVALID"),
        ("x", [[{"text": "a", "callback_data": ""}]], "BUTTON_DATA_INVALID"),
        ("x", [[{"text": "a", "callback_data": "b", "url": "https://a.b"}]], "exactly one action"),
        ("x", [[{"text": "a"}]], "exactly one action"),
        ("x", [[{"text": "a", "url": "нет"}]], "URL 'нет' is invalid"),
        ("x", [[{"text": "a", "callback_data": "b"}]] * 101, "reply markup is too long"),
    ],
)
async def test_the_fake_refuses_what_telegram_refuses(
    telegram: FakeTelegram, text: str, markup: list[list[dict[str, str]]] | None, refusal: str
) -> None:
    """Without aiogram's models in between, which would stop some of it themselves."""
    telegram.customer(77)
    form = {"chat_id": "77", "text": text, "parse_mode": "HTML"}
    if markup is not None:
        form["reply_markup"] = json.dumps({"inline_keyboard": markup})
    async with httpx.AsyncClient() as client:
        response = await client.post(f"{telegram.url}/bot{TOKEN}/sendMessage", data=form)
    assert response.status_code == 400
    assert refusal in response.json()["description"]


async def test_the_fake_takes_what_is_just_within_the_limits(
    telegram: FakeTelegram, bot: Bot
) -> None:
    anna = telegram.customer(77)
    await bot.send_message(77, f"<b>{'я' * 4095}</b>&lt;", parse_mode="HTML")
    assert anna.reads == ["я" * 4095 + "<"]
    with pytest.raises(TelegramBadRequest, match="too old"):
        await bot.answer_callback_query("nobody-pressed-this")
