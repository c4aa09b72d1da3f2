"""Steps are counted right, and the busy neighbours come and go."""

import json

import pytest
import torch

from shared.data import mnist
from shared.errors import RunError
from shared.extras import threads
from shared.results import tables
from stages import LADDER
from stages.__main__ import main


def clock(*times):
    """Return a clock that tells these times, one after another."""
    return iter(times).__next__


def test_the_steps_after_the_first_few_are_counted():
    pace = threads.Pace(seconds=2, warm_up=3, clock=clock(10, 11, 11.5, 12.5))
    for _ in range(5):
        pace(None)
    pace.validation(None)
    with pytest.raises(threads._EnoughError):
        pace(None)
    assert pace.rate == 3 / 2.5


def test_a_training_is_measured_with_its_threads_and_then_ended(
    few, monkeypatch
):
    seen = []

    def train(x_train, y_train, x_valid, y_valid, log, epochs=2, lr=0.5):
        for _ in range(epochs):
            seen.append(torch.get_num_threads())
            log(x_train.sum())

    class Brief(threads.Pace):
        def __init__(self):
            super().__init__(2, 1, clock(0, 1, 4))

    monkeypatch.setattr(threads, "Pace", Brief)
    before = torch.get_num_threads()
    assert threads.rate(train, few, 3) == 2 / 4
    assert seen == [3] * 3
    assert torch.get_num_threads() == before


def test_of_several_runs_the_median_counts(monkeypatch):
    class Row:
        name = "07"

        class program:
            train = None

    rates = {1: [100, 90, 300], 2: [110, 5, 50]}
    monkeypatch.setattr(threads, "rate", lambda train, _, n: rates[n].pop())
    found = threads.measure([Row], None, [1, 2], runs=3)
    assert found == {"07": [100, 50]}


@pytest.fixture
def quick(monkeypatch):
    """Measure nothing, start nobody; return who was beside each training."""
    beside = []

    class Beside:
        def __init__(self, neighbours):
            beside.append([kind for kind, *_ in neighbours])

        def __enter__(self):
            pass

        def __exit__(self, *_):
            pass

    def rate(train, splits, n):
        return 400 + n if len(beside) < 3 else 200 / n

    monkeypatch.setattr(threads, "rate", rate)
    monkeypatch.setattr(threads, "beside", Beside)
    monkeypatch.setattr(threads.os, "cpu_count", lambda: 4)
    return beside


def test_the_command_prints_and_writes_what_was_measured(
    quick, few, monkeypatch, tmp_path, capsys
):
    monkeypatch.setattr(mnist, "load", lambda data: few)
    assert main(["bench", "--threads", "--output-dir", str(tmp_path)]) == 0
    assert quick == [[], ["count"] * 4, ["train"]]
    found = json.loads((tmp_path / "threads.json").read_text())
    assert list(found["code"]) == list(threads.STAGES)
    head, *rows = tables.of_threads(found)
    assert head == ("stage", "beside", "1 thread", "4 threads", "ratio")
    assert ("02", "nothing else", "401", "404", "1.01") in rows
    another = "another training, with 4 threads"
    assert ("12", another, "200", "50", "0.25") in rows
    assert len(rows) == 3 * 3
    assert "another training" in capsys.readouterr().out


@pytest.mark.slow
def test_neighbours_work_until_they_are_not_needed(digits):
    data = mnist.flag(digits.name)
    path = LADDER[-1].path
    with threads.beside([["count"], ["train", path, data]]) as processes:
        assert [process.poll() for process in processes] == [None, None]
        processes[0].stdin.close()  # as if who had started it were killed
        assert processes[0].wait(timeout=60) == 0
    assert processes[1].returncode is not None


@pytest.mark.slow
def test_a_neighbour_that_cannot_begin_is_an_error(capfd):
    with (
        pytest.raises(RunError, match="has not begun"),
        threads.beside([["train", "no_such_file.py", "standin"]]),
    ):
        pass
