"""The command line: `python -m stages 07`."""

import argparse
import os
import sys
from importlib import import_module
from pathlib import Path

from shared import workshop
from shared.errors import InputError, RunError
from stages import ENCORES, LADDER, PRELUDE, TABLE
from stages.flags import FLAGS, RUN
from stages.tasks import exercise


class Parser(argparse.ArgumentParser):
    def error(self, message):
        """Raise what argparse would print below several lines of usage."""
        raise InputError(f"{message} (--help lists what there is)")


def main(argv=None):
    """Carry out one command line; return its exit code."""
    argv = sys.argv[1:] if argv is None else argv
    try:
        options = _parse(argv)
        options.pop("command")(**options)
    except InputError as error:
        print(f"error: {error}", file=sys.stderr)
        return 2
    except BrokenPipeError:
        # Whoever read along, such as `head`, has seen enough. What is still
        # to be written at exit goes nowhere.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1
    except (RunError, OSError) as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("interrupted", file=sys.stderr)
        return 130
    return 0


def run_file(path):
    """Run the stage in this file, with the flags on its command line."""
    path = Path(path).resolve()
    for stage in TABLE:
        if stage.path == path:
            sys.exit(main([stage.name, *sys.argv[1:]]))
    sys.exit(f"error: {path.name} is no stage of the ladder, but a copy")


def _parse(argv):
    """Return the options of a command line, `command` being a function."""
    parser = Parser(
        prog="python -m stages",
        description="One MNIST training program, written twelve times.",
    )
    parser.set_defaults(command=show_ladder)
    commands = parser.add_subparsers(metavar="COMMAND")

    def add(name, command, help):
        added = commands.add_parser(name, help=help, allow_abbrev=False)
        added.set_defaults(command=command)
        return added

    stage = add("stage", run_stage, "run one stage; `07` alone will do")
    stage.add_argument("stage", type=_row_of(LADDER), help="its number")
    ladder = add("all", run_ladder, "run all stages, then compare them")
    for runs in (stage, ladder):
        _add_flags(runs, RUN)
    for row in PRELUDE + ENCORES:
        runs = add(row.name, run_stage, row.label)
        runs.set_defaults(stage=row)
        _add_flags(runs, row.flags)
    diff = add("diff", show_change, "read the change from one to another")
    diff.add_argument(
        "stages",
        nargs="+",
        type=_row_of(TABLE),
        metavar="stage",
        help="one to compare with the one before it, or two",
    )
    layout = diff.add_mutually_exclusive_group()
    layout.add_argument("--side-by-side", action="store_true", default=None)
    layout.add_argument(
        "--unified", action="store_false", dest="side_by_side", default=None
    )
    layout.add_argument(
        "--plain", action="store_true", help="a diff that `patch` takes"
    )
    add("data", get_data, "only get MNIST")
    prove = add("prove", prove_promises, "check what each stage promises")
    _add_flags(prove, ["--data"])
    standin = add("standin", try_standin, "see how well it stands in")
    measure = add("measure", measure_ladder, "train all for the book")
    _add_flags(measure, ["--data"])
    for reports in (prove, standin, measure):
        reports.add_argument(
            "--into", type=Path, help="folder to write to, else runs/"
        )
    add("book", build_book, "make the web pages, in site/")
    add("readme", write_readme, "write the ladder into README.md")
    begin = add("try", begin_exercise, "make a change yourself")
    check = add("check", check_exercise, "have your change checked")
    hint = add("hint", give_hint, "get one hint more")
    for tasks in (begin, check, hint):
        tasks.add_argument("stage", type=_change, help="its number")
        tasks.add_argument(
            "--reverse", action="store_true", help="undo the change instead"
        )
    begin.add_argument(
        "--reset", action="store_true", help="begin anew; your file is kept"
    )
    check.add_argument(
        "file", type=Path, nargs="?", help="else the one in workshop/"
    )
    check.add_argument(
        "--watch", action="store_true", help="check again at every change"
    )
    _add_flags(check, ["--data"])
    add("progress", show_progress, "see which changes you have made")

    # `python -m stages 07` is short for `python -m stages stage 07`.
    if argv and argv[0] not in {*commands.choices, "-h", "--help"}:
        argv = ["stage", *argv]
    return vars(parser.parse_args(argv))


def _add_flags(parser, names):
    for name in names:
        parser.add_argument(name, **FLAGS[name])


def _row_of(rows):
    """Return a parser of names of rows: "07", or "encore-fast"."""

    def parse(text):
        for row in rows:
            if text.zfill(2) == row.name or text == row.module:
                return row
        raise argparse.ArgumentTypeError(
            f"there is no stage {text!r}, only {LADDER[0].name} to"
            f" {LADDER[-1].name} and what `python -m stages` lists before and"
            " after them"
        )

    return parse


def _change(text):
    """Find a row of the ladder that has something before it."""
    stage = _row_of(LADDER)(text)
    if stage.parent is None:
        raise argparse.ArgumentTypeError(
            f"stage {stage.name} is no change, but where the ladder begins"
        )
    return stage


