"""The commands of the workshop: try, check, hint and progress."""

import shutil
import textwrap
import time
from pathlib import Path

from rich.console import Console

from shared.errors import InputError
from shared.files import replacing
from shared.results import tables
from shared.workshop.exercises import fill, shown, title
from shared.workshop.progress import Progress

SHOWN = 5  # lines of what a program printed


def begin(exercise, reset=False):
    """Write the file to start from, and say what to do next.

    Never overwrites what is there: `reset` keeps it under another name.
    Raises InputError if it is there and not to be reset.
    """
    path = exercise.path
    if path.exists() and not reset:
        raise InputError(
            f"{shown(path)} is there already, and may be your work:"
            f" {exercise.command('try', '--reset')} keeps it under another"
            " name and begins anew"
        )
    if path.exists():
        backup = _backup(path)
        shutil.move(path, backup)
        print(f"kept your work as {shown(backup)}")
    with replacing(path) as part:
        part.write_text(exercise.code(), encoding="utf-8")
    print(
        f"wrote {shown(path)}, a copy of {title(exercise.start)}.\n"
        f"Turn it into {title(exercise.target)}: the task is at the top of"
        f" the file.\nWhen you are done: {exercise.command('check')}"
    )


def _backup(path):
    """Return the first free name for a copy: stage_07-1.py, -2, …"""
    number = 1
    while (backup := path.with_stem(f"{path.stem}-{number}")).exists():
        number += 1
    return backup


def check(exercise, path=None, data="auto", started=None):
    """Check a program, print what is found, and remember it.

    Without a `path` it is the one that `begin` wrote, and only of that one
    the result is remembered. Returns whether all holds. `started` is when
    the waiting began, as `time.perf_counter` tells it. Raises InputError if
    there is nothing to check.
    """
    started = started or time.perf_counter()
    path = Path(path or exercise.path).resolve()
    own = path == exercise.path.resolve()
    if not path.exists():
        todo = f"; begin with {exercise.command('try')}" if own else ""
        raise InputError(f"there is no {shown(path)}{todo}")
    if path.is_dir() or path.suffix != ".py":
        raise InputError(f"{shown(path)} is not a Python file (.py)")
    progress = Progress()

    # Not at the top: torch takes seconds to import, a typing error needn't.
    from shared.data import mnist
    from shared.workshop.check import Check
    from shared.workshop.verdict import Finding

    splits = mnist.load(data)
    print(
        f"{shown(path)}, to become {title(exercise.target)}, on"
        f" {splits.name}\n"
    )
    with Check(exercise, path, splits) as check:
        for step, found in check.steps():
            if isinstance(found, Finding):
                print(f"  {step:10}no\n\n{_paragraphs(str(found))}")
                break
            print(f"  {step:10}{found}", flush=True)
        else:
            print(f"\n{_paragraphs(check.praise)}")
        printed = check.printed()
    held = not isinstance(found, Finding)
    if own:
        progress.checked(exercise, held)
    if printed:
        lines = printed.splitlines()
        print("\nYour program printed this; a stage prints nothing.")
        for line in lines[:SHOWN]:
            print(textwrap.indent(fill(line), "  "))
        if len(lines) > SHOWN:
            print(f"  and so on, {len(lines):,} lines")
    seconds = time.perf_counter() - started
    hint = "" if held else f" For a hint: {exercise.command('hint')}"
    print(f"\nThis took {seconds:.1f} s.{hint}")
    return held


def watch(exercise, path=None, data="auto"):
    """Check a program now and whenever its file is saved, until Ctrl-C."""
    from watchfiles import watch

    from shared.data import mnist

    path = Path(path or exercise.path).resolve()
    if path.exists():  # where there is no MNIST, that is said once
        data = mnist.flag(mnist.load(data).name)
    check(exercise, path, data)
    print("\nIt is checked again when you save it. Ctrl-C ends this.")
    # The folder, because many an editor puts a new file in its place.
    for changes in watch(path.parent, recursive=False, raise_interrupt=True):
        if str(path) in [name for _, name in changes] and path.exists():
            print()
            check(exercise, path, data)


def _paragraphs(text):
    """Fill each line of a text on its own; leave those that are indented."""
    return "\n".join(
        line if line.startswith(" ") else fill(line)
        for line in text.splitlines()
    )


def hint(exercise):
    """Print one hint more than the last time."""
    given = Progress().hinted(exercise, len(exercise.task.hints))
    for number, text in enumerate(exercise.task.hints[:given], 1):
        print(fill(f"Hint {number}: {text}"))
    if given == len(exercise.task.hints):
        print(
            "There are no more hints. To see the change itself:"
            f" {exercise.command('diff')}"
        )


def show_progress(exercises):
    """Print a table of what was done; `exercises` are pairs, both ways."""
    progress = Progress()
    rows, held = [("change", "made", "undone")], 0
    for pair in exercises:
        stage, parent = pair[0].stage, pair[0].parent
        states = [progress.state(exercise) for exercise in pair]
        held += states.count("held")
        change = f"{parent.name} → {stage.name} {stage.title}"
        rows.append((change, *states))
    Console().print(tables.terminal(rows))
    print(f"\n{held} of {2 * len(exercises)} held.")
