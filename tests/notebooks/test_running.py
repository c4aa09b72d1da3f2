"""Notebooks run from top to bottom, and say what the commands say."""

import json
import os
import re
import subprocess
import sys
from copy import deepcopy

import nbformat
import pytest

from shared.data import mnist
from shared.notebooks import build, cells
from shared.training import runner
from shared.workshop.exercises import bare, exercise
from stages import LADDER, PRELUDE, TABLE
from stages.__main__ import main, open_notebook
from tests.notebooks.conftest import ROOT, find

ROWS = {row.name: row for row in TABLE}


def printed(notebook, name):
    """Return what a cell has printed."""
    return "".join(
        output.text
        for output in find(notebook, name).get("outputs", [])
        if output.output_type == "stream"
    )


def shown(notebook, name):
    """Return what a cell has shown: {type: [content, ...]}."""
    found = {}
    for output in find(notebook, name).outputs:
        for kind, content in output.get("data", {}).items():
            found.setdefault(kind, []).append(content)
    return found


def losses(folder, row):
    found = json.loads((folder / row.target / "metrics.json").read_text())
    return found["losses"], found["valid_losses"]


@pytest.fixture(scope="module")
def stage_07(kernel, notebooks):
    """The notebook of stage 07 after a run on a few digits."""
    return kernel.run(notebooks["stage-07"])


def test_a_stage_trains_as_its_command_does(stage_07, kernel, few, runs):
    row = ROWS["07"]
    usual = runner.run(row, row.program.train, few)
    assert losses(kernel.folder, row) == losses(runs, row)
    text = printed(stage_07, "train")
    assert f"accuracy {usual['valid_accuracy']:.4f} over 200 images" in text
    assert len(shown(stage_07, "train")["image/png"]) == 3


def test_a_stage_is_compared_with_the_one_before(stage_07):
    table, outcome = shown(stage_07, "compare")["text/markdown"]
    assert "| Stage 06, tensor dataset | Stage 07, dataloader |" in table
    assert "Promise: equal bit for bit." in outcome
    assert "**It holds.**" in outcome
    assert "log-probabilities: 0." in outcome
    assert len(shown(stage_07, "compare")["image/png"]) == 1


def test_what_a_reader_breaks_is_seen(kernel, notebooks):
    broken = edited(notebooks["stage-07"], "code-3", "lr=lr", "lr=lr / 2")
    broken = edited(broken, "train", "\ncells.show_pictures(stage)", "")
    _, outcome = shown(kernel.run(broken), "compare")["text/markdown"]
    assert "**It does not hold:** parted at epoch 1, batch 2" in outcome


def edited(notebook, name, old, new):
    """Return a notebook with some text of a cell replaced."""
    notebook = deepcopy(notebook)
    assert find(notebook, name).source.count(old) == 1
    find(notebook, name).source = find(notebook, name).source.replace(old, new)
    return notebook


def test_the_program_before_is_that_of_its_file(monkeypatch):
    """Even if its notebook was in the same process."""
    monkeypatch.setattr(cells, "begin", lambda: None)
    before, row = ROWS["08"], ROWS["09"]
    train = before.program.train
    for each in (before, row):
        monkeypatch.setitem(sys.modules, each.program_name, each.program)
    open_notebook(before.name)
    assert before.program is sys.modules["__main__"]
    open_notebook(row.name)
    assert row.program is sys.modules["__main__"]
    assert before.program.train.__code__ == train.__code__


def test_a_prelude_runs_what_its_cells_define(kernel, notebooks):
    notebook = notebooks["prelude-autograd"]
    done = kernel.run(notebook)
    assert "stacked along 1, vectors are columns" in printed(done, "train")
    assert len(shown(done, "train")["image/png"]) == 1

    broken = edited(notebook, "code-3", "dim=1)", "dim=0)")
    done = kernel.run(broken)
    assert "error: a claim is wrong: stacked" in printed(done, "train")
    assert "image/png" not in shown(done, "train")


def answered(notebook, code, data):
    """Return the notebook of an exercise with an answer in its cell."""
    _, _, start = find(notebook, "check").source.partition("\n")
    notebook = edited(notebook, "check", start, code)
    magic = find(notebook, "check").source.partition("\n")[0]
    return edited(notebook, "check", magic, f"{magic} --data {data}")


