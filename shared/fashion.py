"""Find Fashion-MNIST, in either of its forms, and train on it."""

import io
import warnings
from pathlib import Path

from shared import mnist, runner
from shared.errors import InputError

# The two files of the CSV form, as they are published or for short, and which
# of the other form's has as many labels.
CSV = (
    ("fashion-mnist_train.csv", "train.csv", "train-labels-idx1-ubyte"),
    ("fashion-mnist_test.csv", "test.csv", "t10k-labels-idx1-ubyte"),
)


def run(stage, *, network, no_accel, **options):
    """Train on Fashion-MNIST; raises UnavailableError where there is none."""
    program = stage.program
    options = runner.given([stage], no_accel, options)
    runner.run(
        stage,
        program.train,
        load(program.Clothes),
        accel=not no_accel,
        conditions={"network": network},
        network=getattr(program, network),
        **options,
    )


def load(dataset):
    """Return Fashion-MNIST as `Digits`, read by the class `dataset`.

    From the folder that `FASHION_MNIST_DIR` names, which holds the four IDX
    files or the two CSV files, or else fetched as MNIST is. Raises InputError
    for a folder that is wrong and UnavailableError.
    """
    source = mnist.fashion()
    folder = Path(source.setting("DIR"))
    in_csv = source.setting("DIR") and any(
        (folder / name).exists() for *names, _ in CSV for name in names
    )
    if in_csv:
        train, test = (
            _from_csv(dataset, folder, *names, source.files[labels][0] - 8)
            for *names, labels in CSV
        )
    else:
        train, test = _from_idx(dataset, source)
    n = mnist.N_TRAIN
    return mnist.Digits(
        source.name,
        train.images[:n],
        train.labels[:n],
        train.images[n:],
        train.labels[n:],
        test.images,
        test.labels,
    )


def _from_idx(dataset, source):
    """Return the two data sets in the IDX form, verified."""
    try:
        contents = mnist.contents(source, insist=True)
    except mnist.UnavailableError as error:
        raise mnist.UnavailableError(
            f"{error} FASHION_MNIST_DIR may name a folder that holds its four"
            " files, or its two in CSV."
        ) from error
    files = list(map(io.BytesIO, contents))
    return dataset.from_idx(*files[:2]), dataset.from_idx(*files[2:])


def _from_csv(dataset, folder, name, short, n):
    """Return the data set in a CSV file, which should have `n` images."""
    path = folder / name
    if not path.exists():
        path = folder / short
    try:
        with open(path, encoding="ascii") as file, warnings.catch_warnings():
            warnings.simplefilter("error")  # numpy's, that there is no data
            found = dataset.from_csv(file)
    except FileNotFoundError:
        raise InputError(
            f"{folder} holds neither {name} nor {short}"
        ) from None
    except (ValueError, UserWarning) as error:
        reason = str(error).partition(";")[0]
        raise InputError(f"{path} is no CSV of numbers: {reason}") from error
    shape, wanted = tuple(found.images.shape), (n, 784)
    if shape != wanted:
        raise InputError(
            f"{path} holds {shape[0]:,} images of {shape[1]:,} pixels below a"
            f" line of headings, not {n:,} of 784"
        )
    if found.labels.max() > 9:
        raise InputError(
            f"{path} has a class {found.labels.max()}, not only 0 to 9"
        )
    return found
