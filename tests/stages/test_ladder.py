"""The ladder, the stage files and what they say agree."""

import ast
import itertools
import sys

import pytest

from shared.tokens import contains
from stages import LADDER

CHANGES = list(itertools.pairwise(LADDER))


def test_there_is_one_row_for_each_stage_file_and_one_file_for_each_row():
    files = sorted(LADDER[0].path.parent.glob("stage_*.py"))
    assert [stage.path for stage in LADDER] == files


def test_stages_are_numbered_from_01_to_12_and_each_follows_the_last():
    names = [f"{n:02}" for n in range(1, 13)]
    assert [stage.name for stage in LADDER] == names
    assert [stage.parent for stage in LADDER] == [None, *names[:-1]]


def test_a_file_is_named_after_the_number_and_title_of_its_stage():
    for stage in LADDER:
        title = stage.title.replace(" ", "_")
        assert stage.module == f"stage_{stage.name}_{title}"


@pytest.mark.parametrize("stage", LADDER, ids=lambda stage: stage.name)
def test_the_docstring_begins_with_number_and_title(stage):
    first_line = ast.get_docstring(ast.parse(stage.path.read_text()))
    assert first_line.startswith(f"Stage {stage.name}: {stage.title}.\n")


@pytest.mark.parametrize("stage", LADDER, ids=lambda stage: stage.name)
def test_what_is_swapped_in_is_used_here_first(stage):
    earlier = LADDER[: LADDER.index(stage)]
    for code in stage.swaps_in:
        assert contains(stage.code, code), f"{stage.name} does not use {code}"
        for other in earlier:
            assert not contains(other.code, code), (
                f"{other.name} has {code} already"
            )


@pytest.mark.parametrize(
    ("parent", "stage"), CHANGES, ids=lambda stage: stage.name
)
def test_what_goes_out_was_there_and_is_gone(parent, stage):
    for code in stage.goes_out:
        assert contains(parent.code, code), (
            f"{parent.name} does not use {code}"
        )
        assert not contains(stage.code, code), f"{stage.name} still has {code}"


def test_every_change_makes_a_promise():
    assert LADDER[0].promise is None
    assert all(stage.promise for stage in LADDER[1:])


@pytest.mark.parametrize("stage", LADDER, ids=lambda stage: stage.name)
def test_a_stage_imports_only_torch_and_the_standard_library(stage):
    *program, tail = ast.parse(stage.path.read_text()).body
    assert ast.unparse(tail.test) == "__name__ == '__main__'"
    for node in ast.walk(ast.Module(program, [])):
        if isinstance(node, ast.Import):
            modules = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            modules = [node.module]
        else:
            continue
        for module in modules:
            package = module.split(".")[0]
            assert package == "torch" or package in sys.stdlib_module_names


def test_all_stages_end_with_the_same_tail():
    tails = {
        ast.unparse(ast.parse(stage.path.read_text()).body[-1])
        for stage in LADDER
    }
    assert len(tails) == 1
