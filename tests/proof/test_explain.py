"""Why a run gave other numbers than the published one is named right."""

import json
import re
from contextlib import contextmanager
from types import SimpleNamespace

import pytest
import torch

from shared import languages
from shared.data import mnist
from shared.proof import explain, losses
from shared.proof.equivalence import load_train, record
from shared.proof.mutants import MUTANTS
from shared.results import published
from shared.training import runner
from stages import LADDER
from stages.__main__ import main

STAGES = {stage.name: stage for stage in LADDER}
STAGE = STAGES["08"]


@pytest.fixture(scope="module")
def few(few):
    """Fewer digits still: five batches an epoch."""
    return few.first(320, 100)


@pytest.fixture(scope="module")
def measured(few, tmp_path_factory):
    """Publish what stages 06 to 08 lose on a few digits."""

    @contextmanager
    def here(data, threads):
        def start(job):
            dtype = getattr(torch, job.dtype)
            found = record(load_train(job.path), few, dtype=dtype)
            return SimpleNamespace(result=lambda: found)

        yield start

    folder = tmp_path_factory.mktemp("losses")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(losses, "trainings", here)
        patch.setattr(mnist, "load", lambda data: few)
        found = losses.measure(LADDER[5:8], "auto", folder)
        written = (folder / "losses.json").read_text()
        assert json.loads(written) == found
        # What has not changed is taken over, to the last digit.
        patch.setattr(losses, "trainings", lambda *_, **__: refuse())
        assert losses.measure(LADDER[5:8], "auto", folder, found) == found
        assert (folder / "losses.json").read_text() == written
    return written


@contextmanager
def refuse():
    yield lambda job: pytest.fail("trained again")


@pytest.fixture
def desk(measured, few, runs, monkeypatch, capsys, tmp_path):
    """Run stages on a few digits, spoil what is published, and ask why."""
    monkeypatch.setattr(published, "RESULTS", tmp_path)
    path = tmp_path / "losses.json"
    path.write_text(measured)
    metrics = runs / "stage-08" / "metrics.json"
    metrics.parent.mkdir()
    monkeypatch.setattr(explain, "N_TRAIN", len(few.x_train))
    other = few._replace(x_train=few.x_train.flip(0))
    by_name = {few.name: few}
    monkeypatch.setattr(
        mnist,
        "load",
        lambda data: by_name.get(
            {"mnist": "MNIST", "standin": "stand-in"}[data], other
        ),
    )
    monkeypatch.setattr(
        runner,
        "write",
        lambda stage, splits, pred, found: metrics.write_text(
            json.dumps(found)
        ),
    )

    def run(train=STAGE.program.train, splits=few, **options):
        runner.run(STAGE, train, splits, **options)

    def why(stage=STAGE):
        capsys.readouterr()
        explain.explain(stage)
        return " ".join(capsys.readouterr().out.split())

    def spoil(change):
        found = json.loads(path.read_text())
        change(found["stages"]["08"]["float32"])
        path.write_text(json.dumps(found))

    return SimpleNamespace(
        run=run, why=why, spoil=spoil, metrics=metrics, other=other
    )


def test_what_is_published_are_all_losses_once(measured):
    found = json.loads(measured)
    assert found["stages"]["07"]["float32"] == {"as": "06"}
    assert len(found["stages"]["08"]["float64"]["losses"]) == 10
    assert found["stages"]["08"]["options"] == {
        "epochs": 2,
        "batch_size": 64,
        "lr": 0.5,
    }
    assert losses.of(found, "07", "float64") == losses.of(
        found, "06", "float64"
    )


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({}, "All 10 losses and the accuracy are the published ones."),
        ({"dtype": "float64"}, "for float64, up to rounding. README.md"),
        ({"epochs": 3}, "Only the number of epochs makes a difference."),
    ],
)
def test_the_published_numbers_are_recognized_without_a_training(
    desk, options, words
):
    desk.run(**options)
    text = desk.why()
    assert words in text
    assert "training:" not in text


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"seed": 1}, "It is seed: with seed 0 this program gives the"),
        ({"lr": 0.3}, "with lr 0.5 this program gives the published numbers"),
        ({"lr": 0.3, "dtype": "float64"}, "with lr 0.3 yours."),
        ({"seed": 1, "lr": 0.3}, "It is seed and lr: with seed 0 and lr 0.5"),
        ({"batch_size": 32}, "It is batch_size: with batch_size 64 this"),
    ],
)
def test_what_was_chosen_is_named_and_tried(desk, options, words):
    desk.run(**options)
    assert words in desk.why()


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"dtype": "float64"}, "与公布的 float64 结果相同"),
        ({"epochs": 3}, "差别只在于轮数。"),
        ({"seed": 1}, "原因是 seed：用 seed 0，这个程序得到公布的数字"),
        ({"seed": 1, "lr": 0.3}, "原因是 seed 和 lr：用 seed 0 和 lr 0.5"),
    ],
)
def test_it_is_said_in_chinese_too(desk, options, words):
    desk.run(**options)
    with languages.use("zh"):
        text = desk.why()
    assert words in text
    # Names alone are left, such as float32, batch_size or README.zh-CN.md.
    assert not re.search("[A-Za-z]{2,} [a-z]{2,} [a-z]{2,}", text)


