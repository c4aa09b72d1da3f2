"""Write programs as the history of one file, in a git repository."""

import datetime
import itertools
import re
import tempfile
import textwrap
from pathlib import Path

from shared.errors import RunError
from shared.history.git import git
from shared.languages import say

FILE = "train.py"
AUTHOR = "Torch in Twelve <history@torch-in-twelve.invalid>"
# Dates are made up: a day for each program, so that hashes never change.
FIRST = datetime.datetime(2026, 1, 1, 12, tzinfo=datetime.timezone.utc)
MADE = "made-by-torch-in-twelve"  # in .git: the branches and tags as made
WIDTH = 72  # git indents a message by 4


def main_line(before, ladder):
    """Return the rows to commit one after the other, up to the last stage.

    Of the rows `before` the ladder, those that are a change of another, or
    that another is a change of.
    """
    parents = {row.parent for row in before}
    joined = [row for row in before if row.parent or row.name in parents]
    return [*joined, *ladder]


def tidy(code):
    """Return code as the history has it: it begins with its first line."""
    return code.lstrip("\n")


def program(row):
    """Return the program of a row as the history has it: without notes."""
    return tidy(row.code)


def message(row):
    """Return the commit message of a row: title, notes, promise."""
    parts = [row.label, _wrapped(row.notes)]
    if row.promise:
        parts.append(f"Promise: {row.promise}")
    return "\n\n".join(parts) + "\n"


def _wrapped(notes):
    """Break the lines of notes anew; indented blocks stay as they are."""
    items = re.split(r"\n\n(?=\S)|\n(?=- )", notes.strip())
    wrapped = []
    for item in items:
        text, *block = re.split(r"(\n\n    )", item, maxsplit=1)
        indent = "  " if text.startswith("- ") else ""
        text = textwrap.fill(
            " ".join(text.split()),
            WIDTH,
            subsequent_indent=indent,
            break_long_words=False,
            break_on_hyphens=False,
        )
        wrapped.append(text + "".join(block))
    lines = [wrapped[0]]
    for before, item in itertools.pairwise(wrapped):
        in_list = before.startswith("- ") and item.startswith("- ")
        lines.append(item if in_list else f"\n{item}")
    return "\n".join(lines)


def stream(main, branches, programs):
    """Return what `git fast-import` reads.

    The rows of `main` become commits of the branch main, each with a tag.
    Each of the `branches` is a branch with one commit. `programs` replaces
    what some rows have to commit, by their names.
    """
    found = []
    marks = {}

    def commit(row, branch, parent):
        marks[row.name] = len(marks) + 1
        date = FIRST + datetime.timedelta(days=len(marks) - 1)
        found.append(
            f"commit refs/heads/{branch}\n"
            f"mark :{marks[row.name]}\n"
            f"committer {AUTHOR} {int(date.timestamp())} +0000\n"
            f"{_data(message(row))}"
            + (f"from :{marks[parent]}\n" if parent else "")
            + f"M 100644 inline {FILE}\n"
            f"{_data(programs.get(row.name) or program(row))}\n"
        )

    previous = None
    for row in main:
        commit(row, "main", previous)
        previous = row.name
        found.append(
            f"reset refs/tags/{row.target}\nfrom :{marks[row.name]}\n\n"
        )
    for row in branches:
        commit(row, row.target, row.parent)
    return "".join([*found, "done\n"])


def _data(text):
    return f"data {len(text.encode())}\n{text}\n"


def make(folder, main, branches=(), programs=None, note=""):
    """Make the repository in a folder; return whether it is a new one.

    `main`, `branches` and `programs` are as for `stream`; `note` is kept
    with it, for `note_of`. It is made beside the folder and moved into
    place. If the same is there already, nothing is done. Raises RunError if
    there is something else that would be lost.
    """
    check(folder)
    folder.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(
        prefix=f".{folder.name}-", dir=folder.parent
    ) as beside:
        new = Path(beside) / "new"
        inside = new / ".git"
        git("init", "--quiet", "--template=", str(new))
        in_new = of(new)
        in_new("symbolic-ref", "HEAD", "refs/heads/main")
        # Whatever the reader has set, lines end as they do here.
        (inside / "info").mkdir()
        (inside / "info" / "attributes").write_text("* -text\n")
        (inside / "info" / "exclude").write_text("__pycache__/\n.DS_Store\n")
        in_new(
            "fast-import",
            "--quiet",
            "--done",
            "--date-format=raw",
            stdin=stream(main, branches, programs or {}),
        )
        in_new("reset", "--quiet", "--hard")
        made = f"{note}\n{in_new('show-ref')}"
        (inside / MADE).write_text(made)
        old = folder / ".git" / MADE
        if old.exists() and old.read_text() == made:
            return False
        if folder.exists():
            folder.rename(Path(beside) / "old")
        new.rename(folder)
    return True


def of(folder):
    """Return a function that calls git on the repository in a folder.

    Not on one around it, should the folder be none.
    """

    def call(*arguments, **options):
        return git(
            f"--git-dir={folder / '.git'}",
            f"--work-tree={folder}",
            *arguments,
            **options,
        )

    return call


def note_of(folder):
    """Return the note that a repository was made with.

    Raises RunError if there is none of our making.
    """
    try:
        made = (folder / ".git" / MADE).read_text()
    except OSError as error:
        raise RunError(
            say(
                "there is none in {folder}: `{command}` makes it",
                folder=folder,
                command=f"make {folder.name}",
            )
        ) from error
    return made.partition("\n")[0]


def check(folder):
    """Raise RunError if a folder holds anything that we have not made."""
    if not folder.exists() or (folder.is_dir() and not any(folder.iterdir())):
        return
    path = folder / ".git" / MADE
    if not path.is_file():
        found = say("was not made here")
    else:
        found = _work(of(folder), path.read_text())
    if found:
        raise RunError(
            say(
                "{folder} {found}: it stays as it is. Move it away, or delete"
                " it",
                folder=folder,
                found=found,
            )
        )


def _work(call, made):
    """Say what a reader has done in a repository, "" if nothing."""
    if changes := call("status", "--porcelain").splitlines():
        return say("has changes of yours, in {file}", file=changes[0][3:])
    refs = dict(
        reversed(line.split()) for line in made.splitlines() if " " in line
    )
    commits = ("rev-list", "--oneline", "--all", "--reflog", "HEAD", "--not")
    if own := call(*commits, *set(refs.values())).splitlines():
        return say("has commits of yours, such as {commit}", commit=own[0])
    for name in call(
        "for-each-ref", "--format=%(refname)", "refs/heads", "refs/tags"
    ).splitlines():
        if name not in refs:
            return say("has a branch or tag of yours, {name}", name=name)
    return ""
