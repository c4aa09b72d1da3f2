"""Make notebooks of the table: one for each program, two for each exercise.

Nothing in them is written twice: notes, code, tasks and hints are those of
the sources. A notebook is the same file each time, without outputs. Its words
are in the language that is spoken while it is made.
"""

import ast
import hashlib
import json
import re
from importlib.metadata import requires
from pathlib import PurePosixPath
from typing import NamedTuple

import nbformat
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook

from shared import languages
from shared.errors import InputError
from shared.files import replacing
from shared.languages import local, say
from shared.reading import diff, notes
from shared.workshop.exercises import bare, exercise

GITHUB = re.compile(r"https://github\.com/([\w.-]+/[\w.-]+?)(\.git)?/?")
COLAB = "https://colab.research.google.com"
BRANCH = "notebooks"  # of the repository, with the folder site/ in it
NAMES = {"en": "English", "zh": "中文"}
OURS = "torch-in-twelve"  # in the metadata: a digest of the cells as made
PYTHON = {
    "kernelspec": {
        "name": "python3",
        "display_name": "Python 3",
        "language": "python",
    },
    "language_info": {"name": "python"},
}

SETUP = """\
# {why}
import os
import sys
from pathlib import Path

os.environ["{variable}"] = "{language}"
here = Path("torch-in-twelve").resolve()
for project in (here, *here.parents):
    if (project / "stages" / "flags.py").exists():
        os.chdir(project)
        sys.path.insert(0, str(project))
        break
{otherwise}
{begin}"""
CLONE = """\
else:
    !git clone --quiet --depth 1 {repository} {{here}}
    %pip install --quiet {packages}
    os.chdir(here)
    sys.path.insert(0, str(here))
"""
OF_A_PROGRAM = """\
from stages.__main__ import open_notebook

stage = open_notebook("{name}")"""
OF_AN_EXERCISE = """\
from shared.notebooks import cells
from stages import LADDER

cells.add_check(LADDER)"""

TRAIN = """\
from shared.data import mnist
from shared.notebooks import cells
from shared.training import runner

splits = mnist.load()
metrics = runner.run(stage, train, splits)
cells.show_pictures(stage)"""
COMMAND = """\
from shared.notebooks import cells
from stages.__main__ import main

if main([stage.name]) == 0:
    cells.show_pictures(stage)"""
GET_DIGITS = """\
from shared.data import mnist

splits = mnist.load()
"""
COMPARE = """\
few = splits.first(10_000, 1_000)
cells.compare(stage, train, few)"""
CLAIMS = """\
from shared.extras import {helper}

claims = {helper}.prove(stage, stage.origin, None, None)
cells.show_claims(claims)"""


class Place(NamedTuple):
    """Where a notebook is: its name, a language, and a repository or none."""

    name: str
    language: str
    repository: str | None

    @property
    def path(self):
        """Its path in the site: "notebooks/stage-07.ipynb"."""
        folder = "" if self.language == "en" else f"{self.language}/"
        return f"{folder}notebooks/{self.name}.ipynb"

    @property
    def on_colab(self):
        owner_and_name = GITHUB.fullmatch(self.repository)[1]
        return (
            f"{COLAB}/github/{owner_and_name}/blob/{BRANCH}/site/{self.path}"
        )

    def link(self, name, language=None):
        """Return the address of another notebook, for a link in this one."""
        to = Place(name, language or self.language, self.repository)
        if self.repository:
            return to.on_colab
        if to.language == self.language:
            return f"{name}.ipynb"
        return f"{'../' * self.path.count('/')}{to.path}"

    def ways(self):
        """Return what leads to Colab, and to the same in other languages."""
        ways = []
        if self.repository:
            image = f"![Open in Colab]({COLAB}/assets/colab-badge.svg)"
            ways.append(f"[{image}]({self.on_colab})")
        for language, name in NAMES.items():
            if language != self.language:
                ways.append(f"[{name}]({self.link(self.name, language)})")
        return " ".join(ways)

    def setup(self, begin):
        """Return the cell that finds the project, and gets it if it may."""
        why = say("Find the project: where this notebook is, or installed.")
        otherwise = ""
        if self.repository:
            why = say("Find the project, or get it. No torch is installed.")
            otherwise = CLONE.format(
                repository=self.repository,
                packages=" ".join(f'"{package}"' for package in _light()),
            )
        code = SETUP.format(
            why=why,
            variable=languages.VARIABLE,
            language=self.language,
            otherwise=otherwise,
            begin=begin,
        )
        return "code", code


