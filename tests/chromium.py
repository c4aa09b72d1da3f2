"""The system's chromium, and a picture of the book taken with it.

`python -m tests.chromium` writes `shared/results/page.png`.
"""

import os
import shutil
import sys
import tempfile
from contextlib import contextmanager
from pathlib import Path

from shared import book, measured
from shared.files import replacing
from stages import LADDER, TABLE

PATH = next(
    filter(
        None, map(shutil.which, ("chromium", "chromium-browser", "chrome"))
    ),
    None,
)
QUIET = (  # what a browser does of its own accord, it shall not
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-quic",
    "--disable-sync",
    "--no-first-run",
)


@contextmanager
def launched():
    """Yield a headless chromium; as root it runs without its sandbox."""
    from playwright.sync_api import sync_playwright

    root = ["--no-sandbox"] if os.name == "posix" and os.getuid() == 0 else []
    with sync_playwright() as driver:
        yield driver.chromium.launch(
            executable_path=PATH, args=[*QUIET, *root]
        )


def main():
    """Take the picture of a page that README.md shows."""
    if PATH is None:
        return "error: no chromium on this system to take a picture with"
    with tempfile.TemporaryDirectory() as folder, launched() as chromium:
        site = Path(folder) / "site"
        book.build(TABLE, LADDER, site)
        page = chromium.new_page(viewport={"width": 1360, "height": 1150})
        page.goto((site / "stage-07.html").as_uri())
        with replacing(measured.RESULTS / "page.png") as part:
            page.screenshot(path=part)
    return 0


if __name__ == "__main__":
    sys.exit(main())
