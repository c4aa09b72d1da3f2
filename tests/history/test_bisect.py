"""A planted mutant is found by git bisect, and nothing gives it away."""

import itertools
import os
import shutil
import subprocess
import sys

import pytest

import stages.__main__
from shared.data import mnist
from shared.errors import RunError
from shared.history import bisect, repository
from shared.history.git import git as call_git
from shared.proof import variation
from shared.proof.mutants import MUTANTS
from shared.proof.pool import Training, trainings
from shared.results import published
from stages import LADDER, PRELUDE
from stages.__main__ import main
from tests.support.git import git

MAIN = repository.main_line(PRELUDE, LADDER)
ROWS = {row.name: row for row in LADDER}
ROOT = LADDER[0].path.parents[1]
SEED = 3  # of a mutant in a linear stage, which trains fast


@pytest.fixture(scope="module")
def choices():
    return bisect.plants(LADDER)


@pytest.fixture
def small(few, choices, monkeypatch):
    """Train on a few digits, and find out only once what can be planted."""
    monkeypatch.setattr(mnist, "load", lambda data: few)
    monkeypatch.setattr(bisect, "plants", lambda ladder: list(choices))


def test_a_mutant_is_carried_until_a_stage_rewrites_its_line():
    [mutant] = [m for m in MUTANTS if m.name == "no bias"]
    programs = bisect.path(mutant, LADDER)
    having = [row for row in LADDER if "nn.Linear(784, 10)" in row.code]
    assert list(programs) == [row.name for row in having]
    for row in having:
        assert programs[row.name] == repository.program(row).replace(
            "nn.Linear(784, 10)", "nn.Linear(784, 10, bias=False)"
        )
    [mutant] = [m for m in MUTANTS if m.name == "shuffling forgotten"]
    assert list(bisect.path(mutant, LADDER))[-1] == LADDER[-1].name


def test_a_mutant_ends_where_a_stage_makes_the_same_edit():
    class Ahead:
        stage = "06"

        def code(self, ladder):
            return repository.program(ROWS["07"])

    assert list(bisect.path(Ahead(), LADDER)) == ["06"]


def test_only_what_passes_an_accuracy_check_is_planted(choices):
    found = published.read("mutants")
    accuracies = {
        (m["stage"], m["mutant"]): m["accuracy"]
        for m in found["mutants"]
        if not m["harmless"]
    }
    for [first, *_] in choices:
        mutant = first.mutant
        assert accuracies[mutant.stage, mutant.name] >= 0.90


def test_every_plant_leaves_a_search(choices):
    assert len(choices) > 10
    for choice in choices:
        for plant in choice:
            assert plant.first != LADDER[0].name
            assert plant.last in [row.name for row in LADDER[3:]]


