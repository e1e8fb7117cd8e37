"""Measure the search of the knowledge base on 2,000 articles, one core.

    python benchmarks/search.py

The articles are the starter ones, copied under other names with words of their own, so that the
index has the size of a large base; the queries are the check phrases.
"""

import random
import statistics
import sys
import time
from pathlib import Path

sys.path[0] = str(Path(__file__).resolve().parent.parent)

from knowledge_base.front_matter import parse  # noqa: E402
from knowledge_base.search import Document, SearchIndex  # noqa: E402
from nlu.training_data import CHECK_DIR, load_training_data  # noqa: E402

ARTICLES = 2_000
CONTENT = Path(sys.path[0]) / "knowledge_base" / "content"
SYLLABLES = ("ба", "во", "гри", "де", "жу", "за", "ки", "ло", "му", "не", "пра", "ро", "сте", "ту")


def main() -> None:
    draw = random.Random(1)
    files = [parse(path.read_text(encoding="utf-8")) for path in sorted(CONTENT.glob("*.md"))]
    documents = []
    for number in range(ARTICLES):
        file = files[number % len(files)]
        own = " ".join("".join(draw.choices(SYLLABLES, k=4)) for _ in range(30))
        words = file.text.body.split()
        draw.shuffle(words)
        documents.append(
            Document(
                f"{file.topic}_{number}", f"{file.text.title} {own.split()[0]}",
                file.text.questions, file.text.tags, f"{' '.join(words)} {own}",
            )
        )  # fmt: skip
    begun = time.perf_counter()
    index = SearchIndex(documents)
    built = time.perf_counter() - begun
    queries = [example.text for example in load_training_data([CHECK_DIR / "faq.yml"]).examples]
    index.search(queries[0])
    took = []
    for query in queries:
        begun = time.thread_time()
        index.search(query)
        took.append(1000 * (time.thread_time() - begun))
    took.sort()
    print(
        f"{ARTICLES} articles, built in {built:.1f} s; {len(queries)} queries: median "
        f"{statistics.median(took):.2f} ms, p95 {took[int(0.95 * len(took))]:.2f} ms of CPU"
    )


if __name__ == "__main__":
    main()
