"""Python code as a list of words, whatever its layout."""

import io
import tokenize

LAYOUT = {
    tokenize.COMMENT,
    tokenize.NL,
    tokenize.NEWLINE,
    tokenize.INDENT,
    tokenize.DEDENT,
    tokenize.ENDMARKER,
}


def words(code):
    """Return the names, numbers, strings and signs of some Python code."""
    tokens = tokenize.generate_tokens(io.StringIO(code).readline)
    return [token.string for token in tokens if token.type not in LAYOUT]


def contains(code, part):
    """Tell whether `part`, such as "nn.Linear", stands in some code.

    Layout does not matter, and comments do not count; names are whole.
    """
    code, part = words(code), words(part)
    n = len(part)
    return any(code[i : i + n] == part for i in range(len(code) - n + 1))
