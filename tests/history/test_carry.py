"""An edit of one stage is carried to the others, and nothing else changes."""

import subprocess

import pytest

import stages.__main__
from shared.errors import InputError, RunError
from shared.history import carry
from shared.reading.diff import changed_lines
from stages import ENCORES, LADDER, TABLE, Stage
from stages.__main__ import main

COMMENT = "    epochs=2,", "    epochs=2,  # passes"


@pytest.fixture(scope="module")
def committed(tmp_path_factory):
    """A git checkout that has the programs and nothing else."""
    root = tmp_path_factory.mktemp("checkout")
    for row in TABLE:
        path = root / row.file
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(row.source, encoding="utf-8")
    reader = ("-c", "user.name=A Reader", "-c", "user.email=r@example.org")
    for command in (["init", "-q"], ["add", "."], ["commit", "-qm", "All"]):
        subprocess.run(["git", *reader, *command], cwd=root, check=True)
    return root


@pytest.fixture
def checkout(committed):
    yield committed
    restore = ["git", "checkout", "-q", "."]
    subprocess.run(restore, cwd=committed, check=True)


@pytest.fixture
def table(checkout, monkeypatch, tmp_path):
    """The table of the programs in that checkout."""

    class Elsewhere(Stage):
        @property
        def path(self):
            return checkout / self.file

    table = tuple(Elsewhere(**vars(row)) for row in TABLE)
    monkeypatch.setattr(stages.__main__, "TABLE", table)
    monkeypatch.setattr(stages.__main__, "ROOT", checkout)
    monkeypatch.setattr(stages.__main__, "RUNS", checkout / "runs")
    return {row.name: row for row in table}


def edit(row, old, new):
    """Replace something in the code of a program, wherever it stands."""
    notes, code = carry.split(row.source)
    assert old in code
    row.path.write_text(notes + code.replace(old, new), encoding="utf-8")


def changes(table):
    """Return the lines that each change removes and adds."""
    return {
        row.name: changed_lines(table[row.parent].code, row.code)
        for row in table.values()
        if row.parent
    }


def test_a_comment_goes_to_all_later_stages_and_to_no_earlier(table):
    before = changes(table)
    edit(table["03"], *COMMENT)
    assert main(["carry", "03", "--write"]) == 0
    having = [r.name for r in table.values() if "# passes" in r.code]
    later = [row.name for row in (*LADDER[2:], *ENCORES)]
    assert set(having) == set(later)
    after = changes(table)
    for name in later[1:]:
        assert after[name] == before[name]
    assert "# passes" not in table["02"].code


def test_nothing_is_written_until_asked_and_nothing_again_after(table, capsys):
    edit(table["03"], *COMMENT)
    assert main(["carry", "03"]) == 0
    out = capsys.readouterr().out
    assert out.count("+    epochs=2,  # passes\n") == len(LADDER[3:] + ENCORES)
    assert "all these changes are what they were" in out
    assert "Nothing is written yet" in out
    assert "# passes" not in table["04"].code
    main(["carry", "03", "--write"])
    capsys.readouterr()
    assert main(["carry", "03"]) == 0
    out = capsys.readouterr().out
    assert "Stage 04, linear: already merged" in out
    assert "# passes" not in out


def test_a_name_changes_in_lines_that_differ_otherwise(table):
    edit(table["01"], "pred", "logits")
    carried, unreached = carry.carry(
        table["01"], table.values(), stages.__main__.ROOT
    )
    merged = [found for found in carried if not found.clashes]
    assert [found.row.name for found in merged] == [
        row.name for row in LADDER[1:7]
    ]
    for found in merged:
        code = carry.split(found.source)[1]
        assert "pred" not in code
        assert code == found.row.code.replace("pred", "logits")
        assert not found.changed
    # Stage 08 moves these lines into a function of its own.
    assert [found.row.name for found in carried if found.clashes] == ["08"]
    assert {row.name for row in unreached} == {
        row.name for row in (*LADDER[8:], *ENCORES)
    }


def test_conflicts_are_left_marked_in_a_copy(table, checkout, capsys):
    edit(table["01"], "pred", "logits")
    assert main(["carry", "01", "--write"]) == 1
    err = capsys.readouterr().err
    assert err.count("\n") == 1
    assert "runs/carry/stage_08_validation.py" in err
    copy = checkout / "runs" / "carry" / table["08"].path.name
    marked = copy.read_text(encoding="utf-8")
    assert marked.startswith(carry.split(table["08"].source)[0])
    assert "<<<<<<<" in marked
    assert "logits = model(xb)" in marked
    assert "logits" not in table["08"].code
    assert "logits" in table["07"].code  # what could be merged is written


