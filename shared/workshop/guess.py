"""The game of cards in a terminal: which line is broken, if any?"""

import random

from rich.console import Console
from rich.syntax import Syntax
from rich.table import Table
from rich.text import Text

from shared.errors import InputError
from shared.languages import clauses, lines, local, say
from shared.proof import cards
from shared.reading import diff
from shared.reading.terminal import CODE, SIGNS, Prose
from shared.results import published


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
        raise InputError(
            say("no program was measured yet that could be shown")
        )
    random.Random(seed).shuffle(deck)
    console = Console(highlight=False)
    text = say(
        "Each program is one of the twelve stages, perhaps broken on purpose."
        " If a line is missing, name one beside the gap."
    )
    console.print(lines.fill(text, console.width), end="\n\n", markup=False)
    points = []
    try:
        for number, card in enumerate(deck, start=1):
            console.rule(
                say(
                    "{number} of {n}: stage {stage}",
                    number=number,
                    n=len(deck),
                    stage=card.stage.name,
                )
            )
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
    code = card.code.splitlines()
    ask = say('Which line is wrong? A number, "fine", or "q" to end:')
    while True:
        answer = console.input(f"{ask} ").strip().lower()
        if answer in ("fine", "q"):
            return answer
        number = int(answer) if answer.isdecimal() else 0
        if 0 < number <= len(code) and code[number - 1].strip():
            return answer
        console.print(
            say('"{answer}" is not the number of a line here.', answer=answer)
        )


def _show(card, console):
    """Show the change from the stage before, or the first stage as it is.

    The numbers are those of the lines of the program after its notes.
    """
    parent, stage = card.stage.origin, card.stage
    said = {"stage": stage.name, "card": card.number}
    console.print(
        say(
            "Stage {stage}, card {card}: the change from stage {parent}",
            **said,
            parent=parent.name,
        )
        if parent
        else say("Stage {stage}, card {card}: the program", **said)
    )
    before = parent.code if parent else card.code
    console.print(_code(before, card.code))
    console.print(
        "\n"
        + say(
            "Trained in float64, its accuracy is {accuracy:.4f}; that of our"
            " stage {stage} is {ours:.4f}.",
            accuracy=card.accuracy,
            stage=stage.name,
            ours=card.ours,
        )
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
            said = say("{n} lines stay as they are", n=len(stretch))
            table.add_row("", Text(f"... {said}", style="dim italic"))
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
    console.print()
    if card.is_right(line):
        text = say(
            "Right: here it is broken." if card.broken else "Right: fine."
        )
        console.print(text, style="bold green")
    elif not card.broken:
        console.print(say("No: it is fine."), style="bold red")
    else:
        text = say(
            "No: it is broken."
            if line is None
            else "No: it is broken elsewhere."
        )
        console.print(text, style="bold red")
    if card.name:
        console.print()
        console.print(
            say(
                "What was done to stage {stage}, {name}:",
                stage=card.stage.name,
                name=local(card.name),
            )
        )
        console.print(_code(card.stage.code, card.code))
    console.print(Prose(f"\n{local(card.why)}"))
    console.print()
    console.print(_accuracy_check(card))
    found = clauses(card.found)
    text = say(
        "The proof catches it: {found}"
        if card.caught
        else "The proof finds nothing: {found}",
        found=found,
    )
    console.print(lines.fill(text, console.width), end="\n\n", markup=False)


def _accuracy_check(card):
    """Say whether an accuracy check lets a program pass."""
    if not card.passes:
        return say(
            "An accuracy check of {least:.2f} stops it.", least=card.floor
        )
    return say(
        "An accuracy check of {least:.2f} lets it pass, though it is broken."
        if card.broken
        else "An accuracy check of {least:.2f} lets it pass.",
        least=card.floor,
    )


def _score(points, console):
    if points:
        you, check, proof = map(sum, zip(*points, strict=True))
        console.print(
            say(
                "Right, of {all}: you {you}, an accuracy check {check}, the"
                " proof {proof}.",
                all=len(points),
                you=you,
                check=check,
                proof=proof,
            )
        )
    else:
        console.print(say("No card was answered."))
