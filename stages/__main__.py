"""The command line: `python -m stages 07`."""

import argparse
import gc
import os
import random
import sys
import time
from importlib import import_module
from pathlib import Path

from shared import languages
from shared.errors import InputError, RunError
from shared.files import replacing
from shared.languages import clauses, lines, local, say
from stages import ENCORES, LADDER, PRELUDE, TABLE
from stages.flags import FLAGS, RUN, whole

STARTED = time.perf_counter()
AROUND = PRELUDE + ENCORES
ROOT = Path(__file__).parents[1]
RUNS = ROOT / "runs"
EXTRAS = {  # packages that only some commands need, and what installs them
    "scipy": "proof",
    "jinja2": "book",
    "markupsafe": "book",
    "nbformat": "notebooks",
    "playwright": "dev",
}


ARGPARSE = (  # what it says of its own accord
    "usage: ",
    "positional arguments",
    "options",
    "show this help message and exit",
    "argument %(argument_name)s: %(message)s",
    "expected one argument",
    "expected at least one argument",
    "invalid choice: %(value)r (choose from %(choices)s)",
    "not allowed with argument %s",
    "one of the arguments %s is required",
    "the following arguments are required: %s",
    "unrecognized arguments: %s",
)
argparse._ = local  # in place of gettext


class Formatter(argparse.HelpFormatter):
    """Breaks lines where the language that is spoken may."""

    def _split_lines(self, text, width):
        return lines.fill(" ".join(text.split()), width).splitlines()


class Parser(argparse.ArgumentParser):
    def __init__(self, *args, **options):
        super().__init__(*args, formatter_class=Formatter, **options)

    def error(self, message):
        """Raise what argparse would print below several lines of usage."""
        raise InputError(
            say("{message} (--help lists what there is)", message=message)
        )


def main(argv=None):
    """Carry out one command line; return its exit code."""
    argv = sys.argv[1:] if argv is None else argv
    try:
        options = _parse(_in_language(argv))
        options.pop("command")(**options)
        sys.stdout.flush()
    except InputError as error:
        _complain(error)
        return 2
    except BrokenPipeError:
        # Whoever read along, such as `head`, has seen enough. What is still
        # to be written at exit goes nowhere.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1
    except ModuleNotFoundError as error:
        package = (error.name or "stages").partition(".")[0]
        if package in ("stages", "shared"):
            raise
        _complain(_lacking(package))
        return 1
    except (RunError, OSError) as error:
        _complain(error)
        return 1
    except KeyboardInterrupt:
        print(say("interrupted"), file=sys.stderr)
        return 130
    return 0


def _lacking(package):
    """Return what to do about a package that this Python does not have."""
    if package in EXTRAS:
        install = f'python -m pip install --editable ".[{EXTRAS[package]}]"'
        return say(
            "this needs {package}: {install}", package=package, install=install
        )
    return say(
        "this Python ({path}) has no {package}: use make, or activate .venv as"
        " README.md says",
        path=sys.executable,
        package=package,
    )


def _complain(error):
    print(say("error: {error}", error=error), file=sys.stderr)


def _in_language(argv):
    """Speak the language that a command line names; return the rest of it.

    Or else that of the environment. Raises InputError if there is no such.
    """
    parser = Parser(add_help=False, allow_abbrev=False)
    parser.add_argument("--lang")
    options, rest = parser.parse_known_args(argv)
    languages.use(options.lang or os.environ.get(languages.VARIABLE) or "en")
    return rest


def run_file(path):
    """Run the program that is being run as a file, or a copy of it.

    Takes the flags on its command line. The row is found by the name of the
    file, or by its code, as for a commit of `make history`. The file itself
    stands in for the module of that row.
    """
    code = Path(path).read_text(encoding="utf-8").strip()
    for stage in TABLE:
        if stage.path.name == Path(path).name or stage.code.strip() == code:
            sys.modules[stage.program_name] = sys.modules["__main__"]
            leave(main([stage.name, *sys.argv[1:]]))
    names = say(
        "{first} to {last}",
        first=LADDER[0].path.name,
        last=LADDER[-1].path.name,
    )
    _complain(
        say(
            "{file} has not the name of a stage, such as {names}, nor the code"
            " of one",
            file=Path(path).name,
            names=names,
        )
    )
    sys.exit(2)


