"""Text broken into lines, for a terminal: a Chinese character takes two cells.

Where a line may end: after white space, and before and after a Chinese
character, but a comma never begins a line and a bracket never ends one.
"""

import unicodedata
from itertools import pairwise

NOT_FIRST = set("，。、：；！？）》」』”’…%,.:;!?)]}")
NOT_LAST = set("（《「『“‘([{")


def breaks(text, width):
    """Return where the lines of a text begin but the first, as offsets.

    No line has more cells than `width`, but for a single word that is longer.
    """
    from rich.cells import cell_len  # not at the top: most commands need none

    found, start, last, used = [], 0, 0, 0
    for i, char in enumerate(text):
        if _may_begin(text[i - 1 : i], char):
            last = i
        used += cell_len(char)
        if used > width and last > start and not char.isspace():
            found.append(last)
            start, used = last, cell_len(text[last : i + 1])
    return found


def fill(text, width):
    """Return a text in lines of at most so many cells."""
    at = [0, *breaks(text, width), len(text)]
    return "\n".join(text[start:end].rstrip() for start, end in pairwise(at))


def _may_begin(before, char):
    """Tell whether a line may begin with `char`, after what is `before` it."""
    if not before or char.isspace():
        return False
    if before.isspace():
        return True
    wide = any(unicodedata.east_asian_width(c) in "WF" for c in (before, char))
    return wide and char not in NOT_FIRST and before not in NOT_LAST
