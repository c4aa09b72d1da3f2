"""The book: stages, changes and what was measured, as pages for a browser.

Nothing in it is written twice: the words are those of the stages' notes and
of README.md, the numbers and pictures those in shared/results/.
"""

import itertools
import shutil
import tempfile
from html.parser import HTMLParser
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from shared.book import charts
from shared.book.code import highlighted
from shared.book.prose import Readme, markdown
from shared.errors import RunError
from shared.reading import diff, readme
from shared.results import published

HERE = Path(__file__).parent
TAGS = {"-": "del", "+": "ins", " ": ""}


def build(table, ladder, site, draft=False):
    """Write the book of `table` to the folder `site`, in place of an old one.

    `ladder` are those of its rows that are numbered stages.

    Raises RunError where a result is missing or stale, a stage has no notes,
    or a link leads nowhere; `site` then stays as it was. A `draft` may have
    stale results, or none of a row; every page then says so.
    """
    pictures = published.RESULTS.glob("**/*.png")
    files = {f"pictures/{path.name}": path for path in pictures}
    files |= {name: HERE / name for name in ("style.css", "script.js")}
    pages = _pages(table, ladder, draft)
    used = _checked_links(pages, files)

    site.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(
        dir=site.parent, prefix=f".{site.name}-"
    ) as folder:
        part = Path(folder) / site.name
        (part / "pictures").mkdir(parents=True)
        for name, page in pages.items():
            (part / name).write_text(page, encoding="utf-8", newline="\n")
        for name in used:
            shutil.copyfile(files[name], part / name)
        shutil.rmtree(site, ignore_errors=True)
        part.replace(site)