def open_notebook(name):
    """Return the row of this name, for a notebook that has its program.

    What the cells of the notebook define stands in for the module of that
    row, as a file does that is run.
    """
    from shared.notebooks import cells

    here = sys.modules["__main__"]
    for row in TABLE:  # another notebook may have had this process before
        if sys.modules.get(row.program_name) is here:
            del sys.modules[row.program_name]
    [row] = [row for row in TABLE if row.name == name]
    sys.modules[row.program_name] = here
    cells.begin()
    return row


def _parse(argv):
    """Return the options of a command line, `command` being a function."""
    parser = Parser(
        prog="python -m stages",
        description=say("One MNIST training program, written twelve times."),
    )
    parser.add_argument(
        "--lang",
        choices=languages.LANGUAGES,
        default=argparse.SUPPRESS,  # it was taken before
        help=say("language of all that is printed (default: en)"),
    )
    parser.set_defaults(command=show_ladder)
    commands = parser.add_subparsers(metavar="COMMAND")

    def add(name, command, help):
        added = commands.add_parser(name, help=help, allow_abbrev=False)
        added.set_defaults(command=command)
        return added

    stage = add("stage", run_stage, say("run one stage; `07` alone will do"))
    stage.add_argument("stage", type=_row_of(LADDER), help=say("its number"))
    ladder = add("all", run_ladder, say("run all stages, then compare them"))
    for runs in (stage, ladder):
        _add_flags(runs, RUN)
    for row in AROUND:
        runs = add(row.name, run_stage, local(row.label))
        runs.set_defaults(stage=row)
        _add_flags(runs, row.flags)
    diff = add("diff", show_change, say("show the change between two stages"))
    diff.add_argument(
        "stages",
        nargs="+",
        type=_row_of(TABLE),
        metavar="stage",
        help=say("one, to compare it with the stage before it, or two"),
    )
    layout = diff.add_mutually_exclusive_group()
    layout.add_argument("--side-by-side", action="store_true", default=None)
    layout.add_argument(
        "--unified", action="store_false", dest="side_by_side", default=None
    )
    layout.add_argument(
        "--plain", action="store_true", help=say("a diff that `patch` takes")
    )
    diff.add_argument(
        "--mine",
        action="store_true",
        help=say("your own answer beside the stage, once it holds"),
    )
    diff.add_argument(
        "--reverse",
        action="store_true",
        help=say("with --mine: the one that undoes the change"),
    )
    explain = add("explain", explain_run, say("say why your numbers differ"))
    explain.add_argument("stage", type=_row_of(LADDER), help=say("its number"))
    add("data", get_data, say("download MNIST and nothing more"))
    prove = add("prove", prove_promises, say("check what each stage promises"))
    mutants = add("mutants", break_stages, say("break stages, and catch each"))
    standin = add(
        "standin", try_standin, say("train on the stand-in, test MNIST")
    )
    measure = add(
        "measure", measure_ladder, say("measure figures for the book")
    )
    for reports in (prove, mutants, standin, measure):
        _add_flags(reports, ["--output-dir", "--threads"])
    for reports in (prove, mutants, measure):
        _add_flags(reports, ["--data"])
    bench = add(
        "bench", measure_time, say("measure how long it takes, and others")
    )
    bench.set_defaults(what="bench")
    what = bench.add_mutually_exclusive_group()
    for name, text in (
        (
            "startup",
            say("from Enter to the first result, and to the last picture"),
        ),
        ("threads", say("one thread and all cores, quiet and busy")),
        ("costs", say("what each stage costs, and where its time goes")),
    ):
        what.add_argument(
            f"--{name}",
            action="store_const",
            const=name,
            dest="what",
            help=text,
        )
    _add_flags(bench, ["--data", "--output-dir"])
    results = add("results", publish, say("measure what README and book show"))
    results.add_argument(
        "--all",
        action="store_true",
        dest="everything",
        help=say("also what has not changed since it was measured"),
    )
    book = add("book", build_book, say("make the web pages, in site/"))
    book.add_argument(
        "--draft",
        action="store_true",
        help=say(
            "even if results are older than the code; every page says so"
        ),
    )
    notebooks = add(
        "notebooks", write_notebooks, say("make notebooks, in site/")
    )
    for publishes in (book, notebooks):
        publishes.add_argument(
            "--repository",
            metavar="URL",
            help=say("where the project is on GitHub, for notebooks on Colab"),
        )
    add("readme", write_readme, say("write ladder and results into README.md"))
    translate = add(
        "translations",
        list_translations,
        say("list what is to be translated, or no longer"),
    )
    translate.add_argument(
        "--missing",
        type=Path,
        metavar="FOLDER",
        help=say("write what is missing to files there, to be filled in"),
    )
    begin = add("try", begin_exercise, say("make a change yourself"))
    check = add("check", check_exercise, say("have your change checked"))
    hint = add("hint", give_hint, say("show one more hint"))
    for tasks in (begin, hint):
        tasks.add_argument("stage", type=_change, help=say("its number"))
    check.add_argument(
        "stage",
        type=_change_or_file,
        nargs="?",
        help=say("its number, or only a file"),
    )
    for tasks in (begin, check, hint):
        tasks.add_argument(
            "--reverse",
            action="store_true",
            help=say("undo the change instead"),
        )
    begin.add_argument(
        "--reset",
        action="store_true",
        help=say("begin anew; your file is kept"),
    )
    begin.add_argument(
        "--puzzle",
        action="store_true",
        help=say("with the lines of a small change to choose from"),
    )
    check.add_argument(
        "file", type=Path, nargs="?", help=say("default: the one in workshop/")
    )
    which = check.add_mutually_exclusive_group()
    which.add_argument(
        "--watch", action="store_true", help=say("check again at every change")
    )
    which.add_argument(
        "--all",
        type=Path,
        metavar="FOLDER",
        dest="folder",
        help=say("check all files in a folder and below"),
    )
    _add_flags(check, ["--data"])
    guess = add("guess", play_cards, say("which line is broken, if any?"))
    guess.add_argument(
        "--deck",
        type=_row_of(LADDER),
        metavar="STAGE",
        help=say("only cards of this stage"),
    )
    guess.add_argument(
        "--seed",
        type=whole(0),
        help=say("order of the cards (default: another each time)"),
    )
    progress = add("progress", show_progress, say("show what you have done"))
    for tells in (check, progress):
        tells.add_argument(
            "--json",
            action="store_true",
            dest="as_json",
            help=say("print JSON"),
        )
    add("history", write_history, say("write the ladder as a git repository"))
    bug = add("bisect", plant_bug, say("plant a bug in such a repository"))
    which = bug.add_mutually_exclusive_group()
    which.add_argument(
        "--seed", type=whole(0), help=say("which bug (default: any)")
    )
    which.add_argument(
        "--reveal", action="store_true", help=say("show what the bug is")
    )
    add(
        "bisect-step",
        judge_commit,
        say("is the commit that is checked out bad?"),
    )
    carry = add(
        "carry", carry_edit, say("take an edit of a stage to the others")
    )
    carry.add_argument(
        "stage", type=_row_of(TABLE), help=say("the one that was edited")
    )
    carry.add_argument(
        "--back",
        action="store_true",
        help=say("to earlier ones, not later ones"),
    )
    carry.add_argument(
        "--write", action="store_true", help=say("write what is shown")
    )

    # `python -m stages 07` is short for `python -m stages stage 07`.
    if argv and argv[0] not in {*commands.choices, "-h", "--help"}:
        argv = ["stage", *argv]
    options, left = parser.parse_known_args(argv)
    # Python 3.11 takes no second argument after a flag: check 07 --json FILE.
    if "file" in options and not options.file and len(left) == 1:
        [file] = left
        if not file.startswith("-"):
            options.file, left = Path(file), []
    if left:
        parser.error(local("unrecognized arguments: %s") % " ".join(left))
    return vars(options)


