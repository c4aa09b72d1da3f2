"""The book is made of stages and results; what is stale or missing stops it.

How it looks and works in a browser is in test_browser.py.
"""

import html
import json
import re
import shutil
from itertools import pairwise

import pytest

from shared.book import build, charts
from shared.book.code import highlighted
from shared.book.prose import unbroken
from shared.errors import RunError
from shared.notebooks.build import notebooks
from shared.proof import losses
from shared.reading import notes, readme, ties, words
from shared.results import published, tables
from shared.training import shapes
from shared.workshop.tasks import FORWARD
from stages import LADDER, TABLE

KIB = 1024


@pytest.fixture(autouse=True)
def fresh(results, fresh_readme, monkeypatch, tmp_path):
    """Build of results, and of a README.md, that are not stale."""
    path = shutil.copy(fresh_readme, tmp_path / "README.md")
    monkeypatch.setattr(readme, "README", path)


def test_there_is_a_page_for_each_program_and_those_of_the_list(site):
    pages = {path.name for path in site.glob("*.html")}
    stages = {f"{stage.target}.html" for stage in TABLE}
    assert pages == stages | {"index.html"} | {p.file for p in build.PAGES}


def test_links_lead_to_pages_of_the_book_or_to_pytorch(site):
    """That pages and anchors are there is checked when it is built."""
    for page in site.glob("*.html"):
        for link in re.findall(r'<a [^>]*href="([^"]+)"', page.read_text()):
            name, _, _ = html.unescape(link).partition("#")
            if not name.startswith("https://docs.pytorch.org/"):
                assert (site / name).exists(), link


def test_the_pages_follow_each_other(site):
    """The arrow keys turn them, by these links."""

    def neighbour(name, rel):
        text = (site / name).read_text()
        found = re.findall(rf'<a rel="{rel}" href="([^"]+)"', text)
        return found[0] if found else None

    after = TABLE[TABLE.index(LADDER[-1]) + 1 :]
    preludes = TABLE[: TABLE.index(LADDER[0])]
    order = [f"{stage.target}.html" for stage in (*LADDER, *after)]
    order = ["index.html", *order, *(page.file for page in build.PAGES)]
    for name, following in pairwise([*order, None]):
        assert neighbour(name, "next") == following
    for previous, name in pairwise([None, *order]):
        assert neighbour(name, "prev") == previous
    before = [f"{stage.target}.html" for stage in preludes]
    for name, following in pairwise([*before, order[1]]):
        assert neighbour(name, "next") == following


def test_every_page_is_highlighted_in_the_navigation_once(site):
    for page in site.glob("*.html"):
        head = page.read_text().partition('<details class="contents">')[0]
        assert head.count("aria-current") == 1, page.name


def test_a_page_with_its_pictures_is_small(site):
    for page in site.glob("*.html"):
        named = re.findall(r'(?:src|href)="([^":#]+)"', page.read_text())
        files = {name for name in named if not name.endswith(".html")}
        size = sum((site / name).stat().st_size for name in files)
        assert page.stat().st_size + size < 600 * KIB, page.name


def test_nothing_is_asked_of_the_network(site):
    for page in site.glob("*.html"):
        loaded = re.findall(
            r'<(?:img|script|link)[^>]+(?:src|href)="([^"]+)"',
            page.read_text(),
        )
        assert loaded
        for address in loaded:
            assert address.startswith("data:") or "//" not in address
    assert "//" not in re.sub(
        r"/\*.*?\*/", "", (site / "style.css").read_text()
    )
    for script in site.glob("*.js"):
        assert "http" not in script.read_text()


def test_it_says_what_was_measured(site):
    trained = json.loads((published.RESULTS / "ladder.json").read_text())
    front = (site / "index.html").read_text()
    for stage in LADDER:
        accuracy = f"{trained['stages'][stage.name]['valid_accuracy']:.4f}"
        assert accuracy in front
        page = (site / f"stage-{stage.name}.html").read_text()
        assert f"<dd>{accuracy} over 10,000 images</dd>" in page
        on = published.conditions(trained, "float32", "seed 0")
        assert f"Measured on {on}." in page
        if stage.promise:
            assert f"<dd>{stage.promise}</dd>" in page


