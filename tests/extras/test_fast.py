"""The fast encore is stage 12, and so is each of its optimizations."""

import json
import math

import pytest
import torch

from shared.extras import fast
from shared.proof.equivalence import ROUNDING, compare, load_train, record
from shared.results import tables
from stages import TABLE
from stages.__main__ import main

[FAST] = [row for row in TABLE if row.name == "encore-fast"]


def test_each_changed_line_belongs_to_one_optimization():
    """Applied one after the other they turn the stage into the encore."""
    before, after = FAST.origin.code, FAST.code
    for name in fast.OPTIMIZATIONS:
        alone = fast.variant(FAST.origin.code, after, name)
        assert alone != FAST.origin.code, name
        compile(alone, name, "exec")
        added = set(alone.splitlines()) - set(FAST.origin.code.splitlines())
        assert added <= set(after.splitlines())
        before = fast.variant(before, after, name)
    assert before == after


@pytest.fixture(scope="module")
def stage(few):
    """The record of a short training of stage 12."""
    return record(load_train(FAST.origin.path), few)


def test_it_trains_as_stage_12_on_the_same_order_of_images(stage, few):
    report = compare(stage, record(load_train(FAST.path), few), ROUNDING)
    assert report.equal, report.reading


@pytest.mark.parametrize("name", fast.OPTIMIZATIONS)
def test_so_does_each_optimization_by_itself(name, stage, few, tmp_path):
    path = tmp_path / "program.py"
    path.write_text(fast.variant(FAST.origin.code, FAST.code, name))
    report = compare(stage, record(load_train(path), few), ROUNDING)
    assert report.equal, report.reading


def measured(tables, given_up):
    """Return a `seconds` that looks them up: {threads: seconds}."""

    def seconds(threads, limit=math.inf):
        if tables[threads] > limit:
            given_up.append(threads)
            return math.inf
        return tables[threads]

    return seconds


@pytest.mark.parametrize(
    ("seconds", "cores", "wanted"),
    [
        ({1: 1.0}, 1, 1),
        ({1: 1.0, 2: 0.77}, 2, 2),
        ({1: 1.0, 2: 0.95}, 2, 1),  # too little gained
        ({1: 1.0, 2: 9.0}, 2, 1),  # a busy neighbour
        ({1: 1.0, 2: 0.6, 3: 0.5}, 3, 3),
        ({1: 1.0, 2: 0.6, 4: 0.35, 6: 0.5}, 6, 4),
        ({1: 1.0, 2: 0.9, 4: 0.1}, 4, 4),
    ],
)
def test_threads_are_taken_as_long_as_they_save_a_tenth(
    seconds, cores, wanted
):
    given_up = []
    assert fast.fastest(measured(seconds, given_up), cores) == wanted
    assert given_up == ([] if wanted == cores else [max(given_up)])


def test_a_trial_that_is_too_slow_is_given_up_at_the_next_batch():
    log = fast._Limited(0)
    with pytest.raises(fast._TooSlowError):
        log(torch.tensor(1.0))
    assert len(log) == 1
    fast._Limited(math.inf)(torch.tensor(1.0))


@pytest.mark.parametrize(
    ("flags", "wanted"), [([], 3), (["--threads", "2"], 2)]
)
def test_it_trains_with_the_threads_it_is_given_or_that_a_trial_chose(
    flags, wanted, few, monkeypatch, capsys
):
    monkeypatch.setattr(fast.mnist, "load", lambda data: few)
    monkeypatch.setattr(fast, "fastest", lambda seconds, cores: 3)
    assert main([FAST.name, "--dry-run", "--no-accel", *flags]) == 0
    out = capsys.readouterr().out
    assert f"\ncpu, {wanted} threads, float32" in f"\n{out}"
    assert ("To repeat this run: --threads 3\n" in out) == (not flags)


def program(body):
    return f"def train(x, y, x_valid, y_valid, log):\n    {body}\n"


def test_programs_are_timed_in_pairs_against_one(few):
    wait = "import time, torch; time.sleep({}); return torch.zeros(1)"
    found = fast.measure(
        program(wait.format(0.02)),
        {"slower": program(wait.format(0.06))},
        few,
        pairs=3,
    )
    [slower] = found
    assert slower["optimization"] == "slower"
    assert 0.02 <= slower["parent"] < slower["seconds"] >= 0.06
    assert slower["ratio"] > 1


def test_each_is_timed_with_the_threads_that_are_asked_for(few):
    body = "import torch; assert torch.get_num_threads() == 3; return x_valid"
    [found] = fast.measure(
        program(body), {"same": program(body)}, few, threads=3, pairs=1
    )
    assert "failed" not in found
    assert torch.get_num_threads() != 3


def test_what_can_not_be_run_is_said_and_the_rest_is_measured(few):
    """As `torch.compile` where there is no compiler."""
    fine = program("import torch; return torch.zeros(1)")
    broken = program("raise RuntimeError('no C++ compiler\\nmore')")
    found = fast.measure(fine, {"broken": broken, "fine": fine}, few, pairs=1)
    assert found[0] == {
        "optimization": "broken",
        "failed": "no C++ compiler",
    }
    assert found[1]["optimization"] == "fine"
    rows = tables.of_speed({"parent": "12", "optimizations": found})
    assert rows[1] == ("broken", "not measured", "no C++ compiler")


def test_the_command_measures_and_writes_what_the_readme_shows(
    monkeypatch, tmp_path, capsys
):
    measured = [
        {"optimization": "all", "parent": 2, "seconds": 1.5, "ratio": 0.75}
    ]
    monkeypatch.setattr(fast, "measure", lambda *_: measured)
    command = [FAST.name, "--measure", "--data", "standin", "--threads", "2"]
    assert main([*command, "--output-dir", str(tmp_path)]) == 0
    out = capsys.readouterr().out
    assert "1.5 (2.0)" in out
    found = json.loads((tmp_path / "speed.json").read_text())
    assert found["optimizations"] == measured
    assert found["threads"] == 2
