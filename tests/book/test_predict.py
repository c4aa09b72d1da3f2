"""Before a change is shown, a reader may predict what it does."""

import re

import pytest

from shared.book.prose import unbroken
from shared.results import published
from stages import LADDER

playwright = pytest.importorskip("playwright.sync_api")
pytestmark = pytest.mark.browser

ANSWERS = {
    "exact": "Equal bit for bit",
    "rounding": "Equal up to rounding",
    "change": "Another result",
}


def asks(page):
    """Tell whether the page asks, and then shows nothing of the change."""
    asked = page.locator(".predict").is_visible()
    assert page.locator(".listing").is_visible() != asked
    assert page.locator("#training").is_visible() != asked
    return asked


def answer(page, kind):
    """Answer, and return what is replied."""
    page.get_by_role("button", name=ANSWERS[kind]).click()
    return page.locator(".predicted").inner_text()


def test_what_the_table_promises_is_right_at_every_stage(visit, site):
    page = visit("stage-02.html", asks=True)
    proof = published.read("proof")
    for stage in LADDER[1:]:
        page.goto((site / f"stage-{stage.name}.html").as_uri())
        assert asks(page)
        # Nothing that can be read tells the answer.
        text = page.locator("body").inner_text()
        outcome, _ = published.outcome(proof, stage)
        assert unbroken(outcome) not in text
        assert not page.locator("aside").get_by_text("promised").is_visible()
        assert not page.locator(".badge").is_visible()
        reply = answer(page, stage.promise.kind)
        assert reply.startswith("Right.")
        assert str(stage.promise) in reply
        assert unbroken(outcome) in reply
        assert not asks(page)


@pytest.mark.parametrize(
    ("stage", "kind", "verdict"),
    [
        ("02", "exact", "No."),
        ("02", "change", "No."),
        ("03", "rounding", "No."),
        ("09", "exact", "No."),
        ("08", "exact", "As measured, yes."),
        ("04", "change", "because stage 04 draws other initial weights."),
        ("08", "change", "because stage 08 shuffles the images."),
        ("11", "change", "because stage 11 rounds differently."),
    ],
)
def test_another_answer_is_judged_by_what_was_measured(
    stage, kind, verdict, visit
):
    page = visit(f"stage-{stage}.html", asks=True)
    reply = answer(page, kind)
    assert verdict in reply
    assert "Right." not in reply


def test_an_answer_is_remembered_for_its_stage(visit, site):
    page = visit("stage-03.html", asks=True)
    answer(page, "exact")
    assert page.evaluate("document.activeElement.className") == "predicted"
    page.reload()
    assert not asks(page)
    assert not page.locator(".predicted").is_visible()
    page.goto((site / "stage-04.html").as_uri())
    assert asks(page)


def test_it_can_be_skipped_once_and_for_good_and_asked_again(visit, site):
    page = visit("stage-03.html", asks=True)
    page.get_by_role("button", name="Show me the change").click()
    assert not asks(page)
    page.reload()
    assert asks(page)
    page.get_by_role("button", name="Never ask").click()
    assert not asks(page)
    for stage in ("03", "04"):
        page.goto((site / f"stage-{stage}.html").as_uri())
        assert not asks(page)
    page.get_by_role("button", name="Ask me before each change").click()
    assert not asks(page)
    page.reload()
    assert asks(page)


def test_by_keyboard_it_is_answered_or_passed_over(visit):
    page = visit("stage-03.html", asks=True)
    page.get_by_role("button", name=ANSWERS["exact"]).focus()
    page.keyboard.press("Enter")
    assert not asks(page)
    page.evaluate("localStorage.clear()")
    page.reload()
    assert asks(page)
    page.keyboard.press("j")
    assert not asks(page)
    assert page.locator("#note-1").evaluate(
        "note => note === document.activeElement"
    )


def test_who_comes_for_a_line_is_not_asked(visit):
    page = visit("stage-03.html#L40", asks=True)
    assert not asks(page)
    page = visit("stage-03.html", asks=True)
    page.keyboard.press("/")
    page.keyboard.type("model.parameters")
    page.locator("#found a").first.click()
    page.locator(".predict").wait_for(state="hidden")
    assert not asks(page)
    [line] = re.findall(r"#(L\d+)", page.url)
    assert 0 < page.locator(f"#{line}").bounding_box()["y"] < 900


def test_where_nothing_is_remembered_nothing_is_asked(visit):
    page = visit("stage-03.html", asks=True)
    page.add_init_script(
        "Object.defineProperty(window, 'localStorage',"
        " {get() { throw new Error('not allowed') }})"
    )
    page.reload()
    assert not asks(page)


def test_what_another_site_remembered_does_not_stop_it(visit):
    page = visit("stage-03.html", asks=True)
    page.evaluate("localStorage['torch-in-twelve-predict'] = 'x'")
    page.reload()
    assert asks(page)


def test_without_scripts_the_change_is_simply_shown(visit):
    page = visit("stage-03.html", asks=True, java_script_enabled=False)
    assert not asks(page)
    assert not page.locator(".predicted").is_visible()
    assert page.locator("aside").get_by_text("promised").is_visible()


def test_on_paper_the_change_is_simply_there(visit):
    page = visit("stage-03.html", asks=True)
    page.emulate_media(media="print")
    assert not asks(page)


@pytest.mark.parametrize(("theme", "width"), [("light", 360), ("dark", 1440)])
def test_question_and_reply_fit_and_axe_finds_no_violation(
    theme, width, visit, examine
):
    page = visit("stage-08.html", width, asks=True, color_scheme=theme)
    for _ in range(2):
        assert page.evaluate(
            "document.documentElement.scrollWidth <= innerWidth"
        )
        examine(page)
        if asks(page):
            answer(page, "exact")
