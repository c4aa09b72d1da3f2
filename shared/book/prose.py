"""Markdown as HTML: the notes of the stages, and parts of README.md."""

import re
from functools import cache
from itertools import pairwise

from markdown_it import MarkdownIt
from markupsafe import Markup

from shared.errors import RunError

PARSER = MarkdownIt("commonmark", {"typographer": True})
PARSER.enable(["table", "smartquotes"])

SHORT = 32  # characters of code that are not broken at the end of a line
NUMBER = re.compile(r"(\d)e-(\d)")  # 3e-14
TABLE = re.compile(r"<table>\s*<thead>")


def markdown(text):
    """Return Markdown as HTML, with numbers and short code in one piece."""
    return _rendered(PARSER.parse(text))


@cache  # the pages in another language say much again and again
def inline(text):
    """Return Markdown of one line as HTML, without a paragraph around it."""
    return _rendered(PARSER.parseInline(text))


def unbroken(text):
    """Return a text with each number in one piece: 3e-14."""
    return NUMBER.sub("\\1e\N{NON-BREAKING HYPHEN}\\2", text)


def clauses(text):
    """Return what was found as HTML, an element for each of its clauses.

    Each is then translated on its own.
    """
    return Markup("; ").join(
        Markup("<span>{}</span>").format(clause) for clause in text.split("; ")
    )


def _rendered(tokens):
    for token in tokens:
        for child in token.children or []:
            if child.type == "text":
                child.content = unbroken(child.content)
            elif child.type == "code_inline" and len(child.content) <= SHORT:
                child.attrs["class"] = "short"
    return Markup(PARSER.renderer.render(tokens, PARSER.options, {}))


class Readme:
    """The parts of README.md that are in the book, too.

    `links` tells where a link of README.md leads in the book.
    """

    def __init__(self, text, links):
        self._tokens = PARSER.parse(text)
        self._links = links
        self._tables = 0

    @property
    def introduction(self):
        """The paragraph below its title, as HTML."""
        kinds = [token.type for token in self._tokens]
        title = kinds.index("heading_close")
        return self._render(self._tokens[title + 1 : title + 4])

    def section(self, title):
        """Return what stands below a heading of the second level, as HTML.

        Raises RunError if there is none, or if it links to what is not in
        the book.
        """
        return self._render(self._section(title))

    def around(self, title, picture):
        """Return what a section has before a picture, and what after it.

        `picture` is the link of an image that is a paragraph of its own.
        Raises RunError as `section` does, and if there is no such image.
        """
        tokens = self._section(title)
        for i, token in enumerate(tokens):
            for child in token.children or []:
                if child.attrs.get("src") == picture:
                    return (
                        self._render(tokens[: i - 1]),
                        self._render(tokens[i + 2 :]),
                    )
        raise RunError(f"README.md has no {picture} below {title!r}")

    def _section(self, title):
        headings = [
            i
            for i, token in enumerate(self._tokens)
            if token.type == "heading_open" and token.tag == "h2"
        ]
        for start, end in pairwise([*headings, len(self._tokens)]):
            if self._tokens[start + 1].content == title:
                return self._tokens[start + 3 : end]
        raise RunError(f"README.md has no section {title!r} for the book")

    def _render(self, tokens):
        for token in tokens:
            for child in token.children or []:
                for name in ("href", "src"):
                    if name in child.attrs:
                        child.attrs[name] = self._link(child.attrs[name])
        text = TABLE.sub(self._box, str(_rendered(tokens)))
        return Markup(text.replace("</table>", "</table>\n</div>"))

    def _box(self, table):
        """Return the begin of a table in a box, which scrolls if it must.

        The box has the heads of the columns for a name.
        """
        self._tables += 1
        name = f"columns-{self._tables}"
        return (
            '<div class="scrolls" role="region" tabindex="0"'
            f' aria-labelledby="{name}">\n<table>\n<thead id="{name}">'
        )

    def _link(self, link):
        if link.startswith("https://"):
            return link
        if link not in self._links:
            raise RunError(f"README.md links to {link}: not in the book")
        return self._links[link]
