"""The commands of the workshop: try, check, hint and progress."""

import json
import shutil
import sys
import textwrap
import threading
import time
from pathlib import Path
from typing import NamedTuple

from rich.cells import cell_len, set_cell_size
from rich.console import Console

from shared.errors import InputError
from shared.files import replacing
from shared.languages import local, say
from shared.reading import names
from shared.results import tables
from shared.workshop.exercises import fill, shown, title, typed
from shared.workshop.progress import Progress

SHOWN = 5  # lines of what a program printed


def begin(exercise, reset=False, puzzle=None):
    """Write the file to start from, and say what to do next.

    With a `Puzzle` it is that. Never overwrites what is there: `reset` keeps
    it under another name.
    Raises InputError if it is there and not to be reset.
    """
    path = exercise.path
    if path.exists() and not reset:
        raise InputError(
            say(
                "{file} is there already, and may be your work: {command}"
                " keeps it under another name and begins anew",
                file=shown(path),
                command=exercise.command("try", "--reset"),
            )
        )
    if path.exists():
        backup = _backup(path)
        shutil.move(path, backup)
        print(say("kept your work as {file}", file=shown(backup)))
    with replacing(path) as part:
        part.write_text(exercise.code(puzzle), encoding="utf-8")
    print(
        say(
            "wrote {file}, what stays of {stage}."
            if puzzle
            else "wrote {file}, a copy of {stage}.",
            file=shown(path),
            stage=title(exercise.start),
        )
    )
    print(
        say(
            "Turn it into {stage}: the task is at the top of the file.",
            stage=title(exercise.target),
        )
    )
    print(
        say("When you are done: {command}", command=exercise.command("check"))
    )


def _backup(path):
    """Return the first free name for a copy: stage_07-1.py, -2, …"""
    number = 1
    while (backup := path.with_stem(f"{path.stem}-{number}")).exists():
        number += 1
    return backup


class Outcome(NamedTuple):
    """What came of a check: a `Finding`, or None if all holds."""

    finding: object
    praise: str
    printed: str

    @property
    def held(self):
        return self.finding is None


def check(exercise, path, data, started, following=None, as_json=False):
    """Check a program, print what is found, and remember it.

    Without a `path` it is the one that `begin` wrote, and only of that one
    the result is remembered. Returns whether all holds; if so, it names the
    exercise that is `following`. `started` is when the waiting began, as
    `time.perf_counter` tells it. `as_json` prints one object instead. Raises
    InputError if there is nothing to check.
    """
    path = _to_check(exercise, path)

    splits = _digits(data, b"optim" in path.read_bytes())
    if not as_json:
        return _report(exercise, path, splits, started, following)
    outcome = _judge(exercise, path, splits)
    seconds = time.perf_counter() - started
    where = shown(path)
    print(json.dumps(_found(where, splits.name, seconds, exercise, outcome)))
    return outcome.held


def _report(exercise, path, splits, started, following):
    """Check a program and print what is found; return whether all holds."""
    print(
        say(
            "{file}, to become {stage}, on {data}",
            file=shown(path),
            stage=title(exercise.target),
            data=local(splits.name),
        ),
        end="\n\n",
    )
    outcome = _judge(exercise, path, splits, _show_step)
    if outcome.held:
        print(f"\n{_paragraphs(outcome.praise)}")
    if outcome.printed:
        lines = outcome.printed.splitlines()
        print()
        print(say("Your program printed this; a stage prints nothing."))
        for line in lines[:SHOWN]:
            print(textwrap.indent(fill(line), "  "))
        if len(lines) > SHOWN:
            said = say("and so on, {n:,} lines", n=len(lines))
            print(f"  {said}")
    seconds = time.perf_counter() - started
    print()
    print(
        say(
            "This took {seconds:.1f} s."
            if outcome.held
            else "This took {seconds:.1f} s. For a hint: {command}",
            seconds=seconds,
            command=exercise.command("hint"),
        )
    )
    if outcome.held:
        _show_names(exercise)
        print()
        if path == exercise.path.resolve():
            beside = exercise.command("diff", "--mine")
            print(say("Yours beside ours: {command}", command=beside))
        print(
            say("Next: {command}", command=following.command("try"))
            if following
            else say(
                "This was the last one. For all: {command}",
                command=typed("progress"),
            )
        )
    return outcome.held


def _digits(data, optimizer=True):
    """Return the `Splits`, made in one thread, as a `Sandbox` needs it.

    What an `optimizer` imports is imported meanwhile, if there will be one.
    """
    # Not at the top: torch takes seconds to import, a typing error needn't.
    import torch

    from shared.data import mnist
    from shared.workshop.sandbox import make_optimizer

    torch.set_num_threads(1)
    importing = threading.Thread(target=make_optimizer, daemon=True)
    if optimizer:
        importing.start()
    splits = mnist.load(data)
    if optimizer:
        importing.join()  # a process with two threads is not copied
    return splits


