"""Cards for a browser: which are on which page, and what each shows."""

from itertools import groupby

from markupsafe import Markup

from shared.book.code import highlighted, indent
from shared.book.prose import PARSER
from shared.proof import cards
from shared.reading import diff
from shared.results import published

GAP = Markup('<span class="gap">⋮</span>')


def deck(ladder, measured, proof):
    """Return the cards of the book, as `card.html` shows them, in a dict.

    "all" are all of them; "index" are three, of which the accuracy check is
    wrong about one; and by the name of a stage there is the one on its page.
    """
    found = cards.deck(ladder, measured, proof)
    shown = {card: _shown(card) for card in found}
    kinds = {(card.broken, card.passes): card for card in reversed(found)}
    three = sorted(kinds.values(), key=lambda card: card.number)
    by_stage = {
        stage.name: [shown[c] for c in found if c.stage is stage][:1]
        for stage in ladder
    }
    return by_stage | {
        "all": list(shown.values()),
        "index": [shown[card] for card in three],
    }


def content(book):
    """Return what the page of all cards says beside them."""
    return {
        "broken_on": published.conditions(book.mutants, "float64", "seed 0"),
        "floor": book.mutants["floor"],
    }


def _shown(card):
    return card._asdict() | {
        "stage": card.stage.name,
        "program": _program(card),
        "change": _change(card),
        "passes": card.passes,
        "changed": _places(card),
        "points": f"{card.check_is_right:d}{card.proof_is_right:d}",
        "why": Markup(PARSER.renderInline(card.why)),
    }


def _pieces(card):
    """Return the lines to show, those of one piece of the program together.

    Blank lines at either end of a piece are left out.
    """
    lines = card.code.splitlines()
    pieces = []
    for _, group in groupby(
        enumerate(card.lines), lambda pair: pair[1] - pair[0]
    ):
        piece = [n for _, n in group]
        while piece and not lines[piece[0]].strip():
            piece.pop(0)
        while piece and not lines[piece[-1]].strip():
            piece.pop()
        if piece:
            pieces.append(piece)
    return pieces


def _program(card):
    """Return the code to show as HTML, a sign where some is left out."""
    lines = highlighted(card.code).split("\n")
    pieces = [
        "\n".join(_hanging(lines[n]) for n in piece) for piece in _pieces(card)
    ]
    return Markup(f"\n\n{GAP}\n\n").join(map(Markup, pieces))


def _hanging(line):
    """Return a line as an element that hangs by its indent if it wraps."""
    if not line:
        return line
    style = f"--indent: {indent(line)}ch"
    return f'<span class="hangs" style="{style}">{line}</span>'


def _places(card):
    """Return where in the code that is shown the changed lines are."""
    places = []
    for piece in _pieces(card):
        places += [*piece, None, None, None]
    return [i for i, n in enumerate(places) if n in card.changed]


def _change(card):
    """Return what was changed as (sign, HTML) of lines, "" if nothing was."""
    before, after = (
        highlighted(code).split("\n") for code in (card.stage.code, card.code)
    )
    lines = diff.unified(diff.rows(card.stage.code, card.code))
    near = {
        n + i
        for n, (sign, _) in enumerate(lines)
        for i in (-1, 0, 1)
        if sign != " "
    }
    found = []
    for n, (sign, row) in enumerate(lines):
        if n in near:
            html = after[row.after.number] if row.after else None
            html = html or (before[row.before.number] if row.before else "")
            found.append((sign, Markup(html)))
        elif n - 1 in near:
            found.append(("", GAP))
    return found[:-1] if found and not found[-1][0] else found