def _pages(table, ladder, draft):
    """Return the pages of the book: {file name: HTML}."""
    trained, mutants, proof = map(
        published.read, ("ladder", "mutants", "proof")
    )
    stale = published.stale(proof, table)
    for found in (trained, mutants):
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
    stages = {s.name: _facts(s, trained, proof) for s in table}
    around = tuple(stage for stage in table if stage not in ladder)
    environment = Environment(
        loader=FileSystemLoader(HERE),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.globals.update(
        ladder=[stages[stage.name] for stage in ladder],
        around=[stages[stage.name] for stage in around],
        steps=_steps(table, ladder, stages),
        draft=draft,
        stale=[stages[row.name] for row in stale],
        trained=trained,
        trained_on=published.conditions(trained, trained["dtype"], "seed 0"),
        proved_on=published.conditions(proof, "seed 0"),
    )

    text = readme.README.read_text(encoding="utf-8")
    for name, section in readme.sections(ladder, around).items():
        if section not in text and not draft:
            raise RunError(
                f"README.md lacks the newest {name!r}: run `make readme`"
            )
    parts = Readme(
        text,
        links={fact["file"]: fact["page"] for fact in stages.values()}
        | {
            f"shared/results/{path.name}": f"pictures/{path.name}"
            for path in published.RESULTS.glob("*.png")
        },
    )
    contents = [
        {
            "page": "index.html",
            "label": "Torch in Twelve",
            "introduction": parts.introduction,
            "begin": parts.section("Begin"),
            "chart": _chart(
                _equal_once(ladder, trained), trained, "Loss of all stages"
            ),
        }
    ]
    by_name = {stage.name: stage for stage in table}
    for stage in table:
        content = {
            "page": stages[stage.name]["page"],
            "label": stage.label,
            "template": "stage.html",
            "stage": stages[stage.name],
            "parent": stages.get(stage.parent),
        }
        if stage.parent:
            content |= _change(by_name[stage.parent], stage)
        if stage in ladder:
            content["chart"] = _chart(
                {
                    name: trained["stages"][name]["losses"]
                    for name in (stage.parent, stage.name)
                    if name in trained["stages"]
                },
                trained,
                f"Loss of stage {stage.name} at every step",
            )
        contents.append(content)
    contents.append(
        {
            "page": "proof.html",
            "label": "The proof",
            "proof": parts.section("What a stage promises, proved"),
            "mutants": mutants,
            "broken_on": published.conditions(mutants, "float64", "seed 0"),
            "proved": proof,
            "stages": stages,
        }
    )
    pages = {}
    for before, content, after in zip(
        [None, *contents], contents, [*contents[1:], None], strict=False
    ):
        template = content.get("template", content["page"])
        pages[content["page"]] = environment.get_template(template).render(
            content, before=before, after=after
        )
    return pages


def _steps(table, ladder, stages):
    """Return the links on top of every page: page, label, what to show.

    All numbered stages, and the first of what comes before and after.
    """
    steps = []
    for kind, group in itertools.groupby(table, key=lambda s: s in ladder):
        group = list(group) if kind else [next(group)]
        for stage in group:
            facts = stages[stage.name]
            steps.append(facts | {"step": facts["heading"].split()[0]})
    return [*steps, {"page": "proof.html", "label": "Proof", "step": "Proof"}]


def _facts(stage, trained, proof):
    """Return what is said of a stage, on its page and on others."""
    if not stage.notes:
        raise RunError(f"{stage.file} has no notes below its title")
    found = [c for c in proof["changes"] if c["stage"] == stage.name]
    outcome, outcome_on = "", ""
    if stage.promise:
        outcome, outcome_on = published.outcome(proof, stage) or (
            "not measured yet",
            "",
        )
    return {
        "name": stage.name,
        "heading": stage.label.removeprefix("Stage ").replace(",", ""),
        "label": stage.label,
        "target": stage.target,
        "page": f"{stage.target}.html",
        "file": stage.file,
        "notes": markdown(stage.notes),
        "code": highlighted(stage.source),
        "swaps_in": stage.swaps_in,
        "goes_out": stage.goes_out,
        "promise": stage.promise,
        "apart": [
            f"{change['float64']['pred']:.1g}"
            for change in found
            if change["kind"] != "change"
        ],
        "outcome": outcome,
        "outcome_on": outcome_on,
        "trained": trained["stages"].get(stage.name),
    }


def _change(parent, stage):
    """Return the change from one stage to another, as its page shows it."""
    rows = diff.rows(parent.code, stage.code)
    before = _lines(parent, [row.before for row in rows if row.before])
    after = _lines(stage, [row.after for row in rows if row.after])
    split, unified = [], []
    for fold, stretch in diff.folded(rows):
        lines = [(r.changed, *_cells(r, before, after)) for r in stretch]
        split.append((fold, lines))
        lines = [
            (TAGS[sign], *_cells(row, before, after))
            for sign, row in diff.unified(stretch)
        ]
        unified.append((fold, lines))
    return {"split": split, "unified": unified}


def _lines(stage, lines):
    """Return the lines of a stage's code as (number in its file, HTML)."""
    whole = stage.source
    first = whole.count("\n") - stage.code.count("\n") + 1
    marks = {line.number: line.marks for line in lines}
    html = highlighted(stage.code, marks).split("\n")
    return [(number, Markup(line)) for number, line in enumerate(html, first)]


def _cells(row, before, after):
    """Return what a row shows on its two sides, None where nothing is."""
    return (
        before[row.before.number] if row.before else None,
        after[row.after.number] if row.after else None,
    )


def _equal_once(ladder, trained):
    """Return the losses of all stages, {names: losses}, equal ones once."""
    curves = {}
    for stage in ladder:
        if measured := trained["stages"].get(stage.name):
            losses = tuple(measured["losses"])
            curves.setdefault(losses, []).append(stage.name)
    return {", ".join(names): losses for losses, names in curves.items()}


def _chart(losses, trained, title):
    batches = trained["batches to a loss"]
    return Markup(charts.curves(losses, batches, title))


class _Links(HTMLParser):
    """The links and anchors of a page."""

    def __init__(self, page):
        super().__init__()
        self.links, self.anchors = [], set()
        self.feed(page)

    def handle_starttag(self, tag, attrs):
        for name, value in attrs:
            if name in ("href", "src") and ":" not in value:
                self.links.append(value)
            elif name == "id":
                self.anchors.add(value)


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
