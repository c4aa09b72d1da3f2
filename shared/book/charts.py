"""Loss curves for a page, as SVG."""

import io

import numpy as np
from matplotlib import rc_context
from matplotlib.figure import Figure
from matplotlib.ticker import NullFormatter, ScalarFormatter

COLORS = ("#2f7fd1", "#d9622b", "#2b9a5b", "#a855c7", "#b5851c")  # on any page


def curves(losses, batches, title):
    """Return the curves of `losses`, {name: floats}, as an SVG element.

    Earlier ones are broader, so that they show below later ones. A point is
    the mean of so many batches. The text is text, in the colour of the text
    around it, as are the axes; `title` is for who can't see it.
    """
    figure = Figure(figsize=(6, 2.8), layout="constrained")
    axes = figure.subplots()
    for i, (name, values) in enumerate(losses.items()):
        steps = batches * (np.arange(len(values)) + 0.5)
        above = len(losses) - 1 - i
        axes.plot(
            steps,
            values,
            color=COLORS[i % len(COLORS)],
            linestyle=("-", "--", ":")[i // len(COLORS)],
            linewidth=1.5 + (3 * above / (len(losses) - 1) if above else 0),
            alpha=0.5 if above else 1,
            label=name,
        )
    axes.set(xlabel="step", ylabel="loss", yscale="log")
    axes.set_yticks([0.3, 0.5, 1, 2])
    axes.yaxis.set_major_formatter(ScalarFormatter())
    axes.yaxis.set_minor_formatter(NullFormatter())
    axes.grid(alpha=0.2)
    axes.spines[["top", "right"]].set_visible(False)
    axes.legend(frameon=False, title="stage")
    written = io.StringIO()
    with rc_context({"svg.fonttype": "none", "svg.hashsalt": title}):
        figure.savefig(
            written, format="svg", transparent=True, metadata={"Date": None}
        )
    svg = written.getvalue()
    svg = svg[svg.index("<svg") :].replace("#000000", "currentColor")
    return svg.replace(
        "<svg", f'<svg class="chart" role="img" aria-label="{title}"', 1
    )
