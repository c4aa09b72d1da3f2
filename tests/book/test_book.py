"""The book is made of stages and results; what is stale or missing stops it.

How it looks and works in a browser is in test_browser.py.
"""

import html
import json
import re

import pytest

from shared.book import build, charts
from shared.book.code import highlighted
from shared.errors import RunError
from shared.reading import readme
from shared.results import published
from stages import LADDER, TABLE
from tests.support.results import readme as readme_of

KIB = 1024


@pytest.fixture(autouse=True)
def fresh(results, monkeypatch, tmp_path):
    """Build of results, and of a README.md, that are not stale."""
    monkeypatch.setattr(readme, "README", readme_of(tmp_path / "readme"))


def test_there_is_a_page_for_each_program_and_those_of_the_list(site):
    pages = {path.name for path in site.glob("*.html")}
    stages = {f"{stage.target}.html" for stage in TABLE}
    assert pages == stages | {"index.html"} | {p.file for p in build.PAGES}


def test_a_page_with_its_pictures_is_small(site):
    for page in site.glob("*.html"):
        named = re.findall(r'(?:src|href)="([^":#]+)"', page.read_text())
        files = {name for name in named if not name.endswith(".html")}
        size = sum((site / name).stat().st_size for name in files)
        assert page.stat().st_size + size < 400 * KIB, page.name


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


def test_a_second_time_it_is_the_same_and_replaces_the_first(site, tmp_path):
    again = tmp_path / "site"
    again.mkdir()
    (again / "old.html").touch()
    build.build(TABLE, LADDER, again)
    files = {path.relative_to(site) for path in site.glob("**/*.*")}
    assert {path.relative_to(again) for path in again.glob("**/*.*")} == files
    for name in files:
        assert (again / name).read_bytes() == (site / name).read_bytes()


@pytest.mark.parametrize("name", ["ladder", "proof", "mutants"])
def test_a_missing_result_stops_it(name, results, tmp_path):
    (results / f"{name}.json").unlink()
    with pytest.raises(RunError, match=rf"^{name}\.json .*make results"):
        build.build(TABLE, LADDER, tmp_path / "site")
    assert not (tmp_path / "site").exists()


@pytest.mark.parametrize("name", ["ladder", "proof", "mutants"])
def test_a_stale_result_stops_it(name, results, tmp_path):
    path = results / f"{name}.json"
    found = json.loads(path.read_text())
    found["code"]["07"] = "another"
    path.write_text(json.dumps(found))
    said = "^the results are older than the code of 07: run `make results`"
    with pytest.raises(RunError, match=said):
        build.build(TABLE, LADDER, tmp_path / "site")


def test_a_draft_may_be_stale_and_every_page_says_so(results, tmp_path):
    path = results / "proof.json"
    found = json.loads(path.read_text())
    found["code"]["07"] = found["code"]["12"] = "another"
    found["changes"] = [c for c in found["changes"] if c["stage"] != "12"]
    path.write_text(json.dumps(found | {"held": False}))
    build.build(TABLE, LADDER, tmp_path / "site", draft=True)
    for page in (tmp_path / "site").glob("*.html"):
        text = " ".join(re.sub("<[^>]+>", "", page.read_text()).split())
        said = "Draft. Results on these pages are older than the code of"
        assert f"{said} 07 dataloader, 12 accelerator." in text
    last = (tmp_path / "site" / "stage-12.html").read_text()
    assert "not measured yet" in last


def test_the_finished_book_is_no_draft(site):
    assert "Draft" not in (site / "index.html").read_text()


@pytest.mark.parametrize("text", ["", "{", "{}"])
def test_a_spoiled_result_stops_it(text, results, tmp_path):
    (results / "proof.json").write_text(text)
    with pytest.raises(RunError, match=r"^proof\.json cannot be read"):
        build.build(TABLE, LADDER, tmp_path / "site")


def test_a_broken_promise_stops_it(results, tmp_path):
    found = json.loads((results / "proof.json").read_text())
    (results / "proof.json").write_text(json.dumps(found | {"held": False}))
    with pytest.raises(RunError, match="a promise is broken"):
        build.build(TABLE, LADDER, tmp_path / "site")


def test_twelve_different_curves_can_be_drawn():
    losses = {
        stage.name: [1.0, 0.5 - i / 50] for i, stage in enumerate(LADDER)
    }
    svg = charts.curves(losses, 23, "twelve")
    assert len(re.findall(r"<g id=\"line2d_", svg)) > len(LADDER)
    for stage in LADDER:
        assert f">{stage.name}</text>" in svg