def notebooks(table, ladder, repository=None):
    """Return all notebooks, {path in the site: text}.

    `ladder` are those of the rows of `table` that are numbered stages. Each
    row has a notebook, and each change of the ladder two, to make it and to
    undo it. With the address of a `repository` on GitHub they can be opened
    on Colab, if they are on its branch `BRANCH`. Raises InputError if it is
    no such address.
    """
    if repository is not None:
        found = GITHUB.fullmatch(repository)
        if not found:
            raise InputError(
                say(
                    "--repository {repository} is no address of a repository"
                    " on GitHub, such as https://github.com/owner/name",
                    repository=repository,
                )
            )
        repository = f"https://github.com/{found[1]}"
    made = {}

    def make(name, cells_of, what, following):
        place = Place(name, languages.current(), repository)
        cells = cells_of(what, following, place)
        made[place.path] = f"{nbformat.writes(_notebook(cells), indent=1)}\n"

    for row, following in _with_next(table):
        make(row.target, _of_program, row, following)
    for reverse in (False, True):
        for task, following in _with_next(
            [exercise(row, ladder, reverse) for row in ladder if row.parent]
        ):
            make(_file(task), _of_exercise, task, following)
    return made


def _with_next(rows):
    return zip(rows, [*rows[1:], None], strict=True)


def write(made, site):
    """Write notebooks, {path in the site: text}, to the folder `site`."""
    for name, text in made.items():
        with replacing(site / PurePosixPath(name)) as part:
            part.write_text(text, encoding="utf-8", newline="\n")


def keep(site, folder):
    """Move notebooks that are a reader's work out of the `site`.

    That are those with cells that `notebooks` did not make, or not of late.
    They go to `folder`, under a name that is free. Returns their new paths.
    """
    kept = []
    for path in sorted(site.glob("**/notebooks/*.ipynb")):
        try:
            notebook = nbformat.read(path, as_version=4)
        except Exception:  # whatever is wrong with it, it is not ours
            notebook = None
        if notebook and notebook.metadata.get(OURS) == _digest(notebook):
            continue
        number, to = 1, folder / path.name
        while to.exists():
            number, to = number + 1, folder / f"{path.stem}-{number}.ipynb"
        folder.mkdir(parents=True, exist_ok=True)
        path.replace(to)
        kept.append(to)
    return kept


def _digest(notebook):
    """Return a digest of the cells, whatever came of running them."""
    cells = [(cell.cell_type, cell.source) for cell in notebook.cells]
    return hashlib.sha256(json.dumps(cells).encode()).hexdigest()[:16]


def pieces(code):
    """Return the pieces of a program, each with the number of its first line.

    Imports are a piece, and each definition is one, with the comments above
    it; so is what stands between them. The tail of a stage is left out. Lines
    count from 0.
    """
    lines = code.splitlines()
    found, kind = [], None
    end = 0
    for node in ast.parse(code).body:
        if isinstance(node, ast.If) and "__main__" in ast.unparse(node.test):
            break
        before, kind = kind, _kind(node)
        start, end = end, node.end_lineno
        if found and kind == before != "definition":
            start = found.pop()[0]
        found.append((start, end))
    return [_stripped(start, lines[start:end]) for start, end in found]


def _kind(node):
    if isinstance(node, ast.Import | ast.ImportFrom):
        return "import"
    if isinstance(node, ast.FunctionDef | ast.ClassDef):
        return "definition"
    return "statement"


def _stripped(start, lines):
    """Return the number of the first line that is not blank, and the text."""
    while not lines[0].strip():
        start, lines = start + 1, lines[1:]
    return start, "\n".join(lines)


def _of_program(row, following, place):
    """Return the cells of a program's notebook, {id: (kind, text)}."""
    lead, rest, _ = notes.split(row.notes)
    parent = row.origin
    cells = {
        "title": _markdown(
            f"# {local(row.label)}",
            place.ways(),
            languages.markdown(lead),
            languages.markdown(rest),
            say("Swaps in: {codes}.", codes=_codes(row.swaps_in)),
            row.goes_out
            and say("Goes out: {codes}.", codes=_codes(row.goes_out)),
            parent
            and say("Promise: {promise}.", promise=local(str(row.promise))),
        ),
        "setup": place.setup(OF_A_PROGRAM.format(name=row.name)),
    }
    if parent:
        change = diff.patch(
            bare(parent.source)[1],
            bare(row.source)[1],
            parent.file,
            row.file,
        )
        cells["change"] = _markdown(
            f"## {say('The change from {parent}', parent=_named(parent))}",
            f"```diff\n{change}```",
        )
    cells["program"] = _markdown(f"## {say('The program')}")
    cells |= _code_and_notes(row)
    trains = re.search(r"^def train\(", row.code, re.MULTILINE)
    cells["run"] = _markdown(f"## {say('Run it')}", *_how_it_is_run(row))
    cells["train"] = ("code", COMMAND if row.helper else TRAIN)
    if parent:
        cells["compared"] = _markdown(
            f"## {say('Compare it with {parent}', parent=_named(parent))}",
            *(_how_it_is_compared(row) if trains else ()),
        )
        compare = CLAIMS.format(helper=row.helper)
        if trains:
            compare = (GET_DIGITS if row.helper else "") + COMPARE
        cells["compare"] = ("code", compare)
    cells["next"] = _markdown(
        parent
        and row.name.isdigit()
        and say(
            "Make this change yourself: [exercise {name}]({address}).",
            name=row.name,
            address=place.link(f"exercise-{row.name}"),
        ),
        following
        and say(
            "Next: [{label}]({address}).",
            label=local(following.label),
            address=place.link(following.target),
        ),
    )
    return cells


