"""How a paragraph is looked up in a table of translations.

Its key is the paragraph as Markdown, without the bullet, `#` or quote mark
before it, with each run of white space as one space, and with typewriter
quotes. Numbers are fields, so that a figure that is measured anew keeps its
translation: "Stage 07 reaches 0.92" has the key "Stage {1} reaches {2}".
"""

import re
from functools import cache
from typing import NamedTuple

# Code, targets of links, tags, and fields stay as they are.
KEPT = r"(?P<kept>`+[^`]+`+|\]\([^)\s]*\)|</?[a-z][^<>]*>|\{\w[^{}]*\})"
# 07, 1,564, 0.92, 3e-14, 90.2%; not the digits of a word, such as float64.
NUMBER = r"(?P<number>(?<!\w)\d+(?:[.,]\d+)*(?:e[-+]?\d+)?%?)"
TOKEN = re.compile(f"{KEPT}|{NUMBER}")
FIELD = re.compile(r"\{[a-z_][^{}]*\}")
NUMBERED = re.compile(r"\{(\d+)\}")
# What is the whole of an image, a link or an emphasis.
WHOLE = re.compile(
    r"(!?\[)([^\[\]]+)(\]\([^)\s]*\))|(\*\*?)([^*]+)(\*\*?)", re.S
)
# A name, such as encore-fast or shared/book: nothing to translate.
NAME = re.compile(r"\w+([-_./:]\w+)+")
TYPED = str.maketrans(
    {
        "“": '"',
        "”": '"',
        "‘": "'",
        "’": "'",
        "…": "...",
        "\N{NON-BREAKING HYPHEN}": "-",
    }
)


class Parsed(NamedTuple):
    """A paragraph taken apart: its key, and what the key leaves out.

    `numbers` are those of the fields, in order; `before` and `after` stand
    around it. `words` tells whether there is anything to translate.
    """

    key: str
    numbers: tuple[str, ...]
    before: str
    after: str
    words: bool

    def filled(self, value):
        """Return the translation `value`, with all that was left out."""
        text = NUMBERED.sub(lambda f: self.numbers[int(f[1]) - 1], value)
        return f"{self.before}{text}{self.after}"


@cache
def parsed(paragraph):
    """Take a paragraph of Markdown apart; return a `Parsed`."""
    text = " ".join(paragraph.split()).translate(TYPED)
    before = after = ""
    while whole := WHOLE.fullmatch(text):
        opening, text, closing = [part for part in whole.groups() if part]
        before, after = before + opening, closing + after
    numbers = []

    def numbered(found):
        if found["kept"]:
            return found["kept"]
        numbers.append(found["number"])
        return f"{{{len(numbers)}}}"

    key = TOKEN.sub(numbered, text)
    bare = NUMBERED.sub("", TOKEN.sub("", text))
    words = bool(re.search("[A-Za-z]", bare)) and not NAME.fullmatch(text)
    return Parsed(key, tuple(numbers), before, after, words)


class Block(NamedTuple):
    """A paragraph of a text, or the cells of a line of a table.

    It stands on the lines [start, end), counted from 0, after `prefix`: an
    indent, a bullet, the `#` of a heading.
    """

    start: int
    end: int
    prefix: str
    paragraphs: tuple[str, ...]
    cells: bool

    def written(self, paragraphs):
        """Return the line that takes its place, of other paragraphs."""
        if self.cells:
            return f"{self.prefix}| {' | '.join(paragraphs)} |"
        return f"{self.prefix}{paragraphs[0]}"


@cache
def _parser():
    # Not at the top: it takes longer than all else that a short command needs.
    from markdown_it import MarkdownIt

    return MarkdownIt("commonmark").enable("table")


def blocks(text):
    """Return the paragraphs of a Markdown text as a list of `Block`.

    Code blocks and HTML between paragraphs are left out.
    """
    lines = text.split("\n")
    found, cells = [], []
    for token in _parser().parse(text):
        if token.type == "tr_open":
            line, cells = token.map[0], []
        elif token.type in ("th_open", "td_open"):
            cells.append("")
        elif token.type == "tr_close":
            prefix = lines[line].partition("|")[0]
            found.append(Block(line, line + 1, prefix, tuple(cells), True))
            cells = []
        elif token.type == "inline":
            if cells:
                cells[-1] = token.content
                continue
            start, end = token.map
            prefix = lines[start].partition(token.content.split("\n")[0])[0]
            found.append(Block(start, end, prefix, (token.content,), False))
    return found
