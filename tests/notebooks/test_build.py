"""Notebooks have the words and the code of the sources, and nothing else."""

import re
import shutil
import subprocess
import sys
from copy import deepcopy

import nbformat
import pytest

from shared.notebooks import build
from shared.reading import notes
from shared.workshop.exercises import bare, exercise
from stages import LADDER, TABLE
from stages.__main__ import main
from tests.notebooks.conftest import ROOT, find, read

REPOSITORY = "https://github.com/somebody/torch-in-twelve"
EXERCISES = [
    exercise(row, LADDER, reverse)
    for row in LADDER
    if row.parent
    for reverse in (False, True)
]
each_row = pytest.mark.parametrize("row", TABLE, ids=lambda row: row.name)
each_exercise = pytest.mark.parametrize(
    "task", EXERCISES, ids=lambda task: task.key
)


def lines(code):
    """Return the lines of some code that are not blank."""
    return [line for line in code.splitlines() if line.strip()]


def flat(text):
    return " ".join(text.split())


def test_there_is_one_for_each_program_and_each_exercise(notebooks):
    assert set(notebooks) == {row.target for row in TABLE} | {
        f"exercise-{task.key}" for task in EXERCISES
    }


@each_row
def test_the_code_cells_joined_are_the_code_of_the_program(row, notebooks):
    joined = [
        line
        for each in notebooks[row.target].cells
        if each.id.startswith("code-")
        for line in lines(each.source)
    ]
    assert joined == lines(bare(row.source)[1])


@each_row
def test_each_definition_has_a_cell_of_its_own(row, notebooks):
    for each in notebooks[row.target].cells:
        if each.id.startswith("code-"):
            heads = re.findall("^(?:class|def) ", each.source, re.MULTILINE)
            assert len(heads) <= 1
            if heads:
                assert each.source.startswith(heads[0])


@each_row
def test_every_note_stands_above_the_piece_that_it_is_about(row, notebooks):
    notebook = notebooks[row.target]
    lead, rest, points = notes.split(row.notes)
    for text in (lead, rest):
        assert text.strip() in find(notebook, "title").source
    tied = {note.text: note.line for note in notes.of(row)}
    for point in points:
        [above] = [
            index
            for index, cell in enumerate(notebook.cells)
            if cell.cell_type == "markdown"
            and flat(point) in flat(cell.source)
        ]
        line = row.code.splitlines()[tied[point]]
        assert line in notebook.cells[above + 1].source


@each_exercise
def test_an_exercise_begins_with_the_start_and_the_task(task, notebooks):
    notebook = notebooks[f"exercise-{task.key}"]
    for paragraph in task.paragraphs():
        assert paragraph in find(notebook, "title").source
    magic, _, code = find(notebook, "check").source.partition("\n")
    assert magic.split() == [
        "%%check",
        task.stage.name,
        *["--reverse"] * task.reverse,
    ]
    assert f"{code}\n" == bare(task.start.source)[1]


@each_exercise
def test_hints_are_folded_in_cells_of_their_own(task, notebooks):
    notebook = notebooks[f"exercise-{task.key}"]
    for number, hint in enumerate(task.task.hints, 1):
        assert (
            re.fullmatch(
                r"<details><summary>.+</summary>\n\n(.+)\n\n</details>",
                find(notebook, f"hint-{number}").source,
            )[1]
            == hint
        )
        shown = [c.source for c in notebook.cells if hint in c.source]
        assert len(shown) == 1


def test_a_notebook_is_valid_and_has_no_outputs(notebooks):
    for notebook in notebooks.values():
        nbformat.validate(notebook)
        assert len({each.id for each in notebook.cells}) == len(notebook.cells)
        for each in notebook.cells:
            if each.cell_type == "code":
                assert each.outputs == []
                assert each.execution_count is None


def test_a_link_leads_to_another_notebook(notebooks, chinese):
    for names, other in (
        (notebooks, "../zh/notebooks/{}.ipynb"),
        (chinese, "../../notebooks/{}.ipynb"),
    ):
        linked = set()
        for name, notebook in names.items():
            for each in notebook.cells:
                if each.cell_type == "markdown":
                    linked |= set(re.findall(r"\]\(([^)]+)\)", each.source))
            assert f"]({other.format(name)})" in notebook.cells[0].source
        same = {f"{name}.ipynb" for name in names}
        assert linked <= same | {other.format(name) for name in names}
        assert same - linked == {  # with these one begins
            "prelude-autograd.ipynb",
            "exercise-02-reverse.ipynb",
        }


@pytest.fixture(scope="module")
def chinese(site):
    return read(site / "zh" / "notebooks")


def test_the_chinese_edition_has_the_same_code_and_speaks_chinese(
    notebooks, chinese
):
    assert set(chinese) == set(notebooks)
    for name, notebook in notebooks.items():
        for english, other in zip(
            notebook.cells, chinese[name].cells, strict=True
        ):
            assert english.id == other.id
            if english.id == "setup":
                assert '_LANG"] = "en"' in english.source
                assert '_LANG"] = "zh"' in other.source
            elif english.cell_type == "code":
                assert english.source == other.source


