"""The history holds what the table says, and the same for everybody."""

import os
import subprocess
import sys

import pytest

import stages.__main__
from shared.errors import RunError
from shared.history import repository
from stages import ENCORES, LADDER, PRELUDE
from stages.__main__ import main
from tests.support.git import git

MAIN = repository.main_line(PRELUDE, LADDER)
UNFRIENDLY = """
[core]
    autocrlf = true
    hooksPath = /nowhere
[commit]
    gpgSign = true
[init]
    defaultBranch = trunk
    defaultObjectFormat = sha256
[status]
    showUntrackedFiles = no
[user]
    name = A Reader
    email = reader@example.org
"""


def make(folder, **options):
    return repository.make(folder, MAIN, ENCORES, **options)


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    folder = tmp_path_factory.mktemp("made") / "runs" / "history"
    assert make(folder)
    return folder


@pytest.fixture
def history(tmp_path):
    folder = tmp_path / "runs" / "history"
    assert make(folder)
    return folder


def test_it_goes_from_the_line_by_hand_to_the_last_stage(made):
    subjects = git(made, "log", "--reverse", "--format=%s").splitlines()
    assert subjects == [row.label for row in MAIN]
    assert subjects[0] == "Prelude linear by hand"
    assert subjects[-12:] == [row.label for row in LADDER]


def test_a_commit_holds_program_notes_and_promise(made):
    assert git(made, "ls-files") == "train.py\n"
    for row in (*MAIN, *ENCORES):
        program = git(made, "show", f"{row.target}:train.py")
        assert row.source.endswith(f'"""\n\n{program}') or row.source.endswith(
            f'"""\n\n\n{program}'
        )
        message = git(made, "log", "-1", "--format=%B", row.target)
        assert (
            row.notes.split()
            == message.split()[
                len(row.label.split()) : len(row.label.split())
                + len(row.notes.split())
            ]
        )
        promise = git(
            made,
            "log",
            "-1",
            "--format=%(trailers:key=Promise,valueonly)",
            row.target,
        )
        assert promise.strip() == (str(row.promise) if row.promise else "")


def test_lines_of_a_message_fit_a_terminal(made):
    for line in git(made, "log", "--all").splitlines():
        assert len(line) <= 80


def test_encores_are_branches_of_what_they_change(made):
    for row in ENCORES:
        assert git(made, "rev-parse", f"{row.target}^") == git(
            made, "rev-parse", "stage-12"
        )


def test_hashes_are_the_same_whatever_the_reader_has_set(
    made, tmp_path, monkeypatch
):
    (tmp_path / ".gitconfig").write_text(UNFRIENDLY)
    for name, value in {
        "HOME": tmp_path,
        "GIT_CONFIG_GLOBAL": tmp_path / ".gitconfig",
        "GIT_DIR": tmp_path / "elsewhere",
        "GIT_INDEX_FILE": tmp_path / "index",
        "GIT_COMMITTER_DATE": "2001-01-01 00:00:00 +0500",
        "GIT_AUTHOR_NAME": "A Reader",
        "GIT_DEFAULT_HASH": "sha256",
        "TZ": "Asia/Tokyo",
    }.items():
        monkeypatch.setenv(name, str(value))
    folder = tmp_path / "runs" / "history"
    assert make(folder)
    monkeypatch.delenv("GIT_DIR")
    monkeypatch.delenv("GIT_INDEX_FILE")
    assert git(folder, "show-ref") == git(made, "show-ref")
    assert git(folder, "branch", "--show-current") == "main\n"
    # And with these settings the reader looks around in it.
    git(folder, "checkout", "--quiet", "stage-07")
    assert git(folder, "status", "--porcelain") == ""
    assert b"\r" not in (folder / "train.py").read_bytes()
    (folder / "my.txt").touch()
    with pytest.raises(RunError, match=r"yours, in my\.txt"):
        make(folder)


def test_what_is_there_already_stays_and_so_does_the_checkout(history):
    git(history, "checkout", "--quiet", "stage-03")
    assert not make(history)
    assert git(history, "describe", "--tags") == "stage-03\n"


def test_an_older_one_is_replaced_and_nothing_is_left_beside(history):
    assert make(history, programs={"05": "other = True\n"})
    assert git(history, "show", "stage-05:train.py") == "other = True\n"
    assert os.listdir(history.parent) == ["history"]


def test_an_empty_folder_is_used(tmp_path):
    (tmp_path / "history").mkdir()
    assert make(tmp_path / "history")
    assert (tmp_path / "history" / "train.py").exists()


def edit(folder):
    with open(folder / "train.py", "a") as file:
        file.write("# mine\n")


def commit(folder):
    edit(folder)
    reader = ("-c", "user.name=A Reader", "-c", "user.email=r@example.org")
    git(folder, *reader, "commit", "--quiet", "--all", "-m", "Mine")


def commit_and_leave(folder):
    git(folder, "checkout", "--quiet", "--detach")
    commit(folder)
    git(folder, "checkout", "--quiet", "main")


def stash(folder):
    edit(folder)
    reader = ("-c", "user.name=A Reader", "-c", "user.email=r@example.org")
    git(folder, *reader, "stash")


@pytest.mark.parametrize(
    ("work", "complaint"),
    [
        (edit, "changes of yours, in train.py"),
        (lambda folder: (folder / "my.txt").touch(), "yours, in my.txt"),
        (commit, "commits of yours, such as .* Mine"),
        (commit_and_leave, "commits of yours, such as .* Mine"),
        (stash, "commits of yours"),
        (lambda folder: git(folder, "tag", "here"), "of yours, refs/tags/her"),
    ],
)
def test_what_a_reader_has_done_is_not_destroyed(history, work, complaint):
    work(history)

    def seen():
        files = [p for p in history.iterdir() if p.is_file()]
        return {p: p.read_text() for p in files}, git(history, "show-ref")

    before = seen()
    with pytest.raises(RunError, match=complaint):
        make(history, programs={"05": "other = True\n"})
    assert seen() == before


@pytest.mark.parametrize("inside", ["notes.txt", ".git"])
def test_a_folder_of_other_things_is_left_alone(tmp_path, inside):
    folder = tmp_path / "history"
    folder.mkdir()
    (folder / inside).write_text("of the reader")
    with pytest.raises(RunError, match="history was not made here"):
        make(folder)
    assert (folder / inside).read_text() == "of the reader"


def test_the_command_says_what_to_look_at(tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(stages.__main__, "ROOT", tmp_path)
    monkeypatch.setattr(stages.__main__, "RUNS", tmp_path / "runs")
    assert main(["history"]) == 0
    assert "wrote runs/history, a git rep" in capsys.readouterr().out
    assert main(["history"]) == 0
    assert capsys.readouterr().out == "runs/history is up to date\n"
    edit(tmp_path / "runs" / "history")
    assert main(["history"]) == 1
    assert capsys.readouterr().err.count("\n") == 1


def test_without_git_there_is_one_clear_line(tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(stages.__main__, "RUNS", tmp_path / "runs")
    monkeypatch.setenv("PATH", str(tmp_path))
    for command in (["history"], ["bisect"]):
        assert main(command) == 1
        assert capsys.readouterr().err == (
            "error: this needs git, which was not found: https://git-scm.com\n"
        )


def test_a_commit_that_is_checked_out_can_be_run(history):
    git(history, "checkout", "--quiet", "prelude-linear-by-hand")
    help = subprocess.run(
        [sys.executable, "train.py", "--help"],
        cwd=history,
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    assert "usage: python -m stages prelude-linear-by-hand" in help
