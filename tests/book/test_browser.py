"""The book in a real browser: `make test-book`.

Needs the `dev` dependencies and the system's chromium.
"""

import pytest

from shared.book import build
from stages import ENCORES, LADDER, PRELUDE, TABLE

playwright = pytest.importorskip(
    "playwright.sync_api", reason="no playwright: run `make test-book`"
)
axe = pytest.importorskip("axe_playwright_python.sync_playwright")

pytestmark = pytest.mark.browser

READING = [  # the pages in the order in which the arrow keys turn them
    "index.html",
    *(f"{stage.target}.html" for stage in LADDER + ENCORES),
    *(page.file for page in build.PAGES),
]
BEFORE = [f"{stage.target}.html" for stage in PRELUDE]
PAGES = READING + BEFORE
WIDTHS = (360, 768, 961, 1440)


def choose(page, value):
    page.locator(f"label:has([value={value}])").click()


def shown(page):
    """Return which views of the change can be seen."""
    views = (".split", ".unified", ".whole")
    return [view for view in views if page.locator(view).is_visible()]


def test_every_link_of_every_page_leads_somewhere(visit, site):
    page = visit("index.html")
    links = set()
    for name in PAGES:
        page.goto((site / name).as_uri())
        links |= set(
            page.eval_on_selector_all(
                "a", "links => links.map(link => link.href)"
            )
        )
    assert len(links) > len(PAGES)
    for link in links:
        assert link.startswith(site.as_uri())
        page.goto(link)
        assert page.locator("h1").is_visible()
        _, _, anchor = link.partition("#")
        assert not anchor or page.locator(f"#{anchor}").count() == 1


def test_a_change_has_three_views_and_the_choice_is_remembered(visit, site):
    page = visit("stage-07.html")
    assert shown(page) == [".split"]
    for value, view in (("unified", ".unified"), ("whole", ".whole")):
        choose(page, value)
        assert shown(page) == [view]
        page.reload()
        assert shown(page) == [view]
        page.goto((site / "stage-09.html").as_uri())
        assert shown(page) == [view]
    page.goto((site / "stage-01.html").as_uri())
    assert page.locator(".whole").is_visible()


@pytest.mark.parametrize("system", ["light", "dark"])
def test_colours_follow_the_system_or_the_choice(system, visit, site):
    def brightness(page):
        return page.evaluate(
            "getComputedStyle(document.body).backgroundColor"
            ".match(/[0-9.]+/g).slice(0, 3).reduce((a, b) => a + +b, 0)"
        )

    page = visit("index.html", color_scheme=system)
    assert (brightness(page) > 380) == (system == "light")
    for chosen in ("dark", "light"):
        choose(page, chosen)
        page.goto((site / "stage-02.html").as_uri())
        assert (brightness(page) > 380) == (chosen == "light")
    choose(page, "auto")
    page.reload()
    assert (brightness(page) > 380) == (system == "light")


def test_after_back_the_switches_are_as_they_were_chosen_last(visit, site):
    page = visit("stage-07.html")
    page.goto((site / "stage-08.html").as_uri())
    choose(page, "dark")
    choose(page, "whole")
    page.go_back()
    page.wait_for_url("**/stage-07.html")
    assert shown(page) == [".whole"]
    assert page.locator("[value=dark]").is_checked()


def test_what_another_site_remembered_does_no_harm(visit):
    page = visit("stage-07.html")
    for value in ('"dark"', "x"):
        for name in ("theme", "view"):
            page.evaluate(
                "([name, value]) => localStorage['torch-in-twelve-' + name]"
                " = value",
                [name, value],
            )
        page.reload()
        assert shown(page) == [".split"]
        page.locator(".split .fold button").first.click()


def test_arrow_keys_turn_the_pages(visit, site):
    page = visit(READING[0])
    for following in READING[1:]:
        page.keyboard.press("ArrowRight")
        page.wait_for_url(f"**/{following}")
    page.keyboard.press("ArrowRight")
    for previous in reversed(READING[:-1]):
        page.keyboard.press("ArrowLeft")
        page.wait_for_url(f"**/{previous}")
    page.goto((site / BEFORE[0]).as_uri())
    for following in [*BEFORE[1:], READING[1]]:
        page.keyboard.press("ArrowRight")
        page.wait_for_url(f"**/{following}")


