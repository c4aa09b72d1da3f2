"""The laps of a run add up, and the quickest run counts."""

import json

import pytest

from shared.data import mnist
from shared.errors import RunError
from shared.extras import startup
from shared.results import tables
from stages.__main__ import main


@pytest.fixture
def laps():
    """Laps that began at 10, by a clock that tells 11, 13, 16, 20 …"""
    times = iter([11, 13, 16, 20, 25, 31])
    return startup.Laps(10, clock=lambda: next(times))


def test_time_is_spent_on_what_is_said_of_it(laps):
    laps.mark("a")
    laps.mark("b")
    laps.mark("a")
    assert laps.seconds == {"a": 1 + 3, "b": 2}


def test_a_call_is_a_lap_and_what_comes_before_is_another(laps):
    laps.mark("a")
    double = laps.around("b", lambda n: 2 * n, before="between")
    assert double(4) == 8
    with pytest.raises(ZeroDivisionError):
        laps.around("c", lambda: 1 / 0)()
    assert laps.seconds == {
        "a": 1,
        "between": 2,
        "b": 3,
        "the rest": 4,
        "c": 5,
    }


def run(**seconds):
    """Return the laps of a run: a second each, but for those that are told."""
    names = (*startup.TORCH, "data", "training", "pictures", startup.END)
    seconds = dict.fromkeys(names, 1) | seconds
    return {
        name: {"seconds": spent, "megabytes": 300}
        for name, spent in seconds.items()
    }


def test_ours_is_what_neither_torch_nor_the_training_took():
    found = startup.summary(run(training=5, data=0.5, pictures=0.25))
    assert found["total"] == 1 + 1 + 0.5 + 5 + 0.25 + 1
    assert found["result"] == 1 + 1 + 0.5 + 5
    assert found["ours"] == 0.5 + 0.25 + 1


def test_the_quickest_run_counts(monkeypatch):
    runs = iter([run(data=3), run(data=2), run(training=9)])
    monkeypatch.setattr(startup, "_once", lambda command: next(runs))
    assert startup.measure(["stages"], runs=3) == run(data=2)


@pytest.mark.slow
def test_a_command_that_fails_says_why():
    with pytest.raises(RunError, match=r"^no_such_module failed: .*module"):
        startup.measure(["no_such_module"], runs=1)


@pytest.mark.slow
def test_a_run_is_followed_to_its_end(digits):
    command = ["stages", "05", "--data", mnist.flag(digits.name)]
    laps = startup.measure(command, runs=1)
    wanted = {*startup.TORCH, "data", "training", "pictures", startup.END}
    assert wanted <= set(laps)
    assert all(lap["seconds"] > 0 for lap in laps.values())


def test_the_command_prints_and_writes_what_was_measured(
    monkeypatch, tmp_path, capsys
):
    monkeypatch.setattr(startup, "measure", lambda command: run(data=0.25))
    flags = ["--data", "standin", "--output-dir", str(tmp_path)]
    assert main(["bench", "--startup", *flags]) == 0
    found = json.loads((tmp_path / "startup.json").read_text())
    assert list(found["stages"]) == list(startup.STAGES)
    rows = tables.of_startup(found)
    assert ["data", "0.25", "300", "0.25", "300"] in rows
    assert ["in all", "5.25", "", "5.25", ""] in rows
    assert "0.25" in capsys.readouterr().out


def test_of_several_things_one_is_measured_at_a_time(capsys):
    assert main(["bench", "--startup", "--threads"]) == 2
    assert "--startup" in capsys.readouterr().err
