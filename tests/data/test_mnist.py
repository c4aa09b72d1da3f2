"""MNIST is found where it should be, and used only if it is MNIST."""

import gzip
import os

import pytest
import torch

from shared.data import mnist, source
from shared.data.idx import decode
from shared.errors import InputError
from tests.support.smallmnist import save


def test_the_splits_are_the_usual_ones(small, monkeypatch, tmp_path):
    save(tmp_path / "named", small)
    monkeypatch.setenv("MNIST_DIR", str(tmp_path / "named"))
    digits = mnist.load()
    images, labels, test_images, test_labels = map(decode, small.values())
    assert digits.name == "MNIST"
    x_test, y_test = digits.test()
    for x, wanted in (
        (digits.x_train, images[:50]),
        (digits.x_valid, images[50:]),
        (x_test, test_images),
    ):
        assert x.dtype == torch.float32
        assert torch.equal(
            x * 256, torch.tensor(wanted.reshape(-1, 784)).float()
        )
    for y, wanted in (
        (digits.y_train, labels[:50]),
        (digits.y_valid, labels[50:]),
        (y_test, test_labels),
    ):
        assert y.dtype == torch.int64
        assert y.tolist() == wanted.tolist()


def test_the_real_thing_has_the_known_sizes_and_sums(on_mnist, digits):
    assert digits.x_train.shape == (50_000, 784)
    x_test, y_test = digits.test()
    assert digits.x_valid.shape == x_test.shape == (10_000, 784)
    assert digits.x_train.max() == 255 / 256
    # The first labels of the training and the test file, and the mean and
    # standard deviation of all training pixels, as the field quotes them
    # (for pixels divided by 255).
    assert digits.y_train[:8].tolist() == [5, 0, 4, 1, 9, 2, 1, 3]
    assert y_test[:8].tolist() == [7, 2, 1, 0, 4, 1, 4, 9]
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
    assert not source.CACHE.exists()


def test_a_named_folder_that_is_wrong_is_an_error_whatever_else_there_is(
    small, mirror, monkeypatch, tmp_path
):
    save(source.CACHE / "mnist", small)
    labels = "t10k-labels-idx1-ubyte"
    folder = tmp_path / "named"
    monkeypatch.setenv("MNIST_DIR", str(folder))
    with pytest.raises(InputError, match="named is not a folder"):
        mnist.load()

    save(folder, small)
    (folder / f"{labels}.gz").unlink()
    with pytest.raises(InputError, match=f"neither {labels} nor {labels}.gz"):
        mnist.read()

    (folder / labels).write_bytes(small[labels][:-1])
    with pytest.raises(InputError, match=f"{labels} holds 27 bytes, not 28"):
        mnist.read()

    (folder / labels).write_bytes(small[labels][:-1] + b"\x63")
    with pytest.raises(InputError, match=f"{labels} has SHA-256"):
        mnist.read()

    (folder / labels).unlink()
    (folder / f"{labels}.gz").write_bytes(gzip.compress(b"x" * 28)[:-9])
    with pytest.raises(InputError, match=f"{labels}.gz is cut off"):
        mnist.read()
    assert mirror.asked == []


def test_the_cache_comes_before_the_mirrors(small, mirror):
    save(source.CACHE / "mnist", small)
    assert len(mnist.read()[0]) == 70
    assert mirror.asked == []


def test_the_test_files_are_read_when_they_are_asked_for(
    small, monkeypatch, tmp_path
):
    """No stage needs them, and to unpack them takes time."""
    save(tmp_path / "named", small)
    (tmp_path / "named" / "t10k-images-idx3-ubyte.gz").unlink()
    monkeypatch.setenv("MNIST_DIR", str(tmp_path / "named"))
    digits = mnist.load()
    assert len(digits.x_valid) == 20
    with pytest.raises(InputError, match="holds neither t10k-images"):
        digits.test()
