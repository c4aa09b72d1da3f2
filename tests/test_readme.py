"""The README agrees with what it describes."""

from shared import readme
from stages import LADDER


def text():
    return readme.README.read_text(encoding="utf-8")


def test_its_table_is_made_from_the_ladder():
    begin, end = map(text().index, (readme.BEGIN, readme.END))
    table = text()[begin + len(readme.BEGIN) : end]
    assert table == readme.table(LADDER), "run `make readme`"


def test_to_refresh_it_replaces_the_table_alone(monkeypatch, tmp_path):
    before = text()
    monkeypatch.setattr(readme, "README", tmp_path / "README.md")
    readme.README.write_text(before.replace("| 01 from", "| stale"))
    readme.refresh(LADDER)
    assert text() == before


def test_the_files_it_links_to_are_there():
    root = readme.README.parent
    links = [part.split(")")[0] for part in text().split("](")[1:]]
    for link in links:
        assert link.startswith("https://") or (root / link).exists(), link
