"""Errors of understanding.

NluError
├── DataError     a training or check file is not what it should be (file, line)
├── ModelError    a stored model cannot be used (damaged, other version, other encoder)
└── RasaError     a Rasa server gave no usable answer
"""

from pathlib import Path


class NluError(Exception):
    """Base of everything this room raises on purpose."""


class DataError(NluError):
    """A data file is broken; training stops and the model in use stays in use."""

    def __init__(self, path: Path, line: int | None, problem: str) -> None:
        self.path = path
        self.line = line
        self.problem = problem
        super().__init__(f"{path}:{line}: {problem}" if line else f"{path}: {problem}")


class ModelError(NluError):
    """A stored model cannot be used."""


class RasaError(NluError):
    """A Rasa server did not answer in time, or not in the agreed form."""
