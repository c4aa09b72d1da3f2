"""Lines end where those of their language may, and fit the terminal."""

import io
import textwrap

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len
from rich.console import Console

from shared.languages import lines, table
from shared.reading import terminal
from shared.results import tables

ENGLISH = st.lists(
    st.text("abcde-.,", min_size=1, max_size=9), min_size=1
).map(" ".join)


@given(ENGLISH, st.integers(10, 79))
def test_english_is_filled_as_textwrap_fills_it(text, width):
    assert lines.fill(text, width) == textwrap.fill(
        text, width, break_long_words=False, break_on_hyphens=False
    )


@pytest.mark.parametrize("width", [40, 79])
def test_chinese_fits_and_no_comma_begins_a_line(width):
    seen = 0
    for text in table("zh").values():
        filled = lines.fill(text, width).split("\n")
        assert "".join(text.split()) == "".join("".join(filled).split())
        for line in filled:
            # Code is not broken: a word may be longer than a line.
            assert cell_len(line) <= width or " " not in line.strip("，。")
            assert line[:1] not in "，。、：；！？）”"
            assert line[-1:] not in "（“"
        seen += len(filled)
    assert seen > 1000


def test_a_chinese_character_takes_two_cells():
    assert lines.fill("一二三四五", 6) == "一二三\n四五"
    assert lines.fill("一二三，四五", 6) == "一二\n三，四\n五"
    assert lines.fill("用 `nn.Linear` 层", 14) == "用 `nn.Linear`\n层"


def printed(what, width):
    """Return the lines that rich prints of something."""
    console = Console(width=width, file=io.StringIO())
    console.print(what)
    return [line.rstrip() for line in console.file.getvalue().splitlines()]


def test_a_long_cell_of_a_table_is_broken_and_not_cut_off():
    rows = [("a", "b"), ("seed", "一二三四五六七，八九")]
    assert printed(tables.said(rows), 20) == [
        "a     b",
        "seed  一二三四五六",
        "      七，八九",
    ]


def test_notes_are_broken_where_lines_may_end():
    notes = "一二三四五六，七八九。\n\n- 一二三四五，六"
    assert printed(terminal.Prose(notes), 12) == [
        "一二三四五",
        "六，七八九。",
        "",
        " • 一二三四",
        "   五，六",
    ]
