"""What the page of a program shows: its notes, and its code line by line."""

import ast
import html
from functools import lru_cache
from typing import NamedTuple

from markupsafe import Markup

from shared.book.code import highlighted
from shared.book.prose import inline, markdown, unbroken
from shared.errors import RunError
from shared.reading import diff, names, notes, words
from shared.results import published

KINDS = {"-": "del", "+": "ins", " ": "same"}


class Line(NamedTuple):
    """A line as it is shown.

    `kind` is "del", "ins" or "same"; `old` and `new` are its numbers in the
    two files, None where it is not; `indent` counts columns. `moved` is the
    number of the line that it was moved to or from. `notes` are pairs of a
    number and HTML, `shapes` pairs of a name, or none, and a text.
    """

    kind: str
    old: int | None
    new: int | None
    html: Markup
    indent: int
    moved: int | None
    notes: list[tuple[int, Markup]]
    shapes: list[tuple[str, str]]


def facts(stage, trained, proof):
    """Return what is said of a row of the table, on its page and on others.

    Raises RunError if it has no notes.
    """
    if not stage.notes:
        raise RunError(f"{stage.file} has no notes below its title")
    lead, rest, _ = notes.split(stage.notes)
    found = [c for c in proof["changes"] if c["stage"] == stage.name]
    outcome, outcome_on = "", ""
    if stage.promise:
        outcome, outcome_on = published.outcome(proof, stage) or (
            "not measured yet",
            "",
        )
    return {
        "name": stage.name,
        "heading": stage.label.removeprefix("Stage ").replace(",", ""),
        "label": stage.label,
        "target": stage.target,
        "page": f"{stage.target}.html",
        "file": stage.file,
        "own_copy": f"source/{stage.path.name}",
        "source": stage.source,
        "lead": markdown(lead),
        "rest": markdown(rest),
        "words": words.used(f"{stage.notes} {outcome} {stage.code}"),
        "swaps_in": stage.swaps_in,
        "goes_out": stage.goes_out,
        "promise": stage.promise,
        "apart": [
            unbroken(f"{change['float64']['pred']:.1g}")
            for change in found
            if change["kind"] != "change"
        ],
        "differs": _differs(stage, trained["stages"]),
        "predicted": _predicted(stage, found, trained["stages"]),
        "outcome": unbroken(outcome),
        "outcome_on": outcome_on,
        "trained": trained["stages"].get(stage.name),
    }


def _differs(stage, trained):
    """Say why an ordinary run of a stage and of its parent end apart.

    Returns "" where they end alike, or where there is nothing to compare.
    """
    mine, parents = trained.get(stage.name), trained.get(stage.parent)
    if not (mine and parents) or mine["losses"] == parents["losses"]:
        return ""
    if stage.promise.kind == "change":
        return "another model"
    return {
        "initial weights": "draws other initial weights",
        "order of images": "shuffles the images",
        None: "rounds differently",
    }[stage.promise.precondition]


def _predicted(stage, found, trained):
    """Judge what a reader may predict of a change: {kind: verdict}.

    `found` is what was measured of it, a list with one change of proof.json,
    or an empty one. It is "right" to name the kind that is promised; where
    more was measured than that, it is right "as measured"; and where ordinary
    runs end apart for all that is promised, "in a run".
    """
    verdicts = {}
    for change in found:
        for kind in ("exact", "rounding", "change"):
            verdict = "wrong"
            if kind == stage.promise.kind:
                verdict = "right"
            elif kind == "exact" and change["float64"]["pred"] == 0:
                verdict = "as measured"
            elif kind == "change" and _differs(stage, trained):
                verdict = "in a run"
            verdicts[kind] = verdict
    return verdicts


