"""The README agrees with what it describes."""

import re

import pytest

from shared.reading import readme
from stages import ENCORES, LADDER, PRELUDE

AROUND = PRELUDE + ENCORES


def text():
    return readme.README.read_text(encoding="utf-8")


@pytest.mark.parametrize("name", readme.sections(LADDER, AROUND))
def test_what_is_made_is_made_from_the_ladder_and_the_results(name):
    begin, end = readme.marks(name)
    section = text().partition(begin)[2].partition(end)[0]
    assert section == readme.sections(LADDER, AROUND)[name], (
        "run `make readme`"
    )


def test_to_refresh_it_replaces_what_is_made_alone(monkeypatch, tmp_path):
    before = text()
    monkeypatch.setattr(readme, "README", tmp_path / "README.md")
    stale = before.replace("equal bit for bit", "alike")
    readme.README.write_text(stale, encoding="utf-8")
    readme.refresh(LADDER, AROUND)
    assert text() == before != stale


def test_what_it_links_to_is_there(site):
    root = readme.README.parent
    headings = [
        "#" + re.sub(r"[^a-z0-9 ]", "", line.lower()).strip().replace(" ", "-")
        for line in text().splitlines()
        if line.startswith("#")
    ]
    for link in re.findall(r"\]\(([^)]*)\)", text()):
        if link.startswith("#"):
            assert link in headings
        elif link.startswith("site/"):
            assert (site.parent / link).exists(), link
        elif not link.startswith("https://"):
            assert (root / link).exists(), link