def _code_and_notes(row):
    """Return a cell for each piece of a program, each below its notes."""
    _, _, points = notes.split(row.notes)
    tied = {note.text: note.line for note in notes.of(row)}
    parts = pieces(row.code)
    ends = [*(start for start, _ in parts[1:]), row.code.count("\n")]
    cells = {}
    for n, ((start, code), end) in enumerate(zip(parts, ends, strict=True), 1):
        here = [point for point in points if start <= tied[point] < end]
        if here:
            cells[f"notes-{n}"] = _markdown("\n".join(map(_bullet, here)))
        cells[f"code-{n}"] = ("code", code)
    return cells


def _how_it_is_run(row):
    """Yield what to know before a program is run, in paragraphs."""
    yield say(
        "This does what `make {target}` does, and writes to `runs/{target}`"
        " too.",
        target=row.target,
    )
    if not row.helper:
        yield say(
            "To try other values:"
            " `runner.run(stage, train, splits, epochs=5, lr=0.1)`."
        )
    elif row.flags:
        yield say('To see its flags: `main([stage.name, "--help"])`.')
    if "--nproc" in row.flags:
        yield say(
            "It starts processes, and these run the file `{file}`: what you"
            " change in the cells above does not reach them.",
            file=row.file,
        )


def _how_it_is_compared(row):
    """Yield what to know of the comparison, in paragraphs."""
    yield say(
        "Both are trained in float64, as for the proof, but on 10,000 images"
        " only. Take `splits` in place of `few` for all of them."
    )
    if row.promise.precondition:
        yield say(
            "They are given the same initial weights first."
            if row.promise.precondition == "initial weights"
            else "They are given the same order of images first."
        )


def _of_exercise(task, following, place):
    """Return the cells of an exercise's notebook, {id: (kind, text)}."""
    name = task.stage.name
    magic, command = f"%%check {name}", f"make check-{name}"
    if task.reverse:
        magic, command = f"{magic} --reverse", f'{command} ARGS="--reverse"'
    heading = say(
        "Exercise {name} in reverse, {title}"
        if task.reverse
        else "Exercise {name}, {title}",
        name=name,
        title=local(f"{name} {task.stage.title}").partition(" ")[2],
    )
    cells = {
        "title": _markdown(f"# {heading}", place.ways(), *task.paragraphs()),
        "setup": place.setup(OF_AN_EXERCISE),
        "answer": _markdown(
            f"## {say('Your program')}",
            say(
                "Change it and run the cell: it is then checked as"
                " `{command}` does. Leave its first line as it is.",
                command=command,
            ),
        ),
        "check": ("code", f"{magic}\n{bare(task.start.source)[1].rstrip()}"),
        "hints": _markdown(f"## {say('If you are stuck')}"),
    }
    hints = task.task.hints
    for number, hint in enumerate(hints, 1):
        head = say("Hint {number} of {many}", number=number, many=len(hints))
        cells[f"hint-{number}"] = _markdown(
            f"<details><summary>{head}</summary>", local(hint), "</details>"
        )
    cells["next"] = _markdown(
        say(
            "When it holds, read ours: [{label}]({address}).",
            label=local(task.target.label),
            address=place.link(task.target.target),
        ),
        following
        and say(
            "Next: [exercise {name}]({address}).",
            name=following.stage.name,
            address=place.link(_file(following)),
        ),
    )
    return cells


def _file(task):
    """Return the name of an exercise's notebook: "exercise-07-reverse"."""
    return f"exercise-{task.key}"


def _named(row):
    """Return how a heading calls a row: "stage 06", "encore-fast"."""
    if row.name.isdigit():
        return say("stage {name}", name=row.name)
    return row.name


def _codes(codes):
    return ", ".join(f"`{code}`" for code in codes)


def _bullet(text):
    return "- " + languages.markdown(text).replace("\n", "\n  ")


def _markdown(*paragraphs):
    """Return a cell of those paragraphs that are not empty."""
    return "markdown", "\n\n".join(p.strip() for p in paragraphs if p)


def _notebook(cells):
    """Return a notebook; nbformat makes sure that its parts are valid."""
    new = {"code": new_code_cell, "markdown": new_markdown_cell}
    made = new_notebook(
        cells=[new[kind](text, id=id) for id, (kind, text) in cells.items()],
        metadata=PYTHON,
    )
    made.metadata[OURS] = _digest(made)
    return made


def _light():
    """Return what the project needs besides torch, as pip takes it."""
    wanted = [
        re.sub(r"\s", "", requirement)
        for requirement in requires("torch-in-twelve")
        if "extra ==" not in requirement
    ]
    return sorted(name for name in wanted if not re.match(r"torch\b", name))
