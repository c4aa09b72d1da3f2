"""MNIST is found where it should be, and used only if it is MNIST."""

import gzip
import hashlib
import io
import os
import time

import numpy as np
import pytest
import requests
import torch

from shared import mnist
from shared.errors import InputError


def idx(array):
    """Write an array in the IDX format, as its definition has it."""
    shape = b"".join(n.to_bytes(4, "big") for n in array.shape)
    return bytes([0, 0, 8, array.ndim]) + shape + array.tobytes()


@pytest.fixture
def contents():
    """Four files shaped like MNIST's, of random pixels and labels."""
    random = np.random.default_rng(0)

    def some(n, *shape):
        return idx(random.integers(0, 10, (n, *shape), dtype=np.uint8))

    arrays = some(70, 28, 28), some(70), some(20, 28, 28), some(20)
    return dict(zip(mnist.FILES, arrays, strict=True))


@pytest.fixture
def small(contents, monkeypatch, tmp_path):
    """Let these four files pass for MNIST, with an empty cache."""
    known = {
        name: (len(content), hashlib.sha256(content).hexdigest())
        for name, content in contents.items()
    }
    monkeypatch.setattr(mnist, "FILES", known)
    monkeypatch.setattr(mnist, "CACHE", tmp_path / "data")
    monkeypatch.setattr(mnist, "N_TRAIN", 50)
    monkeypatch.delenv("MNIST_DIR", raising=False)
    return contents


@pytest.fixture
def mirrors(small, monkeypatch):
    """Stand in for the mirrors: what each address answers, what was asked."""
    asked = []
    answers = {
        f"{mirror}{name}.gz": gzip.compress(content)
        for mirror in mnist.MIRRORS
        for name, content in small.items()
    }

    def get(url, **options):
        asked.append(url)
        answer = answers[url]
        if isinstance(answer, Exception):
            raise answer
        response = requests.Response()
        response.status_code = 200
        response.raw = io.BytesIO(answer)
        return response

    monkeypatch.setattr(requests, "get", get)
    get.answers, get.asked = answers, asked
    return get


def save(folder, contents, suffix=".gz"):
    folder.mkdir(parents=True)
    for name, content in contents.items():
        if suffix:
            content = gzip.compress(content)
        (folder / f"{name}{suffix}").write_bytes(content)


def test_idx_files_decode_to_what_was_written():
    random = np.random.default_rng(0)
    for shape in ((5,), (0,), (3, 28, 28), (1, 2, 3)):
        array = random.integers(0, 256, shape, dtype=np.uint8)
        decoded = mnist.decode(idx(array))
        assert decoded.dtype == np.uint8
        assert np.array_equal(decoded, array)


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"\0\0\x08",
        b"\0\0\x08\1\0\0",
        b"\0\0\x09\1\0\0\0\0",
        b"\0\0\x08\2\0\0\0\1\0\0\0\1x",
        b"\0\0\x08\1\0\0\0\2x",
        b"\0\0\x08\1\0\0\0\2xyz",
        b"\0\0\x08\3" + b"\xff" * 12 + b"x",
        b"<!DOCTYPE html>",
    ],
)
def test_anything_else_is_refused(content):
    with pytest.raises(mnist.BadFileError):
        mnist.decode(content)


def test_the_splits_are_the_usual_ones(small, monkeypatch, tmp_path):
    save(tmp_path / "named", small)
    monkeypatch.setenv("MNIST_DIR", str(tmp_path / "named"))
    digits = mnist.load()
    images, labels, test_images, test_labels = map(
        mnist.decode, small.values()
    )
    assert digits.name == "MNIST"
    for x, wanted in (
        (digits.x_train, images[:50]),
        (digits.x_valid, images[50:]),
        (digits.x_test, test_images),
    ):
        assert x.dtype == torch.float32
        assert torch.equal(
            x * 256, torch.tensor(wanted.reshape(-1, 784)).float()
        )
    for y, wanted in (
        (digits.y_train, labels[:50]),
        (digits.y_valid, labels[50:]),
        (digits.y_test, test_labels),
    ):
        assert y.dtype == torch.int64
        assert y.tolist() == wanted.tolist()


def test_the_real_thing_has_the_known_sizes_and_sums(on_mnist, digits):
    assert digits.x_train.shape == (50_000, 784)
    assert digits.x_valid.shape == digits.x_test.shape == (10_000, 784)
    assert digits.x_train.max() == 255 / 256
    # The first labels of the training and the test file, and the mean and
    # deviation of all training pixels, as the field quotes them (for pixels
    # divided by 255).
    assert digits.y_train[:8].tolist() == [5, 0, 4, 1, 9, 2, 1, 3]
    assert digits.y_test[:8].tolist() == [7, 2, 1, 0, 4, 1, 4, 9]
    pixels = torch.cat([digits.x_train, digits.x_valid]) * 256 / 255
    assert pixels.mean().item() == pytest.approx(0.1307, abs=5e-5)
    assert pixels.std().item() == pytest.approx(0.3081, abs=5e-5)


@pytest.mark.parametrize("suffix", ["", ".gz"])
@pytest.mark.parametrize("below", ["", "MNIST/raw"])
def test_a_named_folder_holds_the_files_gzipped_or_not_or_as_torchvision_does(
    small, monkeypatch, tmp_path, suffix, below
):
    save(tmp_path / "named" / below, small, suffix)
    monkeypatch.setenv("MNIST_DIR", str(tmp_path / "named"))
    assert len(mnist.read()[0]) == 70