def _add_flags(parser, names):
    for name in names:
        flag = FLAGS[name]
        parser.add_argument(name, **flag | {"help": local(flag["help"])})


def _row_of(rows):
    """Return a parser of names of rows: "07", or "encore-fast"."""

    def parse(text):
        for row in rows:
            if text.zfill(2) == row.name or text in (row.module, row.target):
                return row
        raise argparse.ArgumentTypeError(
            say(
                "there is no stage {name!r}: stages are {first} to {last}, and"
                " `python -m stages` lists the preludes and encores",
                name=text,
                first=LADDER[0].name,
                last=LADDER[-1].name,
            )
        )

    return parse


def _change(text):
    """Find a row of the ladder that has something before it."""
    stage = _row_of(LADDER)(text)
    if stage.parent is None:
        raise argparse.ArgumentTypeError(
            say(
                "stage {stage} is the first; there is no change to make",
                stage=stage.name,
            )
        )
    return stage


def _change_or_file(text):
    """Find a row as `_change` does, or return the path of a file."""
    return Path(text) if text.endswith(".py") else _change(text)


def _helper(row):
    """Return the module of `shared.extras` that serves a row, or None."""
    return row.helper and import_module(f"shared.extras.{row.helper}")


def show_ladder():
    """Print one line or two for each stage."""
    from rich.console import Console
    from rich.table import Table

    console = Console(highlight=False)

    def show(rows):
        table = Table.grid(padding=(0, 2, 0, 0))
        table.add_column(no_wrap=True)
        for stage in rows:
            [*_, title] = local(f"{stage.name} {stage.title}").split(" ", 1)
            title = (title,) if stage in LADDER else ()
            table.add_row(f"  {stage.name}", *title, ", ".join(stage.swaps_in))
        console.print(table)

    print(say("One MNIST training program, written twelve times:"), "\n")
    show(LADDER)
    print()
    print(say("Preludes and encores, before and after the twelve:"), "\n")
    show(AROUND)
    print()
    said = say(
        "Start with `python -m stages 01`, then `python -m stages diff 02`;"
        " --help lists the other commands."
    )
    print(lines.fill(said, 79))


