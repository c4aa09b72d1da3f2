"""Fixtures that several rooms share: the data, and trained stages."""

import hashlib
import os
import shutil
import signal

# In the background of a shell Ctrl-C is ignored, by children too.
signal.signal(signal.SIGINT, signal.default_int_handler)

# Stages train in other processes meanwhile; more threads than cores would
# spend their time waiting for one another. Before torch is imported.
os.environ.setdefault("OMP_NUM_THREADS", "1")

import pytest

from shared.book import build
from shared.data import mnist, source, splits
from shared.data.source import Known
from shared.notebooks.build import notebooks
from shared.results import published
from shared.training import runner
from shared.workshop.tasks import FORWARD
from stages import LADDER, TABLE
from tests.support import results as fresh
from tests.support import smallmnist
from tests.support.mirror import Mirror


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
    cache = source.CACHE / "mnist"
    cached = all((cache / f"{name}.gz").exists() for name in mnist.FILES)
    at_hand = cached or os.environ.get("MNIST_DIR")
    return mnist.load("mnist" if at_hand else "standin")


@pytest.fixture(scope="session")
def few(digits):
    """A thousand digits to train on, 200 to validate on."""
    return digits.first(1000, 200)


def pytest_addoption(parser):
    parser.addoption(
        "--table", action="store_true", help="write runs/faults.md"
    )


def pytest_collection_modifyitems(items):
    """Begin with what waits for the stages to be trained.

    Meanwhile another process, if there is one, goes on with the other files.
    """
    items.sort(key=lambda item: "trained" not in item.fixturenames)


@pytest.fixture
def losses():
    return Losses()


@pytest.fixture
def runs(monkeypatch, tmp_path):
    """Write runs to a folder of the test's own."""
    monkeypatch.setattr(runner, "RUNS", tmp_path / "runs")
    (tmp_path / "runs").mkdir()
    return tmp_path / "runs"


@pytest.fixture(scope="session")
def on_mnist(digits):
    """Skip where MNIST is not at hand: the stand-in is no substitute."""
    if digits.name != "MNIST":
        pytest.skip("MNIST is not at hand")


@pytest.fixture(scope="session")
def fresh_results(tmp_path_factory):
    """A folder of results that pass for those of the code as it is now."""
    return fresh.copied(tmp_path_factory.mktemp("results") / "results")


@pytest.fixture
def results(fresh_results, monkeypatch, tmp_path):
    """Fresh results to read, and to spoil, in place of the published ones."""
    folder = shutil.copytree(fresh_results, tmp_path / "results")
    monkeypatch.setattr(published, "RESULTS", folder)
    return folder


@pytest.fixture(scope="session")
def fresh_readme(fresh_results, tmp_path_factory):
    """A README.md whose tables are those of these results."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(published, "RESULTS", fresh_results)
        return fresh.readme(tmp_path_factory.mktemp("readme") / "fresh")


@pytest.fixture(scope="session")
def site(fresh_results, fresh_readme, tmp_path_factory):
    """The folder of the book, built once of fresh results."""
    folder = tmp_path_factory.mktemp("book") / "site"
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(published, "RESULTS", fresh_results)
        patch.setattr("shared.reading.readme.README", fresh_readme)
        made = notebooks(TABLE, LADDER)
        build.build(TABLE, LADDER, FORWARD, folder, notebooks=made)
    return folder


@pytest.fixture
def small(monkeypatch, tmp_path):
    """Let small files pass for MNIST, with an empty cache; no mirrors."""
    contents = smallmnist.contents()
    known = {
        name: Known(len(content), hashlib.sha256(content).hexdigest())
        for name, content in contents.items()
    }
    monkeypatch.setattr(mnist, "FILES", known)
    monkeypatch.setattr(source, "CACHE", tmp_path / "data")
    monkeypatch.setattr(splits, "N_TRAIN", 50)
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