def test_every_page_is_highlighted_in_the_navigation(visit, site):
    page = visit("index.html")
    for name in PAGES:
        page.goto((site / name).as_uri())
        assert page.locator(".top [aria-current]").count() == 1, name


def test_arrow_keys_on_a_switch_stay_with_it(visit):
    page = visit("stage-07.html")
    page.locator("[value=split]").focus()
    page.keyboard.press("ArrowRight")
    assert shown(page) == [".unified"]
    assert page.url.endswith("stage-07.html")


def test_folded_lines_unfold_by_keyboard(visit):
    page = visit("stage-07.html")
    button = page.locator(".split .fold button").first
    line = page.locator(".split").get_by_text("super().__init__()").first
    assert not line.is_visible()
    button.focus()
    page.keyboard.press("Enter")
    assert line.is_visible()
    assert button.get_attribute("aria-expanded") == "true"
    page.keyboard.press("Enter")
    assert not line.is_visible()


@pytest.mark.parametrize("stage", TABLE, ids=lambda stage: stage.name)
def test_the_code_copied_out_is_the_stage_byte_for_byte(stage, visit):
    page = visit(f"{stage.target}.html")
    if stage.parent:
        choose(page, "whole")
    page.locator(".whole button").click()
    playwright.expect(page.locator("#said")).to_have_text("Copied")
    page.evaluate("document.body.append(document.createElement('textarea'))")
    page.locator("textarea").focus()
    page.keyboard.press("Control+V")
    copied = page.locator("textarea").input_value()
    assert copied.encode() == stage.path.read_bytes()
    code = page.locator(".whole code").text_content()
    assert code.encode() == stage.path.read_bytes()


@pytest.mark.parametrize("width", WIDTHS)
def test_nothing_overflows(width, visit, site):
    page = visit(width=width)
    for name in PAGES:
        page.goto((site / name).as_uri())
        for view in ("split", "unified", "whole"):
            if page.locator(f"label:has([value={view}])").is_visible():
                choose(page, view)
                assert shown(page) == [f".{view}"]
            outside = page.evaluate(
                "[...document.body.querySelectorAll('*')].filter(element => {"
                " const box = element.getBoundingClientRect();"
                " return box.width > 1 && box.right > innerWidth + 1"
                "}).map(element => element.outerHTML.slice(0, 80))"
            )
            assert outside == [], name
            assert page.evaluate(
                "document.documentElement.scrollWidth <= innerWidth"
            ), name


def test_on_a_phone_the_change_is_unified(visit):
    page = visit("stage-07.html", width=360)
    assert shown(page) == [".unified"]
    assert page.locator("[value=unified]").is_checked()
    page.set_viewport_size({"width": 1440, "height": 900})
    page.wait_for_function("document.querySelector('[value=split]').checked")
    assert shown(page) == [".split"]


def test_on_paper_the_change_is_unified_and_light(visit):
    page = visit("stage-07.html", color_scheme="dark")
    page.emulate_media(media="print")
    assert shown(page) == [".unified"]
    assert not page.locator(".top .switch").is_visible()
    ink = page.evaluate("getComputedStyle(document.body).color")
    assert ink == "rgb(28, 30, 34)"


@pytest.mark.parametrize(
    ("width", "view"), [(1440, ".split"), (360, ".unified")]
)
def test_without_scripts_it_can_be_read_all_the_same(width, view, visit):
    page = visit("stage-07.html", width, java_script_enabled=False)
    assert shown(page) == [view]
    folded = page.locator(view).get_by_text("super().__init__()").first
    assert folded.is_visible()
    choose(page, "whole")
    assert shown(page) == [".whole"]


@pytest.mark.parametrize(
    ("theme", "width"), [("light", 1440), ("dark", 1440), ("light", 360)]
)
def test_axe_finds_no_violation(theme, width, visit, site):
    page = visit(width=width, color_scheme=theme)
    for name in PAGES:
        page.goto((site / name).as_uri())
        found = axe.Axe().run(page, options={"preload": False})
        assert found.violations_count == 0, found.generate_report()
