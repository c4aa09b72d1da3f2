"""Notebooks to read, and a kernel to run them in."""

from copy import deepcopy

import nbformat
import pytest
from nbclient import NotebookClient
from nbformat.v4 import new_code_cell, new_notebook

from shared.data import mnist
from stages import LADDER
from stages.__main__ import main

ROOT = LADDER[0].path.parents[1]

BEGIN = """
from pathlib import Path
from shared.data import mnist
from shared.training import runner

runner.RUNS = Path({folder!r})
mnist.all = getattr(mnist, "all", mnist.load)
mnist.load = lambda data="auto": mnist.all({data!r}){cut}
"""


def read(folder):
    """Return the notebooks in a folder by their names."""
    return {
        path.stem: nbformat.read(path, as_version=4)
        for path in folder.glob("*.ipynb")
    }


def find(notebook, name):
    """Return the cell that is called `name` in a notebook."""
    [found] = [cell for cell in notebook.cells if cell.id == name]
    return found


@pytest.fixture(scope="session")
def site(tmp_path_factory):
    """A folder with all notebooks, as the command writes them."""
    folder = tmp_path_factory.mktemp("notebooks")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("stages.__main__.ROOT", folder)
        assert main(["notebooks"]) == 0
    return folder / "site"


@pytest.fixture(scope="session")
def notebooks(site):
    return read(site / "notebooks")


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
        startup_timeout=300,  # seconds; the machine may be busy
        iopub_timeout=300,
        resources={"metadata": {"path": str(ROOT / "tests")}},
    )
    folder = tmp_path_factory.mktemp("runs")
    with client.setup_kernel():
        yield Kernel(client, mnist.flag(digits.name), folder)
