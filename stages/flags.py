"""The flags of the command line, by name, for the table to give to rows.

Each is what argparse's `add_argument` takes. A flag means the same wherever
it is taken; a flag that is None was not given.
"""

import argparse
import math
from pathlib import Path

from shared.languages import say


def whole(least):
    """Return a parser of whole numbers of at least `least`."""

    def parse(text):
        try:
            number = int(text)
        except ValueError:
            number = None
        if number is None or not least <= number < 2**63:
            raise argparse.ArgumentTypeError(
                say(
                    "{text!r} is not a whole number of at least {least}",
                    text=text,
                    least=least,
                )
            )
        return number

    return parse


def rate(text):
    """Parse a learning rate: not negative, and no more than float32 holds."""
    try:
        number = float(text)
    except ValueError:
        number = math.nan
    if not 0 <= number <= 3.4e38:
        raise argparse.ArgumentTypeError(
            say("{text!r} is not a number of at least 0", text=text)
        )
    return number


OF_A_STAGE = {
    "--epochs": {"type": whole(1), "help": "passes over the training images"},
    "--batch-size": {"type": whole(1), "help": "images in a batch"},
    "--lr": {"type": rate, "help": "learning rate"},
    "--seed": {
        "type": whole(0),
        "default": 0,
        "help": "seed of the random numbers (default: 0)",
    },
    "--data": {
        "choices": ("auto", "mnist", "standin"),
        "default": "auto",
        "help": "auto: MNIST, or the stand-in if MNIST is not available",
    },
    "--dtype": {
        "choices": ("float32", "float64"),
        "default": "float32",
        "help": "of images and weights (default: float32)",
    },
    "--threads": {
        "type": whole(1),
        "help": "threads on the CPU (default: 1; encore-fast tries what is"
        " fastest)",
    },
    "--no-accel": {
        "action": "store_true",
        "help": "train on the CPU even if there is an accelerator",
    },
    "--dry-run": {
        "action": "store_true",
        "help": "train on a few batches and write no files",
    },
}
OF_ITS_OWN = {  # what only some preludes and encores take
    "--points": {
        "type": int,
        "choices": (15, 5),
        "default": 15,
        "help": "number of points (default: 15)",
    },
    "--resume": {
        "action": "store_true",
        "help": "continue after the last finished epoch",
    },
    "--predict": {
        "type": Path,
        "nargs": "+",
        "action": "extend",
        "metavar": "PNG",
        "help": "predict the digits on these pictures instead of training",
    },
    "--measure": {
        "action": "store_true",
        "help": "measure the time of each optimization instead of training",
    },
    "--output-dir": {
        "type": Path,
        "help": "folder to write to (default: runs/)",
    },
    "--network": {
        "choices": ("cnn", "mlp"),
        "default": "cnn",
        "help": "the CNN, or three linear layers",
    },
    "--num-workers": {
        "type": whole(0),
        "help": "processes that prepare batches (default: 0)",
    },
    "--drop-last": {
        "action": "store_true",
        "help": "leave out the last batch of an epoch if it is smaller",
    },
    "--nproc": {"type": whole(1), "help": "number of processes (default: 2)"},
}
FLAGS = OF_A_STAGE | OF_ITS_OWN
RUN = tuple(OF_A_STAGE)
