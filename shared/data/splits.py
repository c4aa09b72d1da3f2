"""A data set, divided into images to train on, to validate on and to test."""

from typing import NamedTuple

import numpy as np
import torch

N_TRAIN = 50_000  # of the training file's 60,000; the last 10,000 validate


class Splits(NamedTuple):
    """50,000 images to train on, 10,000 to validate on, 10,000 to test on.

    Images are float32 (n, 784) tensors of pixels divided by 256, as in the
    `mnist.pkl.gz` of older tutorials: 0 up to 255 / 256. Labels are int64
    (n,). `name` says whose images they are, such as "MNIST" or "stand-in".
    """

    name: str
    x_train: torch.Tensor
    y_train: torch.Tensor
    x_valid: torch.Tensor
    y_valid: torch.Tensor
    x_test: torch.Tensor
    y_test: torch.Tensor

    def first(self, n_train, n_valid):
        """Return the same with only so many to train and validate on."""
        return self._replace(
            x_train=self.x_train[:n_train],
            y_train=self.y_train[:n_train],
            x_valid=self.x_valid[:n_valid],
            y_valid=self.y_valid[:n_valid],
        )


def of_tensors(name, images, labels, test_images, test_labels):
    """Return the `Splits` of tensors that have their final dtype."""
    return Splits(
        name,
        images[:N_TRAIN],
        labels[:N_TRAIN],
        images[N_TRAIN:],
        labels[N_TRAIN:],
        test_images,
        test_labels,
    )


def of_arrays(name, images, labels, test_images, test_labels):
    """Return the `Splits` of uint8 arrays, as IDX files hold them."""

    def x(images):
        pixels = images.reshape(len(images), -1).astype(np.float32)
        return torch.from_numpy(pixels / 256)

    def y(labels):
        return torch.from_numpy(labels.astype(np.int64))

    return of_tensors(
        name, x(images), y(labels), x(test_images), y(test_labels)
    )
