"""The book: stages, changes and what was measured, as pages for a browser.

Nothing in it is written twice: the words are those of the stages' notes and
of README.md, the numbers and pictures those in shared/results/.

To add a page, write its template beside this file, and a row of `PAGES`. A
style sheet or a script beside this file is copied if a page links to it. The
pages are read as files, where a browser loads no modules: so a script is a
classic one, `<script src="..." defer>` in the block `scripts` of a template.
"""

import itertools
import json
import shutil
import tempfile
from collections.abc import Callable
from functools import partial
from pathlib import Path
from types import SimpleNamespace
from typing import NamedTuple

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from lxml import html

from shared import languages
from shared.book import cards, charts, digit, edition, player, programs
from shared.book.code import indent
from shared.book.prose import Readme, clauses, inline, unbroken
from shared.errors import RunError
from shared.languages import sources
from shared.proof.losses import of as losses_of
from shared.reading import names, readme
from shared.results import published, tables

HERE = Path(__file__).parent
PEERS = HERE.parent / "extras" / "peers"  # what stage 12 is compared with
DRAFT_SAYS = (  # besides "Draft."
    "No result is stale.",
    "Results on these pages are older than the code of",
)


class Page(NamedTuple):
    """A page of its own, beside the index and those of the programs.

    `file` is its name, and that of its template; links to it say `label`, the
    one on top of every page `step`. `content` takes the book, a namespace of
    what `_read` has read, and returns what only this template needs.
    """

    file: str
    label: str
    step: str
    content: Callable[[SimpleNamespace], dict]


def _proof(book):
    before, after = book.readme.around(
        "What a stage promises, proved", "shared/results/parting.png"
    )
    return {
        "before_picture": before,
        "after_picture": after,
        "parting": _parting(book),
        "mutants": book.mutants,
        "counts": tables.count_mutants(book.mutants),
        "broken_on": published.conditions(book.mutants, "float64", "seed 0"),
        "proved": book.proof,
        "stages": book.stages,
    }


def _speed(book):
    costs = published.read("costs")
    return {
        "speed": book.readme.section("Where the time goes"),
        "costs": costs["stages"],
        "stages": book.stages,
        "measured_on": published.conditions(costs, "float32", "seed 0"),
    }


def _parting(book):
    """Return the chart of the two stages that part most, or None."""
    drift = book.proof["drift"]
    for change in book.proof["changes"]:
        if drift and change["stage"] == drift["stage"]:
            names = drift["parent"], drift["stage"]
            before, after = (
                losses_of(book.losses, name, "float32")["losses"]
                for name in names
            )
            return charts.parting(
                names,
                [abs(a - b) for a, b in zip(before, after, strict=True)],
                change["float64"]["loss"],
                book.trained["batches to a loss"],
            )
    return None


PAGES = (
    Page("proof.html", "The proof", "Proof", _proof),
    Page("speed.html", "Where the time goes", "Time", _speed),
    Page("play.html", "The player", "Play", player.content),
    Page("cards.html", "Would you have caught it?", "Cards", cards.content),
    Page("digit.html", "Write a digit", "Write", digit.content),
)


def build(table, ladder, tasks, site, draft=False, notebooks=None):
    """Write the book of `table` to the folder `site`, in place of an old one.

    `ladder` are those of its rows that are numbered stages, and `tasks` the
    exercises of the workshop: pairs of a text and hints, by names of rows.
    Pages offer the `notebooks` about them, {path in the site: text}.

    Raises RunError where a result is missing or stale, a stage has no notes,
    or a note or a link leads nowhere; `site` then stays as it was. A `draft`
    may have stale results, or none of a row; every page then says so.
    """
    pictures = published.RESULTS.glob("**/*.png")
    files = {f"pictures/{path.name}": path for path in pictures}
    files |= {
        path.name: path
        for path in HERE.iterdir()
        if path.suffix in (".css", ".js")
    }
    to_read = [*(row.path for row in table), *PEERS.glob("with_*.py")]
    files |= {f"source/{path.name}": path for path in to_read}
    notebooks = notebooks or {}
    book = _read(table, ladder, tasks, draft, notebooks)
    names = _names(book)
    made = _pages(book)
    made["names.js"] = _names_script(names)
    used = _checked_links(made, [*files, *notebooks])
    chinese = partial(languages.translated, language="zh")
    for name in [name for name in made if name.endswith(".html")]:
        made[f"zh/{name}"] = edition.translated(made[name], chinese, "zh-CN")
    made["zh/names.js"] = _names_script(names, chinese)

    site.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(
        dir=site.parent, prefix=f".{site.name}-"
    ) as temporary:
        part = Path(temporary) / site.name
        for folder in ("pictures", "source", "zh"):
            (part / folder).mkdir(parents=True)
        for name, text in (made | notebooks).items():
            (part / name).parent.mkdir(parents=True, exist_ok=True)
            (part / name).write_text(text, encoding="utf-8", newline="\n")
        for name in used & files.keys():
            shutil.copyfile(files[name], part / name)
        shutil.rmtree(site, ignore_errors=True)
        part.replace(site)