@pytest.mark.slow
def test_a_second_time_it_is_the_same_and_replaces_the_first(site, tmp_path):
    again = tmp_path / "site"
    again.mkdir()
    (again / "old.html").touch()
    made = notebooks(TABLE, LADDER)
    build.build(TABLE, LADDER, FORWARD, again, notebooks=made)
    files = {path.relative_to(site) for path in site.glob("**/*.*")}
    assert {path.relative_to(again) for path in again.glob("**/*.*")} == files
    for name in files:
        assert (again / name).read_bytes() == (site / name).read_bytes()


@pytest.mark.parametrize("name", ["ladder", "proof", "mutants", "losses"])
def test_a_missing_result_stops_it(name, results, tmp_path):
    (results / f"{name}.json").unlink()
    with pytest.raises(RunError, match=rf"^{name}\.json .*make results"):
        build.build(TABLE, LADDER, FORWARD, tmp_path / "site")
    assert not (tmp_path / "site").exists()


@pytest.mark.parametrize("name", ["ladder", "proof", "mutants", "losses"])
def test_a_stale_result_stops_it(name, results, tmp_path):
    path = results / f"{name}.json"
    found = json.loads(path.read_text())
    found["code"]["07"] = "another"
    path.write_text(json.dumps(found))
    said = "^the results are older than the code of 07: run `make results`"
    with pytest.raises(RunError, match=said):
        build.build(TABLE, LADDER, FORWARD, tmp_path / "site")


def test_a_draft_may_be_stale_and_every_page_says_so(results):
    path = results / "proof.json"
    found = json.loads(path.read_text())
    found["code"]["07"] = found["code"]["12"] = "another"
    found["changes"] = [c for c in found["changes"] if c["stage"] != "12"]
    path.write_text(json.dumps(found | {"held": False}))
    pages = build.pages(TABLE, LADDER, FORWARD, draft=True)
    for page in pages.values():
        text = " ".join(re.sub("<[^>]+>", "", page).split())
        said = "Draft. Results on these pages are older than the code of"
        assert f"{said} 07 dataloader, 12 accelerator." in text
    assert "not measured yet" in pages["stage-12.html"]
    # Nor were there notebooks to offer.
    assert not [name for name, page in pages.items() if ".ipynb" in page]


def test_each_page_has_its_program_as_a_file(site):
    for stage in TABLE:
        page = (site / f"{stage.target}.html").read_text()
        name = f"source/{stage.path.name}"
        assert f'href="{name}"' in page
        assert (site / name).read_bytes() == stage.path.read_bytes()


def test_a_page_offers_its_notebooks_if_there_are_any(site):
    page = (site / "stage-07.html").read_text()
    for name in ("stage-07", "exercise-07"):
        assert f'href="notebooks/{name}.ipynb" download' in page
        assert (site / "notebooks" / f"{name}.ipynb").exists()
    assert "notebooks/exercise-01" not in (site / "stage-01.html").read_text()


def test_the_finished_book_is_no_draft(site):
    assert "Draft" not in (site / "index.html").read_text()


@pytest.mark.parametrize("text", ["", "{", "{}"])
def test_a_spoiled_result_stops_it(text, results, tmp_path):
    (results / "proof.json").write_text(text)
    with pytest.raises(RunError, match=r"^proof\.json cannot be read"):
        build.build(TABLE, LADDER, FORWARD, tmp_path / "site")


def test_a_broken_promise_stops_it(results, tmp_path):
    found = json.loads((results / "proof.json").read_text())
    (results / "proof.json").write_text(json.dumps(found | {"held": False}))
    with pytest.raises(RunError, match="a promise is broken"):
        build.build(TABLE, LADDER, FORWARD, tmp_path / "site")


def test_a_chart_shows_every_value_it_is_given():
    both = {"07": [2.0, 0.5], "08": [1.0, 0.25]}
    chart = charts.chart(both, 23, "two")
    assert [curve.name for curve in chart.curves] == ["07", "08"]
    first, last = chart.columns
    assert first[2:] == (1, 23, [2.0, 1.0])
    assert last[2:] == (24, 46, [0.5, 0.25])
    (_, high), (_, low) = (
        tuple(map(float, point.split(",")))
        for point in chart.curves[0].points.split()
    )
    # On a logarithmic scale, 2 to 0.5 is two thirds of 2 to 0.25.
    (_, top), (_, bottom) = (
        tuple(map(float, point.split(",")))
        for point in f"{chart.curves[0].points.split()[0]}"
        f" {chart.curves[1].points.split()[1]}".split()
    )
    assert (low - high) / (bottom - top) == pytest.approx(2 / 3, abs=1e-3)


