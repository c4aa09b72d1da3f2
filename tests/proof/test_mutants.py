"""Every stage that is broken on purpose is caught.

This is the fast tier: a thousand images, two epochs. `make mutants` does the
same with all of them.
"""

import functools

import pytest

from shared.proof.equivalence import load_train, record
from shared.proof.mutants import MUTANTS, Mutant
from stages import LADDER

each_mutant = pytest.mark.parametrize(
    "mutant", MUTANTS, ids=lambda mutant: f"{mutant.stage}-{mutant.name}"
)


@pytest.fixture(scope="module")
def stage_record(few):
    """Train a stage on a few digits, once for each condition."""

    @functools.cache
    def train(stage, precondition):
        return record(load_train(stage.path), few, precondition=precondition)

    return train


@pytest.fixture
def mutant_record(few, tmp_path):
    def train(mutant, precondition):
        path = tmp_path / "mutant.py"
        path.write_text(mutant.code(LADDER))
        return record(load_train(path), few, precondition=precondition)

    return train


@each_mutant
def test_it_is_caught_unless_it_is_harmless(
    mutant, stage_record, mutant_record
):
    partner, promise = mutant.partner(LADDER)
    verdict = mutant.verdict(
        mutant_record(mutant, promise.precondition),
        stage_record(partner, None),
        LADDER,
    )
    assert bool(verdict) != bool(mutant.harmless), verdict


def test_every_stage_is_broken_and_no_two_mutants_are_the_same():
    assert {m.stage for m in MUTANTS} == {stage.name for stage in LADDER}
    assert len({m.code(LADDER) for m in MUTANTS}) == len(MUTANTS)


def test_an_edit_that_does_not_apply_is_an_error():
    mutant = Mutant("01", "no such line", (("no such line", ""),))
    with pytest.raises(ValueError, match="no such line"):
        mutant.code(LADDER)
