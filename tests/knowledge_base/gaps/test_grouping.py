"""Likeness of short Russian questions."""

from knowledge_base.gaps.grouping import group


def test_what_asks_the_same_stands_together() -> None:
    texts = [
        "где купить лампочки",
        "как подключить зарядку для электромобиля",
        "хочу зарядную станцию для электромобиля",
        "зарядка электромобиля дома",
        "где кпуить лампочки",
    ]
    found = [sorted(one.members) for one in group(texts)]
    assert found[0] == [1, 2, 3]
    assert [0, 4] in found


def test_nothing_is_lost_and_nothing_counted_twice() -> None:
    texts = ["", "пени", "пени", "123", "?!"]
    members = [n for one in group(texts) for n in one.members]
    assert sorted(members) == [0, 1, 2, 3, 4]
    assert group([]) == []
