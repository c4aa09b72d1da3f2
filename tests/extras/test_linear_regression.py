"""The four linear programs draw one line, and it is the right one."""

import re

import numpy as np
import pytest
import torch

from shared.extras.linear_regression import (
    LONG,
    POINTS,
    farthest,
    prove,
    steps,
)
from shared.proof.equivalence import ROUNDING
from stages import PRELUDE
from stages.__main__ import main

LINEAR = {
    row.name: row for row in PRELUDE if row.helper == "linear_regression"
}
BY_HAND, AUTOGRAD, MODULE, CLOSED_FORM = LINEAR.values()
both_sets = pytest.mark.parametrize("n", POINTS)


pytestmark = pytest.mark.usefixtures("runs")


@both_sets
@pytest.mark.parametrize("row", [AUTOGRAD, MODULE], ids=lambda row: row.name)
def test_a_line_is_that_of_the_parent_at_every_step(row, n):
    parent = LINEAR[row.parent].program.fit
    before = steps(parent, POINTS[n], epochs=500)
    after = steps(row.program.fit, POINTS[n], epochs=500)
    assert len(before) == len(after) == 500
    assert farthest(before, after) <= ROUNDING


@pytest.mark.slow
@pytest.mark.parametrize(
    "row", [AUTOGRAD, MODULE, CLOSED_FORM], ids=lambda row: row.name
)
def test_what_it_promises_holds_to_the_end(row):
    claims = prove(row, LINEAR[row.parent], None, None)
    assert all(claim.held for claim in claims), claims


@both_sets
def test_the_first_step_is_against_the_gradient_by_differences(n):
    x, y = POINTS[n].T

    def loss(k, b):
        return np.mean((k * x + b - y) ** 2)

    h = 1e-4
    k_grad = (loss(h, 0) - loss(-h, 0)) / (2 * h)
    b_grad = (loss(0, h) - loss(0, -h)) / (2 * h)
    first, second = steps(BY_HAND.program.fit, POINTS[n], epochs=2, lr=0.001)
    assert first == (0, 0, pytest.approx(loss(0, 0)))
    assert second[:2] == pytest.approx((-0.001 * k_grad, -0.001 * b_grad))


@pytest.mark.parametrize("n", [5, pytest.param(15, marks=pytest.mark.slow)])
def test_descent_comes_to_rest_at_the_least_squares(n):
    points = POINTS[n]
    [(k, b, loss)] = steps(CLOSED_FORM.program.fit, points)
    wanted, [squares], *_ = np.polyfit(*points.T, 1, full=True)
    assert (k, b) == pytest.approx(tuple(wanted), abs=1e-12)
    assert loss == pytest.approx(squares / n, abs=1e-12)
    last = steps(BY_HAND.program.fit, points, epochs=LONG)[-1]
    assert last == pytest.approx((k, b, loss), abs=ROUNDING)


def test_the_notes_give_the_true_line_of_the_15_points():
    [(k, b, _)] = steps(CLOSED_FORM.program.fit, POINTS[15])
    assert (round(k, 4), round(b, 4)) == (0.2600, 0.7477)


def test_the_notes_on_modules_are_true():
    with pytest.raises(RuntimeError, match="shapes cannot be multiplied"):
        torch.nn.Linear(1, 1)(torch.ones(15))

    class Line:
        def forward(self, x):
            return x

    assert not callable(Line())
    assert not hasattr(Line(), "parameters")


def test_half_the_loss_takes_twice_the_learning_rate():
    code = {"__name__": "half"}
    exec(AUTOGRAD.code.replace(".mean()", ".mean() / 2"), code)
    points = POINTS[15]
    half = steps(code["fit"], points, epochs=100, lr=0.01)
    whole = steps(AUTOGRAD.program.fit, points, epochs=100, lr=0.005)
    for a, b in zip(half, whole, strict=True):
        assert a[:2] == pytest.approx(b[:2], abs=ROUNDING)
        assert a[2] == pytest.approx(b[2] / 2, abs=ROUNDING)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("            b.grad.zero_()\n", ""),
        (".mean()", ".sum()"),
        ("b -= b.grad * lr", "b -= k.grad * lr"),
        ("k.grad.zero_()", "b.grad.zero_()"),
        ("k -= k.grad * lr", "k -= k.grad * lr * 1.0001"),
    ],
)
def test_a_broken_program_breaks_its_promise(old, new):
    assert old in AUTOGRAD.code
    broken = {"__name__": "broken"}
    exec(AUTOGRAD.code.replace(old, new), broken)
    points = POINTS[15]
    apart = farthest(
        steps(BY_HAND.program.fit, points, epochs=100, lr=0.0005),
        steps(broken["fit"], points, epochs=100, lr=0.0005),
    )
    assert apart > ROUNDING


@pytest.mark.parametrize("name", LINEAR)
def test_a_run_prints_its_line_and_draws_it(name, runs, capsys):
    flags = [] if name == CLOSED_FORM.name else ["--epochs", "4000"]
    assert main([name, "--points", "5", *flags]) == 0
    out = capsys.readouterr().out
    assert "5 points" in out
    assert re.search(
        r"^step .*: 5\.0664 x \+ 5\.857\d, loss 1\.6263", out, re.M
    )
    [picture] = (runs / name).iterdir()
    assert picture.read_bytes().startswith(b"\x89PNG")


@pytest.mark.parametrize("name", [*LINEAR][:-1])
def test_too_large_a_step_ends_with_one_line(name, runs, capsys):
    assert main([name, "--points", "5", "--lr", "0.01"]) == 1
    assert re.fullmatch(
        r"error: the loss became inf at step \d+: try a smaller --lr\n",
        capsys.readouterr().err,
    )
    assert list(runs.iterdir()) == []


@pytest.mark.parametrize(
    ("command", "complaint"),
    [
        ("prelude-linear-by-hand --points 7", "--points: invalid choice: 7"),
        ("prelude-linear-by-hand --points x", "--points: invalid int"),
        ("prelude-linear-module --epochs 0", "--epochs: '0'"),
        ("prelude-linear-module --lr -1", "--lr: '-1'"),
        ("prelude-linear-closed-form --lr 1", "unrecognized arguments"),
        ("prelude-linear-nowhere", "no stage 'prelude-linear-nowhere'"),
    ],
)
def test_bad_input_gets_one_line_and_exit_code_2(command, complaint, capsys):
    assert main(command.split()) == 2
    err = capsys.readouterr().err
    assert err.startswith("error: ")
    assert err.count("\n") == 1
    assert complaint in err
