"""The book in a real browser: `make test-book`.

Needs the `dev` dependencies and the system's chromium.
"""

import io

import numpy as np
import pytest
from PIL import Image

from shared.book import build
from stages import LADDER, PRELUDE, TABLE

playwright = pytest.importorskip(
    "playwright.sync_api", reason="no playwright: run `make test-book`"
)

pytestmark = pytest.mark.browser

PAGES = [
    "index.html",
    *(f"{stage.target}.html" for stage in TABLE),
    *(page.file for page in build.PAGES),
]
KINDS = [  # a page of each kind
    "index.html",
    *(f"{row.target}.html" for row in (*LADDER[7:10], PRELUDE[2])),
    *(page.file for page in build.PAGES),
]
WIDTHS = (360, 768, 961, 1440, 1920)


def choose(page, value):
    page.locator(f"label:has([value={value}])").click()


def shows(page, view):
    """Wait until this view of a change is what can be seen."""
    expect = playwright.expect
    expect(page.locator(".split")).to_be_visible(visible=view == "split")
    if view != "split":
        removed = page.locator(".line.del").first
        expect(removed).to_be_visible(visible=view == "unified")


def test_a_change_has_three_views_and_the_choice_is_remembered(visit, site):
    page = visit("stage-07.html")
    shows(page, "unified")
    for view in ("split", "whole"):
        choose(page, view)
        shows(page, view)
        page.reload()
        shows(page, view)
        page.goto((site / "stage-09.html").as_uri())
        shows(page, view)
    page.goto((site / "stage-01.html").as_uri())
    assert page.locator(".listing").is_visible()


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
    shows(page, "whole")
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
        shows(page, "unified")
        page.locator(".listing .fold button").first.click()


def test_arrow_keys_turn_the_pages(visit):
    page = visit("index.html")
    for key, name in (
        ("ArrowRight", "stage-01.html"),
        ("ArrowRight", "stage-02.html"),
        ("ArrowLeft", "stage-01.html"),
        ("ArrowLeft", "index.html"),
    ):
        page.keyboard.press(key)
        page.wait_for_url(f"**/{name}")


def test_arrow_keys_on_a_switch_stay_with_it(visit):
    page = visit("stage-07.html")
    page.locator("[value=unified]").focus()
    page.keyboard.press("ArrowRight")
    shows(page, "split")
    assert page.url.endswith("stage-07.html")


@pytest.mark.parametrize("value", ["dark", "split"])
def test_after_a_click_on_a_switch_the_arrow_keys_turn_the_page(value, visit):
    page = visit("stage-07.html")
    choose(page, value)
    page.keyboard.press("ArrowRight")
    page.wait_for_url("**/stage-08.html")
    playwright.expect(page.locator(f"[value={value}]")).to_be_checked()


def test_folded_lines_unfold_by_keyboard(visit):
    page = visit("stage-07.html")
    button = page.locator(".listing .fold button").first
    line = page.locator(".listing").get_by_text("super().__init__()").first
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
    page.locator("[data-copy=file]").click()
    playwright.expect(page.locator("#said")).to_have_text("Copied")
    page.evaluate("document.body.append(document.createElement('textarea'))")
    page.locator("textarea").focus()
    page.keyboard.press("Control+V")
    copied = page.locator("textarea").input_value()
    assert copied.encode() == stage.path.read_bytes()


OUTSIDE = """() => {
  const views = [...document.getElementsByName("view")].filter(
    (input) => input.parentElement.checkVisibility())
  const found = new Set()
  for (const view of views.length ? views : [null]) {
    if (view) view.checked = true
    for (const element of document.body.querySelectorAll("*")) {
      const box = element.getBoundingClientRect()
      if (box.width > 1 && box.right > innerWidth + 1
          && !element.parentElement.closest(".screen, .scrolls")) {
        found.add(`${view?.value}: ${element.outerHTML.slice(0, 80)}`)
      }
    }
    if (document.documentElement.scrollWidth > innerWidth) {
      found.add(`${view?.value}: the page scrolls sideways`)
    }
  }
  return [...found]
}"""


@pytest.mark.parametrize("name", PAGES)
def test_nothing_overflows(name, visit):
    page = visit(name)
    for width in WIDTHS:
        page.set_viewport_size({"width": width, "height": 900})
        assert page.evaluate(OUTSIDE) == [], width


def edge(box):
    """Return the colour of most pixels at the right edge of an element."""
    picture = np.array(Image.open(io.BytesIO(box.screenshot())).convert("RGB"))
    colours, counts = np.unique(picture[8:-8, -4], axis=0, return_counts=True)
    return colours[counts.argmax()].tolist()


