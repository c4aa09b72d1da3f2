"""The Makefile offers what it says, by way of the one command line."""

import shutil
import subprocess

import pytest

from stages import LADDER

pytestmark = pytest.mark.skipif(not shutil.which("make"), reason="no make")


def make(*arguments):
    """Return what make would do, without doing it."""
    done = subprocess.run(
        ["make", "--dry-run", "--silent", *arguments],
        cwd=LADDER[0].path.parents[1],
        capture_output=True,
        text=True,
        check=True,
    )
    return done.stdout


def test_every_stage_has_a_target():
    for stage in LADDER:
        assert f"python -m stages {stage.name}" in make(f"stage-{stage.name}")
        assert f"python -m stages diff {stage.name}" in make(
            f"diff-{stage.name}"
        )


def test_arguments_reach_the_command():
    assert "-m stages 07 --epochs 5" in make("stage-07", "ARGS=--epochs 5")
    assert "-m stages all --seed 1" in make("stages", "ARGS=--seed 1")


def test_plain_make_is_help_and_names_every_target():
    text = subprocess.run(
        ["make"],
        cwd=LADDER[0].path.parents[1],
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    makefile = (LADDER[0].path.parents[1] / "Makefile").read_text()
    [targets] = [
        line.split()[1:]
        for line in makefile.splitlines()
        if line.startswith(".PHONY")
    ]
    for target in targets:
        assert target == "help" or f"make {target} " in text


def test_an_exercise_not_solved_yet_is_no_error_of_make():
    *_, recipe = make("check-07").splitlines()
    for status, expected in ((0, 0), (1, 0), (2, 1), (130, 1)):
        python = f"sh -c 'exit {status}'"
        done = subprocess.run(
            recipe.replace(".venv/bin/python -m stages check 07", python),
            shell=True,
        )
        assert done.returncode == expected


def test_clean_keeps_data_and_environment():
    commands = make("clean")
    assert "runs" in commands
    assert "data" not in commands
    assert ".venv" not in commands