def test_two_trainings_that_part_are_drawn_step_by_step():
    found = charts.parting(("10", "11"), [0.0, 1e-7, 0.0, 1e-3], 1e-15, 2)
    # Ten times the difference is always as far up.
    (x_first, first), (x_last, last) = (
        tuple(map(float, dot.split()))
        for dot in found.dots.removeprefix("M").replace("h0", "").split("M")
    )
    assert (x_first, x_last) == (37.5, 87.5)
    decade = (first - last) / 4
    assert found.limit_top - first == pytest.approx(8 * decade, abs=0.1)
    for top, text in found.ticks_y:
        power = int(text.replace("\N{NON-BREAKING HYPHEN}", "-")[2:])
        assert top - last == pytest.approx((-3 - power) * decade, abs=0.1)
    assert [column[2:] for column in found.columns] == [
        (1, 2, 1e-7),
        (3, 4, 1e-3),
    ]


def test_the_page_of_the_proof_draws_how_float32_drifts(site):
    """From the losses that were published, and the proof's in float64."""
    page = (site / "proof.html").read_text()
    proof = published.read("proof")
    names = proof["drift"]["parent"], proof["drift"]["stage"]
    before, after = (
        losses.of(published.read("losses"), name, "float32")["losses"]
        for name in names
    )
    assert page.count("h0") == sum(
        a != b for a, b in zip(before, after, strict=True)
    )
    [change] = [c for c in proof["changes"] if c["stage"] == names[1]]
    limit = unbroken(f"{change['float64']['loss']:.1g}")
    assert f"float64: {limit} at most, at any step" in page
    assert "parting.png" not in page


def test_curves_that_look_like_one_are_drawn_once():
    curves = {"01": [2.0, 0.5], "02": [2.001, 0.5], "03": [1.0, 0.25]}
    assert charts.alike(curves) == {
        "01 to 02": curves["01"],
        "03": curves["03"],
    }


def test_missing_notes_stop_it(monkeypatch, tmp_path):
    monkeypatch.setattr(type(LADDER[0]), "notes", "")
    with pytest.raises(RunError, match=r"^stages/.*\.py has no notes"):
        build.build(TABLE, LADDER, FORWARD, tmp_path / "site")


@pytest.mark.parametrize(
    ("old", "new", "complaint"),
    [
        ("## Begin", "## Start", "no section 'Begin'"),
        ("| held |", "| kept |", "lacks the newest"),
        (
            "Why float32 drifts",
            "[Why](why.md) float32 drifts",
            "links to why.md",
        ),
    ],
)
def test_a_part_of_the_readme_that_fails_stops_it(
    old, new, complaint, monkeypatch, tmp_path
):
    text = readme.README.read_text(encoding="utf-8")
    assert old in text
    monkeypatch.setattr(readme, "README", tmp_path / "README.md")
    readme.README.write_text(text.replace(old, new), encoding="utf-8")
    with pytest.raises(RunError, match=complaint):
        build.build(TABLE, LADDER, FORWARD, tmp_path / "site")


def test_highlighted_code_is_the_code():
    code = 'x = "<a> & b"\n\n\ndef f():  # why\n    """Doc\n    two"""\n'
    html = highlighted(
        code, {0: [(4, 6)], 3: [(0, 3), (2, 5)]}, {3: [(4, 5, "<a>")]}
    )
    text = re.sub(r"<[^>]+>", "", html)
    for escaped, sign in (("&lt;", "<"), ("&gt;", ">"), ("&amp;", "&")):
        text = text.replace(escaped, sign)
    assert text == code
    marked = re.findall(r"<mark>(?:<[^>]+>)*([^<]+)", html)
    assert "".join(marked) == '"&lt;def f'
    for line in html.split("\n"):
        assert line.count("<span") == line.count("</span>")
        assert line.count("<mark") == line.count("</mark>")
    assert ">f</span></a></mark>" in html