def test_from_where_it_was_resolved_it_goes_on(table):
    edit(table["08"], "    pred = model(xb)", "    logits = model(xb)")
    edit(table["08"], "(pred, yb)", "(logits, yb)")
    assert main(["carry", "08", "--write"]) == 0
    for name in ("09", "10", "11", "12", *(row.name for row in ENCORES)):
        assert "F.cross_entropy(logits, yb)" in table[name].code


def test_a_new_keyword_argument_from_05_on(table):
    new = "    batch_size=64,\n    dampening=0.0,\n"
    edit(table["05"], "    batch_size=64,\n", new)
    edit(table["05"], "lr=lr)", "dampening=dampening, lr=lr)")
    assert main(["carry", "05", "--write"]) == 0
    for row in (*LADDER[5:], *ENCORES):
        code = table[row.name].code
        assert new in code
        assert "dampening=dampening, lr=lr" in code
        compile(code, row.file, "exec")
    assert "dampening" not in table["04"].code


def test_back_goes_to_the_earlier_ones(table):
    edit(table["05"], "    batch_size=64,", "    batch_size=64,  # images")
    assert main(["carry", "05", "--back", "--write"]) == 0
    having = [r.name for r in table.values() if "=64,  # images" in r.code]
    assert having == ["01", "02", "03", "04", "05"]


def test_edits_that_a_later_stage_has_of_its_own_stay(table):
    edit(
        table["05"], "    model = Logistic()", "    model = Logistic()  # own"
    )
    edit(table["03"], *COMMENT)
    assert main(["carry", "03", "--write"]) == 0
    assert "Logistic()  # own" in table["05"].code
    assert "# passes" in table["05"].code
    assert "# own" not in table["06"].code


def test_notes_are_not_carried(table, capsys):
    notes, code = carry.split(table["03"].source)
    table["03"].path.write_text(notes.replace("Stage", "The stage") + code)
    assert main(["carry", "03"]) == 2
    assert capsys.readouterr().err == (
        "error: nothing to carry: stages/stage_03_module.py has been edited"
        " in its notes only, and those are its own\n"
    )
    edit(table["03"], *COMMENT)
    notes = carry.split(table["04"].source)[0]
    assert main(["carry", "03", "--write"]) == 0
    assert carry.split(table["04"].source)[0] == notes


def test_a_clean_tree_has_nothing_to_carry(table):
    with pytest.raises(InputError, match=r"stage_07\w+\.py is as in the last"):
        carry.carry(table["07"], table.values(), stages.__main__.ROOT)


def test_at_the_end_there_is_nowhere_to_go(table, capsys):
    edit(table["encore-fast"], *(text.strip() for text in COMMENT))
    edit(table["01"], *COMMENT)
    assert main(["carry", "encore-fast"]) == 2
    assert main(["carry", "01", "--back"]) == 2
    assert capsys.readouterr().err == (
        "error: nothing comes after Encore fast; --back carries to what is"
        " before it\n"
        "error: nothing is before Stage 01, from scratch\n"
    )


def test_without_a_checkout_nobody_knows_what_was_edited(table, tmp_path):
    with pytest.raises(RunError, match="is not a git checkout"):
        carry.carry(table["07"], table.values(), tmp_path)


def test_without_git_there_is_one_clear_line(table, monkeypatch, capsys):
    edit(table["03"], *COMMENT)
    with monkeypatch.context() as patch:
        patch.setenv("PATH", "/nowhere")
        assert main(["carry", "03"]) == 1
    assert capsys.readouterr().err == (
        "error: this needs git, which was not found: https://git-scm.com\n"
    )


def test_a_file_that_is_no_text_is_one_clear_line(table, capsys):
    table["03"].path.write_bytes(b"\xd6")
    assert main(["carry", "03"]) == 2
    assert capsys.readouterr().err == (
        f"error: {table['03'].path} is no text in UTF-8\n"
    )


def test_a_change_that_is_not_what_it_was_is_told(table):
    before = table["01"].code, table["02"].code
    renamed = [code.replace("pred", "logits") for code in before]
    assert carry.altered(before, renamed) == ""
    assert carry.altered(before, (renamed[0], before[1]))
    more = before[1].replace("import torch\n", "import torch\nimport os\n")
    assert carry.altered(before, (before[0], more)) == "adds 4 lines, not 3"
