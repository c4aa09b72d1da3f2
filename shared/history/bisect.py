"""Plant a mutant in the history of the ladder, to be found by bisection.

A mutant is put into a stage and merged into those that follow. Where a later
stage rewrites the line, it ends, and so does the history.
"""

import random
import tempfile
from pathlib import Path
from typing import NamedTuple

import torch

from shared.data import mnist
from shared.errors import RunError
from shared.files import text_of
from shared.history import merge, repository
from shared.languages import say
from shared.proof.equivalence import ROUNDING, compare, load_train, record
from shared.proof.mutants import MUTANTS, Mutant
from shared.results import published

N_TRAIN, N_VALID = 1000, 200  # images of a step: it takes seconds
FEWEST = 3  # commits among which the mutant may be


class Plant(NamedTuple):
    """A mutant, and the programs that have it: {name of the row: code}.

    The first is where it was planted, the last where it ends.
    """

    mutant: Mutant
    programs: dict[str, str]

    @property
    def first(self):
        """The name of the stage that it was planted in."""
        return next(iter(self.programs))

    @property
    def last(self):
        """The name of the last stage that has it."""
        return [*self.programs][-1]


def path(mutant, ladder):
    """Return how far a mutant can be carried, as the programs of a `Plant`.

    From the stage that it is a mutant of, to the last before it conflicts
    with the change to the next stage, or has no effect on the text there.
    """
    start = [row.name for row in ladder].index(mutant.stage)
    intact = repository.program(ladder[start])
    broken = repository.tidy(mutant.code(ladder))
    found = {mutant.stage: broken}
    for row in ladder[start + 1 :]:
        program = repository.program(row)
        merged, conflicts = merge.lines(program, intact, broken)
        if conflicts or merged == program:
            break
        found[row.name] = merged
    return found


def plants(ladder):
    """Return the plants there are, those of one mutant in one list.

    Of mutants that pass an accuracy check, as was published. One can be
    planted in any stage on its path but the first of the ladder, which is
    where a bisection begins.
    """
    found = published.read("mutants")
    passing = {
        (m["stage"], m["mutant"])
        for m in found["mutants"]
        if m["accuracy"] >= found["floor"] and not m["harmless"]
    }
    enough = {row.name for row in ladder[FEWEST:]}
    choices = []
    for mutant in MUTANTS:
        if (mutant.stage, mutant.name) not in passing:
            continue
        steps = list(path(mutant, ladder).items())
        if steps[-1][0] in enough:
            choices.append(
                [
                    Plant(mutant, dict(steps[i:]))
                    for i in range(len(steps))
                    if steps[i][0] != ladder[0].name
                ]
            )
    return choices


def compared(program, row, splits):
    """Train a program, given as text, and that of a row; compare them.

    On a few digits, in float64, with seed 0. Returns a `Report`.
    """
    torch.set_num_threads(1)  # for so little work, more take longer
    few = splits.first(N_TRAIN, N_VALID)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / repository.FILE
        path.write_text(program, encoding="utf-8")
        found = record(load_train(path), few)
    return compare(record(load_train(row.path), few), found, ROUNDING)


def choose(ladder, seed):
    """Return the plant of a seed: one that changes what is predicted.

    Raises RunError if there is none.
    """
    chance = random.Random(seed)
    choices = plants(ladder)
    chance.shuffle(choices)
    splits = mnist.load("auto")
    for choice in choices:
        plant = chance.choice(choice)
        [row] = [row for row in ladder if row.name == plant.last]
        report = compared(plant.programs[plant.last], row, splits)
        if report.pred is not None and report.pred > ROUNDING:
            return plant
    raise RunError(say("no mutant can be planted"))


def make(folder, main, ladder, seed):
    """Write a history with a mutant to a folder; return its last row.

    `main` is what the whole history would be. Raises RunError if the folder
    holds work of the reader's.
    """
    repository.check(folder)
    plant = choose(ladder, seed)
    names = [row.name for row in main]
    main = main[: names.index(plant.last) + 1]
    repository.make(folder, main, programs=plant.programs, note=str(seed))
    return main[-1]


def step(folder, ladder):
    """Judge the program that is checked out; return its row and a `Report`.

    Raises RunError if it is not that of a stage.
    """
    repository.note_of(folder)
    tags = repository.of(folder)("tag", "--points-at", "HEAD").split()
    rows = [row for row in ladder if row.target in tags]
    if not rows:
        raise RunError(
            say("what is checked out in {folder} is no stage", folder=folder)
        )
    program = text_of(folder / repository.FILE)
    return rows[0], compared(program, rows[0], mnist.load("auto"))


def reveal(folder, ladder):
    """Return the `Plant` in a folder, and its seed.

    Raises RunError if the stages have changed since it was planted.
    """
    seed = repository.note_of(folder)
    plant = choose(ladder, int(seed))
    planted = repository.of(folder)("show", f"main:{repository.FILE}")
    if planted != plant.programs[plant.last]:
        raise RunError(
            say(
                "the stages have changed since {folder} was made: make it"
                " again with --seed {seed}",
                folder=folder,
                seed=seed,
            )
        )
    return plant, seed
