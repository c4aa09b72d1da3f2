"""Notebooks to read, and a kernel to run them in."""

from copy import deepcopy
from pathlib import PurePosixPath

import nbformat
import pytest
from nbclient import NotebookClient
from nbformat.v4 import new_code_cell, new_notebook

from shared.data import mnist
from shared.notebooks import build
from stages import LADDER, TABLE

ROOT = LADDER[0].path.parents[1]

BEGIN = """
from pathlib import Path
from shared.data import mnist
from shared.training import runner

runner.RUNS = Path({folder!r})
mnist.all = getattr(mnist, "all", mnist.load)
mnist.load = lambda data="auto": mnist.all({data!r}){cut}
"""


def read(texts):
    """Return the English notebooks by their names, of texts by paths."""
    return {
        PurePosixPath(path).stem: nbformat.reads(text, as_version=4)
        for path, text in texts.items()
    }


def find(notebook, name):
    """Return the cell that is called `name` in a notebook."""
    [found] = [cell for cell in notebook.cells if cell.id == name]
    return found


@pytest.fixture(scope="session")
def texts():
    """All English notebooks without a repository: {path: text}."""
    return build.notebooks(TABLE, LADDER)


@pytest.fixture(scope="session")
def notebooks(texts):
    return read(texts)


class Kernel:
    """Runs notebooks in one process, one after the other, each from new."""

    def __init__(self, client, data, folder):
        self.data, self.folder = data, folder
        self._client = client

    def run(self, notebook, cut=".first(1000, 200)"):
        """Run all cells; return the notebook with its outputs.

        The digits are those of the tests, of which a `cut` is taken, and
        runs are written to a folder of the test's own.
        """
        notebook = deepcopy(notebook)
        begin = BEGIN.format(folder=str(self.folder), data=self.data, cut=cut)
        find(notebook, "setup").source += begin
        notebook.cells.insert(0, new_code_cell("%reset -f"))
        self._client.nb = notebook
        self._client.reset_execution_trackers()
        for index, cell in enumerate(notebook.cells):
            self._client.execute_cell(cell, index)
        return notebook


@pytest.fixture(scope="module")
def kernel(digits, tmp_path_factory):
    client = NotebookClient(
        new_notebook(),
        startup_timeout=300,
        resources={"metadata": {"path": str(ROOT / "tests")}},
    )
    folder = tmp_path_factory.mktemp("runs")
    with client.setup_kernel():
        yield Kernel(client, mnist.flag(digits.name), folder)