def show_ladder():
    """Print one line a stage."""
    print("One MNIST training program, written twelve times:\n")
    for stage in LADDER:
        print(f"  {stage.name}  {stage.title:16}{', '.join(stage.swaps_in)}")
    print("\nBefore and after:\n")
    for stage in PRELUDE + ENCORES:
        print(f"  {stage.name:28}{', '.join(stage.swaps_in)}")
    print("\nRun one with `python -m stages 07`; --help lists what else.")


def run_stage(stage, **options):
    """Run one stage, prelude or encore, by its helper or as usual."""
    helper = stage.helper and import_module(f"shared.{stage.helper}")
    if hasattr(helper, "run"):
        helper.run(stage, **options)
    else:
        _run([stage], **options)


def run_ladder(**options):
    """Run all stages, then print how they compare."""
    results = _run(LADDER, **options)
    print(f"\nstage  {'':16}loss    accuracy  seconds on {results[0]['data']}")
    for stage, result in zip(LADDER, results, strict=True):
        print(
            f"{stage.name}     {stage.title:16}{result['valid_loss']:.4f}"
            f"  {result['valid_accuracy']:.4f}    {result['seconds']:5.1f}"
        )


def _run(stages, data, no_accel, **options):
    """Run these stages on the same digits; return what came of each."""
    # Not at the top: torch takes seconds to import, a typing error needn't.
    from shared import runner

    digits, options = runner.ready(stages, data, no_accel, options)
    return [
        runner.run(
            stage, stage.program.train, digits, accel=not no_accel, **options
        )
        for stage in stages
    ]


def show_change(stages, side_by_side, plain):
    """Show what changes from one stage to another.

    In a terminal with notes and colours, side by side if it is wide enough;
    elsewhere, unless a layout is asked for, as a diff that `patch` takes.
    """
    from rich.console import Console

    from shared import changes, terminal

    if len(stages) > 2 or len(stages) != len(set(stages)):
        names = ", ".join(stage.name for stage in stages)
        raise InputError(f"a change is between two stages, not {names}")
    *before, after = stages
    if not before:
        before = [stage for stage in TABLE if stage.name == after.parent]

    seen = sys.stdout.isatty()
    plain = plain or (side_by_side is None and not seen)
    if plain:  # it is the same, byte for byte, on all systems
        sys.stdout.reconfigure(encoding="utf-8", newline="\n")
    else:
        sys.stdout.reconfigure(errors="replace")
    console = Console(theme=terminal.PROSE, highlight=False)
    if not before:
        print(
            f"{after.label}: nothing comes before it; here is all of it.\n",
            file=sys.stderr if plain else sys.stdout,
            flush=True,
        )
        if plain:
            sys.stdout.write(after.source)
        else:
            console.print(terminal.program(after))
        return
    [before] = before
    if plain:
        sys.stdout.write(
            changes.patch(
                before.source,
                after.source,
                before.file,
                after.file,
            )
        )
        return
    if side_by_side is None:
        side_by_side = console.width >= terminal.WIDE
    console.print(terminal.change(before, after, TABLE, side_by_side))


def get_data():
    """Get MNIST, or say why it can't be had."""
    from shared import mnist

    mnist.read(insist=True)
    print(f"MNIST is in {mnist.place()}")


def prove_promises(data, into):
    """Check what each stage promises its parent; print one row a change."""
    from shared import proof, runner

    into = into or runner.RUNS
    found = proof.prove(LADDER, PRELUDE + ENCORES, data, into)
    print(proof.text(found))
    print(f"wrote proof.json, proof.md and parting.png to {into}")
    if not found["held"]:
        raise RunError("a promise is broken")


def try_standin(into):
    """Train on the stand-in and read MNIST; draw both side by side."""
    from shared import runner, transfer

    into = into or runner.RUNS
    accuracy = transfer.report(into)["accuracy"]
    print(
        f"a CNN that learned from the stand-in reads {accuracy:.2%} of MNIST"
    )
    print(f"wrote standin.json and standin.png to {into}")


def measure_ladder(data, into):
    """Train all stages as a reader would; write what the book shows."""
    from shared import portrait, runner

    into = into or runner.RUNS
    portrait.measure(LADDER, data, into)
    print(f"wrote ladder.json and its pictures to {into}")


def build_book():
    """Make the book in site/."""
    from shared import book

    site = Path(__file__).parents[1] / "site"
    book.build(TABLE, LADDER, site)
    print(f"the book is at {site / 'index.html'}")


def write_readme():
    """Write the ladder into README.md."""
    from shared import readme

    readme.refresh(LADDER, PRELUDE + ENCORES)


def begin_exercise(stage, reverse, reset):
    """Write a file in which to make a change."""
    workshop.begin(exercise(stage, reverse), reset)


def check_exercise(stage, file, reverse, watch, data):
    """Check a change that a learner made."""
    task = exercise(stage, reverse)
    if watch:
        workshop.watch(task, file, data)
    elif not workshop.check(task, file, data):
        raise RunError(f"stage {task.target.name} is not reached yet")


def give_hint(stage, reverse):
    """Print one hint more than the last time."""
    workshop.hint(exercise(stage, reverse))


def show_progress():
    """Print which changes a learner has made, and undone."""
    workshop.show_progress(
        [
            (exercise(stage), exercise(stage, reverse=True))
            for stage in LADDER
            if stage.parent
        ]
    )


if __name__ == "__main__":
    sys.exit(main())
