"""Preludes and encores, their rows and their files agree."""

import ast
import shutil
import subprocess
import sys
from dataclasses import replace
from types import SimpleNamespace

import pytest

from shared.proof import prove
from shared.proof.equivalence import load_train, record
from shared.results import tables
from shared.tokens import contains
from stages import ENCORES, LADDER, PRELUDE, TABLE
from stages.__main__ import main
from stages.flags import FLAGS

STAGES = {stage.name: stage for stage in TABLE}
AROUND = PRELUDE + ENCORES
each_row = pytest.mark.parametrize("row", AROUND, ids=lambda row: row.name)
each_change = pytest.mark.parametrize(
    "row", [row for row in AROUND if row.parent], ids=lambda row: row.name
)


def test_no_two_rows_have_one_name():
    assert len(STAGES) == len(TABLE)


@pytest.mark.parametrize(
    ("rows", "folder"), [(PRELUDE, "prelude"), (ENCORES, "encore")]
)
def test_there_is_one_row_for_each_file_and_one_file_for_each_row(
    rows, folder
):
    files = (LADDER[0].path.parent / folder).glob("[!_]*.py")
    assert sorted(row.path for row in rows) == sorted(files)
    for row in rows:
        noun = row.path.stem.replace("_", "-")
        assert row.name == f"{folder}-{noun}"


@each_row
def test_the_docstring_begins_with_kind_and_title(row):
    docstring = ast.get_docstring(ast.parse(row.path.read_text()))
    kind = row.name.partition("-")[0].capitalize()
    assert docstring.startswith(f"{kind}: {row.title}.\n")
    assert "\nWhat to look at:\n\n- " in docstring


@each_row
def test_what_is_swapped_in_is_there_and_was_not_in_the_parent(row):
    for code in row.swaps_in:
        assert contains(row.code, code), f"{row.name} does not use {code}"
        if row.parent:
            parent = STAGES[row.parent]
            assert not contains(parent.code, code), f"{code} is in both"


@each_change
def test_what_goes_out_was_there_and_is_gone(row):
    for code in row.goes_out:
        assert contains(STAGES[row.parent].code, code)
        assert not contains(row.code, code)


def test_every_change_makes_a_promise():
    assert all(row.promise for row in AROUND if row.parent)


@each_row
def test_a_program_imports_only_torch_numpy_and_the_standard_library(row):
    *program, tail = ast.parse(row.path.read_text()).body
    stage_tail = ast.parse(LADDER[0].path.read_text()).body[-1]
    assert ast.unparse(tail) == ast.unparse(stage_tail)
    for node in ast.walk(ast.Module(program, [])):
        if isinstance(node, ast.Import):
            modules = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            modules = [node.module]
        else:
            continue
        packages = {module.partition(".")[0] for module in modules}
        assert packages <= {"torch", "numpy", *sys.stdlib_module_names}


def test_the_files_alone_in_an_empty_folder_import(tmp_path):
    for row in AROUND:
        shutil.copy(row.path, tmp_path)
    modules = [row.path.stem for row in AROUND]
    subprocess.run(
        [sys.executable, "-c", ALONE, *modules], cwd=tmp_path, check=True
    )


ALONE = """
import importlib, sys
sys.modules["stages"] = sys.modules["shared"] = None  # can't be imported
for module in sys.argv[1:]:
    importlib.import_module(module)
"""


@each_row
def test_its_flags_are_known_and_its_help_lists_them(row, capsys):
    with pytest.raises(SystemExit):
        main([row.name, "--help"])
    text = capsys.readouterr().out
    for flag in row.flags:
        assert flag in FLAGS
        assert flag in text


def test_each_has_a_target_and_a_line_in_the_list(capsys):
    main([])
    text = capsys.readouterr().out
    for row in AROUND:
        assert f"  {row.name} " in text
        dry = ["make", "--dry-run", "--silent", row.target, "ARGS=--seed 1"]
        done = subprocess.run(
            dry,
            cwd=LADDER[0].path.parents[1],
            capture_output=True,
            text=True,
            check=True,
        )
        assert f"-m stages {row.name} --seed 1" in done.stdout


def found(*claims):
    """Return what `make prove` finds of a row whose check claims these."""
    return prove.prove_row(
        TABLE, PRELUDE[-1], lambda *_: claims, None, "standin"
    )


def test_a_row_is_held_to_every_claim_of_its_check():
    held = prove.Claim("moon is round", "0.1", True)
    broken = prove.Claim("made of cheese", "rock", False)
    assert found(held)["held"]
    both = found(held, broken)
    assert not both["held"]
    rows = tables.of_proof_around({"around": [both]})
    assert [row[1:] for row in rows[1:]] == [
        ("moon is round", "0.1", "held"),
        ("made of cheese", "rock", "BROKEN"),
    ]


def test_a_row_without_a_proof_of_its_own_is_compared_with_its_parent(few):
    """Stage 12 plays the row: stage 11 to the last bit, and not 08."""

    fewer = few._replace(x_train=few.x_train[:200], y_train=few.y_train[:200])

    def start(training):
        result = record(load_train(training.path), fewer)
        return SimpleNamespace(result=lambda: result)

    stage = STAGES["12"]
    alike = prove.prove_row(TABLE, stage, None, start, "standin")
    assert alike["held"]
    assert alike["claims"][0]["found"] == "0"
    unlike = prove.prove_row(
        TABLE, replace(stage, parent="08"), None, start, "standin"
    )
    assert not unlike["held"]
