"""A small change can be made of lines that are given, among wrong ones."""

import re

import pytest

from shared.proof.mutants import MUTANTS
from shared.workshop import exercises
from shared.workshop.exercises import exercise
from shared.workshop.finding import Finding
from shared.workshop.puzzle import MOST, puzzle
from stages import LADDER
from stages.__main__ import main

HEADING = "# The lines to choose from:\n#\n"
EXERCISES = [
    exercise(stage, LADDER, reverse)
    for reverse in (False, True)
    for stage in LADDER[1:]
]
PUZZLES = [each for each in EXERCISES if puzzle(each)]


@pytest.fixture
def folder(monkeypatch, tmp_path):
    monkeypatch.setattr(exercises, "FOLDER", tmp_path / "workshop")
    return tmp_path / "workshop"


def put_in_place(given, wanted):
    """Make a program of the lines of a puzzle; return its code.

    `wanted` is that code: each of its lines has to be among those that stay,
    in their order, or among those to choose from.
    """
    stays, _, chosen = given.partition(HEADING)
    stays = [line for line in stays.splitlines() if line.strip()]
    chosen = [line.removeprefix("# ") for line in chosen.splitlines()]
    code = []
    for line in exercises.bare(wanted)[1].splitlines():
        if stays and line == stays[0]:
            stays.pop(0)
        elif line.strip():
            chosen.remove(line)
        code.append(line)
    assert not stays, stays
    return "\n".join(code) + "\n"


def test_small_changes_are_puzzles_both_ways():
    names = [each.key for each in PUZZLES]
    assert {"02", "04", "05", "06", "07", "12", "02-reverse"} <= set(names)
    assert {"08", "09", "10"}.isdisjoint(names)
    for each in PUZZLES:
        lines = puzzle(each).lines
        assert lines == puzzle(each).lines
        assert len(lines) == len(set(lines)) <= 2 * MOST


@pytest.mark.parametrize("given", PUZZLES, ids=lambda given: given.key)
def test_the_right_lines_make_the_stage(given):
    code = put_in_place(str(puzzle(given)), given.target.code)
    assert code == exercises.bare(given.target.code)[1]


def wrong_ones(given):
    """Return what the wrong lines of a puzzle make, the code of mutants."""
    right = given.target.code.splitlines()
    wrong = {line for line in puzzle(given).lines if line not in right}
    assert wrong
    for mutant in MUTANTS:
        if mutant.stage == given.target.name:
            code = mutant.code(LADDER)
            new = set(code.splitlines()) - set(right)
            if new and new <= wrong:
                wrong -= new
                yield put_in_place(str(puzzle(given)), code)
    assert not wrong, "these lines are of no mutant"


@pytest.mark.parametrize("given", PUZZLES, ids=lambda given: given.key)
def test_the_wrong_lines_make_mutants(given):
    assert list(wrong_ones(given))


@pytest.mark.parametrize(
    "given",
    [
        pytest.param(each, marks=[] if "04" in each.key else pytest.mark.slow)
        for each in PUZZLES
    ],
    ids=lambda given: given.key,
)
def test_a_puzzle_is_written_and_judged(given, folder, check, capsys):
    flags = ["--reverse"] if given.reverse else []
    assert main(["try", given.stage.name, "--puzzle", *flags]) == 0
    assert "what stays of stage" in capsys.readouterr().out
    [path] = folder.glob("*.py")
    text = path.read_text()
    assert all(len(line) <= 79 for line in text.splitlines())
    notes, code = text[3:].split('"""\n', 1)
    assert "Put the right ones where they belong" in " ".join(notes.split())
    assert isinstance(check(given, text), Finding)
    right = put_in_place(code, given.target.code)
    assert check(given, right) == "held on 1,000 images"
    for wrong in wrong_ones(given):
        assert isinstance(check(given, wrong), Finding)


def test_what_is_no_puzzle_is_told_in_one_line(folder, capsys):
    assert main(["try", "08", "--puzzle"]) == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert re.fullmatch(
        r"error: stage 08 is no puzzle: only small changes are, 02, 04, .*\n",
        err,
    )
    assert not folder.exists()
