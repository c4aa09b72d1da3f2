"""The flags of the command line, by name, for the table to give to rows.

Each is what argparse's `add_argument` takes. A flag means the same wherever
it is taken; a flag that is None was not given.
"""

import argparse
import math
from pathlib import Path


def whole(least):
    """Return a parser of whole numbers of at least `least`."""

    def parse(text):
        try:
            number = int(text)
        except ValueError:
            number = None
        if number is None or not least <= number < 2**63:
            raise argparse.ArgumentTypeError(
                f"{text!r} is not a whole number from {least} on"
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
        raise argparse.ArgumentTypeError(f"{text!r} is not a rate from 0 on")
    return number


OF_A_STAGE = {
    "--epochs": {"type": whole(1), "help": "times through the data"},
    "--batch-size": {"type": whole(1), "help": "images to a step"},
    "--lr": {"type": rate, "help": "learning rate"},
    "--seed": {
        "type": whole(0),
        "default": 0,
        "help": "of all random numbers",
    },
    "--data": {
        "choices": ("auto", "mnist", "standin"),
        "default": "auto",
        "help": "auto takes the stand-in only where MNIST can't be had",
    },
    "--dtype": {"choices": ("float32", "float64"), "default": "float32"},
    "--no-accel": {"action": "store_true", "help": "train on the CPU"},
    "--dry-run": {
        "action": "store_true",
        "help": "train for a few batches and write no files",
    },
}
OF_ITS_OWN = {  # what only some preludes and encores take
    "--points": {
        "type": int,
        "choices": (15, 5),
        "default": 15,
        "help": "how many points to draw the line through",
    },
    "--resume": {
        "action": "store_true",
        "help": "go on after the last epoch that was finished",
    },
    "--predict": {
        "type": Path,
        "nargs": "+",
        "metavar": "PNG",
        "help": "read these pictures instead of training",
    },
    "--measure": {
        "action": "store_true",
        "help": "measure what each gain is worth instead of training",
    },
    "--into": {"type": Path, "help": "folder to write to, else runs/"},
    "--network": {
        "choices": ("cnn", "mlp"),
        "default": "cnn",
        "help": "the CNN, or three linear layers",
    },
    "--num-workers": {
        "type": whole(0),
        "help": "processes that prepare batches; 0",
    },
    "--drop-last": {
        "action": "store_true",
        "help": "leave out the last batch if it is smaller",
    },
    "--nproc": {"type": whole(1), "help": "number of processes; 2"},
}
FLAGS = OF_A_STAGE | OF_ITS_OWN
RUN = tuple(OF_A_STAGE)
