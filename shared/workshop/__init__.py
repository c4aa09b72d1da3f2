"""The workshop: make a change of the ladder yourself and have it checked.

An exercise starts from a copy of one stage and asks for its neighbour. What
comes of it is judged by what it does, never by how it is written.
"""

import json
import shutil
import textwrap
import time
from pathlib import Path
from typing import NamedTuple

from shared.errors import InputError
from shared.files import replacing

ROOT = Path(__file__).parents[2]
FOLDER = ROOT / "workshop"
WIDTH = 79
SHOWN = 5  # lines of what a program printed


class Task(NamedTuple):
    """What is asked for, and three hints, from a question to the answer."""

    text: str
    hints: tuple[str, str, str]


class Exercise(NamedTuple):
    """A change of the ladder, to be made or, in `reverse`, to be undone.

    `stage` and `parent` are its rows; `signs` tell by the code in a row how
    its use is seen, and `kept` lists such code as has to stay.
    """

    stage: object
    parent: object
    reverse: bool
    task: Task
    signs: dict
    kept: list[str]

    @property
    def start(self):
        return self.stage if self.reverse else self.parent

    @property
    def target(self):
        return self.parent if self.reverse else self.stage

    @property
    def other_model(self):
        """Whether the change declares another model, with other numbers."""
        return self.stage.promise.kind == "change"

    @property
    def key(self):
        return f"{self.stage.name}{'-reverse' if self.reverse else ''}"

    @property
    def path(self):
        return FOLDER / f"stage_{self.key.replace('-', '_')}.py"

    def command(self, name):
        """Return what to type for `try`, `check` or `hint`."""
        flag = ' ARGS="--reverse"' if self.reverse else ""
        return f"make {name}-{self.stage.name}{flag}"

    def code(self):
        """Return the file to start from: the task, then a stage."""
        stage = self.stage
        into, out = (
            ", ".join(f"`{code}`" for code in codes)
            for codes in (stage.swaps_in, stage.goes_out)
        )
        if self.reverse:
            into, out = out, into
        paragraphs = (
            f"{_title(self.start)}, to become {_title(self.target)}.",
            self.task.text,
            f"Comes in: {into}." if into else "",
            f"Goes out: {out}." if out else "",
            f"Promise: {stage.promise}.",
            f"When it is done: {self.command('check')}",
            f"If you are stuck: {self.command('hint')}",
        )
        notes = "\n\n".join(_fill(text) for text in paragraphs if text)
        program = self.start.code.partition("\n\nif __name__ ==")[0]
        return f'"""{notes[0].upper()}{notes[1:]}\n"""\n{program.rstrip()}\n'


def _title(stage):
    return f"stage {stage.name} ({stage.title})"


def _fill(text):
    return textwrap.fill(
        text, WIDTH, break_long_words=False, break_on_hyphens=False
    )


def begin(exercise, reset=False):
    """Write the file to start from, and say what to do next.

    Never overwrites what is there: `reset` keeps it under another name.
    Raises InputError if it is there and not to be reset.
    """
    path = exercise.path
    if path.exists() and not reset:
        raise InputError(
            f"{_shown(path)} is there already, and may be your work;"
            " --reset keeps it under another name and begins anew"
        )
    if path.exists():
        backup = _backup(path)
        shutil.move(path, backup)
        print(f"kept your work as {_shown(backup)}")
    with replacing(path) as part:
        part.write_text(exercise.code(), encoding="utf-8")
    print(
        f"wrote {_shown(path)}, a copy of {_title(exercise.start)}.\n"
        f"Make it {_title(exercise.target)}: the task stands on top.\n"
        f"When it is done: {exercise.command('check')}"
    )


def _backup(path):
    """Return the first free name for a copy: stage_07-1.py, -2, …"""
    number = 1
    while (backup := path.with_stem(f"{path.stem}-{number}")).exists():
        number += 1
    return backup


def _shown(path):
    """Return a path as it is shown: from the project's folder if below."""
    path = Path(path).resolve()
    return path.relative_to(ROOT) if path.is_relative_to(ROOT) else path


