"""Cards in a real browser: `make test-book`."""

import json

import pytest

from shared.book.prose import unbroken
from shared.proof import cards
from shared.results import published
from stages import LADDER
from tests.book.test_browser import hangs_by

playwright = pytest.importorskip("playwright.sync_api")
pytestmark = pytest.mark.browser

SHOWN = ".card:not([hidden])"
SCORE = "torch-in-twelve-cards"


@pytest.fixture(scope="module")
def deck(fresh_results):
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(published, "RESULTS", fresh_results)
        read = published.read("mutants"), published.read("proof")
        return cards.deck(LADDER, *read)


@pytest.fixture
def first_of(deck):
    """Return the first card that is broken or not, and passes or not."""
    return lambda broken, passes=True: next(
        c for c in deck if (c.broken, c.passes) == (broken, passes)
    )


def said(page):
    return page.locator(f"{SHOWN} .said").text_content()


def score(page):
    return page.locator(".deck-bar .score span").text_content()


def line_of(page, card, right):
    """Return the button of a line that is a right answer, or is not."""
    text = card.code.splitlines()
    seen = [n for n in card.lines if text[n].strip()]
    at = next(i for i, n in enumerate(seen) if (n in card.changed) == right)
    return page.locator(f"{SHOWN} .program button").nth(at)


STATE = """() => {
  const card = document.querySelector(".card:not([hidden])")
  const lines = card.querySelectorAll(".program button")
  return {
    id: card.id,
    lines: [...lines].map((line) => line.textContent),
    said: card.querySelector(".said").textContent,
    answer: card.querySelector(".answer").innerText,
    shown: card.querySelector(".answer").checkVisibility(),
    score: document.querySelector(".deck-bar .score span").textContent,
  }
}"""


def test_every_card_answers_as_was_measured(visit, deck):
    page = visit("cards.html")
    for number, card in enumerate(deck, start=1):
        text = card.code.splitlines()
        if card.broken:
            line_of(page, card, right=True).click()
            said = "Right: here it is broken."
        else:
            page.locator(SHOWN).get_by_text("It is fine", exact=True).click()
            said = "Right: it is fine."
        found = page.evaluate(STATE)
        assert found["id"] == f"card-{card.number}"
        assert found["lines"] == [
            text[n] for n in card.lines if text[n].strip()
        ]
        assert found["said"] == said
        assert found["shown"]
        measured = unbroken(card.found.removeprefix("harmless: "))
        assert measured in found["answer"]
        assert found["score"].startswith(
            f"Right so far, of {number}: you {number}"
        )
        page.get_by_role("button", name="Next card").click()
    check = sum(card.check_is_right for card in deck)
    assert score(page) == (
        f"Right so far, of {len(deck)}: you {len(deck)},"
        f" an accuracy check {check}, the proof {len(deck)}."
    )
    assert check < len(deck)


@pytest.mark.parametrize("broken", [True, False])
def test_a_wrong_line_is_no_right_answer(broken, visit, first_of):
    card = first_of(broken)
    page = visit(f"cards.html#card-{card.number}")
    line_of(page, card, right=False).click()
    wrong = "broken elsewhere" if broken else "fine"
    assert said(page) == f"No: it is {wrong}."
    assert score(page).startswith("Right so far, of 1: you 0,")


def test_fine_is_wrong_where_it_is_broken(visit, first_of):
    page = visit(f"cards.html#{first_of(True).number}")
    page.locator(SHOWN).get_by_role("button", name="It is fine").click()
    assert said(page) == "No: it is broken."


def test_before_an_answer_nothing_tells_it(visit, deck):
    page = visit("cards.html")
    found = page.evaluate(
        """async (numbers) => {
          const seen = []
          for (const number of numbers) {
            const turned = new Promise((done) =>
              addEventListener("hashchange", done, {once: true}))
            location.hash = `card-${number}`
            await turned
            const shown = document.querySelectorAll(".card:not([hidden])")
            seen.push([shown.length, shown[0].id,
              shown[0].querySelector(".answer").checkVisibility(),
              document.querySelectorAll(".is-changed, .is-chosen").length])
          }
          return seen
        }""",
        [card.number for card in deck],
    )
    assert found == [[1, f"card-{card.number}", False, 0] for card in deck]


def test_it_can_be_played_by_keyboard(visit, first_of):
    card = first_of(True, passes=True)
    page = visit(f"cards.html#{card.number}")
    text = card.code.splitlines()
    seen = [n for n in card.lines if text[n].strip()]
    page.locator(f"{SHOWN} .asked a").focus()
    page.keyboard.press("Tab")
    for _ in range(seen.index(min(card.changed)) + 1):
        page.keyboard.press("ArrowDown")
    page.keyboard.press("ArrowUp")
    page.keyboard.press("Enter")
    assert said(page) == "Right: here it is broken."
    assert page.evaluate("document.activeElement.className") == "said"
    page.reload()  # the next page is turned by an arrow key all the same
    page.locator(f"{SHOWN} .program button").first.focus()
    page.keyboard.press("ArrowLeft")
    page.wait_for_url("**/play.html")


def test_the_score_is_remembered_and_can_be_reset(visit, site, first_of):
    card = first_of(True)
    page = visit(f"cards.html#{card.number}")
    line_of(page, card, right=False).click()
    page.reload()
    line_of(page, card, right=True).click()  # the first answer counts
    assert score(page).startswith("Right so far, of 1: you 0,")
    page.goto((site / "stage-08.html").as_uri())
    assert score(page).startswith("Right so far, of 1: you 0,")
    page.get_by_role("button", name="Start again").click()
    assert score(page) == ""
    page.reload()
    assert score(page) == ""


@pytest.mark.parametrize(
    "kept", ["x", "[]", '"1"', "null", '{"a": "111"}', '{"1": 1}']
)
def test_what_another_page_remembered_does_no_harm(kept, visit):
    page = visit("cards.html")
    page.evaluate("args => localStorage[args[0]] = args[1]", [SCORE, kept])
    page.reload()
    assert score(page) == ""
    page.locator(f"{SHOWN} .program button").first.click()
    assert score(page).startswith("Right so far, of 1:")
    assert len(json.loads(page.evaluate(f"localStorage['{SCORE}']"))) == 1


def test_without_scripts_each_program_is_there_and_its_answer_folded(
    visit, deck
):
    page = visit("cards.html", java_script_enabled=False)
    assert page.locator(".card").count() == len(deck)
    card = page.locator(".card").first
    assert "def train(" in card.locator(".program").inner_text()
    assert not card.locator("dl").is_visible()
    card.locator("summary").click()
    assert card.locator("dl").is_visible()


@pytest.mark.parametrize("motion", ["reduce", "no-preference"])
def test_cards_move_only_where_motion_is_welcome(motion, visit):
    page = visit("cards.html", reduced_motion=motion)
    page.get_by_role("button", name="Next card").click()
    name = page.locator(SHOWN).evaluate(
        "card => getComputedStyle(card).animationName"
    )
    assert name == ("none" if motion == "reduce" else "arrive")


@pytest.mark.parametrize(("theme", "width"), [("light", 360), ("dark", 1440)])
def test_an_answered_card_fits_and_axe_finds_no_violation(
    theme, width, visit, first_of, examine
):
    card = first_of(True)
    page = visit(
        f"cards.html#{card.number}",
        width,
        color_scheme=theme,
        reduced_motion="reduce",
    )
    line_of(page, card, right=False).click()
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    if width == 360:
        assert hangs_by(page, f"{SHOWN} .hangs") > 12
        assert hangs_by(page, f"{SHOWN} .edit code > span") > 12
    examine(page)
