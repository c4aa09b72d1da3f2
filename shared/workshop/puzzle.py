"""A small change as a puzzle: its lines are given, among wrong ones."""

import random
from typing import NamedTuple

from shared.languages import say
from shared.proof.mutants import MUTANTS
from shared.reading import diff
from shared.workshop.exercises import bare

MOST = 8  # lines that come in; more would be too many to sort


class Puzzle(NamedTuple):
    """The `code` that stays, and the `lines` to choose from, in no order."""

    code: str
    lines: list[str]

    def __str__(self):
        said = say("The lines to choose from:")
        lines = "\n".join(f"# {line}" for line in self.lines)
        return f"{self.code}\n\n# {said}\n#\n{lines}\n"


def puzzle(exercise):
    """Return the `Puzzle` of an exercise, or None if there is none.

    There is one if few lines come in, and if lines of mutants fit in with
    them. The order of the lines is always the same.
    """
    start, target = (
        bare(stage.source)[1] for stage in (exercise.start, exercise.target)
    )
    rows = diff.rows(start, target)
    kept = [row.before.text for row in rows if row.before and not row.changed]
    _, right = diff.changed_lines(start, target)
    wrong = _wrong(exercise.target, right)
    if len(right) > MOST or not wrong:
        return None
    lines = [*right, *wrong]
    random.Random(exercise.key).shuffle(lines)
    return Puzzle("\n".join(kept).strip(), lines)


def _wrong(stage, right):
    """Return the lines that mutants of a stage have in place of right ones."""
    found = []
    for mutant in MUTANTS:
        if mutant.stage != stage.name or mutant.harmless:
            continue
        removed, added = diff.changed_lines(stage.code, mutant.code([stage]))
        if removed and set(removed) <= set(right):
            found += [line for line in added if line not in right]
    return list(dict.fromkeys(found))
