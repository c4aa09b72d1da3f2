"""The commands of the workshop: try, check, hint and progress."""

import json
import re

import pytest
import watchfiles

from shared import languages
from shared.data import mnist
from shared.workshop import check, exercises
from shared.workshop.exercises import exercise, of_file
from shared.workshop.finding import Finding
from shared.workshop.signs import SIGNS
from shared.workshop.tasks import FORWARD
from stages import LADDER
from stages.__main__ import main


@pytest.fixture(autouse=True)
def folder(monkeypatch, tmp_path):
    """Keep the workshop in a folder of the test's own."""
    monkeypatch.setattr(exercises, "FOLDER", tmp_path / "workshop")
    monkeypatch.setenv("MAKELEVEL", "1")  # as if called by make
    return tmp_path / "workshop"


@pytest.mark.parametrize("stage", LADDER[1:], ids=lambda stage: stage.name)
@pytest.mark.parametrize("reverse", [False, True])
def test_the_file_to_start_from_is_a_stage_below_the_task(stage, reverse):
    given = exercise(stage, LADDER, reverse)
    notes, code = given.code()[3:].split('"""\n', 1)
    assert given.start.code.startswith(code.rstrip())
    assert "__main__" not in code
    assert " ".join(given.task.text.split()) in " ".join(notes.split())
    for code in SIGNS:
        if code in (*stage.swaps_in, *stage.goes_out):
            assert f"`{code}`" in " ".join(notes.split())
    # What a stage adds is not promised by whoever goes back.
    adds = stage.name == "11" and not reverse
    assert ("images of other sizes now work" in notes) == adds
    assert f"make check-{stage.name}" in notes
    assert "Import torch and the standard library, nothing else." in notes
    assert all(len(line) <= 79 for line in given.code().splitlines())
    compile(given.code(), "start", "exec")


def test_a_file_is_never_overwritten(folder, capsys):
    assert main(["try", "07"]) == 0
    path = folder / "stage_07.py"
    assert path.read_text() == exercise(LADDER[6], LADDER).code()
    assert "make check-07" in capsys.readouterr().out

    path.write_text("my work")
    assert main(["try", "07"]) == 2
    out, err = capsys.readouterr()
    assert (out, path.read_text()) == ("", "my work")
    assert re.fullmatch(
        r'error: .*stage_07.py is there .* ARGS="--reset" .*\n', err
    )

    for number in (1, 2):
        assert main(["try", "07", "--reset"]) == 0
        assert f"stage_07-{number}.py" in capsys.readouterr().out
        path.write_text("more work")
    assert (folder / "stage_07-1.py").read_text() == "my work"
    assert (folder / "stage_07-2.py").read_text() == "more work"


def test_both_directions_have_a_file_of_their_own(folder, capsys):
    main(["try", "07"])
    main(["try", "07", "--reverse"])
    assert 'make check-07 ARGS="--reverse"' in capsys.readouterr().out
    assert "DataLoader(" in (folder / "stage_07_reverse.py").read_text()
    assert "DataLoader(" not in (folder / "stage_07.py").read_text()


def test_hints_come_one_by_one_and_are_three(capsys):
    hints = FORWARD["05"].hints
    for asked in (1, 2, 3, 3):
        assert main(["hint", "05"]) == 0
        out = " ".join(capsys.readouterr().out.split())
        assert [hint in out for hint in hints] == [asked > i for i in range(3)]
        assert ("make diff-05" in out) == (asked == 3)


@pytest.mark.parametrize(
    ("command", "complaint"),
    [
        ("try 01", "stage 01 is the first; there is no change to make"),
        ("check 13", "there is no stage '13'"),
        ("check tests/conftest.py", "does not say which stage it is to bec"),
        ("hint", "arguments are required: stage"),
        ("check 07", "there is no .*stage_07.py; begin with make try-07"),
        ("check 07 nowhere.py", "there is no .*nowhere.py"),
        ("check 07 README.md", "README.md is not a Python file"),
        ("check 07 stages", "stages is not a Python file"),
        ("progress 07", "unrecognized arguments: 07"),
        ("check", "name one thing to check"),
        ("check mine.py yours.py", "name one thing to check"),
        ("check 07 mine.py --all stages", "name one thing to check"),
        ("check 07 --json a.py b.py", "unrecognized arguments: a.py b.py"),
        ("check 07 --jason", "unrecognized arguments: --jason"),
        ("check 07 --watch --json", "--json does not go with --watch"),
        ("diff 07 06 --mine", "--mine goes with one stage"),
        ("diff 07 --reverse", "--reverse with it"),
        ("diff 01 --mine", "Stage 01, from scratch is no exercise"),
        ("check --all nowhere", "there is no folder nowhere"),
        ("check --all .github", r"there is no Python file \(.py\) in .github"),
    ],
)
def test_bad_input_gets_one_line_and_exit_code_2(command, complaint, capsys):
    assert main(command.split()) == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert re.fullmatch(f"error: .*{complaint}.*\n", err)


