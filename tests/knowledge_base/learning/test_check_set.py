"""Check phrases in, out and edited."""

import pytest

from knowledge_base.learning import check_set
from nlu.errors import DataError
from nlu.training_data import CHECK_DIR
from storage.database import Database


async def test_files_go_in_and_out_without_loss(database: Database) -> None:
    async with database.write() as tx:
        await check_set.seed(tx)
        await check_set.seed(tx)
    async with database.read() as session:
        written = check_set.dump(await check_set.by_intent(session))
        pairs = await check_set.pairs(session)
    assert sorted(check_set.read_upload(written.encode())) == sorted(
        set(check_set.read_files([CHECK_DIR]))
    )
    assert all("](" not in text for text, _ in pairs)
    async with database.write() as tx:
        assert await check_set.add(tx, check_set.read_upload(written.encode())) == 0
    async with database.read() as session:
        assert check_set.dump(await check_set.by_intent(session)) == written


async def test_lines_of_a_topic_are_replaced(database: Database) -> None:
    async with database.write() as tx:
        await check_set.add(tx, [("раз", "greet"), ("пени", "faq/penalty")])
        await check_set.replace(tx, "greet", ["  два  ", "", "два", "за [октябрь](date)"])
    async with database.read() as session:
        assert await check_set.by_intent(session) == {
            "faq/penalty": ["пени"],
            "greet": ["два", "за [октябрь](date)"],
        }
        assert ("за октябрь", "greet") in await check_set.pairs(session)


@pytest.mark.parametrize("content", [b"nlu: 5", b"\xff\xfe", b"nlu:\n- intent: a\n", b""])
def test_a_wrong_file_says_what_is_wrong(content: bytes) -> None:
    with pytest.raises(DataError):
        check_set.read_upload(content)
