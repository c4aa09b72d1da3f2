"""The lines of the ladder, followed from one program to the next."""

from typing import NamedTuple

from shared.reading import diff


class Line(NamedTuple):
    """A line of a program.

    `life` is a number that it shares with the lines of earlier and later
    programs that it survives in, indent aside; `born` is the name of the
    stage that it first stood in, and `text` the line as it stands here.
    """

    life: int
    born: str
    text: str


def lineage(ladder):
    """Return the code of each stage of `ladder`, without its docstring.

    A list of `Line` for each, in order. A line survives a change where it
    stays as it is, and where it only moves; one that is rewritten is new.
    """
    programs, lives, before = [], 0, None
    for stage in ladder:
        code = stage.code.strip("\n")
        survivors = {}
        if before is not None:
            rows = diff.rows(before, code)
            survivors = {
                row.after.number: programs[-1][row.before.number]
                for row in rows
                if row.before
                and row.after
                and row.before.text.strip() == row.after.text.strip()
            }
            for old, new in diff.moved(rows).items():
                survivors[new] = programs[-1][old]
        program = []
        for number, text in enumerate(code.splitlines()):
            if number in survivors:
                program.append(survivors[number]._replace(text=text))
            else:
                program.append(Line(lives, stage.name, text))
                lives += 1
        programs.append(program)
        before = code
    return programs