def run_stage(stage, **options):
    """Run one stage, prelude or encore, by its helper or as usual."""
    helper = _helper(stage)
    if hasattr(helper, "run"):
        helper.run(stage, **options)
    else:
        _run([stage], **options)


def run_ladder(**options):
    """Run all stages, then print how they compare."""
    results = _run(LADDER, **options)
    from shared.results import tables

    found = {result["stage"]: result for result in results}
    print()
    print(say("On {data}:", data=local(results[0]["data"])))
    _show(tables.of_stages(LADDER, found))
    print()
    said = say(
        "From stage 08 on the images are shuffled, and accuracy depends more"
        " on chance than on the stage: README.md, “What a stage promises,"
        " proved”, tells more."
    )
    print(lines.fill(said, 79))


def _run(stages, data, no_accel, **options):
    """Run these stages on the same data; return what came of each."""
    # Not at the top: torch takes seconds to import, a typing error needn't.
    from shared.data import mnist
    from shared.training import runner

    options = runner.checked(stages, no_accel, options)
    splits = mnist.load(data)
    return [
        runner.run(
            stage, stage.program.train, splits, accel=not no_accel, **options
        )
        for stage in stages
    ]


def _show(rows):
    """Print a table in the terminal."""
    from rich.console import Console

    from shared.results import tables

    Console(highlight=False).print(tables.terminal(rows))


def show_change(stages, side_by_side, plain, mine, reverse):
    """Show what changes from one stage to another.

    In a terminal with notes and colours, side by side if it is wide enough;
    elsewhere, unless a layout is asked for, as a diff that `patch` takes.
    """
    from shared.reading import diff, terminal

    if len(stages) > 2 or len(stages) != len(set(stages)):
        names = ", ".join(stage.name for stage in stages)
        raise InputError(
            say("a change is between two stages, not {names}", names=names)
        )
    *before, after = stages
    if mine or reverse:
        if before or not mine:
            raise InputError(
                say("--mine goes with one stage, --reverse with it")
            )
        show_answer(after, side_by_side, plain, reverse)
        return
    if not before:
        before = [stage for stage in TABLE if stage.name == after.parent]

    plain = plain or (side_by_side is None and not sys.stdout.isatty())
    if plain:  # it is the same, byte for byte, on all systems
        sys.stdout.reconfigure(encoding="utf-8", newline="\n")
    if not before:
        print(
            say(
                "{stage}: nothing comes before it; here is all of it.",
                stage=local(after.label),
            ),
            end="\n\n",
            file=sys.stderr if plain else sys.stdout,
            flush=True,
        )
        if plain:
            sys.stdout.write(after.source)
        else:
            terminal.show(terminal.program(after))
        return
    [before] = before
    if plain:
        sys.stdout.write(
            diff.patch(before.source, after.source, before.file, after.file)
        )
    else:
        terminal.show(terminal.change(before, after, TABLE, side_by_side))


