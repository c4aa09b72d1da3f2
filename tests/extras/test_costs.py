"""Where the time of a step goes adds up."""

import pytest

from shared.extras import costs
from shared.results import tables
from stages import LADDER

TRAIN = "autograd::engine::evaluate_function: AddmmBackward0"


def test_the_parts_of_a_step_are_told_apart_by_their_order():
    events = [
        (0, 100, "aten::warm-up"),
        (100, 110, costs.LOGGED),
        (110, 120, "enumerate(DataLoader)#__next__"),
        (125, 155, "aten::linear"),
        (155, 175, TRAIN),
        (180, 195, TRAIN),
        (200, 205, "Optimizer.step#SGD.step"),
        (210, 211, costs.LOGGED),
        (300, 999, "aten::afterwards"),
    ]
    found = costs.divide(events)
    assert found == {
        "fetching": 0.1,
        "forward": 0.3,
        "backward": 0.4,
        "update": 0.05,
        "Python": 0.15,
    }


def test_what_happens_within_an_operation_counts_once():
    events = [(0, 10, "a"), (2, 5, "b"), (2, 3, "c"), (10, 12, "d")]
    assert costs._outermost(reversed(events)) == [
        (0, 10, "a"),
        (10, 12, "d"),
    ]


@pytest.mark.parametrize("stage", [LADDER[0], LADDER[-1]], ids=str)
def test_every_part_is_found_in_a_stage(stage, few):
    found = costs.shares(stage.program.train, few, steps=5)
    assert list(found) == list(costs.PARTS)
    assert all(0 < share < 1 for share in found.values())
    assert sum(found.values()) == pytest.approx(1, abs=0.01)


def test_programs_are_timed_in_turns(few, monkeypatch):
    seconds = {"a": iter([2.0, 4.0, 5.0]), "b": iter([4.0, 4.0, 15.0])}
    order = []

    def epoch(train, splits):
        order.append(train)
        return next(seconds[train])

    monkeypatch.setattr(costs, "epoch", epoch)
    found = costs.pairs("a", "b", few, n=3)
    assert order == ["a", "b", "b", "a", "a", "b"]
    assert found == {"seconds": 4.0, "parent": 4.0, "ratio": 2.0}


def test_time_is_flat_if_an_image_takes_as_long_among_many():
    assert costs.flat([1.0, 1.05, 0.95])
    assert not costs.flat([1.0, 1.0, 1.2])


def test_images_are_repeated_to_see_how_time_grows(few, monkeypatch):
    seen = []

    def epoch(train, splits):
        seen.append((len(splits.x_train), len(splits.y_train)))
        return 2.0 * len(splits.x_train)

    monkeypatch.setattr(costs, "epoch", epoch)
    found = costs.growth("12", few, sizes=(500, 2500))
    assert seen[1::2] == [(500, 500), (2500, 2500)]
    assert found["seconds per image"] == [2.0, 2.0]
    assert found["flat"]


def test_the_tables_show_seconds_and_shares():
    found = {
        "stages": {
            "05": {
                "title": "optim",
                "parent": "04",
                "epoch": {"seconds": 0.123, "parent": 0.1, "ratio": 1.23},
                "shares": {"forward": 0.25, "Python": 0.75},
            }
        },
        "growth": {
            "stage": "12",
            "images": [5000],
            "seconds per image": [40e-6],
        },
    }
    stages, sizes = tables.of_costs(found)
    assert stages[1] == ("05 optim", "0.12", "1.23", "25%", "75%")
    assert sizes[1] == ("5,000", "40.0")
