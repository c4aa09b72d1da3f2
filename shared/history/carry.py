"""Carry an edit of one program to those that are changes of it.

What was edited is the working tree against the last commit. From program to
program the edit is merged through the changes between them, so that these
stay what they were. Notes belong to one program and are not carried.
"""

import difflib
from typing import NamedTuple

from shared.errors import InputError, RunError
from shared.files import replacing
from shared.history import merge
from shared.history.git import git
from shared.reading.diff import changed_lines


class Carried(NamedTuple):
    """What has come of the edit in the program of a row.

    `source` is what the file should hold, `before` what it holds; if
    `clashes`, `source` has git's marks of conflicts. `changed` says how the
    change between this program and the one that the edit came from is
    another than before, "" if it is the same.
    """

    row: object
    before: str
    source: str
    clashes: bool
    changed: str = ""


def committed(row, root):
    """Return the program of a row as the last commit has it.

    Raises RunError if `root` is no git checkout, or the commit lacks it.
    """
    if not (root / ".git").exists():
        raise RunError(
            f"{root} is not a git checkout: without one, nobody knows what"
            " was edited"
        )
    source = git(f"--git-dir={root / '.git'}", "show", f"HEAD:{row.file}")
    return source.replace("\r\n", "\n")


def split(source):
    """Return the notes of a program, and its code."""
    notes, end, code = source.partition('"""\n')
    return notes + end, code


def carry(row, table, root, back=False):
    """Carry the edit of a row to the rows after it in the table, or before.

    Returns (carried, unreached): a list of `Carried`, in the order in which
    they were reached, and the rows beyond one that has conflicts. Raises
    InputError if there is nothing to carry, or no row to carry it to.
    """
    if not _next(row, table, back):
        raise InputError(
            f"nothing is before {row.label}"
            if back
            else f"nothing comes after {row.label}; --back carries to what is"
            " before it"
        )
    was, now = split(committed(row, root))[1], split(row.source)[1]
    if was == now:
        notes = committed(row, root) != row.source
        raise InputError(
            f"nothing to carry: {row.file} has been edited in its notes only,"
            " and those are its own"
            if notes
            else f"nothing to carry: {row.file} is as in the last commit"
        )
    carried, unreached = [], []
    ahead = [(row, was, now, to) for to in _next(row, table, back)]
    while ahead:
        origin, was, now, to = ahead.pop(0)
        found, to_was, to_now = _merge(origin, was, now, to, root)
        carried.append(found)
        following = _next(to, table, back)
        if to_now is None:
            unreached += _beyond(following, table, back)
        else:
            ahead += [(to, to_was, to_now, row) for row in following]
    return carried, unreached


def _next(row, table, back):
    """Return the rows that are changes of a row, or the one it is of."""
    if back:
        return [other for other in table if other.name == row.parent]
    return [other for other in table if other.parent == row.name]


def _beyond(rows, table, back):
    """Return these rows and all that come after them."""
    found = list(rows)
    for row in found:  # grows meanwhile
        found += _next(row, table, back)
    return found


def _merge(origin, was, now, to, root):
    """Merge the edit of `origin`, from `was` to `now`, into the row `to`.

    Returns what came of it, and the code of `to` before and after, which is
    None if there are conflicts.
    """
    to_was = split(committed(to, root))[1]
    names = (to.name, f"{origin.name} before", f"{origin.name} edited")
    to_now, clashes = merge.words(to_was, was, now, names)
    changed = "" if clashes else altered((was, to_was), (now, to_now))
    notes, code = split(to.source)
    if code == to_was or clashes:
        code = to_now
    else:  # it has edits of its own, or this one already
        names = (f"{to.name} edited", f"{to.name} before", "carried")
        code, clashes = merge.words(code, to_was, to_now, names)
    found = Carried(to, to.source, notes + code, clashes, changed)
    return found, to_was, None if clashes else to_now


def altered(before, after):
    """Say in what the change between two programs is another, "" if not.

    `before` and `after` are pairs of code. A line that the edit has put in
    the place of another counts as that.
    """
    edited = [
        _edited(old, new) for old, new in zip(before, after, strict=True)
    ]
    for old, new, pairs, what in zip(
        changed_lines(*before),
        changed_lines(*after),
        edited,
        ("removes", "adds"),
        strict=True,
    ):
        if len(old) != len(new):
            return f"{what} {len(new)} lines, not {len(old)}"
        for a, b in zip(old, new, strict=True):
            if a != b and (a, b) not in pairs:
                return f"{what} {b.strip()!r}, not {a.strip()!r}"
    return ""


def _edited(old, new):
    """Return the pairs of lines of which an edit put one for the other."""
    old, new = old.splitlines(), new.splitlines()
    matcher = difflib.SequenceMatcher(a=old, b=new, autojunk=False)
    return {
        pair
        for tag, a, a_end, b, b_end in matcher.get_opcodes()
        if tag == "replace"
        for pair in zip(old[a:a_end], new[b:b_end], strict=False)
    }


def write(carried):
    """Write what was carried into the programs; none may have conflicts."""
    for found in carried:
        with replacing(found.row.path) as part:
            part.write_text(found.source, encoding="utf-8")


def keep_conflicts(carried, folder):
    """Write what has conflicts to a folder; return the files."""
    paths = []
    for found in carried:
        if found.clashes:
            path = folder / found.row.path.name
            with replacing(path) as part:
                part.write_text(found.source, encoding="utf-8")
            paths.append(path)
    return paths