def show_answer(stage, side_by_side, plain, reverse):
    """Show a reader's own answer, and how our stage differs from it."""
    from shared.reading import diff, terminal
    from shared.workshop import commands, exercises

    if stage not in LADDER or not stage.parent:
        raise InputError(
            say("{stage} is no exercise", stage=local(stage.label))
        )
    task = exercises.exercise(stage, LADDER, reverse)
    name, target = str(exercises.shown(task.path)), task.target
    mine = terminal.Program(name, *exercises.bare(commands.answer(task)))
    ours = terminal.Program(target.label, *exercises.bare(target.source))
    if plain or (side_by_side is None and not sys.stdout.isatty()):
        sys.stdout.write(diff.patch(mine.code, ours.code, name, target.file))
    else:
        terminal.show(terminal.answer(mine, ours, side_by_side))


def explain_run(stage):
    """Say why the last run of a stage gave other numbers than published."""
    from shared.proof import explain

    explain.explain(stage)


def get_data():
    """Get MNIST, or say why it is not available."""
    from shared.data import mnist

    mnist.read(insist=True)
    print(say("MNIST is in {folder}", folder=mnist.place()))


def prove_promises(data, output_dir, known=None, threads=None):
    """Check what each stage promises; print a table of what was found."""
    from shared.proof import prove
    from shared.results import tables
    from shared.training import runner

    output_dir = output_dir or runner.RUNS
    checks = {row.name: getattr(_helper(row), "prove", None) for row in AROUND}
    found = prove.prove(
        LADDER,
        AROUND,
        checks,
        data,
        output_dir,
        known,
        threads or runner.THREADS,
    )
    for table in (*tables.of_proof(found), tables.of_proof_around(found)):
        _show(table)
        print()
    for change in found["changes"]:
        if not change["held"]:
            reading = change["float64"]["reading"]
            print(f"{change['parent']} → {change['stage']}: {reading}")
    print(f"wrote proof.json, proof.md and parting.png to {output_dir}")
    if not found["held"]:
        raise RunError("a promise is broken")


def break_stages(data, output_dir, known=None, threads=None):
    """Break stages on purpose; print what caught each."""
    from shared.proof import mutation
    from shared.results import tables
    from shared.training import runner

    output_dir = output_dir or runner.RUNS
    found = mutation.measure(
        LADDER, data, output_dir, known, threads or runner.THREADS
    )
    _show(tables.of_mutants(found))
    print(f"\n{mutation.summary(found)}")
    print(f"wrote mutants.json and mutants.md to {output_dir}")
    if escaped := mutation.escaped(found):
        names = "; ".join(f"{m['stage']} {m['mutant']}" for m in escaped)
        raise RunError(f"not as expected: {names}")


def try_standin(output_dir, threads=None):
    """Train on the stand-in and test on MNIST; draw both side by side."""
    from shared.proof import transfer
    from shared.training import runner

    output_dir = output_dir or runner.RUNS
    found = transfer.report(output_dir, threads or runner.THREADS)
    print(
        "a CNN trained on the stand-in alone reads"
        f" {found['accuracy']:.2%} of MNIST's test images"
    )
    print(f"wrote standin.json and standin.png to {output_dir}")


def measure_ladder(data, output_dir, known=None, threads=None):
    """Train all stages as a reader would; write what the book shows."""
    from shared.proof import figures
    from shared.training import runner

    output_dir = output_dir or runner.RUNS
    figures.measure(LADDER, data, output_dir, known, threads or runner.THREADS)
    print(f"wrote ladder.json and its pictures to {output_dir}")


def measure_time(what, data, output_dir):
    """Measure one thing by the module of `shared.extras` of that name."""
    from shared.results import tables
    from shared.training import runner

    output_dir = output_dir or runner.RUNS
    bench = import_module(f"shared.extras.{what}")
    found = getattr(tables, f"of_{what}")(
        bench.report(TABLE, data, output_dir)
    )
    for table in found if isinstance(found, tuple) else (found,):
        _show(table)
        print()
    print(
        say(
            "wrote {what}.json to {output_dir}",
            what=what,
            output_dir=output_dir,
        )
    )