def test_a_missing_picture_stops_it(results, tmp_path):
    (results / "pictures" / "05-weights.png").unlink()
    complaint = "stage-05.html links to pictures/05-weights.png"
    with pytest.raises(RunError, match=complaint):
        build.build(TABLE, LADDER, tmp_path / "site")


def test_missing_notes_stop_it(monkeypatch, tmp_path):
    monkeypatch.setattr(type(LADDER[0]), "notes", "")
    with pytest.raises(RunError, match=r"^stages/.*\.py has no notes"):
        build.build(TABLE, LADDER, tmp_path / "site")


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
        build.build(TABLE, LADDER, tmp_path / "site")


def test_highlighted_code_is_the_code():
    code = 'x = "<a> & b"\n\n\ndef f():  # why\n    """Doc\n    two"""\n'
    html = highlighted(code, {0: [(4, 6)], 3: [(0, 3), (2, 5)]})
    text = re.sub(r"<[^>]+>", "", html)
    for escaped, sign in (("&lt;", "<"), ("&gt;", ">"), ("&amp;", "&")):
        text = text.replace(escaped, sign)
    assert text == code
    marked = re.findall(r"<mark>(?:<[^>]+>)*([^<]+)", html)
    assert "".join(marked) == '"&lt;def f'
    for line in html.split("\n"):
        assert line.count("<span") == line.count("</span>")
        assert line.count("<mark") == line.count("</mark>")


def cells(page, view):
    """Return the table rows of a view: a list of texts without tags each."""
    table = page.partition(f'<table class="code {view}">')[2]
    table = table.partition("</table>")[0]
    return [
        [
            (number, html.unescape(re.sub("<[^>]+>", "", text)))
            for number, text in re.findall(
                r'<td class="number"(?: data-number="(\d+)")?></td>\s*'
                r'(?:<td class="number"(?: data-number="\d+")?></td>)?\s*'
                r"<td[^>]*>(.*?)</td>",
                row,
            )
        ]
        for row in re.findall(r"<tr>(.*?)</tr>", table, re.S)
    ]


@pytest.mark.parametrize("stage", LADDER[1:], ids=lambda stage: stage.name)
def test_side_by_side_are_the_two_files_with_their_line_numbers(stage, site):
    parent = next(s for s in LADDER if s.name == stage.parent)
    page = (site / f"stage-{stage.name}.html").read_text()
    rows = [row for row in cells(page, "split") if len(row) == 2]
    for program, side in ((parent, 0), (stage, 1)):
        lines = program.source.splitlines()
        shown = [row[side] for row in rows if row[side][0]]
        first = len(lines) - len(program.code.splitlines()) + 1
        numbers = [int(number) for number, _ in shown]
        assert numbers == list(range(first, len(lines) + 1))
        for number, text in shown:
            assert text == lines[int(number) - 1]


def test_folded_lines_are_counted(site):
    page = (site / "stage-07.html").read_text()
    folds = re.findall(
        r">(\d+) lines stay as they are<.*?<tbody hidden>(.*?)</tbody>",
        page,
        re.S,
    )
    assert folds
    for count, lines in folds:
        assert lines.count("<tr>") == int(count)


def test_it_says_in_words_what_was_measured(site):
    page = (site / "stage-11.html").read_text()
    [change] = [
        c for c in published.read("proof")["changes"] if c["stage"] == "11"
    ]
    exact, coarse = change["float64"]["pred"], change["float32"]["pred"]
    assert (
        f"largest difference between predictions: {exact:.1g} in float64,"
        f" {coarse:.1g} in float32, which changes"
        f" {change['float32']['changed_predictions']:,} of the 10,000"
    ) in page


def test_a_link_to_an_anchor_that_is_not_there_stops_it(monkeypatch, tmp_path):
    text = readme.README.read_text(encoding="utf-8")
    monkeypatch.setattr(readme, "README", tmp_path / "README.md")
    monkeypatch.setattr(
        "shared.book.prose.Readme._link", lambda self, link: "proof.html#no"
    )
    readme.README.write_text(
        text.replace("Why float32 drifts", "[Why](x) float32 drifts"),
        encoding="utf-8",
    )
    with pytest.raises(RunError, match=r"links to proof\.html#no"):
        build.build(TABLE, LADDER, tmp_path / "site")
