"""Find, fetch, verify and decode MNIST; the stand-in takes over without it.

MNIST is four files in the IDX format, usually gzipped. They are looked for
in the folder that `MNIST_DIR` names, then in the project's own `data/mnist`,
then on the public mirrors. A file counts only if the SHA-256 of its
decompressed content is the known one. So it is with Fashion-MNIST, of which
other things are known: a `Source` says what and where.
"""

import hashlib
import math
import os
import sys
import time
import zlib
from contextlib import closing, suppress
from pathlib import Path
from typing import NamedTuple
from urllib.parse import urlsplit

import numpy as np
import torch
from filelock import FileLock
from tqdm import tqdm

from shared import standin
from shared.download import DownloadError, chunks
from shared.errors import InputError, RunError
from shared.files import replacing

CACHE = Path(__file__).parents[1] / "data"

MIRRORS = (
    "https://ossci-datasets.s3.amazonaws.com/mnist/",
    "https://storage.googleapis.com/cvdf-datasets/mnist/",
)

# Name: size in bytes and SHA-256 of the decompressed content.
FILES = {
    "train-images-idx3-ubyte": (
        47_040_016,
        "ba891046e6505d7aadcbbe25680a0738ad16aec93bde7f9b65e87a2fc25776db",
    ),
    "train-labels-idx1-ubyte": (
        60_008,
        "65a50cbbf4e906d70832878ad85ccda5333a97f0f4c3dd2ef09a8a9eef7101c5",
    ),
    "t10k-images-idx3-ubyte": (
        7_840_016,
        "0fa7898d509279e482958e8ce81c8e77db3f2f8254e26661ceb7762c4d494ce7",
    ),
    "t10k-labels-idx1-ubyte": (
        10_008,
        "ff7bcfd416de33731a308c3f266cc351222c34898ecbeaf847f06e48f7ec33f2",
    ),
}

# Of Fashion-MNIST the SHA-256 of the gzipped files is known, as downloaders of
# more than one project quote it; of the content only the size.
FASHION_MIRRORS = (
    "https://raw.githubusercontent.com/zalandoresearch/fashion-mnist/master/"
    "data/fashion/",
    "http://fashion-mnist.s3-website.eu-central-1.amazonaws.com/",
)
FASHION_FILES = {
    "train-images-idx3-ubyte": (
        47_040_016,
        "08dc20ab1689590a0bcd66e874647b6ee8464e2d501b5a3f1f78831db19a3fdc",
    ),
    "train-labels-idx1-ubyte": (
        60_008,
        "b0197879cbda89f3dc7b894f9fd52b858e68ea4182b6947c9d8c2b67e5f18dcc",
    ),
    "t10k-images-idx3-ubyte": (
        7_840_016,
        "78dcbbfb5a27efaf1b6c1d616caca68560be8766c5bffcb2791df9273a534229",
    ),
    "t10k-labels-idx1-ubyte": (
        10_008,
        "42bd18137a62d5998cdeae52bf3a0676ac6b706f5cf8439b47bb5b151ae3dccf",
    ),
}

N_TRAIN = 50_000  # of the training file's 60,000; the last 10,000 validate

ATTEMPTS = 3  # at fetching a file from a mirror that is only busy
RETRY_AFTER = 600  # seconds before a failed download is tried again


class Source(NamedTuple):
    """Four files: what they are called, where they are, how they are known.

    `files` maps each name to the size of its content and a SHA-256: that of
    the content, or if it is `of_archive` that of the gzipped file. A file
    that is not gzipped is then known by its size alone.
    """

    name: str
    mirrors: tuple[str, ...]
    files: dict[str, tuple[int, str]]
    of_archive: bool = False

    @property
    def cache(self):
        """The folder that downloads are kept in."""
        return CACHE / self.name.lower()

    def variable(self, what):
        """Return a name of the environment, such as "MNIST_DIR"."""
        return f"{self.name.upper().replace('-', '_')}_{what}"

    def setting(self, what):
        """Return what the environment says under that name, or ""."""
        return os.environ.get(self.variable(what), "")


def mnist():
    """Return the `Source` of MNIST."""
    return Source("MNIST", MIRRORS, FILES)


def fashion():
    """Return the `Source` of Fashion-MNIST."""
    return Source("Fashion-MNIST", FASHION_MIRRORS, FASHION_FILES, True)


class BadFileError(Exception):
    """A file is not what its name says; the message tells why."""


class UnavailableError(RunError):
    """MNIST can't be had; the message tells why."""


class Digits(NamedTuple):
    """Ten thousand digits to test on, as many to validate, 50,000 to learn.

    Images are float32 (n, 784) tensors of pixels divided by 256, as in the
    `mnist.pkl.gz` of older tutorials: 0 up to 255 / 256. Labels are int64
    (n,). `name` says whose digits they are: "MNIST" or "stand-in".
    """

    name: str
    x_train: torch.Tensor
    y_train: torch.Tensor
    x_valid: torch.Tensor
    y_valid: torch.Tensor
    x_test: torch.Tensor
    y_test: torch.Tensor


