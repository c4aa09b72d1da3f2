"""Commands speak the language that they are asked for, and fit a terminal."""

import re

import pytest
from rich.cells import cell_len

from shared import languages
from stages.__main__ import main

ENGLISH = re.compile("[A-Za-z]{2,} [a-z]{2,} [a-z]{2,}")  # a sentence of it


@pytest.fixture(autouse=True)
def english_after():
    with languages.use("en"):
        yield


@pytest.fixture
def printed(capsys, monkeypatch, tmp_path):
    """Return a function that carries out a command; it returns the output."""
    monkeypatch.setenv("PAGER", "")
    monkeypatch.setattr("shared.workshop.exercises.FOLDER", tmp_path)

    def run(command, code=0, width=80):
        monkeypatch.setenv("COLUMNS", str(width))
        if "--help" in command:
            with pytest.raises(SystemExit):
                main(command.split())
        else:
            assert main(command.split()) == code
        out, err = capsys.readouterr()
        return out + err

    return run


def test_a_flag_or_a_variable_asks_for_chinese(printed, monkeypatch):
    assert "held" in printed("progress")
    for command in ("--lang zh progress", "progress --lang=zh"):
        text = printed(command)
        assert "成立" in text
        assert "held" not in text
    assert "held" in printed("progress")
    monkeypatch.setenv(languages.VARIABLE, "zh")
    assert "成立" in printed("progress")
    assert "held" in printed("progress --lang en")


def test_errors_are_chinese_too(printed):
    for command in (
        "13",
        "diff 1 2 3",
        "01 --lr x",
        "01 --no",
        "check",
        "x y",
    ):
        text = printed(f"{command} --lang zh", 2)
        assert re.fullmatch("错误：.*\\n", text)
        assert not ENGLISH.search(text)


@pytest.mark.parametrize(
    ("command", "width"),
    [
        ("", 80),
        ("--help", 50),
        ("check --help", 80),
        ("encore-fast --help", 80),
        ("progress", 80),
    ],
)
def test_no_sentence_is_english_and_no_line_too_long(command, width, printed):
    text = printed(f"{command} --lang zh", width=width)
    assert not ENGLISH.search(text)
    fits(text, width)


@pytest.mark.parametrize(
    "stages", ["07", "09", "1 12", "prelude-autograd", "encore-distributed"]
)
def test_a_change_and_its_notes_fit(stages, printed):
    text = printed(f"diff {stages} --unified --lang zh")
    assert "承诺" in text or "prelude" in stages
    fits(text)


def fits(text, width=80):
    """Assert that text is Chinese, and in lines as they should be."""
    assert re.search(r"[\u4e00-\u9fff]", text)
    for line in text.splitlines():
        assert cell_len(line) <= width, line
        assert not re.match(" *[，。、：；！？）”]", line), line
