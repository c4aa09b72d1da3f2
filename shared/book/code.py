"""Python code as HTML."""

import html
import re
from functools import cache
from itertools import pairwise

from markupsafe import Markup
from pygments import lex
from pygments.lexers import PythonLexer
from pygments.token import Comment, Keyword, Literal, Name, Operator

CLASSES = {  # those in style.css
    Comment: "c",
    Keyword: "k",
    Literal: "l",
    Name.Class: "f",
    Name.Function: "f",
    Operator.Word: "k",
}


def highlighted(code, marks=None, links=None):
    """Return code as HTML; its text content is `code` to the last byte.

    `marks` are {line: [(start, end), ...]}, columns of words to mark; lines
    count from 0. `links` are {line: [(start, end, tag), ...]}, names to put
    into an <a> with that opening tag. No element goes on from one line to the
    next.
    """
    marks, links = marks or {}, links or {}
    found, number, column = [], 0, 0
    for token, text in _lexed(code):
        while token not in CLASSES and token.parent:
            token = token.parent
        for part in re.split(r"(\n)", text):
            if part == "\n":
                found.append(part)
                number, column = number + 1, 0
                continue
            spans = [(*span, None) for span in marks.get(number, ())]
            spans += links.get(number, ())
            for piece, inside in _cut(part, column, spans):
                piece = html.escape(piece, quote=False)
                if token in CLASSES:
                    piece = f'<span class="{CLASSES[token]}">{piece}</span>'
                for tag in filter(None, inside):
                    piece = f"{tag}{piece}</a>"
                found.append(
                    f"<mark>{piece}</mark>" if None in inside else piece
                )
            column += len(part)
    return Markup("".join(found))


@cache  # a program is shown on several pages
def _lexed(code):
    return tuple(lex(code, PythonLexer(stripnl=False, ensurenl=False)))


def indent(line):
    """Return by how many columns a line of `highlighted` code is indented."""
    return len(line) - len(line.lstrip(" "))


def _cut(text, column, spans):
    """Cut text that begins at a column where spans begin and end.

    Yields each piece, and what the spans that it lies in are tagged with.
    """
    end = column + len(text)
    edges = {column, end}
    edges |= {
        edge for span in spans for edge in span[:2] if column < edge < end
    }
    for a, b in pairwise(sorted(edges)):
        inside = [tag for first, last, tag in spans if first <= a < last]
        yield text[a - column : b - column], inside