def load(data="auto"):
    """Return the `Digits` to train on.

    With "auto" the stand-in takes over, with a notice on stderr, where MNIST
    can't be had; "mnist" insists and "standin" does not even look. Raises
    InputError for a wrong `MNIST_DIR` and UnavailableError where "mnist"
    can't be had.
    """
    if data == "standin":
        return _digits("stand-in", *standin.load(CACHE))
    try:
        return _digits("MNIST", *read(insist=data == "mnist"))
    except UnavailableError as reason:
        if data == "mnist":
            raise
        print(
            f"{reason}\n"
            "Training on the stand-in: digits that this project draws"
            " itself. To get MNIST,\nrun `make data` with a network, or name"
            " a folder that holds its four files in MNIST_DIR.",
            file=sys.stderr,
        )
        return _digits("stand-in", *standin.load(CACHE))


def read(insist=False):
    """Return MNIST as four uint8 arrays.

    They are the images (60000, 28, 28) and labels (60000,) of the training
    file, then the 10,000 of the test file. `insist` tries the mirrors even
    if they failed a moment ago. Raises InputError for a wrong `MNIST_DIR`
    and UnavailableError if the mirrors fail.
    """
    return tuple(map(decode, contents(mnist(), insist)))


def contents(source, insist):
    """Return the content of each file of a `Source`, as `read` finds it."""
    if folder := source.setting("DIR"):
        return [
            _from_folder(source, Path(folder), name) for name in source.files
        ]
    return [_from_cache(source, name, insist) for name in source.files]


def place():
    """Return the folder that MNIST is read from."""
    return Path(mnist().setting("DIR") or mnist().cache)


def _digits(name, images, labels, test_images, test_labels):
    def x(images):
        pixels = images.reshape(len(images), -1).astype(np.float32)
        return torch.from_numpy(pixels / 256)

    def y(labels):
        return torch.from_numpy(labels.astype(np.int64))

    return Digits(
        name,
        x(images[:N_TRAIN]),
        y(labels[:N_TRAIN]),
        x(images[N_TRAIN:]),
        y(labels[N_TRAIN:]),
        x(test_images),
        y(test_labels),
    )


def decode(content):
    """Return the array in the bytes of an IDX file, uint8 and read-only.

    The format: two zero bytes, 8 for unsigned bytes, the number of
    dimensions, each dimension as a big-endian 32-bit integer, the data.
    Source: http://yann.lecun.com/exdb/mnist/. Raises BadFileError for
    anything but an exact fit with one or three dimensions.
    """
    if content[:3] != b"\0\0\x08" or content[3:4] not in (b"\1", b"\3"):
        raise BadFileError(f"starts with {content[:4]!r}, not as IDX does")
    n_dims = content[3]
    header = 4 + 4 * n_dims
    if len(content) < header:
        raise BadFileError(f"ends after {len(content)} bytes, in its header")
    shape = np.frombuffer(content, ">u4", n_dims, offset=4).tolist()
    if math.prod(shape) != len(content) - header:
        raise BadFileError(
            f"holds {len(content) - header:,} bytes of data,"
            f" not the {' x '.join(map(str, shape))} of its header"
        )
    return np.frombuffer(content, np.uint8, offset=header).reshape(shape)


def unzipped(data, size):
    """Return the content of gzipped `data`, which should be `size` bytes.

    Never unpacks more than one byte beyond that. Raises BadFileError unless
    `data` is one whole gzip member of at most `size` bytes and nothing else.
    """
    gzip = zlib.decompressobj(wbits=16 + zlib.MAX_WBITS)
    try:
        content = gzip.decompress(data, size + 1)
    except zlib.error as error:
        raise BadFileError("is no sound gzip file") from error
    if len(content) > size:
        raise BadFileError(f"unpacks to more than {size:,} bytes")
    if not gzip.eof:
        raise BadFileError(f"is cut off after {len(data):,} bytes")
    if gzip.unused_data:
        raise BadFileError("goes on after the end of its gzip data")
    return content


def verified(source, path, name):
    """Return the decompressed content of `path`, known to be its `name`.

    Reads `path` as gzip if its suffix is `.gz`. Raises BadFileError if the
    content is not that of `name`, FileNotFoundError and other OSErrors if
    there is nothing to read.
    """
    size, sha256 = source.files[name]
    with open(path, "rb") as file:
        data = file.read(most_bytes(source, name) + 1)
    zipped = path.suffix == ".gz"
    content = unzipped(data, size) if zipped else data
    if len(content) != size:
        length = f"{len(content):,}" if len(content) < size else "more"
        raise BadFileError(f"holds {length} bytes, not {size:,}")
    if source.of_archive and not zipped:
        if hashlib.sha256(content).hexdigest() == FILES[name][1]:
            raise BadFileError("is the file of MNIST that has this name")
        decode(content)
        return content
    known = data if source.of_archive else content
    found = hashlib.sha256(known).hexdigest()
    if found != sha256:
        raise BadFileError(f"has SHA-256 {found[:12]}…, not {sha256[:12]}…")
    return content


