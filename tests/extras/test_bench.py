"""What is compared with the last stage does the same, and sums are right."""

import ast
import sys
from pathlib import Path

import pytest

from shared import tokens
from shared.errors import RunError
from shared.extras import bench
from shared.extras.peers import worker
from shared.proof.equivalence import ROUNDING
from shared.results import published, tables
from shared.training import runner
from stages import TABLE
from stages.__main__ import main

[FAST] = [row for row in TABLE if row.name == "encore-fast"]
STAGE = FAST.origin
PROGRAMS = [bench.PEERS / peer.program for peer in bench.COMPARED]


def defaults(path):
    """Return the default values of a program's `train`, without running it."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    [train] = [
        node for node in tree.body if getattr(node, "name", "") == "train"
    ]
    names = [arg.arg for arg in train.args.args][-len(train.args.defaults) :]
    values = map(ast.literal_eval, train.args.defaults)
    return dict(zip(names, values, strict=True))


@pytest.mark.parametrize("path", PROGRAMS, ids=lambda path: path.stem)
def test_each_trains_as_long_and_with_the_same_numbers(path):
    wanted = runner.options_of(STAGE.program.train)
    del wanted["device"]
    assert defaults(path) == wanted


def test_what_is_compared_is_pinned_and_nothing_is_pinned_twice():
    def names(path):
        lines = path.read_text(encoding="utf-8").splitlines()
        return {line.partition("==")[0] for line in lines if line[0] != "#"}

    pinned = names(bench.PEERS / "constraints.txt")
    assert {peer.package for peer in bench.COMPARED} <= pinned
    assert not pinned & names(published.RESULTS / "constraints.txt")


def test_lines_that_say_nothing_do_not_count():
    code = '"""A\n\ntext."""\n\nimport a  # why\n\n\ndef f():\n'
    code += '    """Text."""\n    # why\n    return (\n        a\n    )\n'
    assert tokens.lines(code) == 5
    assert tokens.lines(f'{code}\nif __name__ == "__main__":\n    f()\n') == 5


class Here:
    """Does the tasks of a worker in this process, on a few images."""

    def __init__(self, folder, splits):
        self.folder = folder
        self.splits = splits
        data = (splits.x_train, splits.y_train, splits.x_valid, splits.y_valid)
        self.save("data.pt", [tensor.clone() for tensor in data])

    save = bench.Workers.save

    def run(self, task, **job):
        with runner.settings():
            found = getattr(worker, task)(
                {"data": self.folder / "data.pt", **job}
            )
        return found | {"seconds": 100.0}


@pytest.fixture
def here(few, tmp_path):
    return Here(tmp_path, few)


def edited(folder, old, new):
    """Write the stage with one edit to a file; return its path."""
    assert STAGE.code.count(old) == 1
    path = folder / "edited.py"
    path.write_text(STAGE.code.replace(old, new), encoding="utf-8")
    return path


def test_the_same_weights_and_order_show_who_does_the_same(here, tmp_path):
    plain = edited(tmp_path, ", shuffle=True", "")
    programs = {"12": STAGE.path, "fast": FAST.path, "plain": plain}
    apart = bench.equality(STAGE.program.cnn, programs, here)
    assert apart["12"] == 0 < apart["fast"] < ROUNDING < apart["plain"]


def test_a_round_times_every_program_without_reading_the_data(
    here, monkeypatch
):
    took = iter([1.0, 2.0, 3.0, 4.0])
    order = []

    def run(task, program, **job):
        order.append(Path(program).stem)
        return {
            "trainings": [next(took)],
            "imports": 0.5,
            "reading": 0.25,
            "seconds": 6.0,
            "accuracy": 0.9,
        }

    monkeypatch.setattr(here, "run", run)
    rounds = bench.Condition("quiet", 1, False, 2)
    programs = {"a": Path("a.py"), "b": Path("b.py")}
    found = bench.times(programs, rounds, here)
    assert order == ["a", "b", "b", "a"]
    assert found["a"]["training"] == [1.0, 4.0]
    assert found["b"]["training"] == [2.0, 3.0]
    assert found["b"]["whole"] == [5.75, 5.75]


def test_a_training_is_timed_apart_from_its_imports(here):
    found = here.run("clock", program=STAGE.path, threads=1, times=2)
    assert len(found["trainings"]) == 2
    assert min(*found["trainings"], found["imports"]) > 0
    assert 0 <= found["accuracy"] <= 1


@pytest.fixture
def found():
    """What a small comparison might have found."""

    def program(training, **more):
        time = {"training": training, "imports": [1.0], "whole": [9.0]}
        return {"quiet": time, "lines": 60, "apart": 3e-14, **more}

    return {
        "torch": "2.13.0",
        "data": "MNIST",
        "cores": 2,
        "code": {"12": "", "encore-fast": ""},
        "conditions": [
            {"name": "quiet", "threads": 1, "busy": False, "rounds": 3}
        ],
        "peers": {
            "ignite": {"more": "events", "differs": ""},
            "keras": {"more": "JAX", "differs": "other weights"},
        },
        "programs": {
            "12": program([5.0, 3.0, 4.0]),
            "encore-fast": program([2.0, 2.0, 2.0]),
            "ignite": program([8.0, 4.0, 6.0], version="1", megabytes=2),
            "keras": program([9.0, 8.0, 7.0], version="3", megabytes=95),
        },
        "compiled": {"first": 30.0, "second": 3.0},
    }


def test_goals_are_ratios_to_the_fastest_of_the_others(found):
    goals = bench.goals(found)
    assert goals["12"]["quiet"] == {"median": 0.667, "least": 0.75}
    assert goals["encore-fast"]["quiet"] == {"median": 0.333, "least": 0.5}
    assert set(goals) == {"12", "encore-fast"}


def test_the_tables_show_median_and_spread(found):
    seconds, programs = tables.of_bench(found)
    assert seconds[1] == ("stage 12", "4.0 (3.0 to 5.0)", "9.0", "1.0")
    assert seconds[3][0] == "ignite 1"
    assert programs[4] == (
        "keras 3",
        "60",
        "95",
        "3e-14",
        "JAX; other weights",
    )
    assert all(len(row) == len(seconds[0]) for row in seconds)
    assert all(len(row) == len(programs[0]) for row in programs)


def test_the_picture_has_a_panel_for_each_condition(found, tmp_path):
    bench.draw(found, tmp_path / "bench.png")
    assert (tmp_path / "bench.png").stat().st_size > 1000


def test_without_the_other_libraries_it_says_how_to_get_them(
    monkeypatch, tmp_path, capsys
):
    monkeypatch.setattr(bench, "ENVIRONMENT", tmp_path / ".venv-bench")
    assert main(["bench", "--data", "standin"]) == 1
    err = capsys.readouterr().err
    assert "error: there is no .venv-bench/" in err
    assert "make bench" in err


@pytest.fixture
def workers(few, monkeypatch):
    """Workers in this environment, which has no other libraries."""
    monkeypatch.setattr(bench, "ENVIRONMENT", Path(sys.prefix))
    with bench.Workers(few) as workers:
        yield workers


@pytest.mark.slow
@pytest.mark.parametrize(
    ("edit", "reason"),
    [("import torch", "no module"), ("log(loss)", "broken here")],
)
def test_a_program_that_fails_is_named_with_the_reason(
    workers, tmp_path, edit, reason
):
    path = tmp_path / "edited.py"
    broken = f"raise RuntimeError({reason!r})"
    path.write_text(STAGE.code.replace(edit, broken, 1), encoding="utf-8")
    with pytest.raises(RunError, match=rf"edited\.py.*{reason}"):
        workers.run("clock", program=str(path), threads=1, times=1)


@pytest.mark.slow
def test_a_process_finds_what_is_found_here(workers):
    apart = bench.equality(
        STAGE.program.cnn, {"12": STAGE.path, "fast": FAST.path}, workers
    )
    assert apart["fast"] < ROUNDING


@pytest.mark.slow
@pytest.mark.parametrize("error", [KeyboardInterrupt, RunError])
def test_the_neighbour_ends_whatever_happens(workers, monkeypatch, error):
    started = []
    start = workers._start
    monkeypatch.setattr(
        workers,
        "_start",
        lambda *job: started.append(start(*job)) or started[-1],
    )

    def fail():
        with workers.neighbour(STAGE.path):
            assert started[0].poll() is None
            raise error

    with pytest.raises(error):
        fail()
    assert started[0].poll() is not None


@pytest.mark.slow
def test_the_neighbour_ends_if_whoever_started_it_is_gone(workers):
    process = workers._start(
        "keep busy", {"program": str(STAGE.path), "threads": 1}
    )
    process.stdin.close()  # as it is when a process dies
    assert process.wait(timeout=60) == 0
    for pipe in (process.stdout, process.stderr):
        pipe.close()