@pytest.mark.parametrize(
    ("name", "boxes"), [("speed.html", ".scrolls"), ("play.html", ".screen")]
)
def test_what_is_too_wide_for_a_phone_scrolls_and_shows_that_it_does(
    name, boxes, visit
):
    page = visit(name, 360, reduced_motion="reduce")
    box = page.locator(boxes).last
    name = box.evaluate(
        "e => [e.ariaLabel,"
        " ...e.ariaLabelledByElements?.map(other => other.textContent) ?? []]"
    )
    assert any(name)
    assert box.get_attribute("role") in ("region", "group")
    size = box.evaluate("e => [e.clientWidth, e.scrollWidth, e.scrollLeft]")
    assert size[0] < size[1]
    assert size[2] == 0
    more = edge(box)
    box.focus()
    page.keyboard.press("ArrowRight")
    page.wait_for_function("e => e.scrollLeft > 0", arg=box.element_handle())
    box.evaluate("e => { e.scrollLeft = e.scrollWidth }")
    assert sum(edge(box)) > sum(more) + 60  # the shadow is gone


def test_on_a_phone_the_change_is_never_side_by_side(visit):
    page = visit("stage-07.html")
    choose(page, "split")
    page.set_viewport_size({"width": 360, "height": 900})
    page.wait_for_function("document.querySelector('[value=unified]').checked")
    shows(page, "unified")
    page.set_viewport_size({"width": 1440, "height": 900})
    page.wait_for_function("document.querySelector('[value=split]').checked")
    shows(page, "split")


def test_on_paper_all_is_unfolded_and_notes_stand_below_their_lines(visit):
    page = visit("stage-07.html", color_scheme="dark")
    choose(page, "split")
    page.emulate_media(media="print")
    page.set_viewport_size({"width": 700, "height": 900})
    shows(page, "unified")
    assert not page.locator(".top .switch").is_visible()
    ink = page.evaluate("getComputedStyle(document.body).color")
    assert ink == "rgb(28, 30, 34)"
    assert page.get_by_text("super().__init__()").first.is_visible()
    for line, note in lines_and_notes(page):
        assert note["top"] >= line["bottom"] - 1
        assert note["left"] < line["left"] + 50
    table = page.locator(".stack")
    page.goto(page.url.replace("stage-07", "index"))
    assert table.first.locator("thead").is_visible()


def lines_and_notes(page):
    """Return the boxes of each note and of the line that it belongs to."""
    return page.evaluate(
        """() => [...document.querySelectorAll(".listing .note")].map(note => {
            let line = note
            while (!line.matches(".line")) line = line.previousElementSibling
            return [line, note].map(e => e.getBoundingClientRect().toJSON())
        })"""
    )


@pytest.mark.parametrize("stage", TABLE, ids=lambda stage: stage.name)
def test_notes_stand_in_the_margin_at_their_lines(stage, visit):
    page = visit(f"{stage.target}.html")
    assert not page.get_by_text("Tap a number for its note.").is_visible()
    found = lines_and_notes(page)
    assert found
    for previous, (line, note) in zip([None, *found], found, strict=False):
        assert note["left"] >= line["right"]
        assert note["right"] <= 1440
        if previous and previous[1]["bottom"] + 20 > line["top"]:
            assert note["top"] >= previous[1]["bottom"]
            assert note["top"] <= max(line["top"], previous[1]["bottom"]) + 30
        else:
            assert line["top"] - 3 < note["top"] < line["bottom"]


@pytest.mark.parametrize("stage", LADDER, ids=lambda stage: stage.name)
def test_the_first_changed_line_is_on_the_first_screen(stage, visit):
    page = visit(f"{stage.target}.html")
    kind = ".del, .ins" if stage.parent else ".line"
    first = page.locator(f".listing :is({kind})").first.bounding_box()
    assert first["y"] + first["height"] < 900


def test_a_number_opens_its_note_below_the_line_on_a_phone(visit):
    page = visit("stage-08.html", width=360)
    assert page.get_by_text("Tap a number for its note.").is_visible()
    for number in page.locator(".listing .mark:visible").all():
        box = number.bounding_box()
        assert min(box["width"], box["height"]) >= 24  # of a finger
    note, button = page.locator("#note-2"), page.locator("[data-note=note-2]")
    assert not note.is_visible()
    button.first.click()
    assert note.is_visible()
    assert button.first.get_attribute("aria-expanded") == "true"
    line, box = lines_and_notes(page)[1]
    assert box["top"] >= line["bottom"]
    button.first.click()
    assert not note.is_visible()


@pytest.mark.parametrize("width", [360, 1440])
def test_j_and_k_go_from_note_to_note(width, visit):
    page = visit("stage-08.html", width, reduced_motion="reduce")
    count = page.locator(".listing .note").count()
    for key, order in (
        ("j", range(1, count + 1)),
        ("k", range(count - 1, 0, -1)),
    ):
        for number in order:
            page.keyboard.press(key)
            note = page.locator(f"#note-{number}")
            assert note.is_visible()
            assert note.evaluate("e => e === document.activeElement")
            mark = page.locator(f".listing [data-note=note-{number}]")
            assert 0 < mark.bounding_box()["y"] < 900


