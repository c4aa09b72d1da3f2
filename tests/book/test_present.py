"""`p` presents, for a projector; `?` tells the keys."""

import pytest

from stages import LADDER
from tests.book.test_player import CODE, program

playwright = pytest.importorskip("playwright.sync_api")
pytestmark = pytest.mark.browser


@pytest.fixture
def stage(visit):
    page = visit("stage-08.html", reduced_motion="reduce")
    page.keyboard.press("p")
    return page


def told(page):
    """Return the numbers of the notes that can be seen."""
    notes = page.locator(".listing .note")
    return [
        i for i, note in enumerate(notes.all(), start=1) if note.is_visible()
    ]


@pytest.mark.parametrize("keys", [("j", "k"), ("ArrowRight", "ArrowLeft")])
def test_it_goes_through_the_notes_one_at_a_time(keys, stage):
    count = stage.locator(".listing .note").count()
    following, back = keys
    for number in range(1, count + 1):
        assert told(stage) == [number]
        assert stage.locator("output").inner_text() == f"{number} / {count}"
        line = stage.locator(".line.told").bounding_box()
        note = stage.locator(".note.told").bounding_box()
        assert 0 < line["y"] < note["y"] - line["height"]
        middle = line["y"] + line["height"] / 2
        if stage.evaluate("scrollY"):  # between the head and the tallest note
            assert middle == pytest.approx((64 + 0.6 * 900) / 2, abs=2)
        assert note["y"] + note["height"] <= 900
        stage.keyboard.press(following)
    assert told(stage) == [count]  # and no page was turned
    stage.keyboard.press(back)
    assert told(stage) == [count - 1]
    for _ in range(count):
        stage.keyboard.press(back)
    assert told(stage) == [1]
    assert stage.url.endswith("stage-08.html")


def test_the_code_is_large_and_has_the_whole_width(stage):
    code = stage.locator(".listing code").first
    assert code.evaluate("e => getComputedStyle(e).fontSize") == "24px"
    assert stage.locator(".listing").bounding_box()["width"] > 1440 - 60
    assert stage.evaluate("document.documentElement.scrollWidth") <= 1440
    for other in ("header.top", ".opening", ".toolbar", "footer"):
        assert not stage.locator(other).is_visible()


def test_escape_returns_to_the_view_and_the_line(visit):
    page = visit("stage-08.html", reduced_motion="reduce")
    page.locator("label:has([value=split])").click()
    page.keyboard.press("p")
    assert page.locator(".listing").is_visible()
    for key in ("j", "j"):
        page.keyboard.press(key)
    page.keyboard.press("Escape")
    assert page.locator(".split").is_visible()
    assert page.locator(".toolbar").is_visible()
    page.keyboard.press("ArrowRight")  # turns the page again
    page.wait_for_url("**/stage-09.html")


def test_it_begins_with_the_note_that_is_read(visit):
    page = visit("stage-08.html", reduced_motion="reduce")
    for key in ("j", "j", "p"):
        page.keyboard.press(key)
    assert told(page) == [2]


def test_the_button_does_it_too_and_shows_a_change_not_yet_seen(visit):
    page = visit("stage-08.html", asks=True, reduced_motion="reduce")
    page.keyboard.press("p")
    assert told(page) == [1]
    page.keyboard.press("Escape")
    page.get_by_role("button", name="Present").click()
    assert told(page) == [1]


@pytest.mark.parametrize("motion", ["reduce", "no-preference"])
def test_it_scrolls_smoothly_only_where_motion_is_welcome(motion, visit):
    page = visit("stage-08.html", reduced_motion=motion)
    page.evaluate(
        "() => { Element.prototype.scrollIntoView ="
        " (options) => { window.behavior = options.behavior } }"
    )
    page.keyboard.press("p")
    page.keyboard.press("j")
    smooth = motion == "no-preference"
    assert page.evaluate("behavior") == ("smooth" if smooth else "auto")


@pytest.mark.parametrize("name", ["play.html", "index.html"])
def test_in_the_player_the_keys_go_from_program_to_program(name, visit):
    page = visit(name, reduced_motion="reduce")
    page.keyboard.press("p")
    line = page.locator(".screen p.here").first
    assert line.evaluate("e => getComputedStyle(e).fontSize") == "24px"
    assert page.locator(".screen").bounding_box()["width"] > 1440 - 60
    assert not page.locator(".survival").is_visible()
    for code in (CODE[1], CODE[2]):
        page.keyboard.press("ArrowRight")
        assert program(page) == code
    page.keyboard.press("k")
    assert program(page) == CODE[1]
    page.keyboard.press("Escape")
    assert page.locator(".survival").is_visible()
    assert page.url.endswith(name)
    assert program(page) == CODE[1]
    assert len(CODE) == len(LADDER)


def test_where_a_reader_types_p_is_a_letter(visit):
    page = visit("stage-08.html")
    page.keyboard.press("/")
    page.keyboard.type("pj")
    assert page.locator("#find").input_value() == "pj"
    assert page.locator(".toolbar").is_visible()


def test_a_question_mark_tells_the_keys(visit):
    page = visit("stage-08.html")
    keys = page.locator("#keys")
    assert not keys.is_visible()
    page.keyboard.press("?")
    assert keys.is_visible()
    for key in ("j", "k", "p", "/", "?", "Esc"):
        assert keys.locator("kbd").get_by_text(key, exact=True).count() == 1
    page.keyboard.press("ArrowRight")
    page.keyboard.press("p")
    assert keys.is_visible()
    page.keyboard.press("Escape")
    assert not keys.is_visible()
    page.get_by_role("button", name="All keys").click()
    assert keys.is_visible()
    page.get_by_role("button", name="Close").click()
    assert not keys.is_visible()
    assert page.url.endswith("stage-08.html")


@pytest.mark.parametrize(
    ("name", "theme", "key"),
    [
        ("stage-08.html", "light", "p"),
        ("play.html", "dark", "p"),
        ("digit.html", "dark", "?"),
    ],
)
def test_axe_finds_no_violation_while_it_presents(
    name, theme, key, visit, examine
):
    page = visit(name, color_scheme=theme, reduced_motion="reduce")
    page.keyboard.press(key)
    examine(page)
