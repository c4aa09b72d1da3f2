"""What several tests share: the digits, and every stage trained once."""

import hashlib
import os

# Stages train in other processes meanwhile; more threads than cores would
# spend their time waiting for one another. Before torch is imported.
os.environ.setdefault("OMP_NUM_THREADS", "1")

import pytest

from shared import book, mnist
from shared.proof import Training, trainings
from stages import LADDER, TABLE
from tests import smallmnist
from tests.mirror import Mirror


class Losses(list):
    """The plainest `log` that a stage can be handed: it collects."""

    def __init__(self):
        self.valid = []

    def __call__(self, loss):
        self.append(loss.item())

    def validation(self, loss):
        self.valid.append(loss.item())


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
    """Train a stage in full, once a session; return its record.

    In float64, where the result does not depend on the number of threads,
    and in processes of their own, all twelve from the start: meanwhile the
    other tests go on.
    """
    data = "mnist" if digits.name == "MNIST" else "standin"
    with trainings(data) as start:
        for stage in reversed(LADDER):
            start(Training(stage.path))
        yield lambda stage, seed=0, given=None: start(
            Training(stage.path, seed, given=given)
        ).result()


def pytest_addoption(parser):
    parser.addoption(
        "--table", action="store_true", help="write runs/faults.md"
    )


def pytest_collection_modifyitems(items):
    """Leave for last what waits for the stages to be trained."""
    items.sort(key=lambda item: "trained" in item.fixturenames)


@pytest.fixture(scope="session", autouse=True)
def train_meanwhile(request):
    """Begin to train at the start if any test needs it."""
    if any("trained" in item.fixturenames for item in request.session.items):
        request.getfixturevalue("trained")


@pytest.fixture
def losses():
    return Losses()


@pytest.fixture(scope="session")
def on_mnist(digits):
    """Skip where MNIST is not at hand: the stand-in is no substitute."""
    if digits.name != "MNIST":
        pytest.skip("MNIST is not at hand")


@pytest.fixture(scope="session")
def site(tmp_path_factory):
    """The folder of the book, built once."""
    folder = tmp_path_factory.mktemp("book") / "site"
    book.build(TABLE, LADDER, folder)
    return folder


@pytest.fixture
def small(monkeypatch, tmp_path):
    """Let small files pass for MNIST, with an empty cache; no mirrors."""
    contents = smallmnist.contents()
    known = {
        name: (len(content), hashlib.sha256(content).hexdigest())
        for name, content in contents.items()
    }
    monkeypatch.setattr(mnist, "FILES", known)
    monkeypatch.setattr(mnist, "CACHE", tmp_path / "data")
    monkeypatch.setattr(mnist, "N_TRAIN", 50)
    for name in ("MNIST_DIR", "HTTP_PROXY", "http_proxy", "ALL_PROXY"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("MNIST_MIRRORS", "http://127.0.0.1:1/")
    return contents


@pytest.fixture
def mirror(small):
    """Serve the small files in whatever manner an address asks for."""
    mirror = Mirror(small)
    yield mirror
    mirror.close()
