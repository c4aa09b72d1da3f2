"""The change between two stages, for a terminal."""

import os
import shlex
import shutil
import subprocess
import sys
import textwrap
from pathlib import Path
from typing import NamedTuple

from pygments.token import Comment, Keyword, Literal, Name, Operator
from rich.console import Console, Group
from rich.constrain import Constrain
from rich.markdown import Markdown, Paragraph
from rich.style import Style
from rich.syntax import ANSISyntaxTheme, Syntax
from rich.table import Table
from rich.text import Text
from rich.theme import Theme

from shared import languages
from shared.errors import RunError
from shared.languages import bracketed, clauses, lines, local, say
from shared.reading import diff, notes
from shared.results import published
from shared.results.tables import Cell

READABLE = 79  # columns for prose, however wide the terminal is
WIDE = 160  # columns from which on two programs fit side by side
NUMBER = 4  # columns for the number of a line
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
    if pager and Path(pager[0]).name == "less":
        pager.append("-R")  # lets colours through, whatever LESS says
    long = console.is_terminal and text.count("\n") >= console.height
    if long and pager and shutil.which(pager[0]):
        env = {"LESS": "FRX"} | os.environ
        subprocess.run(pager, input=text.encode(), env=env, check=False)
    else:
        sys.stdout.write(text)


def program(stage):
    """Return a whole program in colour, its notes first."""
    return Group(*_notes(stage), _Code(None, stage).unified())


def change(before, after, table, side_by_side=None):
    """Return what a reader needs of the change from one stage to another.

    First the notes of the later stage, if it is the next one, and what each
    change between the two promises, with what was measured; then the code,
    by default side by side where two programs fit. The lines that notes
    belong to bear their numbers, and lines that only moved say where to.
    """
    parts = [
        _heading(before, after),
        "",
    ]
    between = _between(before, after, table)
    if between == [after]:
        parts += _notes(after)
    if between:
        parts += [_promises(between, table), ""]
    return Group(*parts, _code(before, after, side_by_side))


class Program(NamedTuple):
    """A program that is no row of the table, or the `code` of a part of it.

    `source` is all of it up to the end of that part.
    """

    label: str
    source: str
    code: str
    origin: None = None


def answer(mine, ours, side_by_side=None):
    """Return what a reader wrote, and how ours differs: two `Program`s."""
    heading = _heading(mine, ours)
    if mine.code == ours.code:
        return Group(heading, "", say("Word for word the same."))
    return Group(heading, "", _code(mine, ours, side_by_side))


def _heading(before, after):
    return Text(f"{local(before.label)} → {local(after.label)}", style="bold")


def _code(before, after, side_by_side):
    """Return the code of a change, by default side by side where both fit."""
    if side_by_side is None:
        side_by_side = Console().width >= WIDE
    code = _Code(before, after)
    return code.side_by_side() if side_by_side else code.unified()


def _notes(stage):
    """Return the notes of a stage, those that belong to lines numbered."""
    lead, rest = map(languages.markdown, notes.split(stage.notes)[:2])
    space = " " * (lead.isascii() and rest[:1] not in "\n")
    points = "\n".join(
        textwrap.indent(languages.markdown(note.text), "    ").replace(
            "   ", f"{note.number}.".ljust(3), 1
        )
        for note in notes.of(stage)
    )
    text = f"{lead}{space}{rest}\n\n{local(notes.POINTS)}\n\n{points}"
    return [Constrain(Prose(text), READABLE), ""]


class _Paragraph(Paragraph):
    """A paragraph whose lines end where those of its language may."""

    def __rich_console__(self, console, options):
        text = self.text
        for line in text.divide(lines.breaks(text.plain, options.max_width)):
            line.rstrip()
            yield line


