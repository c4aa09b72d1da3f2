"""The twelve programs as one: what the player and the map of lines show."""

from markupsafe import Markup

from shared.book.code import highlighted
from shared.reading.lineage import lineage

CELL, GAP, ROW, HEAD = 25, 4, 6, 25  # units of the map


def content(book):
    """Return what the template of the player needs of the `book`."""
    lines = lineage(book.ladder)
    programs = [
        {
            "page": book.stages[stage.name]["page"],
            "heading": book.stages[stage.name]["heading"],
            "swaps_in": stage.swaps_in,
            "lines": [
                {"life": line.life, "born": line.born, "html": Markup(html)}
                for line, html in zip(
                    program,
                    highlighted(stage.code.strip("\n")).split("\n"),
                    strict=True,
                )
            ],
        }
        for stage, program in zip(book.ladder, lines, strict=True)
    ]
    first, last = (
        {line.life for line in program if line.text.strip()}
        for program in (lines[0], lines[-1])
    )
    return {
        "programs": programs,
        "survival": survival(book, lines),
        "first_lines": len(first),
        "reach_last": len(first & last),
    }


def survival(book, programs):
    """Draw the map of lines as SVG: a column a program, a cell a line.

    A blank line leaves its cell empty. The head of a column has the colour of
    its stage, and links to its page.
    """
    width = len(programs) * (CELL + GAP)
    height = HEAD + max(map(len, programs)) * ROW
    parts = []
    for column, (stage, program) in enumerate(
        zip(book.ladder, programs, strict=True)
    ):
        x = column * (CELL + GAP)
        page = book.stages[stage.name]["page"]
        parts.append(
            f'<a href="{page}" data-stage="{column}">'
            f'<text x="{x + CELL / 2}" y="11">{stage.name}</text></a>'
            f'<rect class="born-{stage.name}" x="{x}" y="15"'
            f' data-stage="{column}"/>'
        )
        parts += [
            f'<rect class="born-{line.born}" x="{x}" y="{HEAD + row * ROW}"'
            f' data-stage="{column}" data-life="{line.life}"/>'
            for row, line in enumerate(program)
            if line.text.strip()
        ]
    return Markup(
        f'<svg viewBox="0 0 {width} {height}" width="{width}"'
        f' height="{height}" role="group" aria-label="Lines that survive">'
        + "".join(parts)
        + "</svg>"
    )
