"""The table of PyTorch's names: what our programs use, and nothing else."""

import pydoc

import pytest

from shared.reading.names import DOCS, NAMES, Use, candidates, link, uses
from stages import TABLE


@pytest.mark.parametrize("row", TABLE, ids=lambda row: row.name)
def test_every_name_of_pytorch_in_a_program_is_explained(row):
    names = {use.name for use in candidates(row.code)} - NAMES.keys()
    missing = [
        name for name in names if "__" not in name and pydoc.locate(name)
    ]
    assert missing == []


def test_no_name_is_explained_that_no_program_uses():
    used = {use.name for row in TABLE for use in uses(row.code)}
    assert used == NAMES.keys()


@pytest.mark.parametrize("name", NAMES)
def test_each_name_has_one_short_sentence_and_a_link(name):
    sentence = NAMES[name].sentence
    assert sentence.endswith(".")
    assert ". " not in sentence
    assert len(sentence) <= 160
    assert link(name).startswith(DOCS)
    assert ".html" in link(name)


def test_a_use_covers_the_last_word_of_a_name():
    code = (
        "import torch.nn.functional as F\n"
        "from torch import nn, optim\n"
        "model = cnn().to(device)\n"
        'é = "é"; opt = optim.SGD(\n'
        "    model.parameters())\n"
        "opt.zero_grad(); F.cross_entropy(pred, yb).backward()\n"
        "x = pixels.reshape(1)\n"
    )
    found = [
        (code.splitlines()[use.line - 1][use.start : use.end], use.name)
        for use in uses(code)
    ]
    nn = "torch.nn"
    assert found == [
        ("functional", f"{nn}.functional"),
        ("nn", nn),
        ("optim", "torch.optim"),
        ("to", f"{nn}.Module.to"),
        ("optim", "torch.optim"),
        ("SGD", "torch.optim.SGD"),
        ("parameters", f"{nn}.Module.parameters"),
        ("zero_grad", "torch.optim.Optimizer.zero_grad"),
        ("F", f"{nn}.functional"),
        ("cross_entropy", f"{nn}.functional.cross_entropy"),
        ("backward", "torch.Tensor.backward"),
    ]
    assert not uses("import numpy as np\nx.sum()")
    assert uses("import torch")[0] == Use(1, 7, 12, "torch")
