"""The notes of a stage: a lead, the rest, and notes that belong to lines."""

import re
import textwrap
from typing import NamedTuple

from shared.errors import RunError
from shared.reading import diff
from shared.reading.ties import TIES

POINTS = "What to look at:\n\n"  # what stands above the list in a docstring
SENTENCES = 2  # of the first paragraph, that are the lead
IMPORT = re.compile(r"\s*(import|from)\b")


class Note(NamedTuple):
    """One point of the notes, and the line that it belongs to.

    `number` counts from 1, in the order of the lines. `line` counts the lines
    of the code from 0: of the code before the change if `removed`, or else of
    the code after it.
    """

    number: int
    text: str
    line: int
    removed: bool


def split(notes):
    """Return the lead of the notes, the rest of the text, and the points.

    All are Markdown; the points are a list, without their bullets.
    """
    text, _, points = notes.partition(POINTS)
    first, _, rest = text.partition("\n\n")
    ends = [end.end() for end in re.finditer(r"[.?!]\)?(?=\s)", first)]
    end = ends[SENTENCES - 1] if len(ends) >= SENTENCES else len(first)
    rest = f"{first[end:].strip()}\n\n{rest}".strip()
    points = re.split(r"^- ", points, flags=re.M)[1:]
    return (
        first[:end],
        rest,
        [textwrap.dedent(f"  {point}").strip() for point in points],
    )


def of(stage):
    """Return the notes of a row of the table, as a list of `Note`.

    A note belongs to the line that `TIES` names for it, or else to the first
    one that the change adds, or that it removes, with code that the note
    names; imports come last. Where there is nothing to change from, the whole
    program counts as added. Raises RunError if a note belongs to no line, and
    if `TIES` knows a note that there is not.
    """
    _, _, points = split(stage.notes)
    ties = TIES.get(stage.name, {})
    for opening in ties:
        if sum(_flat(point).startswith(opening) for point in points) != 1:
            raise RunError(
                f"shared/reading/ties.py: no note, or more than one, of"
                f" {stage.file} begins with {opening!r}"
            )
    before = stage.origin.code if stage.origin else ""
    rows = list(enumerate(diff.rows(before, stage.code)))
    added = [(i, r.after) for i, r in rows if r.changed and r.after]
    removed = [(i, r.before) for i, r in rows if r.changed and r.before]
    kept = [(i, row.after) for i, row in rows if not row.changed]
    found = []
    for point in points:
        flat = _flat(point)
        named = [ties[opening] for opening in ties if flat.startswith(opening)]
        if named:
            tied = _find(named, added, removed, kept)
        else:
            tied = _find(re.findall("`([^`]+)`", flat), added, removed)
        if tied is None:
            raise RunError(
                f"{stage.file}: to which line does this note belong,"
                f" {textwrap.shorten(flat, 40)!r}? Name code of a changed"
                " line in it, or add it to shared/reading/ties.py"
            )
        (position, line), kind = tied
        found.append((position, line.number, kind is removed, point))
    found.sort(key=lambda note: note[0])
    return [
        Note(number, point, line, of_before)
        for number, (_, line, of_before, point) in enumerate(found, 1)
    ]


def _find(codes, *kinds):
    """Return the first (position, line) with the first code, and its kind."""
    for code in codes:
        code = code.removesuffix("()")
        end = r"(?!\w)" if code[-1:].isalnum() else ""
        word = re.compile(rf"(?<!\w){re.escape(code)}{end}")
        for lines in kinds:
            having = [line for line in lines if word.search(line[1].text)]
            having.sort(key=lambda line: bool(IMPORT.match(line[1].text)))
            if having:
                return having[0], lines
    return None


def _flat(text):
    return " ".join(text.split())