class Prose(Markdown):
    """Markdown in the language that is spoken."""

    elements = Markdown.elements | {"paragraph_open": _Paragraph}


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
            promise = local(str(stage.promise))
            grid.add_row(stage.name, say("promised"), Cell(promise))
            found, conditions = _outcome(stage, rows[stage.parent])
            grid.add_row("", say("measured"), Cell(clauses(found)))
            if conditions:
                said = Cell(bracketed(local(conditions)))
                grid.add_row("", "", said, style="dim")
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
        names = say(" and ").join(row.name for row in stale) or stage.name
        said = say(
            "nothing yet for {names} as it is now: {again}",
            names=names,
            again=local(published.AGAIN),
        )
        return said, ""
    return outcome


class _Code:
    """The code of a change, or of a program if there is nothing `before`."""

    def __init__(self, before, after):
        self._before, self._after = _Side("-", before), _Side("+", after)
        self._rows = diff.rows((before or after).code, after.code)
        for origin, to in diff.moved(self._rows).items():
            self._before.to[origin] = to + self._after.first
            self._after.to[to] = origin + self._before.first
        kept = []
        if not before or before == after.origin:
            for note in notes.of(after):
                side = self._before if note.removed else self._after
                side.notes.setdefault(note.line, []).append(note.number)
                kept += [] if note.removed else [note.line]
        self._stretches = list(diff.folded(self._rows, kept))
        if not before:
            self._stretches = [(False, self._rows)]

    def unified(self):
        """Return the lines one below the other."""
        table = Table.grid(expand=True)
        table.add_column(width=NUMBER, justify="right", style="dim")
        table.add_column(ratio=1, overflow="fold")
        for fold, stretch in self._stretches:
            if fold:
                table.add_row("", _fold(stretch))
                continue
            for sign, row in diff.unified(stretch):
                side = self._before if sign == "-" else self._after
                table.add_row(*side.cells(sign, row.after or row.before))
        return table

    def side_by_side(self):
        """Return two columns: the lines before, and those after."""
        table = Table.grid(expand=True)
        for _ in range(2):
            table.add_column(width=NUMBER, justify="right", style="dim")
            table.add_column(ratio=1, overflow="fold")
        for fold, stretch in self._stretches:
            if fold:
                table.add_row("", _fold(stretch), "", _fold(stretch))
                continue
            for row in stretch:
                minus, plus = "-+" if row.changed else "  "
                table.add_row(
                    *self._before.cells(minus, row.before),
                    *self._after.cells(plus, row.after),
                )
        return table


class _Side:
    """The code of a stage, and what is said beside its lines.

    `first` is the number of its first line in the file; `to` are the numbers
    of the lines that its lines were moved to, or from; `notes` those of notes.
    """

    def __init__(self, sign, stage):
        source, code = (stage.source, stage.code) if stage else ("", "")
        self.first = source.count("\n") - code.count("\n") + 1
        self.to, self.notes = {}, {}
        self._sign = sign
        syntax = Syntax("", "python", theme=CODE)
        self._lines = syntax.highlight(code).split("\n", allow_blank=True)

    def cells(self, sign, line):
        """Return the two cells of a line, if any: its number, and itself."""
        if line is None:
            return "", ""
        code = self._lines[line.number].copy()
        for start, end in line.marks:
            code.stylize(f"reverse {SIGNS[sign]}", start, end)
        text = Text.assemble((f" {sign}", SIGNS.get(sign, "")), code)
        if line.number in self.to:
            said = say(
                "to line {number}"
                if self._sign == "-"
                else "from line {number}",
                number=self.to[line.number],
            )
            text.append(f"  {bracketed(said)}", "dim italic")
        if numbers := self.notes.get(line.number):
            said = ", ".join(map(str, numbers))
            said = (
                say("notes {numbers}", numbers=said)
                if len(numbers) > 1
                else say("note {number}", number=said)
            )
            text.append(f"  ← {said}", "bold")
        return str(line.number + self.first), text


def _fold(rows):
    said = say("{n} lines stay as they are", n=len(rows))
    return Text(f"... {said}", style="dim italic")
