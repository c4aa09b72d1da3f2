"""What training made of each stage, in numbers and pictures, for the book.

The pictures are small: one of their pixels is a weight, a response or a pixel
of a digit. They hold colour by opacity, to lie on light paper and on dark.
"""

import json
import math
from contextlib import contextmanager

import numpy as np
import torch
import torch.nn.functional as F
from matplotlib.image import imsave
from torch import nn
from torch.nn.modules import module as hooks

from shared import mnist, runner
from shared.files import replacing
from shared.measured import fingerprint

FOR, AGAINST, INK = (0, 0.35, 0.8), (0.8, 0.1, 0.1), (0, 0, 0)
BATCHES = 23  # to a point of a loss curve; 68 times 23 are 1,564
ROW = 12  # digits
RESPONSES = 3  # digits that the responses of a convolution are shown for


def measure(ladder, data, into):
    """Train every stage of `ladder` as a reader would; write what came of it.

    In float32, seed 0, on the CPU, with torch's own number of threads, on
    `data` as `mnist.load` takes it. Writes `ladder.json` and the pictures to
    the folder `into`, and returns what `ladder.json` holds.
    """
    digits = mnist.load(data)
    pictures = into / "pictures"
    _save(pictures / "digits.png", _ink(digits.x_valid[: 3 * ROW]))
    stages = {}
    for stage in ladder:
        print(f"training stage {stage.name}, {stage.title}", flush=True)
        stages[stage.name] = _portray(stage, digits, pictures)
    found = {
        "data": digits.name,
        "torch": torch.__version__,
        "threads": torch.get_num_threads(),
        "dtype": "float32",
        "batches to a loss": BATCHES,
        "digits": digits.y_valid[: 3 * ROW].tolist(),
        "code": {stage.name: fingerprint(stage) for stage in ladder},
        "stages": stages,
    }
    with replacing(into / "ladder.json") as part:
        part.write_text(json.dumps(found, indent=1) + "\n")
    return found


class _Quiet(runner.Log):
    """A log that leaves out the validation losses: probes are among them."""

    def validation(self, loss):
        pass


def _portray(stage, digits, into):
    """Train a stage, draw it, and return what is to be said of it.

    Among the images that it predicts for are some that give its weights
    away if it is linear: a black one, and 784 with one white pixel.
    """
    n = len(digits.x_valid)
    probed = digits._replace(
        x_valid=torch.cat(
            [digits.x_valid, torch.zeros(1, 784), torch.eye(784)]
        ),
        y_valid=torch.cat([digits.y_valid, digits.y_valid.new_zeros(785)]),
    )
    train = stage.program.train
    options = runner.options_of(train, accel=False)
    steps = math.ceil(len(digits.x_train) / options["batch_size"])
    log = _Quiet(options["epochs"], steps)
    with _convolutions() as convolutions:
        pred = runner.predict(
            train, probed, log, seed=0, dtype=torch.float32, **options
        )
    seconds = log.seconds
    log.close()
    pred, probes = pred[:n], pred[n:]

    predicted = pred.argmax(1)
    wrong = (predicted != digits.y_valid).nonzero().flatten()[: 2 * ROW]
    for i, row in enumerate(wrong.split(ROW), 1):
        _save(into / f"{stage.name}-wrong-{i}.png", _ink(digits.x_valid[row]))
    if convolutions:
        _draw_filters(convolutions[0], digits, into, stage.name)
    else:
        _save(into / f"{stage.name}-weights.png", _weights(probes))
    means = np.array(log.losses[: len(log.losses) // BATCHES * BATCHES])
    return {
        "epochs": options["epochs"],
        "valid_loss": round(F.cross_entropy(pred, digits.y_valid).item(), 4),
        "valid_accuracy": runner.accuracy(pred, digits.y_valid),
        "seconds": round(seconds, 2),
        "losses": means.reshape(-1, BATCHES).mean(1).round(4).tolist(),
        "filters": convolutions[0].out_channels if convolutions else 0,
        "responses": digits.y_valid[:RESPONSES].tolist(),
        "wrong": [[int(digits.y_valid[i]), int(predicted[i])] for i in wrong],
    }


@contextmanager
def _convolutions():
    """Yield a list that fills with the convolutions called meanwhile."""
    found = []

    def leave(module, args, result):
        if isinstance(module, nn.Conv2d) and module not in found:
            found.append(module)

    handle = hooks.register_module_forward_hook(leave)
    try:
        yield found
    finally:
        handle.remove()


def _weights(probes):
    """Return a picture of a linear model: a weight for each pixel and digit.

    `probes` are its (785, 10) predictions for a black image, which are its
    bias, and for images with one white pixel. What a pixel adds to all ten
    digits alike says nothing, and a log-softmax hides it: it is taken off.
    """
    weights = probes[1:] - probes[0]
    weights = weights - weights.mean(1, keepdim=True)
    return _signed(weights.T.reshape(10, 28, 28))


def _draw_filters(convolution, digits, into, name):
    """Draw the filters of a convolution, and what they respond to.

    The responses are to the first few validation images, after the ReLU.
    """
    filters = convolution.weight.detach()[:, 0]
    # As large as the responses, so that each filter stands above its own.
    enlarged = np.kron(filters, np.ones((1, 4, 4)))
    _save(into / f"{name}-filters.png", _signed(_framed(enlarged, 2)))
    images = digits.x_valid[:RESPONSES].view(-1, 1, 28, 28)
    with torch.no_grad():
        responses = convolution(images).relu()
    strength = (responses / responses.max()).sqrt()
    for i, response in enumerate(strength, 1):
        row = _strips(_framed(response, 1), len(filters))
        _save(into / f"{name}-responses-{i}.png", _rgba(FOR, row))


def _framed(images, width):
    """Return (n, h, w) images with an empty frame around each."""
    return np.pad(images, ((0, 0), (width, width), (width, width)))


def _ink(images):
    """Return a picture of digits (n, 784), black on nothing, in rows."""
    return _rgba(INK, _strips(images.view(-1, 28, 28), ROW))


def _signed(images):
    """Return a picture of (n, h, w) weights in a row, the largest opaque."""
    row = _strips(images / abs(images).max(), len(images))
    color = np.where(row[..., None] > 0, FOR, AGAINST)
    return _rgba(color, abs(row))


def _rgba(color, opacity):
    color = np.broadcast_to(color, (*opacity.shape, 3))
    return np.dstack([color, opacity])


def _strips(images, columns):
    """Lay (n, h, w) images out in rows; what is left of the last is empty."""
    n, height, width = images.shape
    rows = math.ceil(n / columns)
    page = np.zeros((rows * columns, height, width))
    page[:n] = images
    page = page.reshape(rows, columns, height, width)
    return page.swapaxes(1, 2).reshape(rows * height, columns * width)


def _save(path, picture):
    with replacing(path) as part:
        imsave(part, picture)