def pages(table, ladder, tasks, draft=False, notebooks=()):
    """Return the pages of the book in English: {file name: HTML}.

    Takes what `build` takes, of `notebooks` only the addresses, and raises
    what it raises.
    """
    return _pages(_read(table, ladder, tasks, draft, notebooks))


def _read(table, ladder, tasks, draft, notebooks):
    """Read what the pages are made of.

    Returns a namespace: the rows `table` and `ladder`, the `tasks` and
    `notebooks`, whether it is a `draft` and which rows are `stale`; the
    results `trained`, `mutants` and `proof`; the `readme` by its sections;
    and by the name of a row `stages`, what is said of it on its page and on
    others. Raises RunError if a result is missing, or stale or broken in what
    is no draft.
    """
    trained, mutants, proof, losses = map(
        published.read, ("ladder", "mutants", "proof", "losses")
    )
    stale = published.stale(proof, table)
    for found in (trained, mutants, losses):
        stale += [
            row for row in published.stale(found, ladder) if row not in stale
        ]
    if stale and not draft:
        names = ", ".join(row.name for row in stale)
        raise RunError(
            f"the results are older than the code of {names}:"
            f" {published.AGAIN}, or make book ARGS=--draft"
        )
    if not (proof["held"] or draft):
        raise RunError("proof.json says that a promise is broken")
    stages = {s.name: programs.facts(s, trained, proof) for s in table}

    text = readme.README.read_text(encoding="utf-8")
    around = tuple(stage for stage in table if stage not in ladder)
    for name, section in readme.sections(ladder, around).items():
        if section not in text and not draft:
            raise RunError(
                f"README.md lacks the newest {name!r}: run `make readme`"
            )
    links = {fact["file"]: fact["page"] for fact in stages.values()} | {
        f"shared/results/{path.name}": f"pictures/{path.name}"
        for path in published.RESULTS.glob("*.png")
    }
    links |= {
        f"shared/extras/peers/{path.name}": f"source/{path.name}"
        for path in PEERS.glob("with_*.py")
    }
    return SimpleNamespace(
        table=table,
        ladder=ladder,
        tasks=tasks,
        notebooks=notebooks,
        draft=draft,
        stale=stale,
        trained=trained,
        mutants=mutants,
        proof=proof,
        losses=losses,
        stages=stages,
        readme=Readme(text, links),
    )