def test_progress_begins_with_nothing_and_lists_every_change(capsys):
    assert main(["progress"]) == 0
    heading, *rows, _, total = capsys.readouterr().out.splitlines()
    assert heading.split() == ["change", "made", "undone"]
    assert [row[:8] for row in rows] == [
        f"{stage.parent} → {stage.name} " for stage in LADDER[1:]
    ]
    assert all(row.count("not started") == 2 for row in rows)
    assert total == "0 of 22 held."


@pytest.mark.parametrize(
    "content",
    [
        "",
        "[1]",
        '{"07": 1}',
        '{"07": {"state": "held"}}',
        "\x00",
        '{"07": {"state": "x", "hints": 1}}',
    ],
)
def test_damaged_progress_is_one_clear_line(folder, content, capsys):
    folder.mkdir()
    (folder / "progress.json").write_text(content)
    for command in (["progress"], ["hint", "07"]):
        assert main(command) == 2
        out, err = capsys.readouterr()
        assert out == ""
        assert re.fullmatch(
            r"error: .*progress.json is damaged: remove it to begin anew\n",
            err,
        )
    assert (folder / "progress.json").read_text() == content


@pytest.fixture
def offline(digits, monkeypatch):
    """Take the digits of the other tests, wherever they are from."""
    monkeypatch.setattr(mnist, "load", lambda data: digits)


def test_a_change_is_tried_refused_made_and_held(folder, offline, capsys):
    main(["try", "02"])
    path = folder / "stage_02.py"
    assert main(["check", "02"]) == 1
    out, err = capsys.readouterr()
    assert "\n  change    no\n\nThe change was not made: " in out
    assert "For a hint: make hint-02" in out
    assert err == "error: exercise 02 is not solved yet\n"
    assert main(["progress"]) == 0
    assert "01 → 02 cross entropy   tried " in capsys.readouterr().out

    path.write_text(LADDER[1].path.read_text() + "\nprint('ready')\n")
    assert main(["check", "02"]) == 0
    out, err = capsys.readouterr()
    assert err == ""
    steps = ("file", "run", "change", "promise", "in full")
    assert re.findall(r"^  (\w+(?: \w+)?)  ", out, re.M) == list(steps)
    assert re.search(
        r"stage 01 are\sequal\sup\sto\s\de-14:\sthe\slosses\sof\s782", out
    )
    assert "Your program printed this; a stage prints nothing.\n  ready" in out
    main(["progress"])
    out = capsys.readouterr().out
    assert "01 → 02 cross entropy   held " in out
    assert "1 of 22 held." in out

    # A later refusal shows; what is not in the workshop does not count.
    path.write_text("nonsense =")
    for file in ([], [str(LADDER[1].path)]):
        main(["check", "02", *file])
        entry = json.loads((folder / "progress.json").read_text())["02"]
        assert entry["state"] == "held before"
        assert entry["hints"] == 0


@pytest.mark.parametrize(
    ("name", "notes", "wanted"),
    [
        ("stage_07.py", "", ("07", False)),
        ("stage_07_reverse.py", "", ("07", True)),
        ("stage_07-2.py", "", ("07", False)),
        ("stage_07_dataloader.py", "", ("07", False)),
        ("mine.py", LADDER[6], ("07", False)),
        (
            "mine.py",
            '"""Stage 03 (module), to\nbecome stage 02 (x',
            ("03", True),
        ),
        ("mine.py", "no task", None),
        ("mine.py", '"""', None),
    ],
)
def test_a_file_tells_which_exercise_it_answers(name, notes, wanted, tmp_path):
    path = tmp_path / name
    if notes is LADDER[6]:
        notes = exercise(LADDER[6], LADDER).code()
    path.write_text(notes)
    assert of_file(path) == wanted