def check(exercise, path=None, data="auto"):
    """Check a program, print what is found, and remember it.

    Without a `path` it is the one that `begin` wrote. Returns whether all
    holds. Raises InputError if there is nothing to check.
    """
    path = Path(path or exercise.path).resolve()
    if not path.exists():
        own = path == exercise.path
        todo = f"; begin with {exercise.command('try')}" if own else ""
        raise InputError(f"there is no {_shown(path)}{todo}")
    if path.is_dir() or path.suffix != ".py":
        raise InputError(f"{_shown(path)} is no file of Python, .py")
    progress = Progress()
    progress.tried(exercise)

    # Not at the top: torch takes seconds to import, a typing error needn't.
    from shared import mnist
    from shared.workshop.judge import Check
    from shared.workshop.verdict import Finding

    started = time.perf_counter()
    name = mnist.load(data).name
    print(f"{_shown(path)}, to become {_title(exercise.target)}, on {name}\n")
    with Check(exercise, path, name) as check:
        for step, found in check.steps():
            if isinstance(found, Finding):
                print(f"  {step:10}no\n\n{_paragraphs(str(found))}")
                break
            print(f"  {step:10}{found}", flush=True)
        else:
            print(f"\n{_paragraphs(check.praise)}")
            progress.held(exercise)
        printed = check.printed()
    held = not isinstance(found, Finding)
    if printed:
        lines = printed.splitlines()
        print("\nYour program printed this; a stage prints nothing.")
        for line in lines[:SHOWN]:
            print(f"  {line[: WIDTH - 2]}")
        if len(lines) > SHOWN:
            print(f"  and so on, {len(lines):,} lines")
    seconds = time.perf_counter() - started
    hint = "" if held else f" A hint: {exercise.command('hint')}"
    print(f"\nThis took {seconds:.0f} seconds.{hint}")
    return held


def watch(exercise, path=None, data="auto"):
    """Check a program now and whenever its file is saved, until Ctrl-C."""
    from watchfiles import watch

    path = Path(path or exercise.path).resolve()
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
        line if line.startswith(" ") else _fill(line)
        for line in text.splitlines()
    )


def hint(exercise):
    """Print one hint more than the last time."""
    given = Progress().hinted(exercise, len(exercise.task.hints))
    for number, text in enumerate(exercise.task.hints[:given], 1):
        print(_fill(f"Hint {number}: {text}"))
    if given == len(exercise.task.hints):
        print(
            "There are no more. The change as we made it:"
            f" make diff-{exercise.stage.name}"
        )


def show_progress(exercises):
    """Print a table of what was done; `exercises` are pairs, both ways."""
    progress = Progress()
    print(f"{'change':28}{'made':14}undone")
    held = 0
    for pair in exercises:
        stage, parent = pair[0].stage, pair[0].parent
        states = [progress.state(exercise) for exercise in pair]
        held += states.count("held")
        change = f"{parent.name} to {stage.name}  {stage.title}"
        print(f"{change:28}{states[0]:14}{states[1]}")
    print(f"\n{held} of {2 * len(exercises)} held.")


class Progress:
    """What was tried and held, kept in `workshop/progress.json`.

    Raises InputError if that file is damaged.
    """

    def __init__(self):
        self.path = FOLDER / "progress.json"
        self.entries = {}
        if not self.path.exists():
            return
        try:
            self.entries = json.loads(self.path.read_text(encoding="utf-8"))
            for entry in self.entries.values():
                state, hints = entry["state"], entry["hints"]
                if state not in ("", "tried", "held") or hints < 0:
                    raise ValueError(entry)
        except (ValueError, AttributeError, KeyError, TypeError) as error:
            raise InputError(
                f"{_shown(self.path)} is damaged: remove it to begin anew"
            ) from error

    def state(self, exercise):
        return self._entry(exercise)["state"] or "not started"

    def tried(self, exercise):
        """Remember a check; what held once has held."""
        entry = self._entry(exercise)
        self._write(exercise, entry | {"state": entry["state"] or "tried"})

    def held(self, exercise):
        """Remember that all holds."""
        self._write(exercise, self._entry(exercise) | {"state": "held"})

    def hinted(self, exercise, most):
        """Count a hint; return how many have been asked for, up to `most`."""
        entry = self._entry(exercise)
        hints = min(entry["hints"] + 1, most)
        self._write(exercise, entry | {"hints": hints})
        return hints

    def _entry(self, exercise):
        return self.entries.get(exercise.key, {"state": "", "hints": 0})

    def _write(self, exercise, entry):
        self.entries[exercise.key] = entry
        with replacing(self.path) as part:
            part.write_text(json.dumps(self.entries, indent=1) + "\n")