def _pages(book):
    """Return the pages of the book: {file name: HTML}."""
    stages, trained = book.stages, book.trained
    before, after = _around(book)
    environment = Environment(
        loader=FileSystemLoader(HERE),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters |= {
        "clauses": clauses,
        "indent": indent,
        "inline": inline,
        "unbroken": unbroken,
    }
    environment.globals.update(
        ladder=[stages[stage.name] for stage in book.ladder],
        around=[stages[stage.name] for stage in before + after],
        steps=_steps(book),
        cards=cards.deck(book.ladder, book.mutants, book.proof),
        titles=[
            *(stages[row.name] for row in book.table),
            *({"page": p.file, "heading": p.label} for p in PAGES),
        ],
        draft=book.draft,
        stale=[stages[row.name] for row in book.stale],
        draft_says=DRAFT_SAYS[bool(book.stale)],
        trained=trained,
        trained_on=published.conditions(trained, trained["dtype"], "seed 0"),
        proved_on=published.conditions(book.proof, "seed 0"),
    )
    index = {
        "page": "index.html",
        "label": "Torch in Twelve",
        "introduction": book.readme.introduction,
        "begin": book.readme.section("Begin"),
        "chart": charts.chart(
            charts.alike(
                {
                    name: found["losses"]
                    for name, found in trained["stages"].items()
                }
            ),
            trained["batches to a loss"],
            "The training loss of all stages",
        ),
        **player.content(book),
    }
    preludes = [_program(book, stage) for stage in before]
    reading = [  # in the order in which the arrow keys turn the pages
        index,
        *(_program(book, stage) for stage in (*book.ladder, *after)),
        *(
            {"page": page.file, "label": page.label} | page.content(book)
            for page in PAGES
        ),
    ]
    pages = {}
    # Preludes are a way from the index to the first stage, which may be left
    # out: from there, the way back is straight to the index.
    for way in ([index, *preludes, reading[1]], reading):
        for previous, content, following in zip(
            [None, *way], way, [*way[1:], None], strict=False
        ):
            template = content.get("template", content["page"])
            pages[content["page"]] = environment.get_template(template).render(
                content, before=previous, after=following
            )
    return pages


def _around(book):
    """Return the rows before the ladder, and those after it."""
    first = book.table.index(book.ladder[0])
    last = book.table.index(book.ladder[-1])
    return book.table[:first], book.table[last + 1 :]


def _program(book, stage):
    """Return the page of a row of the table."""
    content = {
        "page": book.stages[stage.name]["page"],
        "label": stage.label,
        "template": "stage.html",
        "stage": book.stages[stage.name],
        "parent": book.stages.get(stage.parent),
        "exercise": programs.exercise(stage, book.tasks),
        "notebooks": [
            name
            for name in (
                f"notebooks/{stage.target}.ipynb",
                f"notebooks/exercise-{stage.name}.ipynb",
            )
            if name in book.notebooks
        ],
    }
    parents = [row for row in book.table if row.name == stage.parent]
    content |= programs.code(*parents or [None], stage)
    trained = book.trained["stages"]
    if stage.name in trained:
        content["chart"] = charts.chart(
            {
                f"stage {name}": trained[name]["losses"]
                for name in (stage.parent, stage.name)
                if name in trained
            },
            book.trained["batches to a loss"],
            f"The training loss of stage {stage.name}",
        )
    return content


def _names(book):
    """Return what can be searched for: [name, where, address], sorted.

    Titles of pages; in each program what it swaps in and defines; and names
    of PyTorch where they come first.
    """
    found = {}
    for page in PAGES:
        found[page.label, "page"] = page.file
    for row in (*book.ladder, *book.table):
        facts = book.stages[row.name]
        where, page = facts["heading"], facts["page"]
        found.setdefault((where, "page"), page)
        for name, line in programs.defined(row).items():
            found.setdefault((name, where), f"{page}#L{line}")
        lines = list(enumerate(row.source.splitlines(), 1))
        first = len(lines) - len(row.code.splitlines()) + 1
        for name in row.swaps_in:
            at = [n for n, text in lines[first - 1 :] if name in text]
            found.setdefault(
                (name, where), f"{page}#L{min(at, default=first)}"
            )
        for use in names.uses(row.source):
            if not any(use.name == name for name, _ in found):
                found[use.name, where] = f"{page}#L{use.line}"
    return sorted([name, where, page] for (name, where), page in found.items())


def _names_script(names, translate=lambda text: None):
    """Return the script of what can be searched for, and what scripts say."""
    said = [
        text
        for path in sorted(HERE.glob("*.js"))
        for text in sources.of_script(path.read_text(encoding="utf-8"))
    ]
    words = {text: translate(text) for text in said if translate(text)}
    names = [
        [
            (where == "page" and translate(name)) or name,
            translate(where) or where,
            page,
        ]
        for name, where, page in names
    ]
    return "".join(
        f"const {name} = {json.dumps(value, ensure_ascii=False)}\n"
        for name, value in (("NAMES", names), ("WORDS", words))
    )


def _steps(book):
    """Return the links on top of every page: page, label, what to show.

    All numbered stages, the first of what comes before and after, and the
    pages of their own. `covers` are the pages for which a link stands.
    """
    steps = []
    for kind, group in itertools.groupby(
        book.table, key=lambda stage: stage in book.ladder
    ):
        group = [book.stages[stage.name] for stage in group]
        for facts in group if kind else group[:1]:
            covers = [facts] if kind else group
            steps.append(
                facts
                | {
                    "step": facts["heading"].split()[0],
                    "covers": [fact["page"] for fact in covers],
                }
            )
    for page in PAGES:
        steps.append(
            {
                "page": page.file,
                "label": page.label,
                "step": page.step,
                "covers": [page.file],
            }
        )
    return steps


class _Links:
    """The links and anchors of a page."""

    def __init__(self, page):
        root = html.document_fromstring(page)
        # All but those to the same page in another language.
        shown = root.xpath("//*[not(@hreflang)]")
        self.links = [
            element.get(name)
            for element in shown
            for name in ("href", "src")
            if ":" not in element.get(name, ":")
        ]
        self.anchors = set(root.xpath("//@id"))


def _checked_links(pages, files):
    """Return the names of the files that pages link to.

    Raises RunError if a link leads to no page, file or anchor.
    """
    found = {name: _Links(page) for name, page in pages.items()}
    used = set()
    for name, page in found.items():
        for link in page.links:
            target, _, anchor = link.partition("#")
            target = target or name
            known = target in pages or target in files
            if known and anchor:
                known = anchor in found[target].anchors
            if not known:
                raise RunError(f"{name} links to {link}, which is not there")
            used.add(target)
    return used - pages.keys()
