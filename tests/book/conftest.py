"""A real browser for the tests that are marked `browser`."""

import os

import pytest

from shared.book.browser import ASK_NOTHING, PATH, launched


@pytest.fixture(scope="session")
def browser(site):
    pytest.importorskip(
        "playwright.sync_api", reason="no playwright: run `make test-book`"
    )
    if PATH is None:
        assert "CI" not in os.environ, "no chromium"
        pytest.skip("no chromium on this system")
    with launched() as browser:
        page = browser.new_page()  # starts what stores choices
        page.goto((site / "index.html").as_uri())
        page.evaluate("localStorage.length")
        page.close()
        yield browser


@pytest.fixture
def visit(browser, site):
    """Open a page in a fresh profile; fail on errors and on requests."""
    contexts, complaints = [], []

    def asked(request):
        if not request.url.startswith(("file://", "data:")):
            complaints.append(f"asked for {request.url}")

    def open_page(name="stage-07.html", width=1440, asks=False, **options):
        context = browser.new_context(
            viewport={"width": width, "height": 900}, **options
        )
        contexts.append(context)
        if not asks:
            context.add_init_script(ASK_NOTHING)
        page = context.new_page()
        page.set_default_timeout(20_000)  # a busy machine is no failure
        page.on("request", asked)
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.on("requestfailed", lambda failed: complaints.append(failed.url))
        page.on(
            "console",
            lambda said: (
                said.type in ("error", "warning")
                and complaints.append(said.text)
            ),
        )
        name, mark, anchor = name.partition("#")
        page.goto((site / name).as_uri() + mark + anchor)
        return page

    yield open_page
    for context in contexts:
        context.close()
    assert not complaints


@pytest.fixture
def examine():
    """Have axe examine a page; fail if it finds a violation.

    The contrast of `colours` takes as long as all the rest. Only what is
    wrong is asked for, and style sheets need not be loaded for that.
    """
    axe = pytest.importorskip("axe_playwright_python.sync_playwright")

    def run(page, colours=True, rest=True):
        options = {"preload": False, "resultTypes": ["violations"]}
        if not rest:
            options["runOnly"] = ["color-contrast"]
        elif not colours:
            options["rules"] = {"color-contrast": {"enabled": False}}
        found = axe.Axe().run(page, options=options)
        assert found.violations_count == 0, found.generate_report()

    return run