def code(parent, stage):
    """Return the code of a row as its page shows it.

    A dict with `unified`, a list of stretches, each of them whether it is
    folded away and its `Line`s; and if there is a `parent` to change from,
    with `split`, the same with pairs of a line before and a line after.
    """
    rows = diff.rows(parent.code if parent else stage.code, stage.code)
    moved = diff.moved(rows)
    tied = notes.of(stage)
    if parent:
        before = _lines(
            parent, [row.before for row in rows if row.before], tied, True
        )
        for line, to in moved.items():
            before[line] = before[line]._replace(moved=to + _first(stage))
    after = _lines(stage, [row.after for row in rows if row.after], tied)
    for line, to in moved.items():
        after[to] = after[to]._replace(moved=line + _first(parent))
    if not parent:
        return {"unified": [(False, after)]}

    split, unified = [], []
    kept = [note.line for note in tied if not note.removed]
    for fold, stretch in diff.folded(rows, kept):
        pairs = []
        for row in stretch:
            old, new = (
                line and lines[line.number]._replace(kind=kind)
                for line, lines, kind in (
                    (row.before, before, "del" if row.changed else "same"),
                    (row.after, after, "ins" if row.changed else "same"),
                )
            )
            pairs.append((old, new))
        split.append((fold, pairs))
        lines = []
        for sign, row in diff.unified(stretch):
            if sign == "-":
                line = before[row.before.number]
            else:
                line = after[row.after.number]
                if row.before:
                    line = line._replace(
                        old=row.before.number + _first(parent)
                    )
            lines.append(line._replace(kind=KINDS[sign]))
        unified.append((fold, lines))
    return {"split": split, "unified": unified}


def _first(stage):
    """Return the number that the first line of the code has in the file."""
    return stage.source.count("\n") - stage.code.count("\n") + 1


def _lines(stage, lines, tied, removed=False):
    """Return the lines of a stage's code as a list of `Line`.

    `tied` are the notes, of which those of `removed` lines belong here, or
    the others.
    """
    first = _first(stage)
    marks = {line.number: line.marks for line in lines}
    links = {}
    for use in names.uses(stage.source):
        says = f"{use.name}: {names.NAMES[use.name].sentence}"
        tag = (
            f'<a class="api" href="{names.link(use.name)}"'
            f' title="{html.escape(says)}">'
        )
        links.setdefault(use.line - first, []).append(
            (use.start, use.end, tag)
        )
    shapes = {} if removed else _shapes(stage)
    found = []
    text = stage.code.removesuffix("\n")
    shown = highlighted(text, marks, links).split("\n")
    for number, (plain, line) in enumerate(
        zip(text.split("\n"), shown, strict=True)
    ):
        found.append(
            Line(
                kind="same",
                old=number + first if removed else None,
                new=None if removed else number + first,
                html=Markup(line),
                indent=len(plain) - len(plain.lstrip()),
                moved=None,
                notes=[
                    (note.number, markdown(note.text))
                    for note in tied
                    if (note.line, note.removed) == (number, removed)
                ],
                shapes=shapes.get(number + first, []),
            )
        )
    return found


def _shapes(stage):
    """Return the shapes that a row shows at its lines, {number: pairs}.

    Those of rows that train as the contract of a stage has it, and need no
    more for it.
    """
    if not stage.name.isdigit():
        return {}
    return _recorded(stage)


@lru_cache
def _recorded(stage):
    # Not at the top: torch takes seconds to import.
    from shared.training import shapes

    return {
        line: [(name, str(shape)) for name, shape in found if name != "_"]
        for line, found in shapes.record(stage, shapes.digits()).items()
    }


def defined(stage):
    """Return {name: number of its line} of what a program defines."""
    return {
        node.name: node.lineno
        for node in ast.walk(ast.parse(stage.source))
        if isinstance(node, ast.FunctionDef | ast.ClassDef)
        and not node.name.startswith("__")
    }


def exercise(stage, tasks):
    """Return the exercise of a row, its text and hints as HTML, or None."""
    if stage.name not in tasks:
        return None
    text, hints = tasks[stage.name]
    return {"text": inline(text), "hints": [inline(hint) for hint in hints]}
