from nlu.tracked_text import Edit, TrackedText


def test_untouched_text_points_to_itself() -> None:
    tracked = TrackedText.of("счёт")

    assert tracked.span(1, 3) == (1, 3)
    assert tracked.rewrite([]) is tracked


def test_equal_length_keeps_positions() -> None:
    tracked = TrackedText.of("cчет 12").rewrite([Edit(0, 4, "счет")])

    assert tracked.text == "счет 12"
    assert tracked.span(0, 1) == (0, 1)


def test_other_length_stands_for_the_whole_piece() -> None:
    tracked = TrackedText.of("до двадцать пятого числа").rewrite([Edit(3, 18, "25")])

    assert tracked.text == "до 25 числа"
    assert tracked.span(3, 4) == (3, 18)
    assert tracked.span(6, 11) == (19, 24)


def test_edits_follow_each_other_over_several_passes() -> None:
    once = TrackedText.of("aaaa 1 bbb").rewrite([Edit(0, 4, "aa")])
    twice = once.rewrite([Edit(0, 2, "x"), Edit(5, 8, "y")])

    assert twice.text == "x 1 y"
    assert twice.span(0, 1) == (0, 4)
    assert twice.span(2, 3) == (5, 6)
    assert twice.span(4, 5) == (7, 10)
