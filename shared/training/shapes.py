"""The shapes of the tensors of a real batch, at the lines that make them."""

import sys
from contextlib import contextmanager
from functools import cache

import numpy as np
import torch
from torch import optim
from torch.nn.modules.module import register_module_forward_hook

from shared.data import standin
from shared.data.splits import Splits
from shared.training import runner

BATCH = 64  # images to train on: one batch, as every stage has by default
VALID = 131  # images to validate on: a batch of 128, and some more
IN_A_RUN = 10_000  # images to validate on, of all the data sets there are


class _Log(list):
    """The `log` of a stage, which keeps what it is told to itself."""

    __call__ = list.append
    validation = list.append


@cache
def digits():
    """Return one batch to train on and two to validate on, drawn digits."""
    labels = np.arange(BATCH + VALID) % 10
    images = torch.tensor(standin.draw(labels, seed=0)).view(-1, 784) / 256
    labels = torch.tensor(labels)
    return Splits(
        "stand-in",
        images[:BATCH],
        labels[:BATCH],
        images[BATCH:],
        labels[BATCH:],
        lambda: (images[:0], labels[:0]),
    )


def record(stage, splits):
    """Run a stage on one batch; return what shapes came up, line by line.

    To validate on, `splits` has `VALID` images, which no other size of a
    stage is. A shape that begins with this size has `IN_A_RUN` in its place.

    Returns {number of the line in the file: [(name, shape), ...]}, with lines
    counted from 1. A name is a variable that the line assigns a tensor to,
    the first time it does in each function; of a layer, shown where it is
    made, it is empty, and the shape that of its first output.
    """
    train = stage.program.train
    options = runner.options_of(train, accel=False) | {"epochs": 1}
    # The first optimizer imports much of torch, which takes long if traced.
    optim.SGD([torch.zeros(1)], lr=1)
    with _traced(train.__code__.co_filename) as found:
        runner.predict(
            train, splits, _Log(), seed=0, dtype=torch.float32, **options
        )
    return {
        line: [
            (name, (IN_A_RUN, *shape[1:]) if shape[0] == VALID else shape)
            for name, shape in pairs
        ]
        for line, pairs in found.items()
    }


@contextmanager
def _traced(file):
    """Yield a dict that fills with the shapes met in a file."""
    found, seen, made, shown = {}, {}, {}, set()

    def note(line, name, tensor):
        shapes = found.setdefault(line, [])
        if name not in dict(shapes):
            shapes.append((name, tuple(tensor.shape)))

    def compare(frame):
        """Note what has been assigned since the last look at a frame."""
        line, before = seen[frame]
        for name, value in frame.f_locals.items():
            new = line and before.get(name) is not value
            if new and isinstance(value, torch.Tensor) and value.dim():
                note(line, name, value)
        seen[frame] = (frame.f_lineno, dict(frame.f_locals))

    def follow(frame, event, argument):
        if event in ("line", "return"):
            compare(frame)
        if event == "return":
            del seen[frame]
        return follow

    def called(frame, event, argument):
        code, caller = frame.f_code, frame.f_back
        if code.co_name == "__init__" and caller.f_code.co_filename == file:
            made.setdefault(id(frame.f_locals.get("self")), caller.f_lineno)
        if code.co_filename == file:
            seen[frame] = (0, dict(frame.f_locals))
            return follow
        return None

    def gave(module, inputs, output):
        line = made.get(id(module))
        if line and id(module) not in shown:
            shown.add(id(module))
            note(line, "", output)

    hook, before = register_module_forward_hook(gave), sys.gettrace()
    sys.settrace(called)
    try:
        yield found
    finally:
        sys.settrace(before)
        hook.remove()
