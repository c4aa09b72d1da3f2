"""Run a program that is a list of claims, and draw the graph it returns."""

import torch
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle

from shared.errors import RunError
from shared.languages import lines, local, say
from shared.training import plots, runner


def run(stage):
    """Print every claim of the program with its value; draw its graph.

    `CLAIMS` of the program are functions of `claim(text, got, wanted)`, the
    last of which returns the tensors of the graph by name. Raises RunError
    at the first claim that is wrong.
    """
    held = []

    def claim(text, got, wanted):
        if not same(got, wanted):
            raise RunError(
                say(
                    "a claim is wrong: {text}: {got}, not {wanted}",
                    text=text,
                    got=got,
                    wanted=wanted,
                )
            )
        held.append(text)
        print(f"  {text:<45}{_shown(got)}")

    said = say(
        "{stage}, with torch {version}. Each line is a claim and what torch"
        " gave for it; {file} has the code.",
        stage=local(stage.label),
        version=torch.__version__,
        file=stage.file,
    )
    print(lines.fill(said, 79))
    for claims in stage.program.CLAIMS:
        print(f"\n{claims.__name__}")
        tensors = claims(claim)
    path = runner.RUNS / stage.target / "graph.png"
    title = f"{stage.label}: a graph and its gradients"
    graph(tensors, title, path)
    print()
    print(
        say(
            "{n} claims hold; wrote {file} to {folder}",
            n=len(held),
            file=path.name,
            folder=f"runs/{stage.target}",
        )
    )


def same(got, wanted):
    """Tell whether a value is the wanted one; tensors to rounding."""
    numbers = torch.Tensor | list | float | int
    if isinstance(got, torch.Tensor) and isinstance(wanted, numbers):
        wanted = torch.as_tensor(wanted).to(got.dtype)
        return got.shape == wanted.shape and torch.allclose(got, wanted)
    return type(got) is not torch.Tensor and got == wanted


def _shown(got):
    if isinstance(got, torch.Tensor):
        return got.tolist()
    if isinstance(got, torch.Size):
        return tuple(got)
    return got


def graph(tensors, title, path):
    """Draw the graph that autograd recorded of the last of some tensors.

    `tensors` is {name: scalar tensor}, each with its gradient. The graph is
    a tree, and walked by `grad_fn.next_functions`, from the result back.
    """
    names = {t.grad_fn or t: name for name, t in tensors.items()}
    *_, result = tensors.values()
    figure = Figure(figsize=(7, 3), layout="constrained")
    axes = figure.subplots()
    level, places = [result.grad_fn], {result.grad_fn: (0, 0)}
    for depth in range(1, len(tensors)):
        edges = [
            (getattr(fn, "variable", fn), made)
            for made in level
            for fn, _ in getattr(made, "next_functions", ())
        ]
        level = [fn for fn, _ in edges]
        for i, (fn, made) in enumerate(edges):
            places[fn] = x, y = -depth, (len(level) - 1) / 2 - i
            made_x, made_y = places[made]
            axes.annotate(
                "",
                (made_x - 0.3, made_y),
                (x + 0.3, y),
                arrowprops={"arrowstyle": "->"},
            )
    for fn, (x, y) in places.items():
        name = names[fn]
        tensor = tensors[name]
        box = Rectangle((x - 0.3, y - 0.3), 0.6, 0.6, fill=False)
        axes.add_patch(box)
        for line, text, color in (
            (0.17, f"{name} = {tensor.item():.4g}", plots.BLUE),
            (0, f"{name}.grad = {tensor.grad.item():.4g}", plots.RED),
            (
                -0.17,
                tensor.grad_fn.name() if tensor.grad_fn else "leaf",
                plots.GRAY,
            ),
        ):
            axes.text(
                x,
                y + line,
                text,
                color=color,
                horizontalalignment="center",
                verticalalignment="center",
            )
    columns, rows = zip(*places.values(), strict=True)
    axes.set(
        title=title,
        xlim=(min(columns) - 0.4, 0.4),
        ylim=(min(rows) - 0.4, max(rows) + 0.4),
    )
    axes.axis("off")
    plots.save(figure, path)
