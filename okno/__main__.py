"""The ``okno`` command; ``python -m okno`` is the same."""

from okno import memory


def main() -> None:
    memory.collect_seldom()
    # Imported here: the setting above is for what is loaded now.
    from okno.cli import app

    app()


if __name__ == "__main__":
    main()
