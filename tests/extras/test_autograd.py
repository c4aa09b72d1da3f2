"""The prelude's claims hold, and one that does not ends the run."""

import math
import re

import pytest
import torch

from shared.extras import autograd
from stages import PRELUDE
from stages.__main__ import main

AUTOGRAD = PRELUDE[0]


pytestmark = pytest.mark.usefixtures("runs")


def test_every_claim_is_printed_with_its_value_and_the_graph_drawn(
    runs, capsys
):
    assert main(["prelude-autograd"]) == 0
    out = capsys.readouterr().out
    assert re.search(
        r"^  k\.grad after it, x \* k \*\* \(x - 1\) +12", out, re.M
    )
    held = int(re.search(r"^(\d+) claims hold", out, re.M)[1])
    assert held == len(re.findall("^  ", out, re.M)) > 40
    [picture] = (runs / "prelude-autograd").iterdir()
    assert picture.read_bytes().startswith(b"\x89PNG")


def claimed(name):
    """Return the claims of one function of the program: {text: value}."""
    got = {}
    functions = {f.__name__: f for f in AUTOGRAD.program.CLAIMS}
    functions[name](lambda text, value, wanted: got.update({text: value}))
    return got


def test_gradients_are_those_of_differences():
    """Of k ** x + b, in float64, computed without autograd."""
    k, x, h = 2.0, 3.0, 1e-6
    graph = claimed("graph")
    slope = ((k + h) ** x - (k - h) ** x) / (2 * h)
    assert graph["k.grad, x * k ** (x - 1)"].item() == pytest.approx(slope)
    slope = (k ** (x + h) - k ** (x - h)) / (2 * h)
    assert graph["x.grad, k ** x * log(k)"].item() == pytest.approx(slope)


@pytest.mark.parametrize(
    ("got", "wanted", "same"),
    [
        (torch.tensor(0.1) + 0.2, 0.3, True),
        (torch.tensor(0.1) + 0.2, 0.31, False),
        (torch.tensor([1, 2]), [1, 2], True),
        (torch.tensor([1, 2]), [[1, 2]], False),
        (torch.tensor([1.0, 1.0]), 1.0, False),
        (torch.tensor(math.nan), 0.0, False),
        (torch.zeros(1, 3).shape, (1, 3), True),
        (None, None, True),
        (torch.tensor(0.0), None, False),
        ("RuntimeError", None, False),
    ],
)
def test_a_claim_holds_if_values_are_the_same_and_tensors_to_rounding(
    got, wanted, same
):
    assert autograd.same(got, wanted) is same


@pytest.mark.parametrize("number", range(len(AUTOGRAD.program.CLAIMS)))
def test_a_wrong_claim_ends_the_run_with_one_line(
    number, monkeypatch, capsys, runs
):
    function = AUTOGRAD.program.CLAIMS[number]

    def wrong(claim):
        return function(lambda text, got, wanted: claim(text, got, "moon"))

    changed = list(AUTOGRAD.program.CLAIMS)
    changed[number] = wrong
    monkeypatch.setattr(AUTOGRAD.program, "CLAIMS", changed)
    assert main(["prelude-autograd"]) == 1
    err = capsys.readouterr().err
    assert re.fullmatch(r"error: a claim is wrong: .*, not moon\n", err)
    assert list(runs.iterdir()) == []


def test_bad_input_gets_one_line_and_exit_code_2(capsys):
    assert main(["prelude-autograd", "--epochs", "2"]) == 2
    assert capsys.readouterr().err.count("\n") == 1
