"""Cards on the pages of the book; in a browser: test_cards_in_browser.py."""

import re

import pytest

from shared.errors import RunError
from shared.proof import cards, mutants
from shared.results import published
from stages import LADDER

MARKED = re.compile(
    r'<article class="card" id="card-(\d+)".*?</article>', re.S
)


@pytest.fixture(scope="module")
def deck(fresh_results):
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(published, "RESULTS", fresh_results)
        read = published.read("mutants"), published.read("proof")
        return {c.number: c for c in cards.deck(LADDER, *read)}


def cards_on(page):
    text = page.read_text(encoding="utf-8")
    return {int(m[1]): m[0] for m in MARKED.finditer(text)}


def test_all_cards_are_on_their_page_in_the_order_of_numbers(site, deck):
    assert list(cards_on(site / "cards.html")) == list(deck)


def test_each_stage_has_one_of_its_own_and_the_index_three(site, deck):
    for stage in LADDER:
        [number] = cards_on(site / f"{stage.target}.html")
        assert deck[number].stage is stage
    shown = [deck[number] for number in cards_on(site / "index.html")]
    assert {(c.broken, c.passes) for c in shown} == {
        (False, True),
        (True, True),
        (True, False),
    }


def test_before_the_answer_all_cards_look_alike(site, deck):
    looks = set()
    for html in cards_on(site / "cards.html").values():
        question = html.partition("<details")[0]
        assert "Trained in float64" in question  # an ordinary run is not
        question = re.sub(r"<pre.*?</pre>", "", question, flags=re.S)
        question = re.sub(r'data-\w+="[^"]*"|[\d.]+', "", question)
        looks.add(question)
    assert len(looks) == 1


def test_without_scripts_the_answer_is_folded_away_and_complete(site, deck):
    for number, html in cards_on(site / "cards.html").items():
        _, _, answer = html.partition('<details class="answer">')
        text = " ".join(re.sub("<[^>]+>", "", answer).split())
        card = deck[number]
        assert ("It is broken" in text) == card.broken
        assert ("lets it pass" in text) == card.passes
        assert ("catches it" in text) == card.caught
        assert card.why.replace("`", "")[:20] in text.replace("&#39;", "'")


def test_a_mutant_without_its_sentence_stops_the_book(results, monkeypatch):
    from shared.book import cards as book

    silent = (mutants.MUTANTS[0]._replace(why=""),)
    monkeypatch.setattr(cards.deck, "__defaults__", (silent,))
    with pytest.raises(RunError, match="no sentence that says why"):
        book.deck(LADDER, published.read("mutants"), published.read("proof"))