def _to_check(exercise, path):
    """Return the path of the file to check, by default the reader's own.

    Raises InputError if it can't be checked, or what came of it not be kept.
    """
    path = Path(path or exercise.path).resolve()
    if path == exercise.path.resolve() and not path.exists():
        raise InputError(
            say(
                "there is no {file}; begin with {command}",
                file=shown(path),
                command=exercise.command("try"),
            )
        )
    _readable(path)
    Progress()  # says in time if it is damaged
    return path


def _readable(path):
    """Raise InputError if there is no Python file, or none to be read."""
    if not path.exists():
        raise InputError(say("there is no {file}", file=shown(path)))
    if not path.is_file() or path.suffix != ".py":
        raise InputError(
            say("{file} is not a Python file (.py)", file=shown(path))
        )
    try:
        path.open("rb").close()
    except OSError as error:
        raise InputError(
            say(
                "{file} cannot be read: {reason}",
                file=shown(path),
                reason=error.strerror,
            )
        ) from error


def _judge(exercise, path, splits, show=lambda step, found: None):
    """Return the `Outcome` of a check; remember it if it is the reader's.

    `show` is called after each step, with its name and what came of it.
    """
    from shared.workshop.check import Check
    from shared.workshop.finding import Finding

    code = path.read_bytes()  # it may be edited while it is checked
    with Check(exercise, path, splits) as check:
        for step, found in check.steps():
            show(step, found)
        finding = found if isinstance(found, Finding) else None
        praise = "\n".join(map(str, check.praise))
        outcome = Outcome(finding, praise, check.printed())
    if path.resolve() == exercise.path.resolve():
        Progress().checked(exercise, finding and finding.kind, code)
    return outcome


def _show_step(step, found):
    """Print a step of a check; if it is a finding, in paragraphs."""
    said = {
        "file": say("file"),
        "run": say("run"),
        "change": say("change"),
        "promise": say("promise"),
        "in full": say("in full"),
    }[step]
    step = set_cell_size(said, 10)
    if isinstance(found, str):
        print(f"  {step}{found}", flush=True)
    else:
        print(f"  {step}{say('no')}\n\n{_paragraphs(str(found))}")


def _show_names(exercise):
    """Print what the names of PyTorch mean that come in with a change."""
    before = {use.name for use in names.uses(exercise.start.code)}
    after = [use.name for use in names.uses(exercise.target.code)]
    new = [
        name
        for name in dict.fromkeys(after)
        if name not in before and name != "torch"
    ]
    if new:
        print()
        print(say("New in this change:"))
    for name in new:
        print(fill(f"{name}: {local(names.NAMES[name].sentence)}"))
        print(f"  {names.link(name)}")


def _found(path, data, seconds, exercise, outcome):
    """Return what came of a check as it is written as JSON."""
    finding = outcome.finding
    return {
        "exercise": exercise.key,
        "file": str(path),
        "data": data,
        "verdict": "held" if outcome.held else "not yet",
        "kind": finding and finding.kind,
        "phase": finding and finding.phase,
        "cause": finding and str(finding),
        "seconds": round(seconds, 1),
    }


def check_all(folder, find, data, as_json=False):
    """Check all Python files in a folder and below, one after the other.

    `find` returns the `Exercise` that a file answers; if it raises
    InputError, that is what is found of this file. Prints a line for each,
    or with `as_json` an object. Returns whether all hold. Raises InputError
    if there is no file.
    """
    files = _answers(folder)
    Progress()
    splits = _digits(data)
    below = [str(path.relative_to(folder)) for path in files]
    headings = [
        say("file"),
        say("exercise"),
        say("verdict"),
        say("seconds"),
        say("cause"),
    ]
    width = max(map(cell_len, [*below, headings[0]]))
    if not as_json:
        print(
            say(
                "1 file, on {data}"
                if len(files) == 1
                else "{n} files, on {data}",
                n=len(files),
                data=local(splits.name),
            ),
            end="\n\n",
        )
        print(_line(width, *headings))
    checked = held = 0
    try:
        for path, name in zip(files, below, strict=True):
            if sys.stdout.isatty() and not as_json:
                print(name, end="\r", flush=True)  # it is being checked
            found = _answer(path, find, splits)
            checked += 1
            held += found["verdict"] == "held"
            _show_answer(name, width, found, as_json)
    finally:
        if not as_json:
            print()
            print(
                say(
                    "{held} of {n} held."
                    if checked == len(files)
                    else "{held} of {n} held. {left} not checked.",
                    held=held,
                    n=checked,
                    left=len(files) - checked,
                )
            )
    return held == len(files)


