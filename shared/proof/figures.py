"""Figures of each stage for the book: numbers and pictures of a training.

The pictures are small: one of their pixels is a weight, a response or a pixel
of a digit. They hold colour by opacity, to lie on light paper and on dark.
"""

import base64
import hashlib
import json
import math
from contextlib import contextmanager

import numpy as np
import torch
import torch.nn.functional as F
from matplotlib.image import imsave
from torch import nn
from torch.nn.modules import module as hooks

from shared.data import mnist
from shared.files import replacing
from shared.results.published import fingerprints, unchanged
from shared.training import plots, runner
from shared.training.log import Log

FOR, AGAINST, INK = (0, 0.35, 0.8), (0.8, 0.1, 0.1), (0, 0, 0)
BATCHES = 23  # to a point of a loss curve; 68 times 23 are 1,564
ROW = 12  # digits
RESPONSES = 3  # digits that the responses of a convolution are shown for


def measure(ladder, data, output_dir, known=None, threads=runner.THREADS):
    """Train every stage of `ladder` as a reader would; write what came of it.

    In float32, seed 0, on the CPU, with so many `threads`, on `data` as
    `mnist.load` takes it. Writes `ladder.json` and the pictures to
    the folder `output_dir`, and returns what `ladder.json` holds. What an
    earlier call returned, `known`, is taken over for stages whose code has
    not changed since.
    """
    splits = mnist.load(data)
    pictures = output_dir / "pictures"
    _save(pictures / "digits.png", _ink(splits.x_valid[: 3 * ROW]))
    conditions = {
        "data": splits.name,
        "torch": torch.__version__,
        "threads": threads,
        "dtype": "float32",
        "batches to a loss": BATCHES,
        "digits": splits.y_valid[: 3 * ROW].tolist(),
    }
    if not known or conditions != {key: known[key] for key in conditions}:
        known = {"code": {}, "stages": {}, "networks": {}}
    stages, networks = {}, {}
    for stage in ladder:
        if stage.name in known["stages"] and unchanged(known, [stage]):
            stages[stage.name] = known["stages"][stage.name]
            key = stages[stage.name]["network"]
            networks[key] = known["networks"][key]
            continue
        print(f"training stage {stage.name}, {stage.title}", flush=True)
        found, network = _portray(stage, splits, output_dir, threads)
        # Stages that end with the same weights share them.
        key = hashlib.sha256(network["numbers"].encode()).hexdigest()[:16]
        stages[stage.name] = found | {"network": key}
        networks[key] = network
    found = conditions | {
        "code": fingerprints(ladder),
        "stages": stages,
        "networks": networks,
    }
    with replacing(output_dir / "ladder.json") as part:
        part.write_text(json.dumps(found, indent=1) + "\n")
    return found


class _Quiet(Log):
    """A log that leaves out the validation losses: probes are among them."""

    def validation(self, loss):
        pass


def _portray(stage, splits, output_dir, threads):
    """Train and draw a stage; return what is to be said of it, its network.

    Among the images that it predicts for are some that give its weights
    away if it is linear: a black one, and 784 with one white pixel.
    """
    pictures = output_dir / "pictures"
    n = len(splits.x_valid)
    probed = splits._replace(
        x_valid=torch.cat(
            [splits.x_valid, torch.zeros(1, 784), torch.eye(784)]
        ),
        y_valid=torch.cat([splits.y_valid, splits.y_valid.new_zeros(785)]),
    )
    train = stage.program.train
    options = runner.options_of(train, accel=False)
    steps = math.ceil(len(splits.x_train) / options["batch_size"])
    log = _Quiet(options["epochs"], steps)
    with _convolutions() as convolutions:
        pred = runner.predict(
            train,
            probed,
            log,
            seed=0,
            dtype=torch.float32,
            threads=threads,
            **options,
        )
    seconds = log.seconds
    log.close()
    pred, probes = pred[:n], pred[n:]

    predicted = pred.argmax(1)
    wrong = (predicted != splits.y_valid).nonzero().flatten()[: 2 * ROW]
    for i, row in enumerate(wrong.split(ROW), 1):
        _save(
            pictures / f"{stage.name}-wrong-{i}.png", _ink(splits.x_valid[row])
        )
    if convolutions:
        _draw_filters(convolutions[0], splits, pictures, stage.name)
    else:
        _save(pictures / f"{stage.name}-weights.png", _weights(probes))
    if stage.promise and stage.promise.kind == "change":
        plots.predictions(  # for README.md
            splits.x_valid,
            splits.y_valid,
            predicted,
            f"{stage.label}, on {splits.name}",
            output_dir / "predictions.png",
        )
    means = np.array(log.losses[: len(log.losses) // BATCHES * BATCHES])
    return {
        "epochs": options["epochs"],
        "valid_loss": round(F.cross_entropy(pred, splits.y_valid).item(), 4),
        "valid_accuracy": runner.accuracy(pred, splits.y_valid),
        "seconds": round(seconds, 2),
        "losses": means.reshape(-1, BATCHES).mean(1).round(4).tolist(),
        "filters": convolutions[0].out_channels if convolutions else 0,
        "responses": splits.y_valid[:RESPONSES].tolist(),
        "wrong": [[int(splits.y_valid[i]), int(predicted[i])] for i in wrong],
    }, _network(convolutions, probes)


def _network(convolutions, probes):
    """Return a trained network as text, for another program to compute with.

    `numbers` are its parameters in base64, as float32, little-endian. With
    `layers`, one for each of the `convolutions`, these are the weights and
    then the bias of each; a ReLU follows each of them, and in the end the mean
    over the grid. A layer is given by its channels in and out, kernel, stride
    and padding. Without layers the network is linear: ten numbers of bias,
    then ten weights for each pixel, made so from the `probes` that they add
    up to 0. A softmax can't tell the difference.
    """
    if convolutions:
        numbers = torch.cat(
            [
                parameter.detach().flatten()
                for layer in convolutions
                for parameter in (layer.weight, layer.bias)
            ]
        )
    else:
        numbers = torch.cat([probes[:1], probes[1:] - probes[0]])
        numbers = (numbers - numbers.mean(1, keepdim=True)).flatten()
    return {
        "layers": [
            [
                layer.in_channels,
                layer.out_channels,
                layer.kernel_size[0],
                layer.stride[0],
                layer.padding[0],
            ]
            for layer in convolutions
        ],
        "numbers": base64.b64encode(numbers.numpy().astype("<f4")).decode(),
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
    splits alike says nothing, and a log-softmax hides it: it is taken off.
    """
    weights = probes[1:] - probes[0]
    weights = weights - weights.mean(1, keepdim=True)
    return _signed(weights.T.reshape(10, 28, 28))


def _draw_filters(convolution, splits, pictures, name):
    """Draw the filters of a convolution, and what they respond to.

    The responses are to the first few validation images, after the ReLU.
    """
    filters = convolution.weight.detach()[:, 0]
    # As large as the responses, so that each filter stands above its own.
    enlarged = np.kron(filters, np.ones((1, 4, 4)))
    _save(pictures / f"{name}-filters.png", _signed(_framed(enlarged, 2)))
    images = splits.x_valid[:RESPONSES].view(-1, 1, 28, 28)
    with torch.no_grad():
        responses = convolution(images).relu()
    strength = (responses / responses.max()).sqrt()
    for i, response in enumerate(strength, 1):
        row = _strips(_framed(response, 1), len(filters))
        _save(pictures / f"{name}-responses-{i}.png", _rgba(FOR, row))


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
        imsave(part, np.ascontiguousarray(picture))  # for Pillow 10.0
