"""Run programs that draw a line through points, and compare their lines."""

import math

import numpy as np
import torch
from matplotlib.figure import Figure

from shared.errors import RunError
from shared.languages import local, say
from shared.proof.equivalence import ROUNDING
from shared.proof.prove import Claim
from shared.training import plots, runner

# The points of two tutorials, as (x, y) by their number.
POINTS = {
    15: np.array(
        [
            (3.3, 1.7),
            (4.4, 2.76),
            (5.5, 2.09),
            (6.71, 3.19),
            (6.93, 1.694),
            (4.168, 1.573),
            (9.779, 3.366),
            (6.182, 2.596),
            (7.59, 2.53),
            (2.167, 1.221),
            (7.042, 2.827),
            (10.791, 3.465),
            (5.313, 1.65),
            (7.997, 2.904),
            (3.1, 1.3),
        ]
    ),
    5: np.array(
        [(1.4, 14.4), (5.0, 29.6), (11.0, 62.0), (16.0, 85.5), (21.0, 113.4)]
    ),
}
LONG = 40_000  # steps after which descent has come to rest


def steps(fit, points, **options):
    """Return the lines that a program draws through `points`, (n, 2).

    Each is a tuple of slope, intercept and loss; the last, whose loss
    nobody computed, is left out. Raises RunError when a loss is no finite
    number.
    """
    lines = []

    def log(*line):
        lines.append(tuple(torch.as_tensor(n).detach().item() for n in line))
        loss = lines[-1][2]
        if not math.isfinite(loss):
            raise RunError(
                say(
                    "the loss became {loss} at step {step}: try a smaller"
                    " --lr",
                    loss=loss,
                    step=len(lines),
                )
            )

    with np.errstate(all="ignore"):  # log has more to say about it
        fit(*points.T, log, **options)
    return lines


def run(stage, points, **options):
    """Draw a line through so many points; print it and write a picture."""
    options = {k: v for k, v in options.items() if v is not None}
    fit = stage.program.fit
    shown = "".join(
        f", {k} {v}" for k, v in (runner.options_of(fit) | options).items()
    )
    print(
        say(
            "{stage}, {n} points{options}",
            stage=local(stage.label),
            n=points,
            options=shown,
        )
    )
    lines = steps(fit, POINTS[points], **options)
    for step in sorted({*(10**i - 1 for i in range(9)), len(lines) - 1}):
        if step < len(lines):
            k, b, loss = lines[step]
            print(
                say(
                    "step {step:>6,}: {k:.4f} x + {b:.4f}, loss {loss:.6f}",
                    step=step + 1,
                    k=k,
                    b=b,
                    loss=loss,
                )
            )
    path = runner.RUNS / stage.target / "line.png"
    draw(*POINTS[points].T, lines, stage.label, path)
    print(
        say(
            "wrote {file} to {folder}",
            file=path.name,
            folder=f"runs/{stage.target}",
        )
    )


def prove(stage, parent, start, data):
    """Compare the lines of a program with those of its parent.

    Step by step; for a declared change, the last line of each after so many
    steps of the parent that it has come to rest.
    """
    claims = []
    for n, points in POINTS.items():
        if stage.promise.kind == "change":
            text = f"{n} points: where descent comes to rest"
            ends = (
                steps(parent.program.fit, points, epochs=LONG)[-1],
                steps(stage.program.fit, points)[-1],
            )
            apart = farthest(*([end] for end in ends))
        else:
            text = f"{n} points: at every step the line of {parent.name}"
            apart = farthest(
                steps(parent.program.fit, points),
                steps(stage.program.fit, points),
            )
        claims.append(Claim(text, f"{apart:.0e}", apart <= ROUNDING))
    return claims


def farthest(lines, others):
    """Return the largest difference between numbers of the same step."""
    return float(np.abs(np.subtract(lines, others)).max())


def draw(x, y, steps, title, path):
    """Draw points, a line as it moves through them, and its loss.

    `x` and `y` are (n,); `steps` are tuples of the slope, the intercept and
    the loss of a line. Lines are drawn at steps 0, 1, 2, 4, 8 ... and the
    last.
    """
    figure = Figure(figsize=(8, 3.6), layout="constrained")
    left, right = figure.subplots(1, 2)
    last = len(steps) - 1
    shown = [0, *(2**i for i in range(last.bit_length())), last]
    ends = np.array([0, max(x)])
    for i, step in enumerate(sorted(set(shown))):
        k, b, _ = steps[step]
        left.plot(
            ends,
            k * ends + b,
            color=plots.RED if step == last else plots.BLUE,
            alpha=1 if step == last else 0.2 + 0.5 * i / len(shown),
            linewidth=1,
            label="last line" if step == last else None,
        )
    left.plot(x, y, "o", color="black", markersize=4)
    left.set(title=title, xlabel="x", ylabel="y")
    left.legend()
    right.plot(
        range(1, len(steps) + 1), [loss for *_, loss in steps], ".-", ms=3
    )
    right.set(xlabel="step", ylabel="loss", xscale="log", yscale="log")
    plots.save(figure, path)