def _show_answer(name, width, found, as_json):
    """Print what came of one answer: a line of a table, or an object."""
    if as_json:
        print(json.dumps(found), flush=True)
        return
    cause = " ".join((found["cause"] or "").split())
    print(
        _line(
            width,
            name,
            found["exercise"] or "",
            local(found["verdict"]),
            str(found["seconds"]),
            cause,
        ),
        flush=True,
    )


def _answers(folder):
    """Return the Python files in a folder and below, in order.

    What is hidden is left out. Raises InputError if there is no file.
    """
    if not folder.is_dir():
        raise InputError(say("there is no folder {folder}", folder=folder))
    files = [
        path
        for path in sorted(folder.rglob("*.py"))
        if not path.is_dir()
        and not any(
            part.startswith(".") for part in path.relative_to(folder).parts
        )
    ]
    if not files:
        raise InputError(
            say("there is no Python file (.py) in {folder}", folder=folder)
        )
    return files


def _answer(path, find, splits):
    """Return what came of one answer of many, as it is written as JSON."""
    started = time.perf_counter()
    try:
        _readable(path)
        exercise = find(path)
    except InputError as error:
        return {
            "exercise": None,
            "file": str(path),
            "data": splits.name,
            "verdict": "bad input",
            "kind": None,
            "phase": None,
            "cause": str(error),
            "seconds": 0.0,
        }
    outcome = _judge(exercise, path, splits)
    seconds = time.perf_counter() - started
    return _found(path, splits.name, seconds, exercise, outcome)


def _line(width, name, exercise, verdict, seconds, cause):
    """Return a line of the table of answers, cut off where it would break."""
    line = "  ".join(
        (
            set_cell_size(name, width),
            set_cell_size(exercise, 10),
            set_cell_size(verdict, 9),
            " " * (7 - cell_len(seconds)) + seconds,
            cause,
        )
    )
    columns = shutil.get_terminal_size().columns
    if sys.stdout.isatty() and cell_len(line) > columns:
        line = f"{set_cell_size(line, columns - 1)}…"
    return line


def watch(exercise, path, data, started, following=None):
    """Check a program now and whenever its file is saved, until Ctrl-C."""
    from watchfiles import watch

    path = _to_check(exercise, path)
    splits = _digits(data)
    _report(exercise, path, splits, started, following)
    print()
    print(say("It is checked again when you save it. Ctrl-C ends this."))
    # The folder, because many an editor puts a new file in its place.
    folder = path.parent
    for changes in watch(folder, recursive=False, raise_interrupt=True):
        if str(path) in [name for _, name in changes] and path.exists():
            print()
            _report(exercise, path, splits, time.perf_counter(), following)


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
        hint = say("Hint {number}: {text}", number=number, text=local(text))
        print(fill(hint))
    if given == len(exercise.task.hints):
        print(
            say(
                "There are no more hints. To see the change itself: {command}",
                command=exercise.command("diff"),
            )
        )


def answer(exercise):
    """Return the reader's own answer, a program.

    Raises InputError unless it was checked as it is now, and held.
    """
    path = exercise.path
    if not path.exists():
        raise InputError(
            say(
                "there is no {file}; begin with {command}",
                file=shown(path),
                command=exercise.command("try"),
            )
        )
    code = path.read_bytes()
    if not Progress().held(exercise, code):
        raise InputError(
            say(
                "{file} has not held as it is now: {command} tells what is"
                " missing",
                file=shown(path),
                command=exercise.command("check"),
            )
        )
    return code.decode()


def show_progress(exercises, as_json=False):
    """Print a table of what was done; `exercises` are pairs, both ways.

    `as_json` prints one list of objects instead.
    """
    progress = Progress()
    if as_json:
        print(
            json.dumps(
                [
                    {
                        "exercise": exercise.key,
                        "file": str(shown(exercise.path)),
                        "state": progress.state(exercise),
                        "kind": progress.kind(exercise),
                        "hints": progress.hints(exercise),
                    }
                    for pair in exercises
                    for exercise in pair
                ]
            )
        )
        return
    rows, held = [(say("change"), say("made"), say("undone"))], 0
    for pair in exercises:
        stage, parent = pair[0].stage, pair[0].parent
        states = [progress.state(exercise) for exercise in pair]
        held += states.count("held")
        change = local(f"{parent.name} → {stage.name} {stage.title}")
        rows.append((change, *states))
    Console().print(tables.terminal(rows))
    print()
    print(say("{held} of {n} held.", held=held, n=2 * len(exercises)))
