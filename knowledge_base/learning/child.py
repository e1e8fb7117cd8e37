"""The child process that trains: ``python -m knowledge_base.learning.child``.

Reads one JSON object (`Order`) from its standard input; writes JSON lines to its standard output:
``{"step": …, "share": 0…1}`` while it works, at the end ``{"model_id": …, "check": […],
"before": […] or null}`` or ``{"error": …}``. The model's bytes go to the file ``out``.
"""

import json
import os
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

# A shop with one core should go on serving: customers' messages come first.
NICE = 15


@dataclass(frozen=True, slots=True)
class Order:
    """``base``: files and folders of phrases; ``articles`` and ``check``: (text, intent) pairs.

    ``before``: the file of the active model where it is to be checked too, else empty.
    """

    base: list[str]
    articles: list[list[str]]
    check: list[list[str]]
    before: str
    out: str


def main() -> None:
    os.nice(NICE)
    order = Order(**json.load(sys.stdin))
    try:
        _tell(**work(order))
    except Exception as error:
        from nlu.errors import NluError

        if not isinstance(error, NluError):
            raise
        _tell(error=str(error))


def work(order: Order) -> dict[str, Any]:
    """Train, check, write the model. Raises `nlu.errors.NluError`."""
    from knowledge_base.learning.phrases import BasePhrases
    from nlu.embedded import EmbeddedEngine, load_engine
    from nlu.training import train

    base = BasePhrases([Path(path) for path in order.base])
    data = base.with_articles([(text, intent) for text, intent in order.articles])
    shown = -1

    def progress(step: str, share: float) -> None:
        nonlocal shown
        if (now := hash((step, int(share * 20)))) != shown:
            shown = now
            _tell(step=step, share=share)

    model = train(data, progress=progress)
    Path(order.out).write_bytes(model.to_bytes())
    _tell(step="check", share=0.0)
    check = _read(EmbeddedEngine(model), order.check)
    before = None
    if order.before:
        before = _read(load_engine(Path(order.before)), order.check)
    return {
        "model_id": model.model_id,
        "phrases": len(data.examples),
        "check": check,
        "before": before,
    }


def _read(engine: Any, phrases: Sequence[Sequence[str]]) -> list[str]:
    """What each phrase is read as."""
    now = datetime.now(UTC)
    read = []
    for done, (text, _) in enumerate(phrases):
        read.append(engine.parse(text, now=now).intent)
        if done % 50 == 0:
            _tell(step="check", share=done / len(phrases))
    return read


def _tell(**what: Any) -> None:
    print(json.dumps(what), flush=True)  # noqa: T201 (the parent reads it)


if __name__ == "__main__":
    main()
