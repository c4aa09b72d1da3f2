"""`make` installs what the published results were measured with."""

from importlib.metadata import requires

import pytest
from packaging.requirements import Requirement

from shared.results import published


@pytest.fixture(scope="module")
def pinned():
    """The constraints: {name: version}."""
    lines = (published.RESULTS / "constraints.txt").read_text().splitlines()
    constraints = [Requirement(line) for line in lines if line[0] != "#"]
    return {
        constraint.name: next(iter(constraint.specifier)).version
        for constraint in constraints
    }


def test_every_dependency_is_pinned_within_its_bounds(pinned):
    wanted = [Requirement(line) for line in requires("torch-in-twelve")]
    for dependency in wanted:
        if dependency.name != "torch-in-twelve":
            version = pinned[dependency.name]
            assert dependency.specifier.contains(version), dependency


def test_torch_is_the_one_that_measured(pinned):
    for path in published.RESULTS.glob("*.json"):
        name = path.stem
        measured_with = published.read(name)["torch"]
        assert measured_with.partition("+")[0] == pinned["torch"], name
