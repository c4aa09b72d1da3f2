"""What the stages promise holds, and the published figures say so."""

import math
from statistics import mean, variance

import pytest
import torch
from scipy import stats

from shared.proof import prove, statistics
from shared.proof.equivalence import ROUNDING, compare, load_train, record
from shared.proof.preconditions import PRECONDITIONS
from shared.training import runner
from stages import LADDER

STAGES = {stage.name: stage for stage in LADDER}


def test_what_is_given_is_needed_and_known(few):
    conditional = [s for s in LADDER[1:] if s.promise.precondition]
    assert [s.name for s in conditional] == ["04", "08"]
    for stage in conditional:
        assert stage.promise.precondition in PRECONDITIONS
        parent = record(load_train(STAGES[stage.parent].path), few)
        child = record(load_train(stage.path), few)
        assert compare(parent, child, ROUNDING).step == 0


def test_groups_are_joined_by_promises_without_a_condition():
    names = [[s.name for s in group] for group in prove.groups(LADDER)]
    assert names == [
        ["01", "02", "03"],
        ["04", "05", "06", "07"],
        ["08"],
        ["09", "10", "11", "12"],
    ]


def test_no_less_is_welchs_test():
    a, b = [0.92, 0.93, 0.91, 0.94], [0.90, 0.93, 0.92]
    terms = variance(a) / 4, variance(b) / 3
    t = (mean(a) + 0.005 - mean(b)) / math.sqrt(sum(terms))
    df = sum(terms) ** 2 / (terms[0] ** 2 / 3 + terms[1] ** 2 / 2)
    wanted = stats.t.sf(t, df)
    assert statistics.no_less(a, b, 0.005) == pytest.approx(wanted, rel=1e-9)
    assert statistics.no_less(a, b, 0.005) < statistics.no_less(b, a, 0.005)


def test_equivalence_needs_both_sides():
    a = [0.900, 0.901, 0.899, 0.902]
    assert statistics.equivalent(a, [x + 0.02 for x in a], 0.03) < 0.001
    assert statistics.equivalent(a, [x + 0.04 for x in a], 0.03) > 0.999
    assert statistics.equivalent([x + 0.04 for x in a], a, 0.03) > 0.999


@pytest.mark.parametrize(
    ("size", "grid", "stage_10"),
    [
        ((28, 28), (4, 4), "equal"),
        ((32, 32), (4, 4), "equal"),
        ((24, 20), (3, 3), "refuses"),
        ((40, 36), (5, 5), "drops the border"),
        ((64, 64), (8, 8), "returns 40 numbers"),
    ],
)
def test_the_network_of_11_takes_any_size_and_that_of_10_does_not(
    size, grid, stage_10
):
    """Stage 10 is asked without its first layer, which wants 784 pixels."""
    torch.manual_seed(0)
    images = torch.rand(3, 1, *size, dtype=torch.float64)
    _, *layers = STAGES["10"].program.cnn().double()
    network = STAGES["11"].program.cnn().double()
    old = torch.nn.Sequential(*layers)
    network.load_state_dict(old.state_dict())

    cells = old[:6](images)
    assert cells.shape == (3, 10, *grid)
    true_mean = cells.sum((2, 3)) / math.prod(grid)
    torch.testing.assert_close(network(images), true_mean)
    assert network(images).shape == (3, 10)

    if stage_10 == "refuses":
        with pytest.raises(RuntimeError, match="too small"):
            old(images)
    elif stage_10 == "drops the border":
        dropped = cells[:, :, :4, :4].mean((2, 3))
        torch.testing.assert_close(old(images), dropped)
        assert not torch.allclose(old(images), true_mean)
    elif stage_10 == "returns 40 numbers":
        assert old(images).shape == (3, 40)
    else:
        torch.testing.assert_close(old(images), true_mean)


@pytest.mark.skipif(
    not torch.accelerator.is_available(), reason="no accelerator"
)
def test_on_an_accelerator_the_first_losses_agree_to_rounding(few, losses):
    stage = STAGES["12"]
    options = {"seed": 0, "dtype": torch.float32}
    runner.predict(stage.program.train, few, losses, **options)
    on_cpu = record(stage.program.train, few, dtype=torch.float32)
    assert losses[:20] == pytest.approx(on_cpu.losses[:20], abs=1e-4)
