"""Every note of every stage belongs to a line, or the build stops."""

import pytest

from shared.errors import RunError
from shared.reading import diff, notes, ties
from stages import LADDER, TABLE


def change(stage):
    """Return the code before and after a stage, line by line."""
    before = stage.origin.code.splitlines() if stage.origin else []
    return before, stage.code.splitlines()


@pytest.mark.parametrize("stage", TABLE, ids=lambda stage: stage.name)
def test_each_note_belongs_to_a_line_and_none_is_lost(stage):
    lead, rest, points = notes.split(stage.notes)
    whole = " ".join([lead, rest, *points])
    expected = stage.notes.replace(notes.POINTS, "").replace("\n- ", "\n")
    assert whole.split() == expected.removeprefix("- ").split()
    found = notes.of(stage)
    assert [note.number for note in found] == list(range(1, len(points) + 1))
    assert sorted(note.text for note in found) == sorted(points)
    before, after = change(stage)
    for note in found:
        assert (before if note.removed else after)[note.line].strip()


@pytest.mark.parametrize("stage", TABLE, ids=lambda stage: stage.name)
def test_numbers_go_down_the_page(stage):
    shown = [
        (bool(row.before and not row.after), (row.after or row.before).number)
        for row in diff.rows(
            stage.origin.code if stage.origin else "", stage.code
        )
    ]
    places = [
        shown.index((n.removed, n.line))
        for n in notes.of(stage)
        if not n.removed
    ]
    assert places == sorted(places)


def test_a_note_belongs_to_the_first_changed_line_with_code_it_names():
    [stage] = [row for row in LADDER if row.name == "02"]
    [note] = [n for n in notes.of(stage) if n.text.startswith("`torch.nn.f")]
    assert change(stage)[1][note.line] == "import torch.nn.functional as F"


def test_a_tie_to_code_that_is_not_there_stops_it(monkeypatch):
    monkeypatch.setitem(ties.TIES["01"], "The model is", "def network(xb)")
    with pytest.raises(RunError, match="does this note belong, 'The model"):
        notes.of(LADDER[0])


def test_a_note_that_names_no_changed_line_stops_it(monkeypatch):
    monkeypatch.delitem(ties.TIES["01"], "The model is")
    with pytest.raises(RunError, match=r"^stages/stage_01.*ties\.py$"):
        notes.of(LADDER[0])


def test_a_tie_of_no_note_stops_it(monkeypatch):
    monkeypatch.setitem(ties.TIES["01"], "A model is", "def model(xb)")
    with pytest.raises(RunError, match="begins with 'A model is'"):
        notes.of(LADDER[0])
