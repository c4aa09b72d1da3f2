"""All twelve learn the digits about equally well."""

import pytest

from stages import LADDER
from tests.support.known import ACCURACIES

each_stage = pytest.mark.parametrize(
    "stage", LADDER, ids=lambda stage: stage.name
)


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
