"""Lines of the ladder are followed from one program to the next."""

from itertools import pairwise

import pytest

from shared.reading import diff
from shared.reading.lineage import lineage
from stages import LADDER


@pytest.fixture(scope="module")
def programs():
    return dict(zip([s.name for s in LADDER], lineage(LADDER), strict=True))


def texts(program, lives):
    return {line.text.strip() for line in program if line.life in lives}


def test_the_lines_of_a_program_are_its_code(programs):
    for stage in LADDER:
        code = "\n".join(line.text for line in programs[stage.name])
        assert code == stage.code.strip("\n")


def test_each_line_of_a_program_has_a_life_of_its_own(programs):
    for program in programs.values():
        assert len({line.life for line in program}) == len(program)


def test_new_lines_are_those_that_the_change_adds_and_does_not_move(programs):
    for before, after in pairwise(LADDER):
        rows = diff.rows(before.code.strip("\n"), after.code.strip("\n"))
        added = [row.after for row in rows if row.changed and row.after]
        stays = [
            row.after.number
            for row in rows
            if row.before
            and row.after
            and row.before.text.split() == row.after.text.split()
        ]
        moved = diff.moved(rows).values()
        new = [
            line.number
            for line in added
            if line.number not in moved and line.number not in stays
        ]
        program = programs[after.name]
        assert new == [
            number
            for number, line in enumerate(program)
            if line.born == after.name
        ]


def test_a_line_that_only_moves_survives(programs):
    """In 08 the loop goes into functions, in 10 the network into a list."""
    lives = {line.life for line in programs["07"]}
    assert {"loss.backward()", "opt.step()", "for epoch in range(epochs):"} < (
        texts(programs["08"], lives)
    )
    convolutions = [
        line.life for line in programs["09"] if "nn.Conv2d(" in line.text
    ]
    assert convolutions == [
        line.life for line in programs["10"] if "nn.Conv2d(" in line.text
    ]


def test_nothing_that_computes_survives_but_the_loop(programs):
    lives = {line.life for line in programs["01"]}
    survive = texts(programs["12"], lives)
    assert "def train(" in survive
    assert not [text for text in survive if "weights" in text]
