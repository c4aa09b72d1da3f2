"""The system's chromium, and a picture of the book taken with it."""

import os
import shutil
import tempfile
from contextlib import contextmanager
from pathlib import Path

from shared.book import build
from shared.errors import RunError
from shared.files import replacing

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
# The page of a stage shows its change at once, and does not ask before.
ASK_NOTHING = "localStorage['torch-in-twelve-predict'] = 'never'"


@contextmanager
def launched():
    """Yield a headless chromium; as root it runs without its sandbox."""
    from playwright.sync_api import sync_playwright

    root = ["--no-sandbox"] if os.name == "posix" and os.getuid() == 0 else []
    with sync_playwright() as driver:
        yield driver.chromium.launch(
            executable_path=PATH, args=[*QUIET, *root]
        )


def picture(table, ladder, tasks, name, path):
    """Take the picture of a page of the book that README.md shows.

    `name` is that of the page, such as "stage-07.html". Raises RunError
    without a chromium, or without the package that drives it.
    """
    if PATH is None:
        raise RunError("no chromium on this system to take a picture with")
    with tempfile.TemporaryDirectory() as folder, launched() as chromium:
        site = Path(folder) / "site"
        build.build(table, ladder, tasks, site)
        page = chromium.new_page(viewport={"width": 1360, "height": 1150})
        page.add_init_script(ASK_NOTHING)
        page.goto((site / name).as_uri())
        with replacing(path) as part:
            page.screenshot(path=part)
