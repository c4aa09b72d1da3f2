"""The fast encore is stage 12, and each of its gains is one edit of it."""

import json

import pytest
import torch

from shared import fast, measured
from shared.equivalence import ROUNDING, compare, load_train, record
from stages import TABLE
from stages.__main__ import main

[FAST] = [row for row in TABLE if row.name == "encore-fast"]


def test_all_gains_together_turn_the_parent_into_the_encore():
    code = FAST.origin.code
    for edits in fast.GAINS.values():
        code = fast.edited(code, edits)
    assert code == FAST.code


def test_an_edit_must_fit_exactly_once():
    assert fast.edited("a b", [("b", "c")]) == "a c"
    for code in ("a", "b b"):
        with pytest.raises(ValueError, match="not there exactly once"):
            fast.edited(code, [("b", "c")])


@pytest.fixture(scope="module")
def stage(few):
    """The record of a short training of stage 12."""
    return record(load_train(FAST.origin.path), few)


def test_it_trains_as_stage_12_on_the_same_order_of_images(stage, few):
    report = compare(stage, record(load_train(FAST.path), few), ROUNDING)
    assert report.equal, report.reading


@pytest.mark.parametrize("gain", fast.GAINS)
def test_so_does_each_gain_by_itself(gain, stage, few, tmp_path):
    path = tmp_path / "program.py"
    path.write_text(fast.edited(FAST.origin.code, fast.GAINS[gain]))
    report = compare(stage, record(load_train(path), few), ROUNDING)
    assert report.equal, report.reading


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
    assert slower["gain"] == "slower"
    assert 0.02 <= slower["parent"] < slower["seconds"] >= 0.06
    assert slower["ratio"] > 1


def test_what_can_not_be_run_is_said_and_the_rest_is_measured(few):
    """As `torch.compile` where there is no compiler."""
    fine = program("import torch; return torch.zeros(1)")
    broken = program("raise RuntimeError('no C++ compiler\\nmore')")
    found = fast.measure(fine, {"broken": broken, "fine": fine}, few, pairs=1)
    assert found[0] == {"gain": "broken", "failed": "no C++ compiler"}
    assert found[1]["gain"] == "fine"
    rows = fast.table({"parent": "12", "gains": found})
    assert rows[1] == ("broken", "not measured", "no C++ compiler")


def test_the_command_measures_and_writes_what_the_readme_shows(
    monkeypatch, tmp_path, capsys
):
    measured = [{"gain": "all", "parent": 2.0, "seconds": 1.5, "ratio": 0.75}]
    monkeypatch.setattr(fast, "measure", lambda *_: measured)
    command = [FAST.name, "--measure", "--data", "standin", "--into"]
    assert main([*command, str(tmp_path)]) == 0
    out = capsys.readouterr().out
    assert "1.5 of 2.0" in out
    found = json.loads((tmp_path / "speed.json").read_text())
    assert found["gains"] == measured
    assert found["threads"] == torch.get_num_threads()


def test_the_published_figures_are_of_this_code_on_mnist():
    found = json.loads((measured.RESULTS / "speed.json").read_text())
    assert found["data"] == "MNIST"
    assert found["code"] == {
        row.name: measured.fingerprint(row) for row in (FAST.origin, FAST)
    }
    assert [gain["gain"] for gain in found["gains"]] == [
        *fast.GAINS,
        fast.ALL,
        fast.COMPILE,
    ]
