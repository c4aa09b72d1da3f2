"""What the cells of a notebook call: to show a run, to compare, to check."""

import os
import subprocess
import sys
import tempfile
from contextlib import contextmanager
from pathlib import Path

from IPython import get_ipython
from IPython.display import Image, Markdown, display
from matplotlib.figure import Figure

from shared import languages
from shared.errors import InputError, RunError
from shared.files import replacing
from shared.languages import clauses, local, say
from shared.proof import equivalence
from shared.results import tables
from shared.training import plots, runner
from shared.workshop import exercises

SHOWN = 12  # digits of a comparison


def begin():
    """Speak the language of the notebook, and show errors in one line.

    Those are what a command ends with, InputError and RunError; others have
    their traceback.
    """
    languages.use(os.environ.get(languages.VARIABLE, "en"))

    def show(shell, kind, error, traceback, tb_offset=None):
        print(say("error: {error}", error=error), file=sys.stderr)

    get_ipython().set_custom_exc((InputError, RunError), show)


def show_pictures(stage):
    """Show the pictures that the last run of a row has written, in order."""
    folder = runner.RUNS / stage.target
    for path in sorted(folder.glob("*.png"), key=lambda p: p.stat().st_mtime):
        display(Image(filename=str(path)))


def compare(stage, train, splits):
    """Train a program and the one that it came from; show how they compare.

    `train` is the function of the program, and `stage` its row. Both train
    on `splits` in float64, given what the promise says is made equal first.
    Shown are a table, what came of the promise, and some of the digits.
    """
    parent, promise = stage.origin, stage.promise
    with _scratch():
        before = equivalence.record(parent.program.train, splits)
        after = equivalence.record(
            train, splits, precondition=promise.precondition
        )
    tolerance = 0.0 if promise.kind == "exact" else equivalence.ROUNDING
    report = equivalence.compare(before, after, tolerance)
    rows = [("", local(parent.label), local(stage.label))]
    if before.pred is not None and after.pred is not None:
        rows.append(
            (
                say("accuracy"),
                f"{before.accuracy:.4f}",
                f"{after.accuracy:.4f}",
            )
        )
    if before.losses and after.losses:
        rows.append(
            (
                say("loss of the last batch"),
                f"{before.losses[-1]:.6g}",
                f"{after.losses[-1]:.6g}",
            )
        )
    display(Markdown(tables.markdown(rows)))
    display(Markdown(_outcome(stage, report, len(splits.x_valid))))
    if before.pred is not None and after.pred is not None:
        path = runner.RUNS / "notebooks" / f"{stage.target}.png"
        _draw(splits, (parent, before), (stage, after), path)
        display(Image(filename=str(path)))


def _outcome(stage, report, n):
    """Say what came of a promise, as a list in Markdown."""
    promise = local(str(stage.promise))
    said = [say("Promise: {promise}.", promise=promise)]
    if stage.promise.kind == "change":
        said.append(
            say("This is another model, so its numbers are others, too.")
        )
    elif report.equal:
        said.append(say("**It holds.**"))
    else:
        said.append(
            say("**It does not hold:** {why}.", why=clauses(report.reading))
        )
    if report.loss is not None:
        said.append(
            say(
                "Largest difference between losses of a batch: {number}.",
                number=f"{report.loss:.1g}",
            )
        )
    if report.pred is not None:
        said.append(
            say(
                "Largest difference between log-probabilities: {number}.",
                number=f"{report.pred:.1g}",
            )
        )
        said.append(
            say(
                "Images of which another digit is read: {changed} of {n}.",
                changed=f"{report.changed_predictions:,}",
                n=f"{n:,}",
            )
        )
    return "".join(f"- {text}\n" for text in said)


def _draw(splits, before, after, path):
    """Draw digits, each with what both read; those read differently first."""
    (parent, old), (stage, new) = before, after
    read = old.pred.argmax(1), new.pred.argmax(1)
    order = (read[0] == read[1]).int().argsort(stable=True)[:SHOWN]
    figure = Figure(figsize=(9, 1.5))
    for column, i in enumerate(order.tolist()):
        left = 0.12 + column * 0.88 / SHOWN
        axes = figure.add_axes((left, 0.38, 0.8 / SHOWN, 0.6))
        axes.imshow(
            splits.x_valid[i].view(28, 28).float(), cmap="gray_r", vmin=0
        )
        axes.axis("off")
        for y, digits in ((0.22, read[0]), (0.05, read[1])):
            right = digits[i] == splits.y_valid[i]
            figure.text(
                left + 0.4 / SHOWN,
                y,
                f"{digits[i]}",
                color=plots.BLUE if right else plots.RED,
                horizontalalignment="center",
            )
    for y, row in ((0.22, parent), (0.05, stage)):
        figure.text(0.005, y, row.target.replace("-", " "), fontsize=8)
    plots.save(figure, path)


def show_claims(claims):
    """Show what was found of a promise, a list of `Claim`, as a table."""
    rows = [(say("claim"), say("found"), say("held"))]
    rows += [
        (local(claim.claim), claim.found, local(tables.held(claim._asdict())))
        for claim in claims
    ]
    display(Markdown(tables.markdown(rows)))


@contextmanager
def _scratch():
    """Let a program write its files, if any, to a folder that goes away."""
    here = Path.cwd()
    with tempfile.TemporaryDirectory() as folder:
        os.chdir(folder)
        try:
            yield
        finally:
            os.chdir(here)


def add_check(ladder):
    """Let cells begin with `%%check 07`: what follows is an answer.

    It is kept in a file in `runs/notebooks/` and checked as `python -m stages
    check 07 FILE` does; the notebook itself does not run it. With
    `%%check 07 --reverse` the change is to be undone.
    """
    begin()

    def check(line, cell):
        name, *flags = line.split()
        [stage] = [row for row in ladder if row.name == name]
        task = exercises.exercise(stage, ladder, "--reverse" in flags)
        path = runner.RUNS / "notebooks" / task.path.name
        with replacing(path) as part:
            # A blank line, so that lines have the numbers of the cell.
            part.write_text(f"\n{cell}", encoding="utf-8")
        _run("check", name, str(path), *flags)

    get_ipython().register_magic_function(check, "cell", "check")


def _run(*arguments):
    """Run a command of the project in a process; print what it prints."""
    with subprocess.Popen(
        [sys.executable, "-m", "stages", *arguments],
        cwd=exercises.ROOT,
        env=os.environ | {"PYTHONIOENCODING": "utf-8"},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        encoding="utf-8",
    ) as process:
        for line in process.stdout:
            print(line, end="", flush=True)
