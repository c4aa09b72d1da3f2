"""`python -m stages diff` shows a change to be read, or to be applied."""

import json
import re
import shutil
import subprocess
import sys

import pytest

from shared.reading import notes
from shared.results import published
from stages import ENCORES, LADDER, PRELUDE, TABLE
from stages.__main__ import main

STAGES = {stage.name: stage for stage in TABLE}
CHANGES = [stage.name for stage in LADDER[1:]]
AROUND = [s.name for s in PRELUDE + ENCORES if s.parent]
NOTHING = "Stage 01, from scratch: nothing comes before it"


@pytest.fixture
def terminal(monkeypatch, capsys):
    """Return what a command shows in a terminal so many columns wide."""

    def show(*command, columns=80, **environment):
        monkeypatch.setattr(sys.stdout, "isatty", lambda: True)
        monkeypatch.setattr(shutil, "which", lambda name: None)  # no pager
        for name, value in {
            "TERM": "xterm-256color",
            "COLUMNS": str(columns),
            **environment,
        }.items():
            monkeypatch.setenv(name, value)
        assert main(["diff", *command]) == 0
        return capsys.readouterr().out

    monkeypatch.delenv("NO_COLOR", raising=False)
    return show


def lines(shown):
    """Return shown text without colours, line by line."""
    return re.sub(r"\x1b\[[\d;]*m", "", shown).splitlines()


@pytest.mark.skipif(not shutil.which("patch"), reason="no patch")
def test_the_eleven_changes_turn_stage_01_into_stage_12(tmp_path):
    program = tmp_path / "program.py"
    program.write_bytes(LADDER[0].path.read_bytes())
    for name in CHANGES:
        change = subprocess.run(
            [sys.executable, "-m", "stages", "diff", name],
            stdout=subprocess.PIPE,
            check=True,
        ).stdout
        subprocess.run(["patch", "-s", program], input=change, check=True)
        assert program.read_bytes() == STAGES[name].path.read_bytes()


def test_a_terminal_can_be_given_the_plain_diff_too(terminal):
    shown = terminal("07", "--plain")
    assert shown.startswith("--- stages/stage_06_tensor_dataset.py\n")
    assert "\x1b" not in shown


@pytest.mark.parametrize("stage", TABLE, ids=lambda stage: stage.name)
def test_notes_have_the_numbers_of_their_lines(stage, terminal, results):
    shown = lines(terminal(stage.name, columns=200))
    for note in notes.of(stage):
        of = stage.origin if note.removed else stage
        first = of.source.count("\n") - of.code.count("\n") + 1
        code = of.code.splitlines()[note.line]
        [line] = [
            line
            for line in shown
            if re.search(rf"← notes? ([\d, ]+, )?{note.number}\b", line)
        ]
        assert f"{first + note.line} " in line
        assert code.strip() in line
        words = " ".join(re.sub("[`*]", "", note.text).split()[:4])
        assert any(
            line.lstrip().startswith(f"{note.number} {words}")
            for line in shown
        )


def test_moved_lines_say_where_from_and_where_to(terminal, results):
    shown = [line.rstrip() for line in lines(terminal("08"))]
    [before] = [line for line in shown if "(to line 56)" in line]
    [after] = [line for line in shown if "(from line 54)" in line]
    assert before.split()[:3] == ["54", "-", "loss.backward()"]
    assert after.split()[:3] == ["56", "+", "loss.backward()"]


@pytest.mark.parametrize("columns", [80, 200])
@pytest.mark.parametrize("name", CHANGES + AROUND)
def test_it_shows_notes_promise_and_change_within_the_terminal(
    name, columns, terminal, results
):
    shown = lines(terminal(name, columns=columns))
    assert max(map(len, shown)) <= columns
    text = " ".join(" ".join(shown).split())
    stage = STAGES[name]
    first = re.sub("[`*]", "", stage.notes.partition("\n\n")[0])
    assert " ".join(first.split()) in text
    assert f"{stage.name} promised {stage.promise}" in text
    assert re.search(r"\((MNIST, .*)?torch \d", text)
    marked = re.findall(r"^ *\d+ ([-+])", "\n".join(shown), re.M)
    if columns < 160 and stage.goes_out:
        assert {"-", "+"} == set(marked)


def test_the_wide_one_is_side_by_side_the_narrow_one_is_not(terminal):
    together = r"^ *\d+ -\s+for start in range.*\d \+ +for xb, yb in train_dl:"
    for columns, layout, side_by_side in [
        (159, (), False),
        (160, (), True),
        (160, ("--unified",), False),
        (120, ("--side-by-side",), True),
    ]:
        shown = "\n".join(lines(terminal("07", *layout, columns=columns)))
        assert bool(re.search(together, shown, re.M)) == side_by_side


