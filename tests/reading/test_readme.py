"""The README agrees with what it describes."""

import inspect
import re

import pytest

from shared.errors import RunError
from shared.reading import diff, readme
from stages import ENCORES, LADDER, PRELUDE
from tests.support.results import readme as readme_of

AROUND = PRELUDE + ENCORES
README = readme.README


def text():
    return readme.README.read_text(encoding="utf-8")


def test_what_is_made_is_made_from_the_ladder_and_the_results():
    for name, wanted in readme.sections(LADDER, AROUND).items():
        begin, end = readme.marks(name)
        section = text().partition(begin)[2].partition(end)[0]
        assert section == wanted, (
            f"the part {name!r} of README.md is not up to date: run"
            " `make readme`"
        )


def test_the_chinese_one_is_made_of_it():
    path = README.with_name("README.zh-CN.md")
    assert path.read_text(encoding="utf-8") == readme.chinese(text()), (
        "README.zh-CN.md is not up to date: run `make readme`"
    )


def test_each_links_to_the_other_on_its_first_line():
    made = readme.chinese(text())
    for link, content in (
        ("[中文](README.zh-CN.md)", text()),
        ("[English](README.md)", made),
    ):
        assert content.partition("\n")[0] == link


def test_links_of_the_chinese_one_lead_to_its_own_headings():
    made = readme.chinese(text())
    links = re.findall(r"\]\(#([^)]*)\)", made)
    assert len(links) == len(re.findall(r"\]\(#", text())) > 2
    headings = [
        re.sub(r"[^\w -]", "", line.lstrip("# ").lower()).replace(" ", "-")
        for line in made.splitlines()
        if line.startswith("## ")
    ]
    assert not set(links) - set(headings)
    assert re.findall("```.*?```", made, re.S) == re.findall(
        "```.*?```", text(), re.S
    )


def test_without_an_end_mark_it_is_left_alone(monkeypatch, tmp_path):
    """What follows would be lost otherwise."""
    monkeypatch.setattr(readme, "README", tmp_path / "README.md")
    for missing in readme.marks("stages"):
        spoiled = README.read_text(encoding="utf-8").replace(missing, "")
        readme.README.write_text(spoiled, encoding="utf-8")
        with pytest.raises(RunError, match=missing.strip()):
            readme.refresh(LADDER, AROUND)
        assert text() == spoiled


def shown(command):
    """Return what README.md shows of a command, line by line."""
    _, _, rest = text().partition(f"\n$ {command}\n")
    return rest.partition("\n```")[0].partition("\n\n$ ")[0].splitlines()


def test_the_change_that_it_shows_is_the_change():
    [parent, stage] = LADDER[:2]
    change = diff.patch(parent.code, stage.code, "", "").splitlines()
    _, *lines = shown("make diff-02")
    # In a terminal, the number of each line stands before it.
    lines = [line[5:] for line in lines if line and line != "..."]
    assert len(lines) > 4
    start = change.index(lines[0])
    assert change[start : start + len(lines)] == lines


def test_the_signature_that_it_shows_is_that_of_every_stage():
    [signature] = re.findall(r"^def train\((.*?)\):$", text(), re.M)
    names = signature.split(", ")
    for stage in LADDER:
        parameters = list(inspect.signature(stage.program.train).parameters)
        assert parameters[: len(names)] == names


def test_to_refresh_it_replaces_what_is_made_alone(
    results, monkeypatch, tmp_path
):
    monkeypatch.setattr(readme, "README", readme_of(tmp_path / "readme"))
    before = text()
    monkeypatch.setattr(readme, "README", tmp_path / "README.md")
    stale = before.replace("equal bit for bit", "alike")
    readme.README.write_text(stale, encoding="utf-8")
    readme.refresh(LADDER, AROUND)
    assert text() == before != stale


def test_what_it_links_to_is_there():
    root = readme.README.parent
    headings = [
        "#" + re.sub(r"[^a-z0-9 ]", "", line.lower()).strip().replace(" ", "-")
        for line in text().splitlines()
        if line.startswith("#")
    ]
    for link in re.findall(r"\]\(([^)]*)\)", text()):
        if link.startswith("#"):
            assert link in headings
        elif not link.startswith("https://"):
            assert (root / link).exists(), link
