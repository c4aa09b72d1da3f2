"""All twelve, trained in full: each promise holds, and each learns as well.

One file, so that where tests run side by side, one process trains for all.
"""

import pytest
import torch

from shared.data import mnist
from shared.proof.equivalence import ROUNDING, compare, load_train, record
from shared.proof.pool import Training, trainings
from stages import LADDER
from tests.support.known import ACCURACIES

STAGES = {stage.name: stage for stage in LADDER}

each_stage = pytest.mark.parametrize(
    "stage", LADDER, ids=lambda stage: stage.name
)


def each_change(kinds):
    """Run a test for each stage whose promise is of one of these kinds."""
    stages = [stage for stage in LADDER[1:] if stage.promise.kind in kinds]
    return pytest.mark.parametrize("stage", stages, ids=lambda s: s.name)


def broken(stage, report):
    return (
        f"{STAGES[stage.parent].label} → {stage.label}: the promise"
        f" “{stage.promise}” is broken: {report.reading}"
    )


@pytest.fixture(scope="module")
def trained(digits):
    """Train a stage in full, once for all tests; return its record.

    In float64, where the result does not depend on the number of threads,
    and in processes of their own, all twelve from the start.
    """
    with trainings(mnist.flag(digits.name)) as start:
        for stage in reversed(LADDER):
            start(Training(stage.path))
        yield lambda stage, seed=0, precondition=None: start(
            Training(stage.path, seed, precondition=precondition)
        ).result()


@each_change(kinds=("exact", "rounding"))
def test_a_promise_of_equality_holds_after_a_training_in_full(stage, trained):
    parent, promise = STAGES[stage.parent], stage.promise
    report = compare(
        trained(parent),
        trained(stage, precondition=promise.precondition),
        0.0 if promise.kind == "exact" else ROUNDING,
    )
    assert report.equal, broken(stage, report)


@each_change(kinds=("exact",))
def test_what_is_exact_is_exact_in_float32_too(stage, few):
    parent, child = (
        record(load_train(s.path), few, dtype=torch.float32)
        for s in (STAGES[stage.parent], stage)
    )
    report = compare(parent, child)
    assert report.equal, broken(stage, report)


@each_stage
def test_nothing_is_wrong_with_any_stage_on_its_own(stage, trained):
    """Among other things, the last validation loss is the loss of `pred`."""
    assert trained(stage).problems == []


@each_stage
def test_training_learns(stage, trained, digits):
    """The first loss is that of guessing, log 10; the last ones are low."""
    losses = trained(stage).losses
    assert losses[0] == pytest.approx(2.3, abs=0.2)
    assert sum(losses[-50:]) / 50 < 0.5


@each_stage
def test_two_epochs_read_nine_digits_in_ten(stage, trained):
    assert trained(stage).accuracy >= 0.90


@each_stage
def test_no_stage_is_far_from_the_first(stage, trained):
    difference = trained(stage).accuracy - trained(LADDER[0]).accuracy
    if stage.name <= "08":
        assert abs(difference) <= 0.02
    else:
        assert difference >= -0.01


@each_stage
@pytest.mark.usefixtures("on_mnist")
def test_the_accuracy_on_mnist_is_the_known_one(stage, trained):
    assert trained(stage).accuracy == ACCURACIES[stage.name][0]


@each_stage
@pytest.mark.slow
@pytest.mark.usefixtures("on_mnist")
@pytest.mark.parametrize("seed", [1, 2])
def test_so_it_is_with_other_seeds(stage, seed, trained):
    assert trained(stage, seed).accuracy == ACCURACIES[stage.name][seed]
