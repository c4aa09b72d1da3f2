"""The change between two stages, as text."""

import difflib
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


def changed_lines(before, after):
    """Return the lines that a change removes, and those that it adds.

    Blank lines do not count.
    """
    before, after = (
        [line for line in code.splitlines() if line.strip()]
        for code in (before, after)
    )
    matcher = difflib.SequenceMatcher(a=before, b=after, autojunk=False)
    removed, added = [], []
    for tag, a, a_end, b, b_end in matcher.get_opcodes():
        if tag != "equal":
            removed += before[a:a_end]
            added += after[b:b_end]
    return removed, added
