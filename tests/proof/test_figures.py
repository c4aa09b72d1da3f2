"""Numbers and pictures of the book are what the stages really learned."""

import base64
import json
import math
from types import SimpleNamespace

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from matplotlib.image import imread

from shared.data import mnist
from shared.proof import figures
from shared.training import runner
from shared.training.log import Log
from stages import LADDER

STAGES = {stage.name: stage for stage in LADDER}


@pytest.fixture
def measure(few, monkeypatch, tmp_path):
    """Measure one stage on a few digits; return what is said, and a folder."""

    def run(stage):
        monkeypatch.setattr(mnist, "load", lambda data: few)
        found = figures.measure([stage], "auto", tmp_path)
        written = json.loads((tmp_path / "ladder.json").read_text())
        assert written == found
        return found, tmp_path / "pictures"

    return run


def test_the_weights_of_a_linear_model_are_read_from_outside(measure):
    weights, bias = torch.randn(784, 10), torch.randn(10)

    def train(x_train, y_train, x_valid, y_valid, log, epochs=1, batch_size=9):
        log(torch.tensor(1.0))
        return (x_valid @ weights + bias).log_softmax(1)

    program = SimpleNamespace(train=train)
    _, pictures = measure(
        SimpleNamespace(
            name="xx",
            title="linear",
            program=program,
            source="",
            promise=None,
        )
    )
    picture = imread(pictures / "xx-weights.png")
    assert picture.shape == (28, 280, 4)
    true = weights - weights.mean(1, keepdim=True)
    true = (true / true.abs().max()).T.view(10, 28, 28)
    true = np.hstack(true.numpy())
    assert picture[..., 3] == pytest.approx(abs(true), abs=1 / 255)
    blue = picture[..., 2] > picture[..., 0]
    seen = picture[..., 3] > 0
    assert (blue == (true > 0))[seen].all()


def test_what_it_got_wrong_is_what_the_stage_gets_wrong(measure, few, losses):
    found, pictures = measure(STAGES["06"])
    found = found["stages"]["06"]
    pred = runner.predict(
        STAGES["06"].program.train,
        few,
        losses,
        seed=0,
        dtype=torch.float32,
    )
    wrong = (pred.argmax(1) != few.y_valid).nonzero().flatten()[:24]
    assert found["wrong"] == [
        [few.y_valid[i].item(), pred[i].argmax().item()] for i in wrong
    ]
    first = imread(pictures / "06-wrong-1.png")[:, :28, 3]
    true = few.x_valid[wrong[0]].view(28, 28).numpy()
    assert first == pytest.approx(true, abs=1 / 255)
    accuracy = runner.accuracy(pred, few.y_valid)
    assert found["valid_accuracy"] == pytest.approx(accuracy)
    assert found["losses"][0] == pytest.approx(
        np.mean(losses[: figures.BATCHES]), abs=1e-4
    )
    assert len(found["losses"]) == len(losses) // figures.BATCHES


def test_of_a_network_with_convolutions_the_first_layer_is_drawn(measure, few):
    found, pictures = measure(STAGES["09"])
    assert found["stages"]["09"]["filters"] == 16
    filters = imread(pictures / "09-filters.png")
    assert filters.shape == (16, 16 * 16, 4)
    # 3 by 3 weights, 4 by 4 pixels each, in an empty frame.
    first = filters[2:14, 2:14]
    for row in range(0, 12, 4):
        for column in range(0, 12, 4):
            weight = first[row : row + 4, column : column + 4]
            assert (weight == weight[0, 0]).all()
    assert filters[..., 3].max() == 1
    assert not filters[:2, :, 3].any()

    # The same convolution, applied by hand to a digit, is what was drawn.
    conv = trained_convolution(few)
    strongest = conv.weight.abs().argmax()
    filter_, place = divmod(strongest.item(), 9)
    row, column = divmod(place, 3)
    pixel = filters[3 + 4 * row, 16 * filter_ + 3 + 4 * column]
    assert pixel[3] == 1
    positive = conv.weight.flatten()[strongest] > 0
    assert (pixel[2] > pixel[0]) == positive
    images = few.x_valid[:3].view(-1, 1, 28, 28)
    responses = conv(images).relu().detach()
    responses = (responses / responses.max()).sqrt().numpy()
    for i, response in enumerate(responses, 1):
        picture = imread(pictures / f"09-responses-{i}.png")[..., 3]
        assert picture.shape == (16, 16 * 16)
        inside = np.hstack(response)
        framed = [picture[1:15, 16 * k + 1 : 16 * k + 15] for k in range(16)]
        assert np.hstack(framed) == pytest.approx(inside, abs=1 / 200)


def trained_convolution(digits):
    """Train stage 09 as `measure` does; return its first layer."""
    found = []

    class CNN(STAGES["09"].program.CNN):
        def __init__(self):
            super().__init__()
            found.append(self.conv1)

    log = Log(2, 16)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(STAGES["09"].program, "CNN", CNN)
        runner.predict(
            STAGES["09"].program.train,
            digits,
            log,
            seed=0,
            dtype=torch.float32,
        )
    log.close()
    return found[0]


@pytest.mark.parametrize("name", ["01", "07", "09"])
def test_a_network_is_published_with_the_weights_that_it_ended_with(
    name, measure, few, losses
):
    found, _ = measure(STAGES[name])
    network = found["networks"][found["stages"][name]["network"]]
    numbers = torch.frombuffer(
        bytearray(base64.b64decode(network["numbers"])), dtype=torch.float32
    )
    images = few.x_valid
    if network["layers"]:
        grid, at = images.view(-1, 1, 28, 28), 0
        for inputs, outputs, kernel, stride, padding in network["layers"]:
            shape = (outputs, inputs, kernel, kernel)
            n = math.prod(shape)
            weight, bias = numbers[at:][:n], numbers[at + n :][:outputs]
            grid = torch.relu(
                F.conv2d(grid, weight.view(shape), bias, stride, padding)
            )
            at += n + outputs
        scores = grid.mean((2, 3))
    else:
        scores = images @ numbers[10:].view(784, 10) + numbers[:10]
    pred = runner.predict(
        STAGES[name].program.train, few, losses, seed=0, dtype=torch.float32
    )
    apart = scores.log_softmax(1) - pred.log_softmax(1)
    assert apart.abs().max() < 1e-4