def test_side_by_side_a_number_opens_its_note_below_the_row(visit):
    page = visit("stage-07.html")
    choose(page, "split")
    words = page.locator("#note-1").text_content()[1:].strip()[:30]
    note = page.locator(".split").get_by_text(words)
    assert note.count() == 0
    page.locator(".split .mark").first.click()
    assert note.is_visible()
    page.locator(".split .mark").first.click()
    assert note.count() == 0


def test_a_name_of_pytorch_is_explained_on_hover_focus_and_tap(visit):
    page = visit("stage-07.html")
    explained = page.locator("#explained")
    name = page.locator(".listing .api").get_by_text("DataLoader").first
    name.hover()
    assert explained.get_by_text("torch.utils.data.DataLoader").is_visible()
    link = explained.locator("a").get_attribute("href")
    assert link.startswith("https://docs.pytorch.org/")
    page.keyboard.press("Escape")
    assert not explained.is_visible()
    name.focus()
    assert explained.is_visible()
    phone = visit("stage-07.html", 360, has_touch=True, is_mobile=True)
    phone.locator(".listing .api").get_by_text("DataLoader").first.tap()
    assert phone.locator("#explained").is_visible()
    assert phone.url.endswith("stage-07.html")


def test_a_name_can_be_found_from_every_page(visit, site):
    page = visit("index.html")
    page.keyboard.press("/")
    page.keyboard.type("zero_grad")
    assert page.locator("#found li").count() > 1
    page.locator("#found a").get_by_text("model.zero_grad").first.click()
    page.wait_for_url("**/stage-03.html#L*")
    line = page.locator(".listing :target")
    assert "model.zero_grad()" in line.text_content()


def test_an_address_of_a_line_unfolds_it(visit, site):
    page = visit("stage-07.html")
    line = page.locator(".listing [hidden] .line[id]").first
    assert not line.is_visible()
    name = line.get_attribute("id")
    page.goto(f"{(site / 'stage-07.html').as_uri()}#{name}")
    assert page.locator(f"#{name}").is_visible()
    top = page.locator(f"#{name}").bounding_box()["y"]
    assert top == pytest.approx(16, abs=1)  # not at the very edge


HANG = """lines => lines.flatMap(line => {
  const range = document.createRange()
  range.selectNodeContents(line)
  const left = line.getBoundingClientRect().left
  const boxes = [...range.getClientRects()].filter(box => box.width > 2)
  const first = Math.min(...boxes.map(box => box.top))
  return boxes.filter(box => box.top > first + 10).map(box => box.left - left)
})"""


def hangs_by(page, lines):
    """Return how many pixels the second row of a line begins further in.

    The fewest of all lines that have one; there is at least one.
    """
    return min(page.locator(lines).evaluate_all(HANG))


def test_code_is_legible_on_a_projector_and_hangs_when_it_wraps(visit, site):
    def size(page):
        code = page.locator(".listing code").first
        return code.evaluate("e => parseFloat(getComputedStyle(e).fontSize)")

    assert size(visit("stage-08.html", width=1920)) >= 16
    phone = visit("stage-08.html", width=360)
    assert size(phone) >= 12
    assert hangs_by(phone, ".listing code") > 20
    phone.goto((site / "play.html").as_uri())
    phone.get_by_text("All twelve, one below the other").click()
    assert hangs_by(phone, ".listings li") > 12


@pytest.mark.parametrize("width", [1440, 360])
def test_without_scripts_it_can_be_read_all_the_same(width, visit):
    page = visit("stage-07.html", width, java_script_enabled=False)
    shows(page, "unified")
    folded = page.locator(".listing").get_by_text("super().__init__()").first
    assert folded.is_visible()
    for note in page.locator(".listing .note").all():
        assert note.is_visible()
    assert not page.get_by_text("Tap a number for its note.").is_visible()
    choose(page, "whole")
    shows(page, "whole")


def test_a_chart_shows_the_values_on_hover(visit):
    page = visit("stage-08.html")
    place = page.locator(".at").nth(10)
    assert not place.locator(".values").is_visible()
    place.hover()
    text = place.locator(".values").inner_text()
    assert "steps 231 to 253" in text
    assert "stage 07: 0." in text


def unfold_words(page):
    """Unfold what the words mean, where a page explains them."""
    page.evaluate(
        "document.querySelectorAll('.words').forEach(e => { e.open = true })"
    )


@pytest.mark.parametrize("name", PAGES)
def test_axe_finds_no_violation(name, visit, examine):
    """Colours are examined once for each kind of page; that takes longest."""
    page = visit(name)
    if name in KINDS:
        unfold_words(page)
    examine(page, colours=name in KINDS)


@pytest.mark.parametrize("name", KINDS)
def test_axe_finds_no_violation_in_the_dark_and_on_a_phone(
    name, visit, examine
):
    page = visit(name, color_scheme="dark")
    unfold_words(page)
    examine(page, rest=False)
    page.set_viewport_size({"width": 360, "height": 900})
    examine(page, colours=False)
