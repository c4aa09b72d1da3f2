"""What several tests share: the digits, and every stage trained once."""

import functools
import os
from typing import NamedTuple

import pytest
import torch

from shared import mnist, runner


class Losses(list):
    """The plainest `log` that a stage can be handed: it collects."""

    def __init__(self):
        self.valid = []

    def __call__(self, loss):
        self.append(loss.item())

    def validation(self, loss):
        self.valid.append(loss.item())


class Trained(NamedTuple):
    pred: torch.Tensor
    accuracy: float
    losses: Losses


@pytest.fixture(scope="session")
def digits():
    """MNIST where it is at hand, the stand-in elsewhere; no network."""
    cache = mnist.CACHE / "mnist"
    cached = all((cache / f"{name}.gz").exists() for name in mnist.FILES)
    at_hand = cached or os.environ.get("MNIST_DIR")
    return mnist.load("mnist" if at_hand else "standin")


@pytest.fixture(scope="session")
def few(digits):
    """A thousand digits to train on, 200 to validate on."""
    return digits._replace(
        x_train=digits.x_train[:1000],
        y_train=digits.y_train[:1000],
        x_valid=digits.x_valid[:200],
        y_valid=digits.y_valid[:200],
    )


@pytest.fixture(scope="session")
def trained(digits):
    """Train a stage in full, in float64 on the CPU, once a session.

    In float64 because its result does not depend on the number of threads.
    """

    @functools.cache
    def train(stage, seed=0):
        train = stage.program.train
        losses = Losses()
        pred = runner.predict(
            train,
            digits,
            losses,
            seed=seed,
            dtype=torch.float64,
            **runner.options_of(train, accel=False),
        )
        return Trained(pred, runner.accuracy(pred, digits.y_valid), losses)

    return train


@pytest.fixture
def losses():
    return Losses()


@pytest.fixture(scope="session")
def on_mnist(digits):
    """Skip where MNIST is not at hand: the stand-in is no substitute."""
    if digits.name != "MNIST":
        pytest.skip("MNIST is not at hand")
