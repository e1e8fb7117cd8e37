"""Files in an article's Markdown."""

from knowledge_base.files.references import (
    FileFacts,
    advice,
    enclosed,
    find_problems,
    names,
    with_links,
    without,
)
from replies import File, FileKind

BODY = """Как дойти:

![План этажа](files/plan.png)

1. Возьмите [заявление](files/zayavlenie.pdf) и паспорт.
2. ![](files/plan.png)
3. Позвоните на [сайт](https://example.org).

[Ещё образец](files/obrazec.pdf)

До встречи."""
PLAN = FileFacts("plan.png", "a" * 64, "image/png", 10)
PAPER = FileFacts("zayavlenie.pdf", "b" * 64, "application/pdf", 20)


def test_a_messenger_gets_the_words_and_then_the_files() -> None:
    assert names(BODY) == {"plan.png", "zayavlenie.pdf", "obrazec.pdf"}
    assert without(BODY) == (
        "Как дойти:\n\n1. Возьмите заявление и паспорт.\n"
        "3. Позвоните на [сайт](https://example.org).\n\nДо встречи."
    )
    files = {"plan.png": PLAN, "zayavlenie.pdf": PAPER}
    assert enclosed(BODY, files) == (
        File(FileKind.PICTURE, PLAN.digest, "plan.png", "plan.png"),
        File(FileKind.DOCUMENT, PAPER.digest, "заявление.pdf", "заявление"),
    )
    slashed = "[А/Я: план.PDF](files/zayavlenie.pdf)"
    assert enclosed(slashed, files)[0].name == "А Я план.PDF"
    linked = with_links(BODY, lambda name: f"https://okno.test/{name}")
    assert "![План этажа](https://okno.test/plan.png)" in linked
    assert "[сайт](https://example.org)" in linked


def test_what_keeps_from_publishing() -> None:
    def told(source: str) -> list[tuple[str, int | None]]:
        known = {"plan.png", *(f"p{n}.png" for n in range(7))}
        return [(one.message, one.line) for one in find_problems(source, "body", known)]

    assert told("Вот\n\n![План](files/plan.png)") == []
    [gone] = told("Вот\n\n![План](files/gone.png)")
    assert gone == ("Нет файла «gone.png»: загрузите его", 3)
    assert told("Вот [а](files/../secret.png)")[0][0].startswith("Имя файла")
    assert told("Вот ![а](https://elsewhere.org/a.png)")[0][1] == 1
    for wrong in ("Вот ![а [б]](files/plan.png)", "Вот [а]( files/plan.png)"):
        assert told(wrong)[0][0].startswith("Файл записан не так")
    assert told("![План](files/plan.png)") == [("Кроме файлов нужен и текст", None)]
    many = "Вот\n" + "\n".join(f"![a](files/p{n}.png)" for n in range(7))
    assert "больше 6" in told(many)[0][0]


def test_an_unsigned_file_is_advised_about() -> None:
    source = "![что на картинке](files/plan.png)\n[](files/a.pdf)\n![Вход](files/b.png)"
    assert [one.line for one in advice(source, "body")] == [1, 2]