def test_of_two_copies_in_a_named_folder_the_good_one_counts(
    small, monkeypatch, tmp_path
):
    folder = tmp_path / "named"
    save(folder, small)
    for name in small:
        (folder / name).write_bytes(b"cut off")
    monkeypatch.setenv("MNIST_DIR", str(folder))
    assert len(mnist.read()[0]) == 70


def test_a_named_folder_is_never_written_to(small, monkeypatch, tmp_path):
    save(tmp_path / "named", small)
    before = sorted(os.listdir(tmp_path / "named"))
    monkeypatch.setenv("MNIST_DIR", str(tmp_path / "named"))
    mnist.read()
    assert sorted(os.listdir(tmp_path / "named")) == before
    assert not mnist.CACHE.exists()


def test_a_named_folder_that_is_wrong_is_an_error_whatever_else_there_is(
    small, mirrors, monkeypatch, tmp_path
):
    save(mnist.CACHE / "mnist", small)
    labels = "t10k-labels-idx1-ubyte"
    folder = tmp_path / "named"
    monkeypatch.setenv("MNIST_DIR", str(folder))
    with pytest.raises(InputError, match="named is not a folder"):
        mnist.load()

    save(folder, small)
    (folder / f"{labels}.gz").unlink()
    with pytest.raises(InputError, match=f"neither {labels} nor {labels}.gz"):
        mnist.load()

    (folder / labels).write_bytes(small[labels][:-1])
    with pytest.raises(InputError, match=f"{labels} holds 27 bytes, not 28"):
        mnist.load()

    (folder / labels).write_bytes(small[labels][:-1] + b"\x63")
    with pytest.raises(InputError, match=f"{labels} has SHA-256"):
        mnist.load()

    (folder / labels).unlink()
    (folder / f"{labels}.gz").write_bytes(gzip.compress(b"x" * 28)[:-9])
    with pytest.raises(InputError, match=f"{labels}.gz is damaged"):
        mnist.load()
    assert mirrors.asked == []


def test_the_cache_comes_before_the_mirrors(small, mirrors):
    save(mnist.CACHE / "mnist", small)
    assert len(mnist.read()[0]) == 70
    assert mirrors.asked == []


def test_what_is_fetched_is_kept(small, mirrors):
    mnist.read()
    assert mirrors.asked == [f"{mnist.MIRRORS[0]}{n}.gz" for n in small]
    mnist.read()
    assert len(mirrors.asked) == 4
    kept = sorted(os.listdir(mnist.CACHE / "mnist"))
    assert kept == sorted(f"{name}.gz" for name in small)


@pytest.mark.parametrize(
    "answer",
    [
        requests.ConnectionError("refused"),
        requests.Timeout("silence"),
        b"<!DOCTYPE html>",
        gzip.compress(b"something else"),
        gzip.compress(b"x" * 1_000_000),
    ],
)
def test_any_failure_of_a_mirror_leads_to_the_next(small, mirrors, answer):
    first, second = mnist.MIRRORS
    for name in small:
        mirrors.answers[f"{first}{name}.gz"] = answer
    mnist.read()
    assert f"{second}train-images-idx3-ubyte.gz" in mirrors.asked


def test_a_damaged_file_in_the_cache_is_replaced_and_said(
    small, mirrors, capsys
):
    mnist.read()
    path = mnist.CACHE / "mnist" / "t10k-labels-idx1-ubyte.gz"
    path.write_bytes(path.read_bytes()[:-3])
    mnist.read()
    assert "t10k-labels-idx1-ubyte.gz is damaged" in capsys.readouterr().err
    assert mnist.verified(path, "t10k-labels-idx1-ubyte")


@pytest.fixture
def unreachable(mirrors):
    """Let no mirror answer."""
    for url in mirrors.answers:
        mirrors.answers[url] = requests.ConnectionError("refused")
    return mirrors


def test_a_failure_is_remembered_for_ten_minutes(unreachable):
    asked = unreachable.asked
    for _ in range(2):
        with pytest.raises(mnist.UnavailableError, match="can't be reached"):
            mnist.read()
        assert len(asked) == 2  # one file from each mirror

    with pytest.raises(mnist.UnavailableError):
        mnist.read(insist=True)
    assert len(asked) == 4

    failed = mnist.CACHE / "mnist" / "unreachable.txt"
    os.utime(failed, times=(time.time() - 601,) * 2)
    with pytest.raises(mnist.UnavailableError):
        mnist.read()
    assert len(asked) == 6


def test_without_mnist_the_stand_in_takes_over_and_says_so(
    unreachable, monkeypatch, capsys, contents
):
    arrays = tuple(map(mnist.decode, contents.values()))
    monkeypatch.setattr(mnist.standin, "load", lambda folder: arrays)
    assert mnist.load().name == "stand-in"
    notice = capsys.readouterr().err
    assert "can't be reached" in notice
    assert "Training on the stand-in" in notice
    assert "make data" in notice


def test_mnist_can_be_insisted_on(unreachable):
    with pytest.raises(mnist.UnavailableError):
        mnist.load("mnist")
