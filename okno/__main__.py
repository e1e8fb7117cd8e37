"""``python -m okno`` is the ``okno`` command."""

from okno.cli import app

if __name__ == "__main__":
    app()
