"""A change from a parent is about what its row says, nothing else."""

import ast
import itertools
import re

import pytest

from shared.reading.diff import changed_lines, folded, rows, unified
from shared.tokens import contains, words
from stages import TABLE

STAGES = {stage.name: stage for stage in TABLE}
CHANGED = [stage for stage in TABLE if stage.parent]
each_change = pytest.mark.parametrize(
    ("parent", "stage"),
    [(STAGES[stage.parent], stage) for stage in CHANGED],
    ids=[stage.name for stage in CHANGED],
)


def bound(code):
    """Return each name that code binds, with the definitions around it."""
    found = {}

    def visit(node, around):
        name = None
        if isinstance(node, ast.FunctionDef | ast.ClassDef):
            name = node.name
        elif isinstance(node, ast.arg):
            name = node.arg
        elif isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            name = node.id
        if name not in (None, "_"):
            found.setdefault(name, set()).update(around)
        if isinstance(node, ast.FunctionDef | ast.ClassDef):
            around = {*around, name}
        for child in ast.iter_child_nodes(node):
            visit(child, around)

    visit(ast.parse(code), set())
    return found


def test_code_is_found_whatever_its_layout_and_only_whole():
    code = "x = nn.Linear(\n    784,\n    10)  # not nn.Conv2d\n"
    assert contains(code, "nn.Linear")
    assert contains(code, "nn . Linear(784, 10)")
    assert not contains(code, "nn.Lin")
    assert not contains(code, "nn.Conv2d")


def test_changed_lines_are_counted_without_blank_ones():
    before, after = "a\n\nb\nc\n", "a\nb\n\n\nC\nd\n"
    assert changed_lines(before, after) == (["c"], ["C", "d"])


@each_change
def test_side_by_side_both_are_whole_and_in_order(parent, stage):
    found = rows(parent.code, stage.code)
    before = [row.before for row in found if row.before]
    after = [row.after for row in found if row.after]
    for lines, code in ((before, parent.code), (after, stage.code)):
        assert [line.text for line in lines] == code.splitlines()
        assert [line.number for line in lines] == list(range(len(lines)))
    one_below_the_other = [row for _, row in unified(found)]
    assert [row.before for row in one_below_the_other if row.before] == before
    assert [row.after for row in one_below_the_other if row.after] == after
    stretches = [stretch for _, stretch in folded(found)]
    assert list(itertools.chain(*stretches)) == found


def test_what_is_not_marked_is_the_same_on_both_sides():
    marked = 0
    for stage in CHANGED:
        for before, after in rows(STAGES[stage.parent].code, stage.code):
            if before and after and (before.marks or after.marks):
                marked += 1
                assert unmarked(before) == unmarked(after)
                assert unmarked(before)
    assert marked > len(CHANGED)


def unmarked(line):
    """Return the words of a line that are not marked, without spaces."""
    text = line.text
    for start, end in reversed(line.marks):
        text = text[:start] + text[end:]
    return re.sub(r"\s", "", text)


def test_a_rewritten_line_stands_opposite_what_it_was():
    before = "a = 1\nloss = nll(pred, yb)\nold_one()\nb = 2\n"
    after = "a = 1\nimport this, that\nloss = F.ce(pred, yb)\nb = 2\n"
    opposite = [(a and a.text, b and b.text) for a, b in rows(before, after)]
    assert opposite == [
        ("a = 1", "a = 1"),
        (None, "import this, that"),
        ("loss = nll(pred, yb)", "loss = F.ce(pred, yb)"),
        ("old_one()", None),
        ("b = 2", "b = 2"),
    ]


def test_only_what_is_far_from_a_change_is_folded_away():
    before = [f"line {i}\n" for i in range(30)]
    after = [*before[:20], "another\n", *before[21:]]
    stretches = folded(rows("".join(before), "".join(after)))
    assert [(fold, len(rows)) for fold, rows in stretches] == [
        (True, 17),
        (False, 7),
        (True, 6),
    ]
    stretches = folded(rows("".join(before[:26]), "".join(after[:26])))
    assert [fold for fold, _ in stretches] == [True, False, False]


@each_change
def test_it_adds_what_is_swapped_in(parent, stage):
    _, added = changed_lines(parent.code, stage.code)
    added = set(words("\n".join(map(str.strip, added))))
    for code in stage.swaps_in:
        # In several lines, if need be, such as those of a class.
        missing = set(words(code)) - added
        assert not missing, (
            f"stages/__init__.py says that {stage.label} swaps in `{code}`,"
            f" but its change adds no {', '.join(sorted(missing))}"
        )


@each_change
def test_it_changes_no_more_lines_than_its_row_allows(parent, stage):
    removed, added = changed_lines(parent.code, stage.code)
    most_added, most_removed = stage.max_changed_lines
    assert len(added) <= most_added and len(removed) <= most_removed, (  # noqa: PT018
        f"the change to {stage.label} adds {len(added)} lines and removes"
        f" {len(removed)}; its row in stages/__init__.py allows"
        f" max_changed_lines={stage.max_changed_lines}"
    )


@each_change
def test_no_line_differs_in_layout_comments_or_place_alone(parent, stage):
    """Except that stage 08 moves the loop into functions of its own."""
    removed, added = changed_lines(parent.code, stage.code)

    def bare(line):
        return line.partition("#")[0].split()

    same = [line for line in added if bare(line) in map(bare, removed)]
    if stage.name == "08":
        _, loop = parent.code.split("    for epoch", 1)
        moved = [line.strip() for line in f"for epoch{loop}".splitlines()]
        same = [line for line in same if line.strip() not in moved]
    assert not same, (
        f"in the change to {stage.label} these lines differ from removed ones"
        f" in layout, comments or place alone: {same}"
    )


@each_change
def test_no_name_is_changed_in_passing(parent, stage):
    """A name that vanishes is one that goes out, or stood inside one."""
    gone = {word for code in stage.goes_out for word in words(code)}
    still = set(words(stage.code))
    for name, around in bound(parent.code).items():
        assert name in still | gone or around & gone, (
            f"`{name}` is in {parent.label} and not in {stage.label}, though"
            " the row of the latter in stages/__init__.py does not say that"
            " it goes out: was it renamed?"
        )
