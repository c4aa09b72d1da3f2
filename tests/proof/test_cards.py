"""Every card has the answer that was measured, and gives nothing away."""

import pytest

from shared.errors import RunError
from shared.proof import cards
from shared.proof.mutants import MUTANTS, Mutant
from shared.results import published
from stages import LADDER


@pytest.fixture(scope="module")
def read(fresh_results):
    """What was measured of the mutants, and of the stages."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(published, "RESULTS", fresh_results)
        return published.read("mutants"), published.read("proof")


@pytest.fixture(scope="module")
def deck(read):
    return cards.deck(LADDER, *read)


def of(deck, name, stage):
    [card] = [c for c in deck if (c.name, c.stage.name) == (name, stage)]
    return card


def test_each_stage_and_each_measured_mutant_has_a_card(read, deck):
    measured = read[0]["mutants"]
    by_name = {(m["stage"], m["mutant"]): m for m in measured}
    assert len(deck) == len(LADDER) + len(measured)
    for card in deck:
        if not card.name:
            assert (card.broken, card.caught) == (False, False)
            assert card.code == card.stage.code
            assert card.accuracy == card.ours
            continue
        found = by_name[card.stage.name, card.name]
        assert card.broken != found["harmless"]
        assert card.accuracy == found["accuracy"]
        assert card.found == found["verdict"]
        assert card.proof_is_right


@pytest.mark.parametrize(
    "mutant", MUTANTS, ids=lambda mutant: f"{mutant.stage}-{mutant.name}"
)
def test_the_changed_lines_are_those_of_the_edits(mutant):
    [stage] = [row for row in LADDER if row.name == mutant.stage]
    code, changed = cards._edited(stage.code, mutant)
    assert code == mutant.code(LADDER)
    lines = code.splitlines()
    assert all(lines[n].strip() for n in changed)
    new = {line for line in lines if line not in stage.code.splitlines()}
    assert new <= {lines[n] for n in changed}
    gaps = sum(not edit[1].strip() for edit in mutant.edits)
    most = sum(edit[1].count("\n") + 1 for edit in mutant.edits) + 2 * gaps
    assert 1 <= len(changed) <= most


def test_beside_a_gap_both_lines_are_right(deck):
    card = of(deck, "bias never updated", "01")
    lines = card.code.splitlines()
    right = {n for n in range(len(lines)) if card.is_right(n)}
    assert {lines[n].strip() for n in right} == {
        "weights -= weights.grad * lr",
        "weights.grad.zero_()",
    }
    assert not card.is_right(None)


def test_of_what_does_no_harm_only_fine_is_right(deck):
    for card in (
        of(deck, "zero_grad before backward", "05"),
        of(deck, "", "05"),
    ):
        assert card.is_right(None)
        assert not any(map(card.is_right, range(len(card.code))))


def test_all_cards_of_a_stage_show_the_same_parts(deck):
    def parts(card):
        lines = card.code.splitlines()
        return [
            lines[n]
            for n in card.lines
            if lines[n].startswith(("def ", "class "))
        ]

    for card in deck:
        assert card.changed <= set(card.lines)
        [intact] = [c for c in deck if c.stage is card.stage and not c.name]
        assert parts(card) == parts(intact)


def test_numbers_stay_when_mutants_come_and_go(read, deck):
    numbers = {(c.stage.name, c.name): c.number for c in deck}
    for card in cards.deck(LADDER, *read, mutants=MUTANTS[::-2]):
        assert numbers[card.stage.name, card.name] == card.number
    assert [*numbers.values()] == sorted(set(numbers.values()))


def test_the_lesson_is_in_it_broken_programs_pass_an_accuracy_check(deck):
    passing = [c for c in deck if c.broken and c.passes]
    assert len(passing) > len(LADDER)
    assert not any(card.check_is_right for card in passing)


def test_a_mutant_that_says_not_why_is_an_error(read):
    mutant = Mutant("01", "silent", (("epochs=2", "epochs=3"),))
    with pytest.raises(RunError, match="'silent' of stage 01 has no sentence"):
        cards.deck(LADDER, *read, mutants=(mutant,))


def test_what_was_measured_otherwise_is_not_compared(read):
    measured, proof = read
    with pytest.raises(RunError, match="differ in 'threads'"):
        cards.deck(LADDER, measured | {"threads": 2}, proof)


def test_a_mutant_that_was_not_measured_has_no_card(read):
    measured, proof = read
    deck = cards.deck(LADDER, measured | {"mutants": []}, proof)
    assert {card.name for card in deck} == {""}
