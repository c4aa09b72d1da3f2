"""Everything that is said, and so is to be translated, file by file."""

from dataclasses import replace
from pathlib import Path

import torch

from shared.languages import sources
from shared.proof import explain, losses
from shared.proof.equivalence import (
    ROUNDING,
    SETTINGS,
    Record,
    compare,
    meaning,
)
from shared.proof.mutants import MUTANTS
from shared.reading import names, notes, readme
from shared.results import published
from shared.workshop import progress, tasks, texts
from stages import TABLE
from stages.__main__ import ARGPARSE
from stages.flags import FLAGS

ROOT = Path(__file__).parents[1]
# The file of the messages in a room; those of other rooms are in "commands".
FILES = {
    "shared/workshop": "workshop",
    "shared/reading": "reading",
    "shared/results": "reading",
    "shared/proof": "reading",
    "shared/book": "book",
    "shared/notebooks": "notebooks",
}


def everything(pages):
    """Return {file: paragraphs}, in the order in which one reads them.

    `pages` are those of the book, in English: a list of HTML.
    """
    said = _messages()
    return {
        "notes.json": _notes(),
        "workshop.json": [*_workshop(), *said["workshop"]],
        "readme.json": sources.of_markdown(
            readme.README.read_text(encoding="utf-8")
        ),
        "reading.json": [*_reading(), *said["reading"]],
        "book.json": [*_book(pages), *said["book"]],
        "commands.json": [
            *said["commands"],
            *(flag["help"] for flag in FLAGS.values()),
            *ARGPARSE,
        ],
        "notebooks.json": said["notebooks"],
    }


def _messages():
    """Return the messages in all Python files, {name of a file: list}."""
    found = {name: [] for name in (*FILES.values(), "commands")}
    for path in sorted(
        (*ROOT.glob("stages/*.py"), *ROOT.glob("shared/**/*.py"))
    ):
        room = path.parent.relative_to(ROOT).as_posix()
        name = FILES.get(room, "commands")
        found[name] += sources.of_code(path.read_text(encoding="utf-8"))
    return found


def _notes():
    found = [notes.POINTS]
    for row in TABLE:
        lead, rest, points = notes.split(row.notes)
        for text in (lead, rest, *points):
            found += sources.of_markdown(text)
    return found


def _workshop():
    found = []
    for exercises in (tasks.FORWARD, tasks.REVERSE):
        for task in exercises.values():
            found += [task.text, *task.hints]
    # What is kept, and written as JSON, is English.
    found += ["not started", *filter(None, progress.STATES)]
    found += ["held", "not yet", "bad input"]
    found += texts.everything()
    found += SETTINGS
    found += [clause for said in _readings() for clause in said.split("; ")]
    return found


def _readings():
    """Return how it is said that two trainings differ, each way once."""
    steps = 8
    losses = [1.0] * 2 * steps
    pred = torch.zeros(1, 10).log_softmax(1)
    given = Record(steps, losses, [1.0], pred)
    others = [
        replace(given, losses=[*losses[:i], *[2.0] * (2 * steps - i)])
        for i in (0, 1, 2, 4, steps)
    ]
    others += [
        replace(given, losses=losses[:-1]),
        replace(given, valid_losses=[2.0]),
        replace(given, pred=pred.roll(1, 1) + torch.arange(10)),
    ]
    return [
        compare(given, given, ROUNDING).reading,
        *(compare(given, other).reading for other in others),
    ]


def _explanations():
    """Return what `explain` says of conditions, and of where losses part."""
    found = published.read("losses")
    steps = 8
    return [
        *(
            part
            for said in explain.EFFECTS.values()
            for part in said.split("; ")
        ),
        *(meaning(step, steps) for step in (0, 1, 2, 4, steps)),
        *(explain.conditions(found, dtype) for dtype in losses.DTYPES),
    ]


def _reading():
    proof = published.read("proof")
    outcomes = [published.outcome(proof, row) for row in TABLE if row.promise]
    return [
        *(clause for said, _ in outcomes for clause in said.split("; ")),
        *(conditions for _, conditions in outcomes),
        *(name.sentence for name in names.NAMES.values()),
        *(str(row.promise) for row in TABLE if row.promise),
        *(text for m in MUTANTS for text in (m.name, m.why)),
        *_explanations(),
        published.AGAIN,
    ]


def _book(pages):
    # Not at the top: only the extra `book` brings what it needs.
    from shared.book import build, edition

    # What no page says now, and what a script says of a name.
    found = ["Draft.", *build.DRAFT_SAYS, "page"]
    found += [text for page in pages for text in edition.paragraphs(page)]
    for path in sorted(ROOT.glob("shared/book/*.js")):
        found += sources.of_script(path.read_text(encoding="utf-8"))
    return found
