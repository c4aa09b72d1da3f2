"""Fashion-MNIST: what its files are, in either of its two forms."""

import io
import warnings
from pathlib import Path

from shared.data import mnist, splits
from shared.data.source import Known, Source, UnavailableError, contents
from shared.errors import InputError
from shared.languages import say

MIRRORS = (
    "https://raw.githubusercontent.com/zalandoresearch/fashion-mnist/master/"
    "data/fashion/",
    "http://fashion-mnist.s3-website.eu-central-1.amazonaws.com/",
)
# Of the files whose MD5 the authors give in their README,
# github.com/zalandoresearch/fashion-mnist: for the images the SHA-256 of the
# gzipped file, as downloaders of many projects quote it, for the labels that
# of the content.
FILES = {
    "train-images-idx3-ubyte": Known(
        47_040_016,
        gzip_sha256="3aede38d61863908ad78613f6a32ed27"
        "1626dd12800ba2636569512369268a84",
    ),
    "train-labels-idx1-ubyte": Known(
        60_008,
        "bad3541b69d912435c50bb6ba87bec294ff4f6a2e1246121d8633921760443d9",
    ),
    "t10k-images-idx3-ubyte": Known(
        7_840_016,
        gzip_sha256="346e55b948d973a97e58d2351dde16a4"
        "84bd415d4595297633bb08f03db6a073",
    ),
    "t10k-labels-idx1-ubyte": Known(
        10_008,
        "0402a96d92fd2663957122ceb108a494c5af83dab82d92729df917d7dec38c34",
    ),
}

# The two files of the CSV form, as they are published or for short, and which
# of the other form's has as many labels.
CSV = (
    ("fashion-mnist_train.csv", "train.csv", "train-labels-idx1-ubyte"),
    ("fashion-mnist_test.csv", "test.csv", "t10k-labels-idx1-ubyte"),
)


def fashion():
    """Return the `Source` of Fashion-MNIST."""
    others = {
        known.sha256: "the file of MNIST that has this name"
        for known in mnist.FILES.values()
    }
    return Source("Fashion-MNIST", MIRRORS, FILES, others)


def load(dataset):
    """Return Fashion-MNIST as `Splits`, read by the class `dataset`.

    From the folder that `FASHION_MNIST_DIR` names, which holds the four IDX
    files or the two CSV files, or else fetched as MNIST is. Raises InputError
    for a folder that is wrong and UnavailableError.
    """
    source = fashion()
    folder = Path(source.setting("DIR"))
    in_csv = source.setting("DIR") and any(
        (folder / name).exists() for *names, _ in CSV for name in names
    )
    if in_csv:
        train, test = (
            _from_csv(dataset, folder, *names, source.files[labels].size - 8)
            for *names, labels in CSV
        )
    else:
        train, test = _from_idx(dataset, source)
    return splits.of_tensors(
        source.name,
        train.images,
        train.labels,
        lambda: (test.images, test.labels),
    )


def _from_idx(dataset, source):
    """Return the two data sets in the IDX form, verified."""
    try:
        found = contents(source, insist=True, names=source.files)
    except UnavailableError as error:
        raise UnavailableError(
            say(
                "{error} FASHION_MNIST_DIR may name a folder that holds its"
                " four files, or its two in CSV.",
                error=error,
            )
        ) from error
    files = list(map(io.BytesIO, found))
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
            say(
                "{folder} holds neither {name} nor {short}",
                folder=folder,
                name=name,
                short=short,
            )
        ) from None
    except (ValueError, UserWarning) as error:
        reason = str(error).partition(";")[0]
        raise InputError(
            say(
                "{path} is no CSV of numbers: {reason}",
                path=path,
                reason=reason,
            )
        ) from error
    shape, wanted = tuple(found.images.shape), (n, 784)
    if shape != wanted:
        raise InputError(
            say(
                "{path} holds {found:,} images of {pixels:,} pixels below a"
                " line of headings, not {n:,} of 784",
                path=path,
                found=shape[0],
                pixels=shape[1],
                n=n,
            )
        )
    if found.labels.max() > 9:
        raise InputError(
            say(
                "{path} has a class {label}, not only 0 to 9",
                path=path,
                label=found.labels.max(),
            )
        )
    return found
