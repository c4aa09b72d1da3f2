"""Pictures of a run, each written to the path it is given."""

import io

import numpy as np
from matplotlib import rc_context
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle
from matplotlib.ticker import NullFormatter, ScalarFormatter

from shared.files import replacing

BLUE, RED, GRAY = "tab:blue", "tab:red", "tab:gray"
CURVES = ("#2f7fd1", "#d9622b", "#2b9a5b", "#a855c7", "#b5851c")  # on any page


def _save(figure, path):
    with replacing(path) as part:
        figure.savefig(part, dpi=120)


def loss(losses, valid_losses, title, path):
    """Draw the loss of every step, its running mean, the validation losses.

    `losses` are floats, one a step; `valid_losses` one an epoch, if any.
    """
    figure = Figure(figsize=(7, 4), layout="constrained")
    axes = figure.subplots()
    window = min(50, len(losses))
    axes.plot(losses, color=BLUE, alpha=0.25, linewidth=0.8, label="a batch")
    axes.plot(
        range(window - 1, len(losses)),
        np.convolve(losses, np.full(window, 1 / window), mode="valid"),
        color=BLUE,
        label=f"mean of {window} batches",
    )
    if valid_losses:
        steps = len(losses) / len(valid_losses)
        axes.plot(
            [steps * (epoch + 1) for epoch in range(len(valid_losses))],
            valid_losses,
            "o-",
            color=RED,
            label="validation",
        )
    axes.set(title=title, xlabel="step", ylabel="loss", ylim=(0, None))
    axes.legend()
    _save(figure, path)


def predictions(images, labels, predicted, title, path, n=12):
    """Show the first `n` digits that were read right and `n` read wrong.

    `images` is a (m, 784) tensor, `labels` and `predicted` are (m,).
    """
    right = labels == predicted
    figure = Figure(figsize=(n * 0.75, 2.4), layout="constrained")
    figure.suptitle(title)
    for axes, mask, name, color in zip(
        figure.subplots(2, n),
        (right, ~right),
        ("right", "wrong"),
        (BLUE, RED),
        strict=True,
    ):
        for ax in axes:
            ax.axis("off")
        for ax, i in zip(axes, mask.nonzero().flatten()[:n], strict=False):
            ax.imshow(
                images[i].view(28, 28).numpy(), cmap="gray_r", vmin=0, vmax=1
            )
            text = f"{labels[i]}"
            if not right[i]:
                text += f" read as {predicted[i]}"
            ax.set_title(text, color=color, fontsize=8)
        axes[0].text(
            -0.25,
            0.5,
            name,
            color=color,
            rotation=90,
            verticalalignment="center",
            transform=axes[0].transAxes,
        )
    _save(figure, path)


def confusion(labels, predicted, title, path):
    """Draw how often each digit was read as each; from (m,) tensors.

    The colour is the square root of the share of a digit's images, so that
    the few mistakes show beside the many right ones.
    """
    counts = np.zeros((10, 10), dtype=int)
    np.add.at(counts, (labels.numpy(), predicted.numpy()), 1)
    share = counts / np.maximum(counts.sum(1, keepdims=True), 1)
    figure = Figure(figsize=(5.4, 5.6), layout="constrained")
    axes = figure.subplots()
    axes.imshow(np.sqrt(share), cmap="Blues", vmin=0, vmax=1)
    for digit in range(10):
        for read_as in range(10):
            axes.text(
                read_as,
                digit,
                f"{counts[digit, read_as]}",
                color="white" if share[digit, read_as] > 0.3 else "black",
                fontsize=8,
                horizontalalignment="center",
                verticalalignment="center",
            )
    axes.set(
        title=title,
        xlabel="read as",
        ylabel="digit",
        xticks=range(10),
        yticks=range(10),
    )
    _save(figure, path)


def parting(differences, title, path):
    """Draw how far the losses of two trainings are apart at every step.

    `differences` is {dtype: floats}; where two losses are equal to the last
    bit there is no dot.
    """
    figure = Figure(figsize=(7, 3.2), layout="constrained")
    axes = figure.subplots()
    for (dtype, values), color in zip(
        differences.items(), (RED, BLUE), strict=True
    ):
        values = np.array(values)
        steps = values.nonzero()[0]
        axes.plot(steps, values[steps], ".", color=color, ms=2, label=dtype)
    axes.set(
        title=title, xlabel="step", ylabel="difference in loss", yscale="log"
    )
    axes.legend(markerscale=5, loc="center right")
    _save(figure, path)


def side_by_side(sets, path, n=10):
    """Show `n` of each digit from each of two sets of `Digits`, by name."""
    figure = Figure(figsize=(2 * n * 0.38, 4.1), layout="constrained")
    for axes, (name, digits) in zip(
        figure.subplots(1, len(sets)), sets.items(), strict=True
    ):
        rows = [
            digits.x_valid[digits.y_valid == digit][:n].view(-1, 28, 28)
            for digit in range(10)
        ]
        page = np.vstack([np.hstack(row.numpy()) for row in rows])
        axes.imshow(page, cmap="gray_r", vmin=0, vmax=1)
        axes.set_title(name)
        axes.axis("off")
    _save(figure, path)


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
            (0.17, f"{name} = {tensor.item():.4g}", BLUE),
            (0, f"{name}.grad = {tensor.grad.item():.4g}", RED),
            (-0.17, tensor.grad_fn.name() if tensor.grad_fn else "leaf", GRAY),
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
    _save(figure, path)


def line(x, y, steps, title, path):
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
            color=RED if step == last else BLUE,
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
    _save(figure, path)


def pictures(names, pictures, images, probabilities, title, path):
    """Show pictures, what a model saw of them, and what it made of that.

    A row for each: the picture (h, w), the image (784,), the probabilities
    (10,).
    """
    n = len(names)
    figure = Figure(figsize=(7, 0.4 + 1.6 * n), layout="constrained")
    figure.suptitle(title)
    rows = figure.subplots(n, 3, squeeze=False, width_ratios=(1, 1, 2))
    for axes, name, picture, image, p in zip(
        rows, names, pictures, images, probabilities, strict=True
    ):
        axes[0].imshow(picture, cmap="gray", vmin=0, vmax=1)
        axes[0].set_title(name, fontsize=8, parse_math=False)
        axes[1].imshow(image.view(28, 28), cmap="gray_r", vmin=0, vmax=1)
        axes[1].set_title("as the model sees it", fontsize=8)
        for ax in axes[:2]:
            ax.set(xticks=[], yticks=[])
        bars = axes[2].bar(range(10), p, color=BLUE)
        bars[p.argmax()].set_color(RED)
        axes[2].set(xticks=range(10), ylim=(0, 1))
        axes[2].set_title(f"{p.argmax()}: {p.max():.3f}", fontsize=8)
    _save(figure, path)


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
            color=CURVES[i % len(CURVES)],
            linestyle=("-", "--", ":")[i // len(CURVES)],
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