def publish(everything):
    """Measure on MNIST what README.md and the book show, and write it there.

    What was measured of code that has not changed since is taken over,
    unless `everything` is to be measured again.
    """
    from shared.extras import fast
    from shared.proof import losses, transfer, versions
    from shared.results import published

    def known(name):
        try:
            return None if everything else published.read(name)
        except RunError:
            return None

    into = published.RESULTS
    if found := known("proof"):
        changed = [row.label for row in published.stale(found, TABLE)]
        names = "; ".join(changed) or "nothing"
        print(f"Changed since it was measured: {names}.", flush=True)
    prove_promises("mnist", into, known("proof"))
    break_stages("mnist", into, known("mutants"))
    measure_ladder("mnist", into, known("ladder"))
    print("Training every stage in float32 and in float64.", flush=True)
    losses.measure(LADDER, "mnist", into, known("losses"))
    standin = known("standin")
    if not standin or standin["code"] != transfer.code():
        try_standin(into)
    [row] = [row for row in ENCORES if row.helper == "fast"]
    speed = known("speed")
    if not speed or published.stale(speed, [row.origin, row]):
        fast.run(row, measure=True, output_dir=into, data="mnist")
    for what in ("threads", "costs", "startup"):
        found = known(what)
        if not found or published.stale(
            found, [row for row in LADDER if row.name in found["code"]]
        ):
            measure_time(what, "mnist", into)
    versions.write(into / "constraints.txt")
    write_readme()
    try:
        from shared.book import browser
        from shared.workshop.tasks import FORWARD

        browser.picture(
            TABLE, LADDER, FORWARD, "stage-07.html", into / "page.png"
        )
        print(f"wrote page.png to {into}")
    except (RunError, ModuleNotFoundError) as error:
        print(f"page.png is as it was: {error}")


def build_book(draft, repository):
    """Make the book in site/, and the notebooks that its pages offer."""
    from shared.book import build
    from shared.workshop.tasks import FORWARD

    made = _notebooks(repository)
    _keep_notebooks()
    build.build(TABLE, LADDER, FORWARD, ROOT / "site", draft, made)
    edition = "zh" if languages.current() == "zh" else ""
    path = ROOT / "site" / edition / "index.html"
    print(say("the book is at {path}", path=path))


def write_notebooks(repository):
    """Make the notebooks, in site/notebooks/ and in site/zh/notebooks/."""
    from shared.notebooks import build

    made = _notebooks(repository)
    _keep_notebooks()
    build.write(made, ROOT / "site")
    folders = sorted({str(Path(name).parent) for name in made})
    print(
        say(
            "wrote {n} notebooks to {folders}",
            n=len(made),
            folders=f" {say('and')} ".join(f"site/{name}" for name in folders),
        )
    )


def _notebooks(repository=None):
    """Return the notebooks in all languages, {path in the site: text}."""
    from shared.notebooks.build import notebooks

    made = {}
    for language in languages.LANGUAGES:
        with languages.use(language):
            made |= notebooks(TABLE, LADDER, repository)
    return made


def _keep_notebooks():
    """Move what a reader has changed out of the way of new notebooks."""
    from shared.notebooks import build

    for path in build.keep(ROOT / "site", ROOT / "workshop" / "notebooks"):
        print(say("kept your notebook as {path}", path=_shown(path)))


def write_readme():
    """Write ladder and results into README.md."""
    from shared.reading import readme

    readme.refresh(LADDER, AROUND)


def list_translations(missing):
    """List what has no translation, and what is left over, by file.

    With the folder `missing`, write the first into files there, in the order
    in which one reads it: {English: ""}.
    """
    from shared.book import build
    from shared.languages import sources
    from shared.workshop.tasks import FORWARD
    from stages import translations

    pages = build.pages(
        TABLE, LADDER, FORWARD, draft=True, notebooks=_notebooks()
    )
    everything = translations.everything(pages.values())
    asked, over = sources.compared(everything, "zh")
    for heading, found in (("missing", asked), ("left over", over)):
        for file, texts in found.items():
            if texts:
                print(f"{heading} in shared/languages/zh/{file}: {len(texts)}")
            if not missing or found is over:
                for text in texts:
                    print(f"  {text}")
    if missing:
        missing.mkdir(parents=True, exist_ok=True)
        for file, texts in asked.items():
            with replacing(missing / file) as part:
                part.write_text(sources.written(dict.fromkeys(texts, "")))
        print(f"wrote what is missing to {missing}")


