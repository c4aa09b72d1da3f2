"""The game of cards in a terminal: which line is broken, if any?"""

import random

from rich.console import Console
from rich.markdown import Markdown
from rich.syntax import Syntax
from rich.table import Table
from rich.text import Text

from shared.errors import InputError
from shared.proof import cards
from shared.reading import diff
from shared.reading.terminal import CODE, SIGNS
from shared.results import published

ASK = 'Which line is wrong? A number, "fine", or "q" to end: '


def play(ladder, stage=None, seed=None):
    """Show one card after another, and ask, until the reader has enough.

    The cards are those of all stages of the `ladder`, or of one `stage`;
    `seed` sets their order, by default another one each time. The score is
    printed at the end, after Ctrl-C too.
    """
    deck = cards.deck(
        ladder, published.read("mutants"), published.read("proof")
    )
    deck = [card for card in deck if stage in (None, card.stage)]
    if not deck:
        raise InputError("no program was measured yet that could be shown")
    random.Random(seed).shuffle(deck)
    console = Console(highlight=False)
    console.print(
        "Each program is one of the twelve stages, perhaps broken on purpose."
        " If a line is missing, name one beside the gap.\n"
    )
    points = []
    try:
        for number, card in enumerate(deck, start=1):
            console.rule(f"{number} of {len(deck)}: stage {card.stage.name}")
            _show(card, console)
            answer = _ask(card, console)
            if answer == "q":
                break
            line = None if answer == "fine" else int(answer) - 1
            right = card.is_right(line)
            points.append((right, card.check_is_right, card.proof_is_right))
            _answer(card, line, console)
    except EOFError:
        console.print()
    except KeyboardInterrupt:
        console.print()
        _score(points, console)
        raise
    _score(points, console)


def _ask(card, console):
    """Return a number of a line as text, "fine" or "q"."""
    lines = card.code.splitlines()
    while True:
        answer = console.input(ASK).strip().lower()
        if answer in ("fine", "q"):
            return answer
        number = int(answer) if answer.isdecimal() else 0
        if 0 < number <= len(lines) and lines[number - 1].strip():
            return answer
        console.print(f'"{answer}" is not the number of a line here.')


def _show(card, console):
    """Show the change from the stage before, or the first stage as it is.

    The numbers are those of the lines of the program after its notes.
    """
    parent, stage = card.stage.origin, card.stage
    what = f"the change from stage {parent.name}" if parent else "the program"
    console.print(f"Stage {stage.name}, card {card.number}: {what}")
    before = parent.code if parent else card.code
    console.print(_code(before, card.code))
    console.print(
        f"\nIts accuracy is {card.accuracy:.4f}; that of our stage"
        f" {stage.name} is {card.ours:.4f}."
    )


def _code(before, after):
    """Return a change as a table: numbers of lines, signs and code."""
    syntax = Syntax("", "python", theme=CODE)
    highlighted = [
        syntax.highlight(code).split("\n", allow_blank=True)
        for code in (before, after)
    ]
    table = Table.grid(padding=(0, 1, 0, 0))
    table.add_column(justify="right", style="dim")
    table.add_column(overflow="fold")
    rows = diff.rows(before, after)
    stretches = diff.folded(rows) if before != after else [(False, rows)]
    for fold, stretch in stretches:
        if fold:
            said = f"... {len(stretch)} lines stay as they are"
            table.add_row("", Text(said, style="dim italic"))
            continue
        for sign, row in diff.unified(stretch):
            side, line = (0, row.before) if sign == "-" else (1, row.after)
            number = "" if sign == "-" else str(line.number + 1)
            code = highlighted[side][line.number]
            table.add_row(
                number, Text.assemble((f"{sign} ", SIGNS.get(sign, "")), code)
            )
    return table


def _answer(card, line, console):
    """Say whether an answer is right, what is wrong, and who noticed."""
    if card.is_right(line):
        text = "Right: here it is broken." if card.broken else "Right: fine."
        console.print(f"\n[bold green]{text}")
    else:
        console.print(
            "\n[bold red]No: "
            + ("it is broken" if card.broken else "it is fine")
            + (" elsewhere." if card.broken and line is not None else ".")
        )
    if card.name:
        console.print(
            f"\nWhat was done to stage {card.stage.name}, {card.name}:"
        )
        console.print(_code(card.stage.code, card.code))
    console.print(Markdown(f"\n{card.why}"))
    passes = "lets it pass" if card.passes else "stops it"
    finds = "catches it" if card.caught else "finds nothing"
    console.print(
        f"\nAn accuracy check of {card.floor:.2f} {passes}"
        f"{', though it is broken' if card.broken and card.passes else ''}."
    )
    console.print(f"The proof {finds}: {card.found}\n", markup=False)


def _score(points, console):
    if points:
        you, check, proof = map(sum, zip(*points, strict=True))
        console.print(
            f"Right, of {len(points)}: you {you}, an accuracy check {check},"
            f" the proof {proof}."
        )
    else:
        console.print("No card was answered.")