def test_it_is_found_and_revealed(small, tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(stages.__main__, "ROOT", tmp_path)
    monkeypatch.setattr(stages.__main__, "RUNS", tmp_path / "runs")
    folder = tmp_path / "runs" / "bisect"
    assert main(["bisect", "--seed", str(SEED)]) == 0
    plant = bisect.choose(LADDER, SEED)
    bad = ROWS[plant.first]
    out = capsys.readouterr().out
    assert plant.mutant.name not in out
    assert bad.label not in out or plant.first == plant.last

    said = git(folder, "bisect", "start", "main", LADDER[0].target)
    while "first bad commit" not in said:
        with pytest.raises(SystemExit) as stopped:
            main(["bisect-step"])
        found = "bad" if stopped.value.code else "good"
        assert f": {found}, " in capsys.readouterr().out
        said = git(folder, "bisect", found)
    assert f"\n    {bad.label}\n" in said

    assert main(["bisect", "--reveal"]) == 0
    out = capsys.readouterr().out
    assert out.startswith(f"{bad.label}: {plant.mutant.name} (seed {SEED})")
    for old, new in plant.mutant.edits:
        assert old.strip("\n") in plant.programs[plant.first] or new in out


def test_nothing_is_tried_for_a_folder_with_work_of_the_readers(
    tmp_path, monkeypatch
):
    (tmp_path / "mine").touch()
    monkeypatch.setattr(bisect, "choose", None)
    with pytest.raises(RunError, match="was not made here"):
        bisect.make(tmp_path, MAIN, LADDER, SEED)


def test_it_is_not_revealed_once_the_stages_have_changed(
    small, tmp_path, monkeypatch
):
    bisect.make(tmp_path / "bisect", MAIN, LADDER, SEED)
    plant = bisect.choose(LADDER, SEED)
    edited = {name: code + "\n" for name, code in plant.programs.items()}
    monkeypatch.setattr(
        bisect, "choose", lambda *_: plant._replace(programs=edited)
    )
    with pytest.raises(RunError, match=rf"have changed .* --seed {SEED}"):
        bisect.reveal(tmp_path / "bisect", LADDER)


def test_nothing_in_the_repository_gives_it_away(small, tmp_path):
    honest, planted = tmp_path / "history", tmp_path / "bisect"
    repository.make(honest, MAIN)
    last = bisect.make(planted, MAIN, LADDER, SEED)
    assert git(planted, "log", "--format=%s%n%b%an%ad%D", last.target).replace(
        "HEAD -> main, ", ""
    ) == git(honest, "log", "--format=%s%n%b%an%ad%D", last.target)
    files = [path for path in planted.rglob("*") if path.is_file()]
    for mutant in MUTANTS:
        name = mutant.name.encode()
        assert not [path for path in files if name in path.read_bytes()]


def test_a_mutant_that_changes_no_number_is_not_planted(small, monkeypatch):
    [mutant] = [m for m in MUTANTS if m.name == "model.eval() left out"]
    code = mutant.code(LADDER).lstrip("\n")
    plant = bisect.Plant(mutant, {mutant.stage: code})
    monkeypatch.setattr(bisect, "plants", lambda ladder: [[plant]])
    with pytest.raises(RunError, match="no mutant can be planted"):
        bisect.choose(LADDER, 0)


def test_what_only_another_device_shows_is_not_planted(small, monkeypatch):
    """On the CPU these have the accuracy of stage 12, to the last digit."""
    last = LADDER[-1]
    mutants = [
        m
        for m in MUTANTS
        if m.stage == last.name
        and variation.on_another_device(m.train(LADDER))
    ]
    assert len(mutants) == 3
    choices = [
        [bisect.Plant(m, {last.name: repository.tidy(m.code(LADDER))})]
        for m in mutants
    ]
    monkeypatch.setattr(bisect, "plants", lambda ladder: choices)
    monkeypatch.setattr(bisect, "N_TRAIN", 128)
    with pytest.raises(RunError, match="no mutant can be planted"):
        bisect.choose(LADDER, 0)


@pytest.mark.parametrize("command", ["bisect-step", "bisect --reveal"])
def test_before_anything_is_planted(tmp_path, monkeypatch, capsys, command):
    monkeypatch.setattr(stages.__main__, "RUNS", tmp_path)
    try:
        code = main(command.split())
    except SystemExit as stopped:
        code = stopped.code
    assert code == (128 if command == "bisect-step" else 1)
    assert "make bisect" in capsys.readouterr().err


def test_a_step_does_not_judge_what_is_no_stage(tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(stages.__main__, "RUNS", tmp_path)
    repository.make(tmp_path / "bisect", MAIN[:2], note="0")
    with pytest.raises(SystemExit) as stopped:
        main(["bisect-step"])
    assert stopped.value.code == 128
    assert "is no stage" in capsys.readouterr().err


def test_a_step_does_not_judge_what_is_no_text(tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(stages.__main__, "RUNS", tmp_path)
    repository.make(tmp_path / "bisect", MAIN, note="0")
    (tmp_path / "bisect" / repository.FILE).write_bytes(b"\xd6")
    with pytest.raises(SystemExit) as stopped:
        main(["bisect-step"])
    assert stopped.value.code == 128
    assert "train.py is no text in UTF-8" in capsys.readouterr().err


@pytest.mark.skipif(not shutil.which("make"), reason="no make")
@pytest.mark.parametrize(("code", "seen"), [(0, 0), (1, 2), (128, -9)])
def test_git_stops_if_a_step_could_not_judge(tmp_path, code, seen):
    step = tmp_path / "step"
    step.write_text(f"#!/bin/sh\nexit {code}\n")
    step.chmod(0o755)
    done = subprocess.run(
        ["make", "bisect-step", f"VENV_PYTHON={step}", "INSTALLED=Makefile"],
        cwd=ROOT,
        capture_output=True,
    )
    assert done.returncode == seen


@pytest.mark.slow
def test_each_plant_is_found_by_git_bisect_run(choices, digits, tmp_path):
    """As the README has it, in a project of its own."""
    for name in ("stages", "shared"):
        shutil.copytree(ROOT / name, tmp_path / name)
    folder = tmp_path / "runs" / "bisect"
    env = os.environ | {"PYTHONPATH": str(tmp_path)}
    if os.environ.get("MNIST_DIR"):
        env["MNIST_DIR"] = os.path.abspath(os.environ["MNIST_DIR"])
    else:
        (tmp_path / "data").symlink_to(ROOT / "data")
    step = sys.executable, "-m", "stages", "bisect-step"
    names = [row.name for row in MAIN]
    for plant in itertools.chain(*choices):
        if not _shows(plant, digits):
            continue
        line = MAIN[: names.index(plant.last) + 1]
        repository.make(folder, line, programs=plant.programs, note="0")
        git(folder, "bisect", "start", "main", LADDER[0].target)
        said = subprocess.run(
            ["git", "bisect", "run", *step],
            cwd=folder,
            env=env,
            capture_output=True,
            text=True,
            check=True,
        ).stdout
        assert "is the first bad commit" in said, plant.mutant.name
        bad = call_git(
            f"--git-dir={folder / '.git'}", "rev-parse", "refs/bisect/bad"
        )
        assert bad == git(folder, "rev-parse", ROWS[plant.first].target)


def _shows(plant, digits):
    """Tell whether a plant changes what its last program predicts."""
    report = bisect.compared(
        plant.programs[plant.last], ROWS[plant.last], digits
    )
    return report.pred is not None and report.pred > bisect.ROUNDING


@pytest.mark.slow
def test_each_passes_an_accuracy_check_but_has_not_the_accuracy(
    choices, digits, on_mnist, tmp_path
):
    jobs = []
    with trainings(mnist.flag(digits.name)) as start:
        for i, (plant, *_) in enumerate(choices):
            if _shows(plant, digits):
                path = tmp_path / f"plant_{i}.py"
                path.write_text(plant.programs[plant.last])
                honest = start(Training(ROWS[plant.last].path))
                jobs.append((plant, start(Training(path)), honest))
        for plant, broken, honest in jobs:
            accuracy = broken.result().accuracy
            assert accuracy >= 0.90, plant.mutant.name
            assert accuracy != honest.result().accuracy, plant.mutant.name