def rows(page):
    """Return the rows side by side: pairs of (number, text) on each side."""
    table = page.partition('<table class="split">')[2].partition("</table>")[0]
    return [
        [
            (number, html.unescape(re.sub("<[^>]+>", "", text)))
            for number, text in re.findall(
                r'<td class="number"(?: data-number="(\d+)")?></td>'
                r"<td[^>]*>.*?(?:<code[^>]*>(.*?)</code>|</td>)",
                row,
                re.S,
            )
        ]
        for row in re.findall(r"<tr>(.*?)</tr>", table, re.S)
    ]


@pytest.mark.parametrize("stage", LADDER[1:], ids=lambda stage: stage.name)
def test_side_by_side_are_the_two_files_with_their_line_numbers(stage, site):
    page = (site / f"stage-{stage.name}.html").read_text()
    pairs = [row for row in rows(page) if len(row) == 2]
    for program, side in ((stage.origin, 0), (stage, 1)):
        lines = program.source.splitlines()
        shown = [row[side] for row in pairs if row[side][0]]
        first = len(lines) - len(program.code.splitlines()) + 1
        numbers = [int(number) for number, _ in shown]
        assert numbers == list(range(first, len(lines) + 1))
        for number, text in shown:
            assert text == lines[int(number) - 1]


@pytest.mark.parametrize("stage", TABLE, ids=lambda stage: stage.name)
def test_the_program_stands_below_the_notes_line_by_line(stage, site):
    page = (site / f"{stage.target}.html").read_text()
    shown = re.findall(
        r'<div class="line [^"]*" id="L(\d+)">.*?'
        r"<code[^>]*>(.*?)</code></div>",
        page,
        re.S,
    )
    lines = stage.source.splitlines()
    first = len(lines) - len(stage.code.splitlines()) + 1
    assert [int(number) for number, _ in shown] == list(
        range(first, len(lines) + 1)
    )
    for number, line in shown:
        text = html.unescape(re.sub("<[^>]+>", "", line))
        assert text == lines[int(number) - 1]


@pytest.mark.parametrize("stage", TABLE, ids=lambda stage: stage.name)
def test_each_note_stands_at_its_line_once(stage, site):
    page = (site / f"{stage.target}.html").read_text()
    found = notes.of(stage)
    assert page.count('class="note"') == len(found)
    for note in found:
        before = page[: page.index(f' id="note-{note.number}"')]
        line = before[before.rindex('<div class="line ') :]
        if note.removed:
            assert 'class="line del' in line
        else:
            first = stage.source.count("\n") - stage.code.count("\n") + 1
            assert f' id="L{first + note.line}"' in line


def test_a_note_that_belongs_to_no_line_stops_it(monkeypatch, tmp_path):
    monkeypatch.setitem(ties.TIES["01"], "The model is", "def network")
    with pytest.raises(RunError, match="to which line does this note belong"):
        build.build(TABLE, LADDER, FORWARD, tmp_path / "site")


def test_what_moved_says_where_from(site):
    page = (site / "stage-10.html").read_text()
    moved = re.findall(
        r'<div class="line (del|ins) relocated".*?'
        r'<span class="moved">(\w+ line \d+)</span>.*?</code>',
        page,
        re.S,
    )
    assert moved == [
        ("del", "to line 40"),
        ("del", "to line 42"),
        ("del", "to line 44"),
        ("ins", "from line 47"),
        ("ins", "from line 48"),
        ("ins", "from line 49"),
    ]


def test_shapes_are_those_that_the_comments_say(site):
    seen = 0
    for stage in LADDER:
        page = (site / f"stage-{stage.name}.html").read_text()
        for shape, line in re.findall(
            r'<span class="shape"[^>]*>\w+&nbsp;(\([^<]+\))</span>'
            r"(?:<button[^>]*>\d+</button>)*</span>"
            r"\s*<code[^>]*>(.*?)</code></div>",
            page,
            re.S,
        ):
            comment = re.search(
                r"# \(n, ([\d, ]+)\)", re.sub("<.*?>", "", line)
            )
            if comment:
                assert shape == f"(64, {comment[1]})"
                seen += 1
    assert seen == 4 * 4


