"""MNIST: what its files are, and the stand-in that takes over without it.

MNIST is four files in the IDX format, usually gzipped. They are looked for
in the folder that `MNIST_DIR` names, then in the project's own `data/mnist`,
then on the public mirrors. A file counts only if the SHA-256 of its
decompressed content is the known one.
"""

import sys
from pathlib import Path

from shared.data import source, splits, standin
from shared.data.idx import decode
from shared.data.source import Known, Source, UnavailableError
from shared.languages import say

MIRRORS = (
    "https://ossci-datasets.s3.amazonaws.com/mnist/",
    "https://storage.googleapis.com/cvdf-datasets/mnist/",
)
FILES = {
    "train-images-idx3-ubyte": Known(
        47_040_016,
        "ba891046e6505d7aadcbbe25680a0738ad16aec93bde7f9b65e87a2fc25776db",
    ),
    "train-labels-idx1-ubyte": Known(
        60_008,
        "65a50cbbf4e906d70832878ad85ccda5333a97f0f4c3dd2ef09a8a9eef7101c5",
    ),
    "t10k-images-idx3-ubyte": Known(
        7_840_016,
        "0fa7898d509279e482958e8ce81c8e77db3f2f8254e26661ceb7762c4d494ce7",
    ),
    "t10k-labels-idx1-ubyte": Known(
        10_008,
        "ff7bcfd416de33731a308c3f266cc351222c34898ecbeaf847f06e48f7ec33f2",
    ),
}

TRAINING, TEST, ALL = slice(2), slice(2, 4), slice(4)  # of these files


def mnist():
    """Return the `Source` of MNIST."""
    return Source("MNIST", MIRRORS, FILES, others={})


def load(data="auto"):
    """Return the `Splits` to train on.

    With "auto" the stand-in takes over, with a notice on stderr, where MNIST
    is not available; "mnist" insists and "standin" does not even look.
    Raises InputError for a wrong `MNIST_DIR` and UnavailableError if "mnist"
    is not available.
    """
    if data == "standin":
        return _standin()
    try:
        images, labels = read(insist=data == "mnist", files=TRAINING)
        return splits.of_arrays(
            "MNIST", images, labels, lambda: read(insist=True, files=TEST)
        )
    except UnavailableError as reason:
        if data == "mnist":
            raise
        print(
            reason,
            say(
                "Training on the stand-in: digits that this project draws"
                " itself. To get MNIST,\nrun `make data` with a network, or"
                " name a folder that holds its four files in MNIST_DIR."
            ),
            sep="\n",
            file=sys.stderr,
        )
        return _standin()


def _standin():
    images, labels, *test = standin.load(source.CACHE)
    return splits.of_arrays("stand-in", images, labels, lambda: test)


def flag(name):
    """Return the `data` that `load` takes for the `Splits` of this name."""
    return "mnist" if name == "MNIST" else "standin"


def read(insist=False, files=ALL):
    """Return MNIST as uint8 arrays, one for each of the `files`.

    All four are the images (60000, 28, 28) and labels (60000,) to train on,
    then the 10,000 to test on. `insist` tries the mirrors even
    if they failed a moment ago. Raises InputError for a wrong `MNIST_DIR`
    and UnavailableError if the mirrors fail.
    """
    names = tuple(FILES)[files]
    return tuple(map(decode, source.contents(mnist(), insist, names)))


def place():
    """Return the folder that MNIST is read from."""
    return Path(mnist().setting("DIR") or mnist().cache)