def test_the_start_of_each_exercise_tells_which_it_is(tmp_path):
    for stage in LADDER[1:]:
        for reverse in (False, True):
            path = tmp_path / "mine.py"
            for language in languages.LANGUAGES:
                with languages.use(language):
                    path.write_text(exercise(stage, LADDER, reverse).code())
                assert of_file(path) == (stage.name, reverse)


class Judge:
    """A check that holds if the file says so, and tells why otherwise."""

    praise = ("Well done.",)

    def __init__(self, exercise, path, splits):
        self.said = path.read_text()

    def __enter__(self):
        return self

    def __exit__(self, *error):
        pass

    def printed(self):
        return ""

    def steps(self):
        if self.said == "interrupt":
            raise KeyboardInterrupt
        yield "file", "can be read"
        if self.said != "right":
            yield "change", Finding("no-backward", self.said)


@pytest.fixture
def answers(folder, offline, monkeypatch):
    """A folder of answers, such as a class hands in."""
    monkeypatch.setattr(check, "Check", Judge)
    folder = folder.with_name("answers")
    for name, said in {
        "alice/stage_07.py": "right",
        "bob/stage_03_reverse.py": "wrong",
        "carol.py": "right",
        "stage_01.py": "right",
        "stage_05.py/notes.txt": "not this",
        ".hidden/stage_07.py": "right",
    }.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(said)
    return folder


NO_BACKWARD = "`backward` is never called, so nothing is learned."
LOOK = "Look at the backward pass."
UNKNOWN = "does not say which stage it is to become"


def test_a_folder_of_answers_is_checked_one_by_one(answers, capsys):
    assert main(["check", "--all", str(answers)]) == 1
    out, err = capsys.readouterr()
    head, _, names, *lines, _, total = out.splitlines()
    assert head.startswith("4 files, on ")
    assert names.split() == ["file", "exercise", "verdict", "seconds", "cause"]
    for line, wanted in zip(
        lines,
        (
            r"alice/stage_07.py +07 +held +0.\d +",
            r"bob/stage_03_reverse.py +03-reverse +not yet +0.\d"
            rf" +{NO_BACKWARD} wrong {LOOK}",
            rf"carol.py +bad input +0.0 +.*carol.py {UNKNOWN}.*",
            rf"stage_01.py +bad input +0.0 +.*stage_01.py {UNKNOWN}.*",
        ),
        strict=True,
    ):
        assert re.fullmatch(wanted, line)
    assert total == "1 of 4 held."
    assert err == "error: not all of these are solved yet\n"
    assert main(["check", "07", "--all", str(answers / "alice")]) == 0
    assert "1 of 1 held." in capsys.readouterr().out


def test_answers_are_found_as_json_too(answers, digits, capsys):
    assert main(["check", "07", "--all", str(answers), "--json"]) == 1
    lines = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert all(line["exercise"] == "07" for line in lines)
    verdicts = [line["verdict"] for line in lines]
    assert verdicts == ["held", "not yet", "held", "held"]
    main(["check", "--all", str(answers), "--json"])
    _, refused, unknown, _ = map(
        json.loads, capsys.readouterr().out.splitlines()
    )
    assert refused.pop("seconds") < 60
    assert refused == {
        "exercise": "03-reverse",
        "file": str(answers / "bob/stage_03_reverse.py"),
        "data": digits.name,
        "verdict": "not yet",
        "kind": "no-backward",
        "phase": "backward",
        "cause": f"{NO_BACKWARD}\nwrong\n{LOOK}",
    }
    assert unknown["verdict"] == "bad input"
    assert UNKNOWN in unknown["cause"]
    assert unknown.keys() == refused.keys() | {"seconds"}


def test_an_exercise_in_reverse_has_one_number_throughout(answers, capsys):
    path = answers / "bob/stage_03_reverse.py"
    assert main(["check", str(path)]) == 1
    out, err = capsys.readouterr()
    assert "to become stage 02 (cross entropy)" in out
    assert 'For a hint: make hint-03 ARGS="--reverse"' in out
    assert err == "error: exercise 03 --reverse is not solved yet\n"


def test_whoever_interrupts_is_told_how_far_it_came(answers, capsys):
    (answers / "bob/stage_03_reverse.py").write_text("interrupt")
    assert main(["check", "--all", str(answers)]) == 130
    out, err = capsys.readouterr()
    assert out.splitlines()[-1] == "1 of 1 held. 3 not checked."
    assert err == "interrupted\n"