def begin_exercise(stage, reverse, reset, puzzle):
    """Write a file in which to make a change."""
    from shared.workshop import commands, exercises

    task = exercises.exercise(stage, LADDER, reverse)
    commands.begin(task, reset, _puzzle(task) if puzzle else None)


def _puzzle(task):
    """Return the puzzle of an exercise; raise InputError if there is none."""
    from shared.workshop import exercises
    from shared.workshop.puzzle import puzzle

    changes = [
        exercises.exercise(row, LADDER, task.reverse)
        for row in LADDER
        if row.parent
    ]
    puzzles = {each.key: puzzle(each) for each in changes}
    if not puzzles[task.key]:
        names = ", ".join(e.stage.name for e in changes if puzzles[e.key])
        raise InputError(
            say(
                "stage {stage} is no puzzle with --reverse: only small changes"
                " are, {names}"
                if task.reverse
                else "stage {stage} is no puzzle: only small changes are,"
                " {names}",
                stage=task.stage.name,
                names=names,
            )
        )
    return puzzles[task.key]


def check_exercise(stage, file, reverse, watch, folder, as_json, data):
    """Check a change that a learner made, or all answers in a folder."""
    from shared.workshop import commands, exercises

    if watch and as_json:
        raise InputError(say("--json does not go with --watch"))
    paths = [p for p in (stage, file, folder) if isinstance(p, Path)]
    if isinstance(stage, Path):
        stage, file = None, stage
    if len(paths) > 1 or not (stage or paths):
        raise InputError(
            say(
                "name one thing to check: `check 07`, a file as in `check"
                " mine.py`, or a folder of answers as in `check --all"
                " answers`"
            )
        )

    def find(path):
        """Return the exercise that a file answers, if it is not given."""
        if stage:
            return exercises.exercise(stage, LADDER, reverse)
        name, back = exercises.of_file(path) or (None, False)
        for row in LADDER:
            if row.name == name and row.parent:
                return exercises.exercise(row, LADDER, back or reverse)
        raise InputError(
            say(
                "{path} does not say which stage it is to become: name it, as"
                " in `check 07 {path}`",
                path=path,
            )
        )

    if folder:
        if not commands.check_all(folder, find, data, as_json):
            raise RunError(say("not all of these are solved yet"))
        return
    task = find(file)
    following = [
        exercises.exercise(row, LADDER, task.reverse)
        for row in LADDER
        if row.parent == task.stage.name
    ]
    following = following[0] if following else None
    if watch:
        commands.watch(task, file, data, STARTED, following)
    elif not commands.check(task, file, data, STARTED, following, as_json):
        undone = " --reverse" if task.reverse else ""
        raise RunError(
            say(
                "exercise {exercise} is not solved yet",
                exercise=f"{task.stage.name}{undone}",
            )
        )


def give_hint(stage, reverse):
    """Print one more hint than the last time."""
    from shared.workshop import commands, exercises

    commands.hint(exercises.exercise(stage, LADDER, reverse))


def play_cards(deck, seed):
    """Show programs, some of them broken, and ask which line is wrong."""
    from shared.workshop import guess

    guess.play(LADDER, deck, seed)


def show_progress(as_json):
    """Print which changes a learner has made, and undone."""
    from shared.workshop import commands, exercises

    commands.show_progress(
        [
            tuple(
                exercises.exercise(stage, LADDER, reverse)
                for reverse in (False, True)
            )
            for stage in LADDER
            if stage.parent
        ],
        as_json,
    )


def write_history():
    """Write the programs as commits of a git repository."""
    from shared.history import repository

    main_line = repository.main_line(PRELUDE, LADDER)
    folder = RUNS / "history"
    if not repository.make(folder, main_line, ENCORES):
        print(say("{folder} is up to date", folder=_shown(folder)))
        return
    print(
        say(
            "wrote {folder}, a git repository with {n} commits: {first}\nto"
            " {last}. Each encore is a branch.",
            folder=_shown(folder),
            n=len(main_line),
            first=local(main_line[0].label),
            last=local(main_line[-1].label),
        )
    )
    print(say("Look at it:"))
    print(
        f"  cd {_shown(folder)}\n"
        "  git log --oneline\n"
        "  git log -p\n"
        f"  git diff {LADDER[0].target} {LADDER[-1].target}\n"
        f"  git blame -s {repository.FILE}"
    )


