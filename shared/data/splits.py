"""A data set, divided: to train on, to validate on, to test on."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

if TYPE_CHECKING:
    import torch

N_TRAIN = 50_000  # of the training file's 60,000; the last 10,000 validate


class Splits(NamedTuple):
    """50,000 images to train on, 10,000 to validate on, and a test set.

    Images are float32 (n, 784) tensors of pixels divided by 256, as in the
    `mnist.pkl.gz` of older tutorials: 0 up to 255 / 256. Labels are int64
    (n,). `name` says whose images they are, such as "MNIST" or "stand-in".
    `test` reads the 10,000 images and labels to test on and returns them:
    no stage needs these.
    """

    name: str
    x_train: torch.Tensor
    y_train: torch.Tensor
    x_valid: torch.Tensor
    y_valid: torch.Tensor
    test: Callable[[], tuple[torch.Tensor, torch.Tensor]]

    def first(self, n_train, n_valid):
        """Return the same with only so many to train and validate on."""
        return self._replace(
            x_train=self.x_train[:n_train],
            y_train=self.y_train[:n_train],
            x_valid=self.x_valid[:n_valid],
            y_valid=self.y_valid[:n_valid],
        )


def of_tensors(name, images, labels, test):
    """Return the `Splits` of tensors that have their final dtype.

    Of the 60,000 of the training file; `test` is as in `Splits`.
    """
    return Splits(
        name,
        images[:N_TRAIN],
        labels[:N_TRAIN],
        images[N_TRAIN:],
        labels[N_TRAIN:],
        test,
    )


def of_arrays(name, images, labels, test):
    """Return the `Splits` of uint8 arrays, as IDX files hold them.

    `test` returns two more such arrays.
    """
    return of_tensors(name, *tensors(images, labels), lambda: tensors(*test()))


def tensors(images, labels):
    """Return (n, 28, 28) and (n,) uint8 arrays as tensors for a training."""
    import torch  # takes seconds, which `make data` has no use for

    pixels = images.reshape(len(images), -1)
    # No more memory than for the result, and exact: 256 is a power of two.
    pixels = np.divide(pixels, np.float32(256), dtype=np.float32)
    return torch.from_numpy(pixels), torch.from_numpy(labels.astype(np.int64))
