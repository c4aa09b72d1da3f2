"""Take an edit of one program over to another, line by line or closer."""

import re
import tempfile
from pathlib import Path

from shared.history.git import merge_file

MARKER = 31  # length of git's conflict markers here; no program has such
CONFLICT = re.compile(  # its three parts are current, base and other
    rf"^<{{{MARKER}}}.*\n((?s:.*?))^\|{{{MARKER}}}.*\n((?s:.*?))"
    rf"^={{{MARKER}}}\n((?s:.*?))^>{{{MARKER}}}.*\n",
    re.MULTILINE,
)


def lines(current, base, other, names=("", "", "")):
    """Merge into `current` the edit that made `other` of `base`.

    All are texts. Returns the merged text and whether it has conflicts,
    which are marked with the `names` of the three.
    """
    labels = [part for name in names for part in ("-L", name)]
    return _merge(
        current, base, other, "--diff3", f"--marker-size={MARKER}", *labels
    )


def words(current, base, other, names):
    """Merge as `lines` does; what then conflicts is merged word by word.

    So a name can change in a line of which another word has changed.
    """

    def closer(conflict):
        merged, clashes = _merge(*map(_one_a_line, conflict.groups()))
        return conflict[0] if clashes else _joined(merged)

    merged, clashes = lines(current, base, other, names)
    if clashes:
        merged = CONFLICT.sub(closer, merged)
    return merged, bool(CONFLICT.search(merged))


def _one_a_line(text):
    """Return text with each word on a line; an empty one is a line's end."""
    found = re.findall(r"\w+|[^\S\n]+|\n|[^\w\s]", text)
    return "".join("\n" if word == "\n" else f"{word}\n" for word in found)


def _joined(text):
    """Return the text that `_one_a_line` made this of."""
    return "".join(word or "\n" for word in text.split("\n")[:-1])


def _merge(current, base, other, *options):
    with tempfile.TemporaryDirectory() as folder:
        paths = [Path(folder) / name for name in ("current", "base", "other")]
        for path, text in zip(paths, (current, base, other), strict=True):
            path.write_bytes(text.encode())
        return merge_file(*paths, *options)