@pytest.mark.parametrize(
    "order",
    [
        "check 07 {file} --json",
        "check 07 --json {file}",
        "check --json 07 {file}",
        "check {file} --json",
        "check --json {file}",
        "check --reverse 07 --json {file}",
        "check stage-07 {file} --json",
    ],
)
def test_flags_may_stand_anywhere(order, answers, capsys):
    file = str(answers / "alice/stage_07.py")
    assert main(order.format(file=file).split()) == 0
    found = json.loads(capsys.readouterr().out)
    assert found["file"] == file
    assert found["exercise"] == f"07{'-reverse' * ('reverse' in order)}"


def test_a_check_is_one_object_of_json(folder, answers, digits, capsys):
    folder.mkdir()
    for said, code, verdict in (("right", 0, "held"), ("x", 1, "not yet")):
        (folder / "stage_07.py").write_text(said)
        assert main(["check", "07", "--json"]) == code
        found = json.loads(capsys.readouterr().out)
        assert (found["exercise"], found["verdict"]) == ("07", verdict)
        assert found["data"] == digits.name
    main(["hint", "07"])
    capsys.readouterr()
    assert main(["progress", "--json"]) == 0
    states = json.loads(capsys.readouterr().out)
    assert len(states) == 22
    [state] = [state for state in states if state["state"] != "not started"]
    assert state == {
        "exercise": "07",
        "file": str(folder / "stage_07.py"),
        "state": "held before",
        "kind": "no-backward",
        "hints": 1,
    }


def test_who_has_solved_it_is_told_what_is_new_and_what_is_next(
    folder, answers, capsys
):
    folder.mkdir()
    for stage in ("07", "12"):
        (folder / f"stage_{stage}.py").write_text("right")
        assert main(["check", stage]) == 0
    seventh, last = capsys.readouterr().out.split("This took ")[1:]
    assert "\ntorch.utils.data.DataLoader: Loops over a" in seventh
    assert "\n  https://docs.pytorch.org/docs/stable/data.html#" in seventh
    assert "TensorDataset" not in seventh  # it was there before
    assert 'Yours beside ours: make diff-07 ARGS="--mine"' in seventh
    assert "\nNext: make try-08\n" in seventh
    assert "\nThis was the last one. For all: make progress\n" in last


def test_an_answer_stands_beside_the_stage_once_it_holds(
    folder, offline, monkeypatch, capsys
):
    monkeypatch.setattr(check, "Check", Judge)
    monkeypatch.setattr(Judge, "steps", lambda self: [("in full", "held")])
    task = ["07", "--reverse"]
    path = folder / "stage_07_reverse.py"
    assert main(["diff", *task, "--mine"]) == 2
    assert "begin with make try-07" in capsys.readouterr().err
    main(["try", *task])
    for change in ("", "# mine\n"):
        path.write_text(path.read_text() + change)
        assert main(["diff", *task, "--mine"]) == 2
        error = capsys.readouterr().err
        assert "stage_07_reverse.py has not held as it is now" in error
        assert 'make check-07 ARGS="--reverse"' in error
        main(["check", *task])
        capsys.readouterr()
    assert main(["diff", *task, "--mine"]) == 0
    plain = capsys.readouterr().out
    assert plain.startswith(f"--- {path}\n+++ {LADDER[5].file}\n")
    assert "\n-# mine\n" in plain
    assert "\n-from torch.utils.data import DataLoader, Ten" in plain
    assert "to become" not in plain  # the task
    assert "__main__" not in plain
    main(["diff", *task, "--mine", "--side-by-side"])
    assert "# mine" in capsys.readouterr().out


def test_watching_checks_again_whenever_the_file_is_saved(
    folder, answers, monkeypatch, capsys
):
    path = folder / "stage_07.py"
    other = folder / "notes.txt"
    saved = [{(1, str(other))}, {(2, str(path))}, {(2, str(path))}]

    def watch(place, **_):
        assert place == folder
        yield from saved
        raise KeyboardInterrupt

    monkeypatch.setattr(watchfiles, "watch", watch)
    main(["try", "07"])
    assert main(["check", "07", "--watch"]) == 130
    assert capsys.readouterr().out.count("This took") == 3
