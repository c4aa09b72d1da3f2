"""The change between two stages, as text."""

import difflib
import itertools
import re
from typing import NamedTuple

CONTEXT = 3  # unchanged lines that stay in sight beside a change
ALIKE = 0.5  # from which likeness on a line counts as rewritten


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


def patch(before, after, name_before, name_after):
    """Return the change as a unified diff, such as `patch` accepts."""
    lines = difflib.unified_diff(
        before.splitlines(keepends=True),
        after.splitlines(keepends=True),
        name_before,
        name_after,
    )
    return "".join(lines)


class Line(NamedTuple):
    """A line of code, its number counted from 0.

    `marks` are the columns, [start, end), of words that the other side of a
    rewritten line does not have.
    """

    number: int
    text: str
    marks: tuple[tuple[int, int], ...] = ()


class Row(NamedTuple):
    """What stands side by side; None is opposite what has no counterpart."""

    before: Line | None
    after: Line | None

    @property
    def changed(self):
        return not (
            self.before and self.after and self.before.text == self.after.text
        )


def rows(before, after):
    """Return the lines of two programs side by side, as a list of `Row`."""
    before = list(itertools.starmap(Line, enumerate(before.splitlines())))
    after = list(itertools.starmap(Line, enumerate(after.splitlines())))
    matcher = difflib.SequenceMatcher(
        lambda text: not text.strip(),  # blank lines are everywhere alike
        [line.text for line in before],
        [line.text for line in after],
        autojunk=False,
    )
    found = []
    for tag, a, a_end, b, b_end in matcher.get_opcodes():
        if tag == "equal":
            pairs = zip(before[a:a_end], after[b:b_end], strict=True)
            found += itertools.starmap(Row, pairs)
        else:
            found += _align(before[a:a_end], after[b:b_end])
    return found


def _align(before, after):
    """Put rewritten lines opposite each other, as alike as can be in all.

    Between them, what is removed stands opposite what is added.
    """
    # best[i, j]: how alike before[i:] and after[j:] can be in all, and which
    # pairs of lines must stand opposite each other for that.
    best = {}
    for i in range(len(before), -1, -1):
        for j in range(len(after), -1, -1):
            best[i, j] = max(
                best.get((i + 1, j), (0.0, [])),
                best.get((i, j + 1), (0.0, [])),
                key=lambda choice: choice[0],
            )
            if i < len(before) and j < len(after):
                alike = _likeness(before[i].text, after[j].text)
                total, pairs = best[i + 1, j + 1]
                if alike >= ALIKE and total + alike > best[i, j][0]:
                    best[i, j] = (total + alike, [(i, j), *pairs])
    found, last_i, last_j = [], 0, 0
    for i, j in [*best[0, 0][1], (len(before), len(after))]:
        for a, b in itertools.zip_longest(before[last_i:i], after[last_j:j]):
            if a and b and bool(a.text.strip()) != bool(b.text.strip()):
                found += [Row(None, b), Row(a, None)]
            else:
                found.append(Row(a, b))
        if i < len(before):
            found.append(_marked(before[i], after[j]))
        last_i, last_j = i + 1, j + 1
    return found


def _likeness(before, after):
    """Return from 0 to 1 how alike the names and numbers of two lines are."""
    before, after = (re.findall(r"\w+", line) for line in (before, after))
    matcher = difflib.SequenceMatcher(None, before, after, autojunk=False)
    return matcher.ratio() if before and after else 0.0


def _matcher(before, after):
    """Compare two lines word by word; their indentation does not count."""
    before, after = (
        re.findall(r"\w+|\s+|[^\w\s]", line.strip())
        for line in (before, after)
    )
    return difflib.SequenceMatcher(str.isspace, before, after, autojunk=False)


def _marked(before, after):
    """Return two lines as a row, with marks where their words differ."""
    matcher = _matcher(before.text, after.text)
    changed = [code for code in matcher.get_opcodes() if code[0] != "equal"]
    return Row(
        _mark(before, matcher.a, [(a, end) for _, a, end, _, _ in changed]),
        _mark(after, matcher.b, [(b, end) for _, _, _, b, end in changed]),
    )


def _mark(line, words, spans):
    """Mark spans of words, given by their indices, in a line."""
    indent = len(line.text) - len(line.text.lstrip())
    starts = list(itertools.accumulate(map(len, words), initial=indent))
    marks = ((starts[i], starts[end]) for i, end in spans if i < end)
    return line._replace(marks=tuple(marks))


def moved(rows):
    """Return the lines that a change only moves.

    They are the same but for their indentation, a name that is assigned to,
    and a comma at the end. Returns {number before: number after}.
    """
    removed, added = [], []
    for before, after in rows:
        if before and after and _core(before) == _core(after):
            continue  # it stays, or only its indentation changes
        removed += [before] if before else []
        added += [after] if after else []
    found = {}
    for line in removed:
        for other in added:
            if re.search(r"\w", line.text) and _core(line) == _core(other):
                found[line.number] = other.number
                added.remove(other)
                break
    return found


def _core(line):
    text = re.sub(r"^[\w.]+ = ", "", line.text.strip())
    return text.removesuffix(",")


def folded(rows, kept=()):
    """Cut rows into stretches in sight, and unchanged ones to fold away.

    Yields (fold, rows), with `fold` True where no change is within `CONTEXT`
    lines, no line, counted from 0 in the code after the change, that is to be
    `kept` in sight, and there are more lines than that to fold.
    """
    changes = [
        i
        for i, row in enumerate(rows)
        if row.changed or row.after.number in kept
    ]
    numbered = itertools.groupby(
        range(len(rows)),
        key=lambda i: all(abs(i - change) > CONTEXT for change in changes),
    )
    for far, group in numbered:
        group = [rows[i] for i in group]
        yield far and len(group) > CONTEXT, group


def unified(rows):
    """Return rows one below the other: (sign, Row) pairs.

    Of each stretch of changed rows what is removed comes first, with the
    sign "-", then what is added, with "+"; what stays has " ".
    """
    lines = []
    for changed, group in itertools.groupby(rows, key=lambda row: row.changed):
        group = list(group)
        if changed:
            lines += [("-", Row(a, None)) for a, _ in group if a]
            lines += [("+", Row(None, b)) for _, b in group if b]
        else:
            lines += [(" ", row) for row in group]
    return lines
