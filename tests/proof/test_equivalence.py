"""Where two trainings part is found, and said in words."""

import math

import pytest
import torch
import torch.nn.functional as F
from torch import nn

from shared.proof.equivalence import Problem, Record, compare, record

LOSSES = [2.0, 1.5, 1.0, 0.9, 0.8, 0.7, 0.6, 0.5]
PRED = torch.eye(10, dtype=torch.float64).log_softmax(1)


def a_record(losses=LOSSES, valid_losses=(), pred=PRED, problems=()):
    """A record of two epochs of four steps."""
    return Record(
        4, list(losses), list(valid_losses), pred, 0.0, list(problems)
    )


def but(step, value, losses=LOSSES):
    """Return the losses with another value at one step and all after it."""
    return losses[:step] + [value] * (len(losses) - step)


def test_equal_records_are_equal():
    report = compare(a_record(), a_record())
    assert report.equal
    assert report.loss == report.pred == report.changed_predictions == 0
    assert report.step is None
    assert report.reading == "equal"


def test_the_tolerance_decides():
    other = a_record(losses=but(3, 0.9 + 1e-8))
    assert not compare(a_record(), other, 1e-9).equal
    other = a_record(losses=[loss + 1e-10 for loss in LOSSES])
    assert compare(a_record(), other, 1e-9).equal
    assert not compare(a_record(), other).equal


@pytest.mark.parametrize(
    ("step", "place", "meaning"),
    [
        (0, "epoch 1, batch 1", "the initial weights, the forward pass"),
        (1, "epoch 1, batch 2", "the gradient, the update"),
        (3, "epoch 1, batch 4", "a batch was dropped, the order of images"),
        (4, "epoch 2, batch 1", "a batch was dropped, the order of images"),
        (5, "epoch 2, batch 2", "in the middle of an epoch"),
    ],
)
def test_the_first_difference_is_named_and_read(step, place, meaning):
    report = compare(a_record(), a_record(losses=but(step, 0.25)))
    assert report.step == step
    assert report.reading.startswith(f"parted at {place}, ")
    assert meaning in report.reading
    there, end = abs(LOSSES[step] - 0.25), 0.25
    assert f"by {there:.1g} there and {end:.1g} at the end" in report.reading


def test_a_nan_is_a_difference_whatever_the_tolerance():
    report = compare(a_record(), a_record(losses=but(5, math.nan)), 1e9)
    assert report.step == 5
    assert math.isnan(report.loss)
    report = compare(a_record(), a_record(pred=PRED * math.nan), 1e9)
    assert not report.equal


def test_different_numbers_of_losses_are_counted():
    report = compare(a_record(), a_record(losses=LOSSES[:-1]))
    assert report.reading.startswith("8 losses against 7, equal as far")


def test_equal_training_with_other_validation_or_predictions_is_told_apart():
    report = compare(
        a_record(valid_losses=[1, 2]), a_record(valid_losses=[1, 3])
    )
    assert report.reading.startswith(
        "the training is the same, but the validation losses differ"
    )
    report = compare(a_record(), a_record(pred=PRED.flip(1)))
    assert report.reading.startswith(
        "the training is the same, but the predictions differ"
    )
    assert report.changed_predictions == 10


def test_predictions_differ_whichever_are_larger():
    larger = a_record(pred=PRED + 1)
    assert compare(a_record(), larger).pred == pytest.approx(1)
    assert compare(larger, a_record()).pred == pytest.approx(1)
    assert not compare(a_record(), larger).equal


def test_problems_are_passed_on():
    report = compare(
        a_record(), a_record(problems=[Problem("data", "it changed x_train")])
    )
    assert not report.equal
    assert report.reading == "it changed x_train"


class Model(nn.Linear):
    def __init__(self):
        super().__init__(784, 10)


def train(x_train, y_train, x_valid, y_valid, log, epochs=2, batch_size=64):
    """A program to break: one step an epoch."""
    model = Model()
    for _ in range(epochs):
        loss = F.cross_entropy(model(x_train), y_train)
        loss.backward()
        log(loss)
        model.eval()
        with torch.no_grad():
            log.validation(F.cross_entropy(model(x_valid), y_valid))
        model.train()
    return model(x_valid)


def test_a_sound_program_has_no_problems(few):
    found = record(train, few)
    assert found.problems == []
    assert len(found.losses) == len(found.valid_losses) == 2
    assert found.pred.shape == (200, 10)
    assert found.pred.exp().sum(1).allclose(torch.ones(200).double())


def broken(change):
    """Return `train` with something more done to its arguments or result."""

    def train_broken(x_train, y_train, x_valid, y_valid, log, batch_size=64):
        pred = train(x_train, y_train, x_valid, y_valid, log)
        return change(x_train, pred)

    return train_broken


@pytest.mark.parametrize(
    ("change", "problem"),
    [
        (lambda x, pred: 1 / 0, "ZeroDivisionError in line"),
        (lambda x, pred: pred[:, :9], "its predictions are (200, 9), not"),
        (lambda x, pred: pred.argmax(1), "its predictions are (200,), not"),
        (lambda x, pred: pred.float(), "its predictions are torch.float32"),
        (lambda x, pred: None, "AttributeError"),
        (lambda x, pred: pred * math.nan, "hold a nan or infinity"),
        (lambda x, pred: pred + x.zero_().sum(), "it changed x_train"),
        (lambda x, pred: pred * 2, "its last validation loss is"),
        (
            lambda x, pred: torch.set_default_dtype(torch.float16) or pred,
            "it changed torch's default dtype",
        ),
        (
            lambda x, pred: (torch.set_grad_enabled(False) and None) or pred,
            "it changed torch's recording of gradients",
        ),
        (
            lambda x, pred: torch.set_num_threads(3) or pred,
            "it changed torch's number of threads",
        ),
    ],
)
def test_whatever_a_program_does_is_reported_in_words(few, change, problem):
    before = torch.get_num_threads()
    found = record(broken(change), few)
    assert any(problem in str(p) for p in found.problems), found.problems
    assert torch.get_default_dtype() == torch.float32
    assert torch.is_grad_enabled()
    assert torch.get_num_threads() == before


def test_the_data_survive_a_program_that_changes_them(few):
    before = [t.clone() for t in few[1:5]]
    for dtype in (torch.float32, torch.float64):
        found = record(
            broken(lambda x, pred: pred + x.fill_(9).sum() * 0),
            few,
            dtype=dtype,
        )
        [problem] = found.problems
        assert (problem.kind, problem.values) == ("data", ("x_train",))
    assert all(map(torch.equal, before, few[1:5]))


def test_a_loss_that_is_no_number_is_reported_with_its_place(few):
    def train_nan(x_train, y_train, x_valid, y_valid, log, batch_size=500):
        for loss in (1.0, 1.0, math.inf, math.nan):
            log(torch.tensor(loss))
        return train(x_train, y_train, x_valid, y_valid, log)

    [problem] = record(train_nan, few).problems
    assert problem == Problem(
        "not finite", "its loss becomes inf at epoch 2, batch 1"
    )
