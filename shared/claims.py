"""Run a program that is a list of claims, and draw the graph it returns."""

import torch

from shared import plots, runner
from shared.errors import RunError


def run(stage):
    """Print every claim of the program with its value; draw its graph.

    `CLAIMS` of the program are functions of `claim(text, got, wanted)`, the
    last of which returns the tensors of the graph by name. Raises RunError
    at the first claim that is wrong.
    """
    held = []

    def claim(text, got, wanted):
        if not same(got, wanted):
            raise RunError(f"a claim is wrong: {text}: {got}, not {wanted}")
        held.append(text)
        print(f"  {text:<45}{_plain(got)}")

    print(f"{stage.label}, with torch {torch.__version__}")
    for claims in stage.program.CLAIMS:
        print(f"\n{claims.__name__}")
        tensors = claims(claim)
    path = runner.RUNS / stage.target / "graph.png"
    title = f"{stage.label}: a graph and its gradients"
    plots.graph(tensors, title, path)
    print(
        f"\n{len(held)} claims hold; wrote {path.name} to runs/{stage.target}"
    )


def same(got, wanted):
    """Tell whether a value is the wanted one; tensors to rounding."""
    numbers = torch.Tensor | list | float | int
    if isinstance(got, torch.Tensor) and isinstance(wanted, numbers):
        wanted = torch.as_tensor(wanted).to(got.dtype)
        return got.shape == wanted.shape and torch.allclose(got, wanted)
    return type(got) is not torch.Tensor and got == wanted


def _plain(got):
    if isinstance(got, torch.Tensor):
        return got.tolist()
    if isinstance(got, torch.Size):
        return tuple(got)
    return got