def plant_bug(seed, reveal):
    """Plant a bug in a history, or show what was planted."""
    from shared.history import bisect, repository

    folder = RUNS / "bisect"
    if reveal:
        _reveal_bug(folder)
        return
    if seed is None:
        seed = random.randrange(10_000)
    main_line = repository.main_line(PRELUDE, LADDER)
    last = bisect.make(folder, main_line, LADDER, seed)
    print(
        say(
            "wrote {folder}, a git repository with the programs up to {last}.",
            folder=_shown(folder),
            last=local(last.label),
        )
    )
    said = say(
        "One of its commits adds a bug. From there on, a training with seed 0"
        " in float64 does not give the accuracy that it should; no program"
        " stops with an error."
    )
    print(lines.fill(said, 79))
    print(say("Find the commit:"))
    print(
        f"  cd {_shown(folder)}\n"
        f"  git bisect start main {LADDER[0].target}\n"
        "  git bisect run make -C ../.. bisect-step"
    )
    print(say("Then: {command}", command='make bisect ARGS="--reveal"'))
    print(
        say(
            "The same bug for somebody else: {command}",
            command=f'make bisect ARGS="--seed {seed}"',
        )
    )


def _reveal_bug(folder):
    from shared.history import bisect
    from shared.reading import diff

    plant, seed = bisect.reveal(folder, LADDER)
    rows = {row.name: row for row in LADDER}
    first, last = rows[plant.first], rows[plant.last]
    honest = bisect.repository.program(first)
    print(
        say(
            "{stage}: {mutant} (seed {seed}). In this history up to {last}.",
            stage=local(first.label),
            mutant=local(plant.mutant.name),
            seed=seed,
            last=local(last.label),
        ),
        end="\n\n",
    )
    sys.stdout.write(
        diff.patch(
            honest,
            plant.programs[plant.first],
            say("as it should be"),
            say("planted"),
        )
    )


def judge_commit():
    """Exit with 0 if what is checked out in `runs/bisect` is good, else 1.

    That is what `git bisect run` asks for. At 128 and more it stops.
    """
    from shared.history import bisect

    try:
        stage, report = bisect.step(RUNS / "bisect", LADDER)
    except (InputError, RunError, OSError) as error:
        _complain(error)
        sys.exit(128)
    print(
        say(
            "{stage}: good, {found}"
            if report.equal
            else "{stage}: bad, {found}",
            stage=local(stage.label),
            found=clauses(str(report)),
        )
    )
    sys.exit(not report.equal)


def carry_edit(stage, back, write):
    """Take the edit of one program to those that it shares lines with.

    Shows what comes of it, and writes it only if asked.
    """
    from shared.history import carry
    from shared.reading import diff

    carried, unreached = carry.carry(stage, TABLE, ROOT, back)
    merged = [found for found in carried if not found.clashes]
    new = [found for found in merged if found.source != found.before]
    for found in new:
        file = found.row.file
        print(diff.patch(found.before, found.source, file, file))
    for found in merged:
        print(f"{found.row.label}: {'' if found in new else 'already '}merged")
        if found.changed:
            print(f"  but a change is not what it was: it {found.changed}")
    if merged and not any(found.changed for found in merged):
        print("Apart from the edit, all these changes are what they were.")
    if write:
        carry.write(new)
        print(f"Written: {len(new)}. Notes are as they were.")
    elif new:
        print("Nothing is written yet: add --write.")
    if stage.origin and not back:
        print(f"To earlier ones: python -m stages carry {stage.name} --back")
    paths = carry.keep_conflicts(carried, RUNS / "carry")
    if paths:
        marked = ", ".join(_shown(path) for path in paths)
        beyond = ", ".join(row.name for row in unreached)
        raise RunError(
            f"conflicts, marked in {marked}: resolve them, and copy the"
            " result to stages/"
            + (
                f". To go on to {beyond}, carry that stage then"
                if beyond
                else ""
            )
        )


def _shown(folder):
    """Return a folder as the reader calls it, from the project's own."""
    return folder.relative_to(ROOT).as_posix()


def leave(code):
    """End Python, without a last search for garbage.

    It would go through all that torch has imported, for a third of a second.
    """
    gc.freeze()
    sys.exit(code)


if __name__ == "__main__":
    leave(main())