def most_bytes(source, name):
    """Return how many bytes `name` may have, gzipped or not.

    Gzip makes a file smaller, but random ones a little larger.
    """
    return source.files[name][0] + 1024


def _from_folder(source, folder, name):
    """Return the content of `name` in the folder that the user named."""
    problems = []
    # torchvision leaves the files in MNIST/raw below the folder it is given.
    below = folder / source.name.replace("-", "") / "raw"
    for place in (folder, below):
        for path in (place / name, place / f"{name}.gz"):
            try:
                return verified(source, path, name)
            except (FileNotFoundError, NotADirectoryError):
                continue
            except BadFileError as error:
                problems.append(f"{path} {error}")
            except OSError as error:
                problems.append(f"{path}: {error.strerror}")
    if not problems:
        lacks = f"holds neither {name} nor {name}.gz"
        problems = [
            f"{folder} {lacks if folder.is_dir() else 'is not a folder'}"
        ]
    raise InputError(
        f"{source.variable('DIR')} is not {source.name}: {'; '.join(problems)}"
    )


def _from_cache(source, name, insist):
    """Return the content of `name` in the cache, fetched if need be.

    Of several processes one fetches, the others wait for it and find what
    it left. Raises UnavailableError.
    """
    path = source.cache / f"{name}.gz"
    with suppress(BadFileError, OSError):
        return verified(source, path, name)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with FileLock(source.cache.with_suffix(".lock")):
            return _fetched(source, path, name, insist)
    except OSError as error:
        raise UnavailableError(
            f"{source.name} can't be kept: {path.parent}: {error.strerror}"
        ) from error


def _fetched(source, path, name, insist):
    """Return the content of `name`, fetched to `path` unless it is there."""
    try:
        return verified(source, path, name)
    except FileNotFoundError:
        pass
    except BadFileError as error:
        print(f"{path} {error}; it is fetched again", file=sys.stderr)
        path.unlink()
    # Nobody else is writing: these were left by a process that was killed.
    for part in path.parent.glob(f".{name}-*"):
        part.unlink()

    failed = path.with_name("unreachable.txt")
    if failed.exists() and not insist:
        age = time.time() - failed.stat().st_mtime
        if age < RETRY_AFTER:
            raise UnavailableError(
                f"{failed.read_text()} Tried {age / 60:.0f} minutes ago."
            )
    try:
        _fetch(source, path, name)
    except UnavailableError as error:
        failed.write_text(str(error))
        raise
    failed.unlink(missing_ok=True)
    return verified(source, path, name)


def mirrors(source):
    """Return the addresses to fetch from, each ending with a slash.

    Those in the environment, as in `MNIST_MIRRORS`, separated by spaces, take
    the place of the public ones.
    """
    named = source.setting("MIRRORS").split()
    return [f"{mirror.rstrip('/')}/" for mirror in named or source.mirrors]


def _fetch(source, path, name):
    """Fetch `name` to `path` from the first mirror that has a good copy.

    A mirror that is only busy, or cuts the connection, is asked up to
    `ATTEMPTS` times, after the others had their turn. Raises
    UnavailableError.
    """
    asked = mirrors(source)
    failures = {}
    wait = 0
    for _ in range(ATTEMPTS):
        time.sleep(wait)
        busy = []
        for mirror in asked:
            try:
                with replacing(path) as part:
                    most = most_bytes(source, name)
                    _save(f"{mirror}{name}.gz", part, most)
                    verified(source, part, name)
                return
            except BadFileError as error:
                failures[mirror] = f"sent a file that {error}"
            except DownloadError as error:
                failures[mirror] = str(error)
                if error.again is not None:
                    busy.append(mirror)
                    wait = max(wait, error.again)
        asked = busy
        if not asked:
            break
    reasons = [
        f"{urlsplit(mirror).netloc or mirror}: {reason}"
        for mirror, reason in failures.items()
    ]
    raise UnavailableError(
        f"{source.name} can't be had: {'; '.join(reasons)}."
    )


def _save(url, path, most):
    """Write what `url` answers to `path`, with a progress bar.

    Raises DownloadError, BadFileError for more than `most` bytes, and
    OSError if `path` can't be written.
    """
    arriving = chunks(url)
    with (
        closing(arriving),
        open(path, "wb") as file,
        tqdm(
            desc=url.rpartition("/")[2],
            total=next(arriving),
            unit="B",
            unit_scale=True,
            disable=None,
            leave=False,
        ) as bar,
    ):
        for chunk in arriving:
            file.write(chunk)
            bar.update(len(chunk))
            if file.tell() > most:
                raise BadFileError(f"is longer than {most:,} bytes")
