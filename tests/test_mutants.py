"""Every stage that is broken on purpose is caught.

This is the fast tier: a thousand images, two epochs. `make mutants` does the
same with all of them.
"""

import functools

import pytest

from shared.equivalence import load_train, record
from tests.mutants import MUTANTS, Mutant

each_mutant = pytest.mark.parametrize(
    "mutant", MUTANTS, ids=lambda mutant: f"{mutant.stage}-{mutant.name}"
)


@pytest.fixture(scope="module")
def stage_record(few):
    """Train a stage on a few digits, once for each condition."""

    @functools.cache
    def train(stage, given):
        return record(load_train(stage.path), few, given=given)

    return train


@pytest.fixture
def mutant_record(few, tmp_path):
    def train(mutant, given):
        path = tmp_path / "mutant.py"
        path.write_text(mutant.code())
        return record(load_train(path), few, given=given)

    return train


@each_mutant
def test_it_is_caught_unless_it_is_harmless(
    mutant, stage_record, mutant_record
):
    partner, promise = mutant.partner()
    verdict = mutant.verdict(
        mutant_record(mutant, promise.given),
        stage_record(partner, given=None),
    )
    assert bool(verdict) != bool(mutant.harmless), verdict


def test_there_are_at_least_24_of_all_stages_and_no_two_are_the_same():
    assert len([m for m in MUTANTS if not m.harmless]) >= 24
    assert {m.stage for m in MUTANTS} == {f"{n:02}" for n in range(1, 13)}
    assert len({m.code() for m in MUTANTS}) == len(MUTANTS)


def test_an_edit_that_does_not_apply_is_an_error():
    mutant = Mutant("01", "no such line", (("no such line", ""),))
    with pytest.raises(ValueError, match="no such line"):
        mutant.code()