def test_a_check_says_what_the_command_says(
    kernel, notebooks, digits, tmp_path, capsys
):
    data = mnist.flag(digits.name)
    code = "import numpy\n"
    done = kernel.run(answered(notebooks["exercise-07"], code, data))
    path = tmp_path / "stage_07.py"
    path.write_text(f"\n{code}")
    assert main(["check", "07", str(path), "--data", data]) == 1
    out, err = capsys.readouterr()
    wanted, found = (
        re.sub(r"\S+stage_07.py|took \S+ s", "", text)
        for text in (out + err, printed(done, "check"))
    )
    assert found == wanted
    assert "Line 2 imports `numpy`" in found


@pytest.mark.slow
@pytest.mark.parametrize(
    ("name", "reverse"), [("02", False), ("07", True), ("09", False)]
)
def test_a_right_answer_holds(name, reverse, kernel, notebooks, digits):
    task = exercise(ROWS[name], LADDER, reverse)
    _, code = bare(task.target.source)
    notebook = notebooks[f"exercise-{task.key}"]
    done = kernel.run(answered(notebook, code, mnist.flag(digits.name)))
    assert "in full   held" in printed(done, "check")


@pytest.mark.slow
def test_of_a_mutant_the_cause_is_named(kernel, notebooks, digits):
    task = exercise(ROWS["07"], LADDER)
    _, code = bare(task.target.source)
    code = code.replace("batch_size=batch_size", "batch_size, drop_last=True")
    notebook = notebooks[f"exercise-{task.key}"]
    done = kernel.run(answered(notebook, code, mnist.flag(digits.name)))
    text = " ".join(printed(done, "check").split())
    assert "The last images are left out, 40 of them: images 961 to" in text
    assert "exercise 07 is not solved yet" in text


@pytest.mark.slow
@pytest.mark.parametrize(
    "row",
    # What trains on clothes needs data that are not at hand everywhere.
    [r for r in TABLE if r in PRELUDE or "--data" in r.flags],
    ids=lambda row: row.name,
)
def test_every_notebook_runs_in_full(row, kernel, notebooks, digits, runs):
    done = kernel.run(notebooks[row.target], cut="")
    for cell in done.cells:
        assert "error:" not in printed(done, cell.id)
    # Processes that a cell starts write to the runs of the project.
    if "--nproc" not in row.flags:
        assert shown(done, "train")["image/png"]
    if row.parent:
        outcome = shown(done, "compare")["text/markdown"][-1]
        assert "BROKEN" not in outcome
        assert "does not hold" not in outcome
    if row in LADDER:
        data = mnist.flag(digits.name)
        assert main([row.name, "--data", data]) == 0
        assert losses(kernel.folder, row) == losses(runs, row)


@pytest.mark.slow
@pytest.mark.skipif(not (ROOT / ".git").exists(), reason="no repository")
def test_where_there_is_no_project_it_is_cloned_and_torch_left_alone(tmp_path):
    """As on Colab, with the real commands; this clone plays GitHub's."""
    address = "https://github.com/somebody/torch-in-twelve"
    made = build.notebooks(TABLE, LADDER, address)
    notebook = nbformat.reads(made["notebooks/stage-07.ipynb"], as_version=4)
    setup = find(notebook, "setup").source
    script = (
        "from IPython.core.interactiveshell import InteractiveShell\n"
        f"result = InteractiveShell.instance().run_cell({setup!r})\n"
        "result.raise_error()\n"
        "import shared, torch\n"
        "print(shared.__file__, torch.__version__)\n"
    )
    env = os.environ | {
        "GIT_CONFIG_COUNT": "1",
        "GIT_CONFIG_KEY_0": f"url.{ROOT.as_uri()}.insteadOf",
        "GIT_CONFIG_VALUE_0": address,
        "IPYTHONDIR": str(tmp_path / "ipython"),
    }
    import torch

    done = subprocess.run(
        [sys.executable, "-c", script],
        cwd=tmp_path,
        env=env,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    clone = (tmp_path / "torch-in-twelve" / "shared" / "__init__.py").resolve()
    assert done.stdout.split()[-2:] == [str(clone), torch.__version__]
