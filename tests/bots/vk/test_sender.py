"""What each of VK's answers means; keyboards; files; that a repeat is not sent twice."""

import json
import threading
from datetime import UTC, datetime

import pytest

from bots.outcome import AccountBroken, Outcome, Rejected, Sent, SlowDown, TryAgain, Unknown
from bots.pace import Pace
from bots.vk import api as vk_api
from bots.vk.api import VkApi
from bots.vk.incoming import parse_event
from bots.vk.sender import VkSender
from conversations.models import DeliveryKind, MessageKind
from media.store import MediaStore
from replies import Button, File, FileKind, Part, Reply, render
from replies.channels import Markup
from tests.bots.parcels import parcel, signal
from tests.fakes import vk_schema
from tests.fakes.telegram_failures import Failure, html_page, reset_after_accept, slow
from tests.fakes.vk import TOKEN, FakeVk, refused


async def test_a_message_with_buttons_arrives(vk: FakeVk, sender: VkSender) -> None:
    anna = vk.customer()
    reply = Reply("Что **подсказать**?", (Button("Тарифы", "intent:faq/tariffs"),
                                         Button("Сайт", url="https://a.example")))  # fmt: skip
    (part,) = render(reply, "vk")
    assert isinstance(await sender.send(parcel(77, part)), Sent)
    assert anna.reads == ["Что подсказать?"]
    rows = json.loads(anna.sees[0]["keyboard"])["buttons"]
    assert [[b["action"]["type"] for b in row] for row in rows] == [["callback"], ["open_link"]]


@pytest.mark.parametrize(
    ("failure", "outcome"),
    [
        (refused("messages.send", 6), SlowDown(1.0)),
        (refused("messages.send", 9), SlowDown(300.0)),
        (refused("messages.send", 29), AccountBroken("VK 29")),
        (refused("messages.send", 5), AccountBroken("VK 5")),
        (refused("messages.send", 14), TryAgain("VK 14")),
        (refused("messages.send", 901), Rejected("VK 901", unreachable=True)),
        (refused("messages.send", 900), Rejected("VK 900", unreachable=True)),
        (refused("messages.send", 10), TryAgain("VK 10")),
        (refused("messages.send", 4711), TryAgain("VK 4711")),
        (html_page("messages.send"), Unknown("NotUnderstood")),
    ],
)
async def test_the_meaning_of_answers(
    vk: FakeVk, sender: VkSender, failure: Failure, outcome: Outcome
) -> None:
    vk.customer()
    vk.fail(failure)
    assert await sender.send(parcel(77)) == outcome
    assert len(vk.called("messages.send")) == 1, "the sender itself repeats nothing"


async def test_a_repeat_after_an_unknown_outcome_reaches_the_customer_once(
    vk: FakeVk, sender: VkSender
) -> None:
    anna = vk.customer()
    vk.fail(reset_after_accept("messages.send"))
    assert isinstance(await sender.send(parcel(77)), Unknown)
    assert isinstance(await sender.send(parcel(77)), Sent)
    assert anna.reads == ["привет"]
    assert isinstance(await sender.send(parcel(77, random_id=6)), Sent)
    assert anna.reads == ["привет", "привет"], "another message with the same words"


