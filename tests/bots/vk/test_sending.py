"""Messages that wait for their turn travel together, and each has its own outcome."""

import asyncio

from bots.outcome import AccountBroken, Rejected, Sent, SlowDown, Unknown
from bots.pace import Pace
from bots.vk.api import VkApi
from bots.vk.sender import VkSender
from media.store import MediaStore
from tests.bots.parcels import parcel
from tests.fakes.rates import Rate
from tests.fakes.telegram_failures import html_page
from tests.fakes.vk import FakeVk, refused

CHATS = range(101, 161)


def tight(api: VkApi, media: MediaStore) -> VkSender:
    """Two requests at once, then one every 50 ms: the rest waits."""
    return VkSender(api, media, Pace(20))


async def test_what_waits_goes_in_a_few_requests_and_each_hears_its_own_outcome(
    vk: FakeVk, api: VkApi, media: MediaStore
) -> None:
    vk.rate = Rate(20)
    for chat in CHATS:
        vk.customer(chat)
    vk.customer(130).denied = True
    vk.fail(refused("messages.send", 6, peer_id=131), refused("messages.send", 911, peer_id=132))
    sender = tight(api, media)
    async with asyncio.timeout(20):
        outcomes = await asyncio.gather(
            *(sender.send(parcel(chat, random_id=chat)) for chat in CHATS)
        )
    told = dict(zip(CHATS, outcomes, strict=True))
    assert told[130] == Rejected("VK 901", unreachable=True)
    assert told[131] == SlowDown(1.0)
    others = [outcome for chat, outcome in told.items() if chat not in {130, 131}]
    assert all(isinstance(outcome, Sent) for outcome in others)
    assert len({outcome.platform_id for outcome in others if isinstance(outcome, Sent)}) == 58
    assert all(vk.customer(chat).reads == ["привет"] for chat in CHATS if chat not in {130, 131})
    assert 2 <= len(vk.called("execute")) <= 5
    assert vk.rate.broken == 0


async def test_one_message_goes_by_itself(vk: FakeVk, sender: VkSender) -> None:
    vk.customer()
    assert isinstance(await sender.send(parcel(77)), Sent)
    assert [call.method for call in vk.calls] == ["messages.send"]


async def test_a_request_that_fails_fails_for_all_in_it_and_a_repeat_is_not_sent_twice(
    vk: FakeVk, api: VkApi, media: MediaStore
) -> None:
    chats = list(CHATS)[:5]
    for chat in chats:
        vk.customer(chat)
    sender = tight(api, media)

    async def send() -> list[object]:
        async with asyncio.timeout(20):
            return list(await asyncio.gather(
                *(sender.send(parcel(chat, random_id=chat)) for chat in chats)
            ))  # fmt: skip

    vk.fail(html_page("execute"))
    assert Unknown("NotUnderstood") in await send()
    vk.fail(refused("execute", 5))
    assert AccountBroken("VK 5") in await send()
    # Code that VK cannot read: one of them may be the reason, the others still go.
    vk.fail(refused("execute", 12))
    assert all(isinstance(outcome, Sent) for outcome in await send())
    assert [vk.customer(chat).reads for chat in chats] == [["привет"]] * 5