def test_without_a_repository_nothing_is_said_of_colab(site):
    for path in site.glob("notebooks/*"):
        text = path.read_text(encoding="utf-8")
        assert "colab" not in text.lower()
        assert "git clone" not in text
        assert "%pip" not in text


@pytest.fixture(scope="module")
def published(tmp_path_factory):
    """The notebooks as they are for a repository."""
    folder = tmp_path_factory.mktemp("published")
    build.write(build.notebooks(TABLE, LADDER, f"{REPOSITORY}.git/"), folder)
    return read(folder / "notebooks")


def test_with_a_repository_each_has_a_badge_and_gets_the_project(published):
    for name, notebook in published.items():
        badge = (
            "](https://colab.research.google.com/github/somebody/"
            f"torch-in-twelve/blob/{build.BRANCH}/site/notebooks/{name}.ipynb)"
        )
        assert badge in find(notebook, "title").source
        setup = find(notebook, "setup").source
        assert f"git clone --quiet --depth 1 {REPOSITORY} " in setup
        [wanted] = re.findall("%pip install (.*)", setup)
        assert '"numpy' in wanted
        assert "torch" not in wanted


def test_they_are_the_same_every_time(notebooks, published):
    """But for links and the cell that gets the project."""
    for name, notebook in notebooks.items():
        again = published[name]
        for one, other in zip(notebook.cells, again.cells, strict=True):
            assert one.id == other.id
            if one.id not in ("title", "setup", "next"):
                assert one == other


@pytest.mark.parametrize(
    "address", ["somewhere", "http://github.com/a/b", "https://github.com/a"]
)
def test_an_address_that_colab_could_not_open_is_bad_input(address, capsys):
    assert main(["notebooks", "--repository", address]) == 2
    assert re.fullmatch(
        f"error: --repository {address} is no address .*\n",
        capsys.readouterr().err,
    )


def test_the_workflow_puts_them_on_the_branch_that_colab_looks_at():
    path = ROOT / ".github" / "workflows" / "book.yml"
    text = path.read_text(encoding="utf-8")
    assert "--repository https://github.com/$GITHUB_REPOSITORY" in text
    assert "git add --force site/notebooks site/zh/notebooks\n" in text
    assert f"git push --force origin {build.BRANCH}\n" in text


def test_a_notebook_finds_the_clone_that_it_stands_in(notebooks, tmp_path):
    for name, text in (
        ("flags", ""),
        ("__init__", ""),
        ("__main__", "def open_notebook(name): print(__file__, name)"),
    ):
        (tmp_path / "stages").mkdir(exist_ok=True)
        (tmp_path / "stages" / f"{name}.py").write_text(text)
    folder = tmp_path / "site" / "notebooks"
    folder.mkdir(parents=True)
    done = subprocess.run(
        [
            sys.executable,
            "-I",
            "-c",
            find(notebooks["stage-07"], "setup").source,
        ],
        cwd=folder,
        capture_output=True,
        text=True,
        check=True,
    )
    found = (tmp_path / "stages" / "__main__.py").resolve()
    assert done.stdout == f"{found} 07\n"


def test_pieces_of_a_program_keep_comments_and_decorators_together():
    code = """
import math
import torch

# About x.
x = 1
y = 2


# About f.
@torch.no_grad()
def f():
    pass
class A:
    pass

z = 3


if __name__ == "__main__":
    f()
"""
    assert [text for _, text in build.pieces(code)] == [
        "import math\nimport torch",
        "# About x.\nx = 1\ny = 2",
        "# About f.\n@torch.no_grad()\ndef f():\n    pass",
        "class A:\n    pass",
        "z = 3",
    ]
    for start, text in build.pieces(code):
        assert code.splitlines()[start] == text.splitlines()[0]


def test_the_work_of_a_reader_is_kept(site, notebooks, tmp_path):
    made, site = site, tmp_path / "site"
    folder = tmp_path / "workshop"
    for number in ("", "-1"):
        shutil.copytree(made, site, dirs_exist_ok=True)
        run = deepcopy(notebooks["stage-07"])
        find(run, "train").execution_count = 1
        nbformat.write(run, site / "notebooks" / "stage-07.ipynb")
        edited = deepcopy(notebooks["exercise-07"])
        find(edited, "check").source += f"# mine{number}"
        nbformat.write(edited, site / "notebooks" / "exercise-07.ipynb")
        (site / "notebooks" / "broken.ipynb").write_text("{")

        names = [f"broken{number}.ipynb", f"exercise-07{number}.ipynb"]
        assert build.keep(site, folder) == [folder / name for name in names]
        assert f"# mine{number}" in (folder / names[1]).read_text()
        left = {path.stem for path in site.glob("notebooks/*")}
        assert left == set(notebooks) - {"exercise-07"}