def test_all_images_to_validate_on_are_as_many_as_in_a_run(site):
    for name in ("11", "12"):
        page = (site / f"stage-{name}.html").read_text()
        assert ">x_valid&nbsp;(10000, 1, 28, 28)<" in page
        assert ">xb&nbsp;(128, 1, 28, 28)<" in page  # a batch of them
    for page in site.glob("*.html"):
        assert f"({shapes.VALID}, " not in page.read_text()


def test_each_stage_ends_with_its_exercise(site):
    for stage in LADDER[1:]:
        page = (site / f"stage-{stage.name}.html").read_text()
        end = page.partition('<h2 id="exercise">')[2]
        assert f"make try-{stage.name}" in end
        assert f"make check-{stage.name}" in end
        assert end.count("<details>") == len(FORWARD[stage.name].hints)
    assert 'id="exercise"' not in (site / "stage-01.html").read_text()


def test_mutants_that_pass_an_accuracy_check_are_marked(site):
    found = published.read("mutants")
    page = (site / "proof.html").read_text()
    marked = page.count('<strong class="passes">passes</strong>')
    assert marked == tables.count_mutants(found)[2] > 0


def test_an_ordinary_run_that_ends_elsewhere_says_why(site):
    front = (site / "index.html").read_text()
    for name, why in (
        ("04", "draws other initial weights"),
        ("08", "shuffles the images"),
        ("11", "rounds differently"),
    ):
        assert f"{why} ({name})" in front
        assert why in (site / f"stage-{name}.html").read_text()


def test_numbers_are_not_broken_at_their_hyphen(site):
    for page in site.glob("*.html"):
        text = re.sub(
            "<(template|code|script).*?</\\1>|<[^>]+>",
            "",
            page.read_text(),
            flags=re.S,
        )
        assert not re.search(r"\de-\d", text), page.name


def test_names_lead_to_pages_and_lines(site):
    script = (site / "names.js").read_text().splitlines()[0]
    found = json.loads(script.removeprefix("const NAMES = "))
    assert ["nn.Sequential", "10 sequential"] in [f[:2] for f in found]
    for name, where, address in found:
        page, _, anchor = address.partition("#")
        text = (site / page).read_text()
        assert not anchor or f' id="{anchor}"' in text, name


def test_folded_lines_are_counted(site):
    page = (site / "stage-07.html").read_text()
    folds = re.findall(
        r">(\d+) lines stay as they are</button></div>\s*"
        r'<div class="lines" hidden>(.*?)(?:<div class="fold"|</section>'
        r'|<div class="lines">)',
        page,
        re.S,
    )
    assert folds
    for count, lines in folds:
        assert lines.count('class="line same"') == int(count)


def test_it_says_in_words_what_was_measured(site):
    page = (site / "stage-11.html").read_text()
    [change] = [
        c for c in published.read("proof")["changes"] if c["stage"] == "11"
    ]
    exact, coarse = (
        f"{change[dtype]['pred']:.1g}" for dtype in ("float64", "float32")
    )
    assert (
        f"largest difference between predictions: {unbroken(exact)} in"
        f" float64, {unbroken(coarse)} in float32, which changes"
        f" {change['float32']['changed_predictions']:,} of the 10,000"
    ) in page


@pytest.mark.parametrize("link", ["c.html", "b.html#no", "#there", "no.png"])
def test_a_link_to_what_is_not_there_stops_it(link):
    pages = {
        "a.html": '<a href="b.html#there">b</a> <a href="b.html">b</a>',
        "b.html": '<p id="there"><img src="digit.png"></p>',
    }
    assert build._checked_links(pages, ["digit.png"]) == {"digit.png"}
    pages["a.html"] += f'<a href="{link}">c</a>'
    with pytest.raises(RunError, match=f"^a.html links to {link}, which is"):
        build._checked_links(pages, ["digit.png"])


def test_the_words_of_the_notes_are_explained_on_the_page(site):
    for stage in TABLE:
        page = (site / f"{stage.target}.html").read_text()
        listed = page.partition('<details class="words">')[2]
        listed = listed.partition("</details>")[0]
        for word, _ in words.used(stage.notes):
            assert f"<dt>{word}</dt>" in listed
