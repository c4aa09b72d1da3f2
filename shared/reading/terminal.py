"""The change between two stages, for a terminal."""

import os
import shlex
import shutil
import subprocess
import sys

from pygments.token import Comment, Keyword, Literal, Name, Operator
from rich.console import Console, Group
from rich.constrain import Constrain
from rich.markdown import Markdown
from rich.style import Style
from rich.syntax import ANSISyntaxTheme, Syntax
from rich.table import Table
from rich.text import Text
from rich.theme import Theme

from shared.errors import RunError
from shared.reading import diff
from shared.results import published

READABLE = 79  # columns for prose, however wide the terminal is
WIDE = 160  # columns from which on two programs fit side by side
SIGNS = {"-": "red", "+": "green"}

# Some of the sixteen colours that the owner of a terminal chose to be legible.
CODE = ANSISyntaxTheme(
    {
        Comment: Style(italic=True),
        Keyword: Style(color="magenta"),
        Literal: Style(color="cyan"),
        Name.Class: Style(bold=True),
        Name.Function: Style(bold=True),
        Operator.Word: Style(color="magenta"),
    }
)
PROSE = Theme({"markdown.code": "cyan", "markdown.item.bullet": "none"})


def show(what):
    """Print what one of the functions below returns.

    If it is longer than the terminal is high, by way of a pager, as git
    does: the notes come first, and would be out of sight. That is `less`, or
    what the environment names as PAGER.
    """
    sys.stdout.reconfigure(errors="replace")
    console = Console(theme=PROSE, highlight=False)
    with console.capture() as captured:
        console.print(what)
    text = captured.get()
    pager = shlex.split(os.environ.get("PAGER", "less"))
    long = console.is_terminal and text.count("\n") >= console.height
    if long and pager and shutil.which(pager[0]):
        env = {"LESS": "FRX"} | os.environ
        subprocess.run(pager, input=text.encode(), env=env, check=False)
    else:
        sys.stdout.write(text)


def program(stage):
    """Return a whole program in colour."""
    return Syntax(stage.source, "python", theme=CODE)


def change(before, after, table, side_by_side=None):
    """Return what a reader needs of the change from one stage to another.

    First the notes of the later stage, if it is the next one, and what each
    change between the two promises, with what was measured; then the code,
    by default side by side where two programs fit.
    """
    if side_by_side is None:
        side_by_side = Console().width >= WIDE
    parts = [
        Text(f"{before.label} → {after.label}", style="bold"),
        "",
    ]
    between = _between(before, after, table)
    if between == [after]:
        parts += [Constrain(Markdown(after.notes), READABLE), ""]
    if between:
        parts += [_promises(between, table), ""]
    rows = diff.rows(before.code, after.code)
    draw = _side_by_side if side_by_side else _unified
    return Group(*parts, draw(rows, _coloured(before), _coloured(after)))


def _between(before, after, table):
    """Return the stages whose changes lead from one to the other, in order.

    They may lead backwards; none if neither descends from the other.
    """
    parents = {stage.name: stage.parent for stage in table}
    for first, last in ((before, after), (after, before)):
        names, name = [], last.name
        while name not in (first.name, None):
            names.append(name)
            name = parents[name]
        if name:
            return [stage for stage in table if stage.name in names]
    return []


def _promises(stages, table):
    """Return a table of what these stages promise, and what was measured."""
    grid = Table.grid(padding=(0, 2, 0, 0))
    grid.width = READABLE
    rows = {row.name: row for row in table}
    for stage in stages:
        if stage.promise:
            grid.add_row(stage.name, "promised", str(stage.promise))
            found, conditions = _outcome(stage, rows[stage.parent])
            grid.add_row("", "measured", found)
            if conditions:
                grid.add_row("", "", f"({conditions})", style="dim")
    return grid


def _outcome(stage, parent):
    """Return what was measured of a promise, or why nothing is known."""
    try:
        proof = published.read("proof")
    except RunError as error:
        return str(error), ""
    stale = published.stale(proof, [parent, stage])
    outcome = published.outcome(proof, stage)
    if stale or not outcome:
        names = " and ".join(row.name for row in stale) or stage.name
        return f"nothing yet for {names} as it is now: {published.AGAIN}", ""
    return outcome


def _coloured(stage):
    """Return the lines of a stage's code in colour."""
    syntax = Syntax("", "python", theme=CODE)
    return syntax.highlight(stage.code).split("\n", allow_blank=True)


def _line(sign, line, coloured):
    """Return one line of a change with its sign before it."""
    code = coloured[line.number].copy()
    for start, end in line.marks:
        code.stylize(f"reverse {SIGNS[sign]}", start, end)
    if sign == " ":
        code.stylize("dim")
    return Text.assemble((sign, SIGNS.get(sign, "")), code)


def _fold(rows):
    return Text(f"... {len(rows)} lines stay as they are", style="dim italic")


def _unified(rows, before, after):
    lines = []
    for fold, stretch in diff.folded(rows):
        if fold:
            lines.append(_fold(stretch))
        else:
            for sign, row in diff.unified(stretch):
                line, coloured = (
                    (row.after, after) if row.after else (row.before, before)
                )
                lines.append(_line(sign, line, coloured))
    return Group(*lines)


def _side_by_side(rows, before, after):
    table = Table.grid(expand=True)
    table.add_column(ratio=1, overflow="fold")
    table.add_column(ratio=1, overflow="fold")
    for fold, stretch in diff.folded(rows):
        if fold:
            table.add_row(_fold(stretch), _fold(stretch))
            continue
        for row in stretch:
            minus, plus = "-+" if row.changed else "  "
            table.add_row(
                _line(minus, row.before, before) if row.before else "",
                _line(plus, row.after, after) if row.after else "",
            )
    return table