def test_changed_words_are_marked_within_their_line(terminal):
    shown = terminal("05")
    assert "nn\x1b[7;32m, optim\x1b[0m" in shown
    assert "\x1b[7;31mmodel\x1b[0m.zero_grad()" in shown


def test_no_color_is_honoured_and_marks_stay(terminal):
    shown = terminal("05", NO_COLOR="1")
    assert set(re.findall(r"\x1b\[([\d;]*)m", shown)) <= {
        *("0", "1", "2", "3", "7"),
        *("1;2", "2;3"),
    }
    assert "\x1b[7m, optim\x1b[0m" in shown


def test_any_two_stages_compare_with_all_promises_between(terminal):
    shown = lines(terminal("3", "7"))
    assert shown[0] == "Stage 03, module → Stage 07, dataloader"
    promised = [line[:2] for line in shown if "  promised  " in line]
    assert promised == ["04", "05", "06", "07"]
    backwards = lines(terminal("7", "3"))
    assert backwards[0] == "Stage 07, dataloader → Stage 03, module"
    assert any(
        line.endswith(" +        return xb @ self.weights + self.bias")
        for line in map(str.rstrip, backwards)
    )


def test_before_the_first_there_is_nothing_and_it_says_so(terminal, capsys):
    shown = "\n".join(lines(terminal("01")))
    assert shown.startswith(NOTHING)
    assert "def log_softmax(x):" in shown

    assert main(["diff", "01", "--plain"]) == 0
    out, err = capsys.readouterr()
    assert out == LADDER[0].path.read_text()
    assert err.startswith(NOTHING)


def measured(shown):
    text = " ".join(" ".join(lines(shown)).split())
    return text.partition(" measured ")[2]


def test_without_results_it_says_so(terminal, monkeypatch, tmp_path):
    monkeypatch.setattr(published, "RESULTS", tmp_path)
    said = measured(terminal("05"))
    assert said.startswith("proof.json cannot be read: run `make results`")


def test_after_an_edit_it_says_which_stage_was_not_measured(terminal, results):
    path = results / "proof.json"
    found = json.loads(path.read_text())
    found["code"]["05"] = "another"
    path.write_text(json.dumps(found))
    said = "nothing yet for 05 as it is now: run `make results`"
    assert measured(terminal("05")).startswith(said)
    assert measured(terminal("06")).startswith(said)
    assert measured(terminal("04")).startswith("largest difference")


def test_what_is_longer_than_the_terminal_goes_to_a_pager(
    terminal, monkeypatch, tmp_path
):
    seen = tmp_path / "seen"
    monkeypatch.setenv("PAGER", f"tee {seen}")
    which = shutil.which
    shown = terminal("05", LINES="500")
    assert not seen.exists()
    monkeypatch.setattr(shutil, "which", which)
    monkeypatch.setenv("LINES", "10")
    assert main(["diff", "05"]) == 0
    assert seen.read_text() == shown


def test_less_is_asked_to_show_colours(terminal, monkeypatch, tmp_path):
    less = tmp_path / "less"
    less.write_text(f'#!/bin/sh\necho "$@" > {tmp_path}/asked\n')
    less.chmod(0o755)
    which = shutil.which
    terminal("05", LINES="500")
    monkeypatch.setattr(shutil, "which", which)
    monkeypatch.setenv("LINES", "10")
    monkeypatch.setenv("LESS", "i")
    monkeypatch.setenv("PAGER", str(less))
    assert main(["diff", "05"]) == 0
    assert (tmp_path / "asked").read_text() == "-R\n"


def test_the_list_of_programs_breaks_no_word_at_80_columns(
    capsys, monkeypatch
):
    monkeypatch.setenv("COLUMNS", "80")
    assert main([]) == 0
    shown = capsys.readouterr().out
    assert max(map(len, shown.splitlines())) <= 80
    words = set(shown.replace(",", " ").split())
    for row in TABLE:
        assert row.name in words
        for code in row.swaps_in:
            assert set(code.replace(",", " ").split()) <= words


def test_a_reader_that_stops_reading_is_no_error():
    done = subprocess.run(
        f"{sys.executable} -m stages diff 12 | true",
        shell=True,
        stderr=subprocess.PIPE,
        check=True,
    )
    assert done.stderr == b""