async def test_no_answer_in_time_is_an_unknown_outcome(
    vk: FakeVk, media: MediaStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(vk_api, "REQUEST_SECONDS", 0.2)
    api = VkApi(TOKEN, vk.url)
    anna = vk.customer()
    released = threading.Event()
    vk.fail(slow("messages.send", released))
    assert isinstance(await VkSender(api, media, Pace(100)).send(parcel(77)), Unknown)
    assert anna.reads == ["привет"]
    released.set()
    await api.close()


async def test_a_refused_connection_has_sent_nothing(media: MediaStore) -> None:
    api = VkApi(TOKEN, "http://127.0.0.1:9")
    outcome = await VkSender(api, media, Pace(100)).send(parcel(77))
    assert outcome == TryAgain("no connection")
    await api.close()


@pytest.mark.parametrize("code", [911, 912, 914, 100])
async def test_what_vk_calls_wrong_is_sent_once_more_in_plain_words(
    vk: FakeVk, sender: VkSender, code: int
) -> None:
    anna = vk.customer()
    vk.fail(refused("messages.send", code))
    rows = [[Button("Тарифы", "a"), Button("Сайт", url="https://a.example")], [Button("Долг", "b")]]
    assert isinstance(await sender.send(parcel(77, Part("Что?", Markup.PLAIN, rows))), Sent)
    assert anna.reads == ["Что?\n\n1. Тарифы\n2. Долг\nСайт: https://a.example"]
    assert "keyboard" not in anna.sees[0]


async def test_a_token_that_was_revoked(vk: FakeVk, media: MediaStore) -> None:
    api = VkApi("vk1.a.wrong-token-0123456789-0123456789", vk.url)
    assert await VkSender(api, media, Pace(100)).send(parcel(77)) == AccountBroken("VK 5")
    await api.close()


async def test_a_press_is_answered_with_what_was_chosen(vk: FakeVk, sender: VkSender) -> None:
    anna = vk.customer()
    press = vk.push(anna.press({"action": "a", "label": "Тарифы"}))["object"]["event_id"]
    answer = signal(77, DeliveryKind.PRESS_ANSWER, {"press_id": f"{press} Тарифы"})
    assert await sender.send(answer) == Sent()
    assert vk.snackbars == ["Тарифы"]
    assert await sender.send(answer) == Rejected("VK 100"), "too late, and no failure of ours"


async def test_a_press_without_a_label_stops_spinning(vk: FakeVk, sender: VkSender) -> None:
    press = vk.push(vk.customer().press({"action": "a"}))["object"]["event_id"]
    assert await sender.send(signal(77, DeliveryKind.PRESS_ANSWER, {"press_id": press})) == Sent()
    assert vk.snackbars == []


async def test_typing_is_shown(vk: FakeVk, sender: VkSender) -> None:
    assert await sender.send(signal(77, DeliveryKind.TYPING, {})) == Sent()
    assert vk.called("messages.setActivity")[0].params["type"] == "typing"


async def test_pictures_and_documents_are_uploaded(
    vk: FakeVk, sender: VkSender, media: MediaStore
) -> None:
    anna = vk.customer()
    picture = File(FileKind.PICTURE, await media.put(b"\x89PNG\r\n\x1a\n1"), "qr.png", "QR")
    paper = File(FileKind.DOCUMENT, await media.put(b"%PDF-1.7"), "Справка.pdf", "Справка")
    parts = render(Reply("К оплате", (Button("Меню", "menu"),), (picture, paper)), "vk")
    for n, part in enumerate(parts, start=1):
        assert isinstance(await sender.send(parcel(77, part, random_id=n)), Sent)
    assert [message["attachment"][:5] for message in anna.sees] == ["photo", "doc-7"]
    assert anna.reads == ["К оплате", ""]
    assert vk.called("docs.save")[0].params["title"] == "Справка.pdf"


async def test_a_picture_that_vk_refuses_is_sent_as_a_document(
    vk: FakeVk, sender: VkSender, media: MediaStore
) -> None:
    anna = vk.customer()
    vk.fail(refused("photos.saveMessagesPhoto", 100))
    file = File(FileKind.PICTURE, await media.put(b"\x89PNG\r\n\x1a\n1"), "chart.png", "График")
    assert isinstance(await sender.send(parcel(77, Part("График", Markup.PLAIN, file=file))), Sent)
    assert anna.sees[0]["attachment"].startswith("doc")


async def test_a_file_that_is_gone_reaches_nobody(vk: FakeVk, sender: VkSender) -> None:
    part = Part("", Markup.PLAIN, file=File(FileKind.PICTURE, "0" * 64, "a.png", ""))
    assert await sender.send(parcel(77, part)) == Rejected("the file is gone")
    assert not vk.called("messages.send")


async def test_a_long_reply_with_many_choices_is_accepted(vk: FakeVk, sender: VkSender) -> None:
    anna = vk.customer()
    long = "\n\n".join("Слово \U0001f4a1 & <b> " * 200 for _ in range(5))
    for count in (1, 7, 10, 11, 30, 41):
        buttons = tuple(Button(f"Очень длинное название {n}", f"a:{n}") for n in range(count))
        for n, part in enumerate(render(Reply(long, buttons), "vk")):
            outcome = await sender.send(parcel(77, part, random_id=count * 100 + n + 1))
            assert isinstance(outcome, Sent)
    assert all(call.accepted for call in vk.called("messages.send"))
    assert any("41. Очень длинное название 40" in text for text in anna.reads)
    boards = [json.loads(seen["keyboard"]) for seen in anna.sees if "keyboard" in seen]
    shapes = [(board["inline"], board["one_time"], len(board["buttons"])) for board in boards]
    assert shapes == [
        (True, False, 1), (True, False, 4), (True, False, 5), (False, True, 6), (False, True, 10),
    ]  # fmt: skip


async def test_the_menu_stands_below_the_field_under_messages_without_choices(
    api: VkApi, vk: FakeVk, media: MediaStore
) -> None:
    menu = (Button("Главное меню", "menu"), Button("Позвать оператора", "operator"))
    anna = vk.customer()
    sender = VkSender(api, media, Pace(1000), standing=menu)
    assert isinstance(await sender.send(parcel(77)), Sent)
    board = json.loads(anna.sees[0]["keyboard"])
    assert (board["inline"], board["one_time"]) == (False, False)
    press = parse_event(anna.presses("Главное меню"), 1, datetime.now(UTC))
    assert press is not None
    assert (press.kind, press.data, press.text) == (
        MessageKind.PRESS, {"action": "menu"}, "Главное меню",
    )  # fmt: skip


@pytest.mark.parametrize("code", [7, 15])
async def test_no_permission_for_one_customer_is_not_the_end_of_the_bot(
    vk: FakeVk, sender: VkSender, code: int
) -> None:
    vk.customer()
    vk.fail(*[refused("messages.send", code)] * 2)
    assert await sender.send(parcel(77)) == Rejected(f"VK {code}")
    vk.rights = ["photos"]
    vk.fail(refused("messages.send", code))
    assert await sender.send(parcel(77)) == AccountBroken(f"VK {code}")
    vk.fail(refused("messages.send", code), refused("groups.getTokenPermissions", 5))
    assert await sender.send(parcel(77)) == AccountBroken("VK 5")
    vk.fail(refused("messages.send", code), refused("groups.getTokenPermissions", 10))
    assert await sender.send(parcel(77)) == TryAgain(f"VK {code}")


@pytest.mark.parametrize(
    ("method", "params"),
    [
        ("messages.send", {"peer_id": "x"}),
        ("messages.send", {"colour": "red"}),
        ("messages.send", {"dont_parse_links": "yes"}),
        ("messages.send", {"message": "я" * 9001}),
        ("messages.send", {"keyboard": '{"buttons": []}'}),
        ("messages.send", {"keyboard": '{"one_time": false, "buttons": [[{"action": {}}]]}'}),
        ("messages.setActivity", {"type": "singing"}),
        ("messages.sendMessageEventAnswer", {"event_id": "e"}),
        ("groups.getLongPollServer", {"group_id": "0"}),
        ("users.get", {"user_ids": "77,78", "fields": "shoe_size"}),
    ],
)
def test_the_fake_refuses_what_vks_schema_does_not_know(
    method: str, params: dict[str, str]
) -> None:
    with pytest.raises(vk_schema.Violation):
        vk_schema.check(method, params)
