"""Find, fetch, verify and decode MNIST; the stand-in takes over without it.

MNIST is four files in the IDX format, usually gzipped. They are looked for
in the folder that `MNIST_DIR` names, then in the project's own `data/mnist`,
then on the public mirrors. A file counts only if the SHA-256 of its
decompressed content is the known one.
"""

import gzip
import hashlib
import math
import os
import sys
import threading
import time
import zlib
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple
from urllib.parse import urlsplit

import numpy as np
import requests
import torch
from tqdm import tqdm

from shared import standin
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

N_TRAIN = 50_000  # of the training file's 60,000; the last 10,000 validate

ANSWER_WITHIN = 5  # seconds for a mirror's name, connection and headers
READ_TIMEOUT = 10  # seconds for a mirror to send anything more
RETRY_AFTER = 600  # seconds before a failed download is tried again


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
    if folder := os.environ.get("MNIST_DIR"):
        contents = [_from_folder(Path(folder), name) for name in FILES]
    else:
        contents = [_from_cache(name, insist) for name in FILES]
    return tuple(decode(content) for content in contents)


def place():
    """Return the folder that MNIST is read from."""
    return Path(os.environ.get("MNIST_DIR") or CACHE / "mnist")


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


def verified(path, name):
    """Return the decompressed content of `path`, known to be MNIST's `name`.

    Reads `path` as gzip if its suffix is `.gz`. Raises BadFileError if the
    content is not that of `name`, FileNotFoundError and other OSErrors if
    there is nothing to read.
    """
    size, sha256 = FILES[name]
    with (gzip.open if path.suffix == ".gz" else open)(path, "rb") as file:
        try:
            content = file.read(size + 1)
        except (gzip.BadGzipFile, EOFError, zlib.error) as error:
            raise BadFileError(f"is damaged: {error}") from error
    if len(content) != size:
        length = f"{len(content):,}" if len(content) < size else "more"
        raise BadFileError(f"holds {length} bytes, not {size:,}")
    found = hashlib.sha256(content).hexdigest()
    if found != sha256:
        raise BadFileError(f"has SHA-256 {found[:12]}…, not {sha256[:12]}…")
    return content


def _from_folder(folder, name):
    """Return the content of `name` in the folder that the user named."""
    if not folder.is_dir():
        raise InputError(f"MNIST_DIR={folder} is not a folder")
    problems = []
    # torchvision leaves the files in MNIST/raw below the folder it is given.
    for place in (folder, folder / "MNIST" / "raw"):
        for path in (place / name, place / f"{name}.gz"):
            try:
                return verified(path, name)
            except FileNotFoundError:
                continue
            except BadFileError as error:
                problems.append(f"{path} {error}")
            except OSError as error:
                problems.append(f"{path}: {error.strerror}")
    if not problems:
        problems = [f"{folder} holds neither {name} nor {name}.gz"]
    raise InputError(f"MNIST_DIR is not MNIST: {'; '.join(problems)}")


def _from_cache(name, insist):
    """Return the content of `name` in the cache, fetched if need be."""
    path = CACHE / "mnist" / f"{name}.gz"
    try:
        return verified(path, name)
    except FileNotFoundError:
        pass
    except (BadFileError, OSError) as error:
        print(f"{path} {error}: fetching it again", file=sys.stderr)
    _fetch(name, path, insist)
    return verified(path, name)


def _fetch(name, target, insist):
    """Fetch `name` to `target` from the first mirror that has a good copy.

    A failure is remembered for `RETRY_AFTER` seconds, so that twelve stages
    without a network do not wait twelve times; `insist` tries again all the
    same. Raises UnavailableError.
    """
    failed = target.with_name("unreachable.txt")
    if failed.exists() and not insist:
        age = time.time() - failed.stat().st_mtime
        if age < RETRY_AFTER:
            raise UnavailableError(
                f"{failed.read_text()} Tried {age / 60:.0f} minutes ago."
            )
    failures = []
    for mirror in MIRRORS:
        try:
            with replacing(target) as part:
                _save(f"{mirror}{name}.gz", part, limit=2 * FILES[name][0])
                verified(part, name)
            return
        except BadFileError as error:
            failures.append(
                f"{urlsplit(mirror).netloc} sent a file that {error}"
            )
        except OSError as error:  # requests' errors are OSErrors too
            failures.append(f"{urlsplit(mirror).netloc} {_reason(error)}")
    reason = f"MNIST can't be had: {'; '.join(failures)}."
    with suppress(OSError), replacing(failed) as part:
        part.write_text(reason)
    raise UnavailableError(reason)


def _save(url, path, limit):
    """Write what `url` answers to `path`, with a progress bar.

    Raises OSError, of which requests' errors are a kind, and BadFileError
    for more than `limit` bytes.
    """
    with (
        _answer(url) as response,
        open(path, "wb") as file,
        tqdm(
            desc=url.rpartition("/")[2],
            total=int(response.headers.get("Content-Length", 0)) or None,
            unit="B",
            unit_scale=True,
            disable=None,
        ) as bar,
    ):
        for chunk in response.iter_content(1 << 16):
            file.write(chunk)
            bar.update(len(chunk))
            if file.tell() > limit:
                raise BadFileError(f"is longer than {limit:,} bytes")


def _answer(url):
    """Return the response to a GET of `url` once its headers are there.

    A thread does the asking, because nothing else puts a limit on looking
    up a name, or on trying one address of a server after the other.
    """
    outcome = []

    def ask():
        try:
            outcome.append(
                requests.get(
                    url, stream=True, timeout=(ANSWER_WITHIN, READ_TIMEOUT)
                )
            )
        except requests.RequestException as error:
            outcome.append(error)

    thread = threading.Thread(target=ask, daemon=True)
    thread.start()
    thread.join(ANSWER_WITHIN)
    if not outcome:
        raise requests.Timeout(f"did not answer within {ANSWER_WITHIN} s")
    if isinstance(outcome[0], Exception):
        raise outcome[0]
    outcome[0].raise_for_status()
    return outcome[0]


def _reason(error):
    """Say in a few words why a mirror failed."""
    if isinstance(error, requests.HTTPError):
        response = error.response
        return f"answered {response.status_code} {response.reason}"
    if isinstance(error, requests.exceptions.SSLError):
        return "has no valid certificate"
    if isinstance(error, requests.Timeout):
        return f"did not answer within {ANSWER_WITHIN} s"
    if isinstance(error, requests.ConnectionError):
        return "can't be reached"
    return f"failed: {error}"
