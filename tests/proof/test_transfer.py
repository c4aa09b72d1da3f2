"""What is learned from the stand-in is worth something on MNIST."""

from statistics import mean

import pytest

from shared.proof import transfer
from shared.proof.groups import groups
from shared.proof.pool import Training, trainings
from stages import LADDER
from tests.support.known import ACCURACIES as KNOWN


@pytest.mark.slow
@pytest.mark.usefixtures("on_mnist")
@pytest.mark.parametrize("seed", [0, 1])
def test_who_learns_from_it_reads_mnist(seed):
    assert transfer.read_mnist(seed) >= 0.90


@pytest.mark.slow
def test_the_stages_learn_it_about_as_well_as_mnist():
    """The mean over seeds 0 to 2 is within 0.02 of that on MNIST."""
    with trainings("standin") as start:
        for group in reversed(groups(LADDER)):
            records = [
                start(Training(group[0].path, seed)) for seed in range(3)
            ]
            accuracy = mean(record.result().accuracy for record in records)
            on_mnist = mean(KNOWN[group[0].name])
            assert accuracy == pytest.approx(on_mnist, abs=0.02)
