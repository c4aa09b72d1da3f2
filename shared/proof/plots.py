"""Pictures of what was measured, each written to the path it is given."""

import numpy as np
from matplotlib.figure import Figure

from shared.training import plots


def parting(differences, title, path):
    """Draw how far the losses of two trainings are apart at every step.

    `differences` is {dtype: floats}; where two losses are equal to the last
    bit there is no dot.
    """
    figure = Figure(figsize=(7, 3.2), layout="constrained")
    axes = figure.subplots()
    for (dtype, values), color in zip(
        differences.items(), (plots.RED, plots.BLUE), strict=True
    ):
        values = np.array(values)
        steps = values.nonzero()[0]
        axes.plot(steps, values[steps], ".", color=color, ms=2, label=dtype)
    axes.set(
        title=title, xlabel="step", ylabel="difference in loss", yscale="log"
    )
    axes.legend(markerscale=5, loc="center right")
    plots.save(figure, path)


def side_by_side(sets, path, n=10):
    """Show `n` of each digit from each of two sets of `Splits`, by name."""
    figure = Figure(figsize=(2 * n * 0.38, 4.1), layout="constrained")
    for axes, (name, splits) in zip(
        figure.subplots(1, len(sets)), sets.items(), strict=True
    ):
        rows = [
            splits.x_valid[splits.y_valid == digit][:n].view(-1, 28, 28)
            for digit in range(10)
        ]
        page = np.vstack([np.hstack(row.numpy()) for row in rows])
        axes.imshow(page, cmap="gray_r", vmin=0, vmax=1)
        axes.set_title(name)
        axes.axis("off")
    plots.save(figure, path)