def test_other_data_are_named(desk):
    name = {"MNIST": "stand-in", "stand-in": "MNIST"}
    splits = desk.other._replace(name=name[desk.other.name])
    desk.run(splits=splits)
    text = desk.why()
    assert f"It is data: with data {desk.other.name} this program" in text


def test_without_mnist_it_says_that_nothing_could_be_tried(desk, monkeypatch):
    desk.run(seed=1)

    def unavailable(data):
        raise explain.UnavailableError("no network")

    monkeypatch.setattr(mnist, "load", unavailable)
    assert "Nothing could be tried: no network" in desk.why()


def test_rounding_is_told_by_float64(desk):
    desk.run()

    def as_on_another_processor(found):
        for i in range(4, 10):
            found["losses"][i] += 1e-6

    desk.spoil(as_on_another_processor)
    text = desk.why()
    assert "The losses part at step 5 (epoch 1, batch 5), by 1e-06." in text
    accuracy = losses.of(published.read("losses"), "08", "float64")
    assert text.endswith(
        f"Rounding: in float64 both give {accuracy['accuracy']:.4f}."
    )

    def amplified(found):
        found["losses"][8] += 0.1

    desk.spoil(amplified)
    assert "Rounding, amplified by training: in float64" in desk.why()


def mutated(name):
    """Return stage 08 as broken by a mutant."""
    [mutant] = [m for m in MUTANTS if (m.stage, m.name) == (STAGE.name, name)]
    return SimpleNamespace(
        **{
            part: getattr(STAGE, part)
            for part in ("name", "target", "label", "file")
        },
        source=mutant.code(LADDER),
        program=SimpleNamespace(train=mutant.train(LADDER)),
    )


@pytest.mark.parametrize(
    ("mutant", "words"),
    [
        ("shuffling forgotten", "the first loss differs by 0."),
        ("validation on training data", "the validation loss differs by"),
        ("a fresh model is returned", "the accuracy differs by"),
    ],
)
def test_a_broken_program_is_told_from_rounding(desk, mutant, words):
    broken = mutated(mutant)
    desk.run(broken.program.train)
    text = desk.why(broken)
    assert f"{STAGE.file} has changed since its numbers" in text
    assert "This is not rounding: " in text
    assert words in text


def test_a_run_of_a_broken_copy_is_told_from_this_program(desk):
    desk.run(mutated("shuffling forgotten").program.train)
    text = desk.why()
    assert "has changed" not in text
    assert "Your run is of another program, such as an edited copy" in text


def test_a_run_that_parts_as_rounding_begins_may_be_of_another_machine(desk):
    desk.run()
    found = json.loads(desk.metrics.read_text())
    found["losses"][7] += 1e-6
    desk.metrics.write_text(json.dumps(found))
    assert "your run may come from another processor" in desk.why()


def test_more_threads_than_are_worth_a_trial_are_not_tried(desk):
    desk.run()
    found = json.loads(desk.metrics.read_text())
    found |= {"threads": 10**6}
    found["losses"][7] += 1e-6
    desk.metrics.write_text(json.dumps(found))
    text = desk.why()
    assert "not tried: threads 1000000" in text


def test_without_a_run_it_says_how_to_make_one(runs, capsys):
    assert main(["explain", "08"]) == 2
    assert capsys.readouterr().err == (
        "error: there is no runs/stage-08/metrics.json yet: run `make"
        " stage-08` first\n"
    )


@pytest.mark.parametrize(
    "spoil",
    [
        lambda text: text[: len(text) // 2],
        lambda text: "",
        lambda text: "[]",
        lambda text: "[" * 100_000,
        lambda text: text.replace('"seed": 0', '"seed": "0"'),
        lambda text: text.replace('"seed": 0', '"seed": true'),
        lambda text: text.replace('"epochs": 2', '"epochs": 1000000000'),
        lambda text: text.replace('"lr": 0.5', '"lr": NaN'),
        lambda text: text.replace('"losses": [', '"losses": [null, '),
        lambda text: text.replace('"dtype": "float32"', '"dtype": "int8"'),
        lambda text: text.replace('"threads"', '"thread"'),
        lambda text: text + " " * explain.MOST_BYTES,
    ],
)
def test_a_damaged_run_is_an_error_in_one_line(
    desk, spoil, monkeypatch, capsys
):
    monkeypatch.setattr(explain, "MOST_BYTES", 10_000)
    desk.run()
    text = desk.metrics.read_text()
    spoiled = spoil(text)
    assert spoiled != text
    desk.metrics.write_text(spoiled)
    assert main(["explain", "08"]) == 2
    error = capsys.readouterr().err
    assert "metrics.json is cut off or damaged" in error
    assert error.count("\n") == 1


def test_the_run_of_another_stage_is_an_error(desk, capsys):
    desk.run()
    text = desk.metrics.read_text()
    desk.metrics.write_text(text.replace('"stage": "08"', '"stage": "09"'))
    assert main(["explain", "08"]) == 2
    assert "is of stage 09, not 08" in capsys.readouterr().err


def test_ctrl_c_in_a_training_ends_it(desk, monkeypatch, capsys):
    desk.run(seed=1)

    def interrupt(*_, **__):
        raise KeyboardInterrupt

    monkeypatch.setattr(runner, "predict", interrupt)
    assert main(["explain", "08"]) == 130
