"""The stand-in is drawn, like MNIST in form, and the same each time."""

import hashlib

import numpy as np
import pytest

from shared.data import standin


@pytest.fixture(scope="module")
def drawn():
    """A hundred images of each digit."""
    labels = np.arange(1000) % 10
    return labels, standin.draw(labels, seed=5)


def test_the_same_seed_draws_the_same_images_and_another_others(drawn):
    labels, images = drawn
    assert np.array_equal(images, standin.draw(labels, seed=5))
    different = standin.draw(labels, seed=6)
    assert (images != different).any(axis=(1, 2)).all()


def test_the_images_are_those_that_were_drawn_before(drawn):
    """At most a grey level off: the sums round differently elsewhere.

    If this fails after an upgrade, numpy's RandomState or its arithmetic
    has changed, and figures measured on the stand-in must be measured anew.
    """
    _, images = drawn
    assert images[:10].mean(axis=(1, 2)).round(1).tolist() == KNOWN_MEANS
    assert images[3, ::4, 14].tolist() == pytest.approx(KNOWN_COLUMN, abs=1)


KNOWN_MEANS = [24.6, 17.2, 39.9, 38.4, 36.7, 30.5, 60.2, 30.3, 44.7, 33.2]
KNOWN_COLUMN = [0, 0, 126, 93, 207, 170, 0]


def test_images_look_like_mnist_to_a_program(drawn):
    _, images = drawn
    assert images.shape == (1000, 28, 28)
    assert images.dtype == np.uint8
    assert images.min() == 0
    assert images.max() == 255
    # Mean and deviation of MNIST's pixels, in [0, 1).
    assert (images / 256).mean() == pytest.approx(0.1304, rel=0.05)
    assert (images / 256).std() == pytest.approx(0.3073, rel=0.05)


def test_ink_is_in_a_box_of_20_by_20(drawn):
    _, images = drawn
    for axis in (1, 2):
        for inked in images.any(axis):
            places = inked.nonzero()[0]
            assert places[-1] - places[0] < 20


def test_ink_is_centred_by_mass(drawn):
    _, images = drawn
    ink = images / images.sum(axis=(1, 2), keepdims=True)
    middle = np.arange(28) - 14
    across = (ink.sum(axis=1) * middle).sum(axis=1)
    down = (ink.sum(axis=2) * middle).sum(axis=1)
    assert np.abs(across.mean()) < 0.1
    assert np.abs(down.mean()) < 0.1
    assert np.abs(across).max() < 2
    assert np.abs(down).max() < 2


def blank(labels, seed):
    """Pass for `draw`, at once: each image is of one grey, its label."""
    return np.tile(labels.astype(np.uint8)[:, None, None], (1, 28, 28))


def test_it_is_drawn_once_and_read_again(tmp_path, monkeypatch):
    monkeypatch.setattr(standin, "draw", blank)
    first = standin.load(tmp_path)
    assert [a.shape for a in first] == [
        (60_000, 28, 28),
        (60_000,),
        (10_000, 28, 28),
        (10_000,),
    ]
    assert all(a.dtype == np.uint8 for a in first)
    assert np.bincount(first[1]).tolist() == pytest.approx(
        [6000] * 10, rel=0.05
    )
    images, labels, test_images, test_labels = first
    assert (images[:, 0, 0] == labels).all()
    assert (test_images[:, 0, 0] == test_labels).all()

    with monkeypatch.context() as patched:
        patched.setattr(standin, "draw", None)  # it must not be called
        second = standin.load(tmp_path)
    assert all(map(np.array_equal, first, second))

    [path] = tmp_path.iterdir()
    path.write_bytes(path.read_bytes()[:-1000])
    third = standin.load(tmp_path)
    assert all(map(np.array_equal, first, third))
    [repaired] = tmp_path.iterdir()
    assert np.load(repaired)["labels"].shape == (60_000,)


@pytest.mark.slow
def test_training_validation_and_test_images_are_all_different(tmp_path):
    images, _, test_images, _ = standin.load(tmp_path)
    hashes = {
        hashlib.sha256(image.tobytes()).digest()
        for image in (*images, *test_images)
    }
    assert len(hashes) == 70_000
