"""Exercises: changes of the ladder to be made, or undone, by the reader."""

import ast
import dataclasses
import os
import re
from pathlib import Path
from typing import NamedTuple

from shared.languages import lines, local, say
from shared.tokens import contains
from shared.workshop.signs import SIGNS
from shared.workshop.tasks import FORWARD, REVERSE, Task

ROOT = Path(__file__).parents[2]
FOLDER = ROOT / "workshop"
WIDTH = 79


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
    def gone(self):
        """The code that goes out, as a row of the ladder has it."""
        return self.stage.swaps_in if self.reverse else self.stage.goes_out

    @property
    def promise(self):
        """What the change is to preserve; what the stage adds goes with it."""
        if self.reverse:
            return dataclasses.replace(self.stage.promise, adds=None)
        return self.stage.promise

    @property
    def key(self):
        return f"{self.stage.name}{'-reverse' if self.reverse else ''}"

    @property
    def path(self):
        return FOLDER / f"stage_{self.key.replace('-', '_')}.py"

    def command(self, name, *flags):
        """Return what to type for `try`, `check`, `hint` or `diff`."""
        if self.reverse and (name != "diff" or flags):
            flags = ("--reverse", *flags)
        return typed(name, self.stage.name, *flags)

    def paragraphs(self):
        """Return what is asked for, paragraph by paragraph, as Markdown."""
        stage = self.stage
        swaps_in, goes_out = stage.swaps_in, stage.goes_out
        if self.reverse:
            swaps_in, goes_out = goes_out, swaps_in
        swaps_in = [
            f"`{code}`"
            for code in swaps_in
            if code in SIGNS and not SIGNS[code].ours
        ]
        goes_out = [f"`{code}`" for code in goes_out]
        start, target = self.start, self.target
        paragraphs = (
            say(
                "Stage {start} ({was}), to become stage {target} ({will_be}).",
                start=start.name,
                was=_words(start),
                target=target.name,
                will_be=_words(target),
            ),
            local(self.task.text),
            swaps_in and say("Swaps in: {codes}.", codes=", ".join(swaps_in)),
            goes_out and say("Goes out: {codes}.", codes=", ".join(goes_out)),
            say(
                "Promise: {promise}.",
                promise=local(str(self.promise)),
            ),
            say(
                "Import torch and the standard library, nothing else. Make"
                " this change alone, and remove what is not used any more."
            ),
        )
        return [text for text in paragraphs if text]

    def code(self, puzzle=None):
        """Return the file to start from: the task, then a stage.

        Or, instead of the stage, a `Puzzle`.
        """
        choose = say(
            "The lines that change were removed from this program. Those that"
            " come in are at the end of the file, in no order, and wrong lines"
            " with them. Put the right ones where they belong and delete the"
            " others."
        )
        paragraphs = (
            *self.paragraphs(),
            *([choose] if puzzle else []),
            say("When you are done: {command}", command=self.command("check")),
            say("If you are stuck: {command}", command=self.command("hint")),
        )
        notes = "\n\n".join(map(fill, paragraphs))
        code = puzzle or bare(self.start.source)[1]
        return f'"""{notes}\n"""\n\n{code}'


def typed(name, stage="", *flags):
    """Return what to type for a command, by way of make if we were."""
    if "MAKELEVEL" not in os.environ:
        return " ".join(["python -m stages", name, stage, *flags]).strip()
    target = f"{name}-{stage}" if stage else name
    arguments = f' ARGS="{" ".join(flags)}"' if flags else ""
    return f"make {target}{arguments}"


def bare(source):
    """Return a program up to the tail of a stage, and its code alone.

    That is without the notes and without that tail. Raises SyntaxError if it
    is no Python.
    """
    tree = ast.parse(source)
    source = source.partition("\n\nif __name__ ==")[0].rstrip()
    code = source
    if ast.get_docstring(tree) is not None:
        after = source.splitlines()[tree.body[0].end_lineno :]
        code = "\n".join(after)
    return f"{source}\n", f"{code.strip()}\n"


def title(stage):
    """Return what a sentence calls a stage: stage 07 (dataloader)."""
    return say("stage {name} ({title})", name=stage.name, title=_words(stage))


def _words(stage):
    """Return the title of a stage alone, in the language that is spoken."""
    return local(f"{stage.name} {stage.title}").partition(" ")[2]


def fill(text):
    return lines.fill(text, WIDTH)


def exercise(stage, ladder, reverse=False):
    """Return the `Exercise` that belongs to a row of the ladder."""
    [parent] = [row for row in ladder if row.name == stage.parent]
    kept = []
    if stage.promise.kind == "change":  # elsewhere the numbers would tell
        kept = [
            code
            for row in ladder
            for code in row.swaps_in
            if code in SIGNS and SIGNS[code].used
            if contains(stage.code, code) and contains(parent.code, code)
        ]
    tasks = REVERSE if reverse else FORWARD
    return Exercise(stage, parent, reverse, tasks[stage.name], SIGNS, kept)


def of_file(path):
    """Return the name of the stage that a file is to become, and the way.

    By its name, such as stage_07.py or stage_07_reverse.py, or by the task
    that it begins with, even if the rest is no Python. Returns a name and
    whether it is to be undone, or None.
    """
    if named := re.fullmatch(r"stage_(\d\d)(_reverse)?(\D.*)?", path.stem):
        return named[1], bool(named[2])
    try:
        text = path.read_text("utf-8")
    except (OSError, ValueError):
        return None
    # In whatever language: it names two stages, one next to the other.
    opening = re.search(r'"""(.*?)(\n\n|"""|\Z)', text, re.DOTALL)
    numbers = re.findall(r"(?<!\d)\d\d(?!\d)", opening[1] if opening else "")
    if len(numbers) == 2:
        start, target = numbers
        if abs(int(start) - int(target)) == 1:
            return max(start, target), start > target
    return None


def shown(path):
    """Return a path as it is shown: from the project's folder if below."""
    path = Path(path).resolve()
    return path.relative_to(ROOT) if path.is_relative_to(ROOT) else path
