"""The model that the tests read with, trained once before they share the work: each process of
tests would train it for itself. Needs nothing that only tests need."""

from rich.console import Console

from okno import understanding
from tests.needs import MODEL

if __name__ == "__main__":
    understanding.prepare(Console(), MODEL)
