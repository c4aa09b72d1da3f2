"""The Chinese pages in a real browser, and the way from one to the other."""

import re

import pytest

from shared.book import build
from shared.languages import table
from stages import LADDER, PRELUDE

pytestmark = pytest.mark.browser

KINDS = [  # a page of each kind
    "index.html",
    *(f"{row.target}.html" for row in (LADDER[0], LADDER[8], PRELUDE[2])),
    *(page.file for page in build.PAGES),
]


@pytest.mark.parametrize("width", [360, 1440])
def test_chinese_pages_fit_and_say_what_they_are(width, visit, site):
    page = visit("zh/index.html", width)
    for name in KINDS:
        page.goto((site / "zh" / name).as_uri())
        root = "document.documentElement"
        assert page.evaluate(f"{root}.scrollWidth <= {root}.clientWidth"), name
        assert page.evaluate(f"{root}.lang") == "zh-CN"
        description = page.get_attribute("meta[name=description]", "content")
        assert re.search(r"[\u4e00-\u9fff]", description)


def test_no_letters_are_slanted_in_chinese(visit):
    page = visit("zh/proof.html")
    assert page.evaluate(
        "[...document.querySelectorAll('em')].every("
        "em => getComputedStyle(em).fontStyle === 'normal')"
    )


def test_quotation_marks_are_those_of_the_chinese_font(visit):
    page = visit("zh/stage-09.html")
    heading = page.locator("#change")
    assert re.search("“.*[0-9].*”", heading.inner_text())
    fonts = fonts_of(page, "#change")
    named = heading.evaluate("e => getComputedStyle(e).fontFamily")
    if not any(font in named for font in fonts):
        pytest.skip("no Chinese font that the style names")
    assert len(fonts) == 1
    assert not fonts & fonts_of(page, ".listing code")


def fonts_of(page, selector):
    """Return the fonts that an element is drawn with, a set of names."""
    # The protocol fetches the styles of a page anew, which is refused to a
    # file: so it is a page of which nobody listens to complaints.
    again = page.context.new_page()
    again.goto(page.url)
    client = page.context.new_cdp_session(again)
    for domain in ("DOM", "CSS"):
        client.send(f"{domain}.enable")
    root = client.send("DOM.getDocument")["root"]
    which = {"nodeId": root["nodeId"], "selector": selector}
    node = client.send("DOM.querySelector", which)["nodeId"]
    found = client.send("CSS.getPlatformFontsForNode", {"nodeId": node})
    return {font["familyName"] for font in found["fonts"]}


def test_the_switch_keeps_the_page_and_the_place_on_it(visit):
    page = visit("stage-07.html#L44")
    page.click(".language")
    page.wait_for_url("**/zh/stage-07.html#L44")
    page.click(".language")
    page.wait_for_url("**/site/stage-07.html#L44")


def test_without_scripts_the_switch_is_a_link(visit):
    page = visit("stage-02.html", java_script_enabled=False)
    page.click(".language")
    page.wait_for_url("**/zh/stage-02.html")
    page.click("a[rel=next]")
    page.wait_for_url("**/zh/stage-03.html")


# Until what one page stores has reached the process of another.
STORED = 1000  # milliseconds


def test_who_comes_anew_is_led_to_the_language_chosen_last(visit, site):
    page = visit("stage-07.html")
    page.click(".language")
    page.wait_for_url("**/zh/stage-07.html")
    page.wait_for_timeout(STORED)
    another = page.context.new_page()
    another.goto((site / "stage-08.html").as_uri() + "#L30")
    another.wait_for_url("**/zh/stage-08.html#L30")
    # From there on links decide, and the way back is open.
    another.goto((site / "stage-09.html").as_uri())
    assert "/zh/" not in another.url
    another.go_back()
    another.wait_for_url("**/zh/stage-08.html#L30")
    another.click(".language")
    another.wait_for_url("**/site/stage-08.html#L30")
    another.wait_for_timeout(STORED)
    third = page.context.new_page()
    third.goto((site / "zh" / "stage-02.html").as_uri())
    third.wait_for_url("**/site/stage-02.html")


def test_scripts_speak_chinese_too(visit):
    page = visit("zh/cards.html")
    asked = page.locator(".card:visible .asked button")
    assert asked.inner_text() == table("zh")["It is fine"]
    asked.click()
    said = page.locator(".card:visible .said").inner_text()
    assert re.search(r"[\u4e00-\u9fff]", said)


def test_a_page_is_found_by_its_chinese_name(visit):
    page = visit("zh/stage-01.html")
    page.keyboard.press("/")
    name = table("zh")["{1} dataloader"].replace("{1} ", "")
    page.keyboard.type(name)
    page.keyboard.press("Enter")
    page.wait_for_url("**/zh/stage-07.html")
