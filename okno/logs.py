"""Logging: ``room.event`` with fields, ids and never what a customer wrote.

Tokens live in the addresses of messengers' APIs and so leak through libraries' messages and
tracebacks. They are scrubbed on the handlers: a filter on a logger would not see the records
of its children.
"""

import logging
import re
import sys
from typing import Any

import structlog
from structlog.typing import EventDict

_TOKEN = re.compile(
    r"\d{6,12}:[A-Za-z0-9_-]{30,}"  # Telegram
    r"|vk1\.a\.[\w-]{20,}"  # VK
    r"|tkn[\w:-]{20,}"  # Odnoklassniki
    r"|(?<=access_token=)[^&\s\"']+"
)

# What begins a new line of a log, moves the terminal's cursor or turns the text round.
_UNSEEN = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069]")


def scrub(text: str) -> str:
    return _TOKEN.sub("***", text)


class _Scrubbing(logging.Formatter):
    def __init__(self, inner: logging.Formatter) -> None:
        super().__init__()
        self._inner = inner

    def format(self, record: logging.LogRecord) -> str:
        return scrub(self._inner.format(record))


def _without_exception_text(_logger: Any, _name: str, event: EventDict) -> EventDict:
    """A database error's text holds the statement's parameters, that is what customers wrote."""
    info = event.pop("exc_info", None)
    if info is True:
        info = sys.exc_info()
    if isinstance(info, tuple) and info[0] is not None:
        event["error"] = info[0].__name__
        frames = []
        trace = info[2]
        while trace is not None:
            code = trace.tb_frame.f_code
            frames.append(f"{code.co_filename.rsplit('/', 1)[-1]}:{trace.tb_lineno} {code.co_name}")
            trace = trace.tb_next
        event["trace"] = " > ".join(frames[-8:])
    return event


def _on_one_line(_logger: Any, _name: str, event: EventDict) -> EventDict:
    """Nobody who can have a word of his logged writes a line of the log."""
    return {
        key: _UNSEEN.sub(lambda sign: f"\\u{ord(sign[0]):04x}", value)
        if isinstance(value, str)
        else value
        for key, value in event.items()
    }


def configure(log_format: str, level: int = logging.INFO) -> None:
    """``log_format``: console, json, or auto (console on a terminal)."""
    console = log_format == "console" or (log_format == "auto" and sys.stderr.isatty())
    shared: list[Any] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        _without_exception_text,
        _on_one_line,
    ]
    structlog.configure(
        processors=[*shared, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=True,
    )
    renderer: Any = (
        structlog.dev.ConsoleRenderer()
        if console
        else structlog.processors.JSONRenderer(ensure_ascii=False)
    )
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(
        _Scrubbing(
            structlog.stdlib.ProcessorFormatter(
                foreign_pre_chain=shared,
                processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, renderer],
            )
        )
    )
    root = logging.getLogger()
    root.handlers = [handler]
    root.setLevel(level)
    for noisy in ("httpx", "aiogram", "vkbottle", "uvicorn.access", "alembic", "sse_starlette"):
        logging.getLogger(noisy).setLevel(logging.WARNING)
