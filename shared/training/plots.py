"""Pictures of a run, each written to the path it is given."""

import numpy as np
from matplotlib.figure import Figure

from shared.files import replacing

BLUE, RED, GRAY = "tab:blue", "tab:red", "tab:gray"


def save(figure, path):
    """Write a matplotlib figure as PNG, whole or not at all."""
    with replacing(path) as part:
        figure.savefig(part, dpi=120)


def loss(losses, valid_losses, title, path):
    """Draw the loss of every step, its running mean, the validation losses.

    `losses` are floats, one a step; `valid_losses` one an epoch, if any.
    """
    figure = Figure(figsize=(7, 4))
    axes = figure.add_axes((0.09, 0.13, 0.88, 0.78))
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
    axes.legend(loc="upper right")
    save(figure, path)


def predictions(images, labels, predicted, title, path, n=12):
    """Show the first `n` digits that were read right and `n` read wrong.

    `images` is a (m, 784) tensor, `labels` and `predicted` are (m,). They
    are one image, made of all digits: so many axes would take a second.
    """
    width, height = 32, 44  # of the place of a digit, in pixels of its image
    right = labels == predicted
    page = np.zeros((2 * height, n * width))
    figure = Figure(figsize=(n * 0.75, 2.4))
    axes = figure.add_axes((0.03, 0.015, 0.966, 0.83))
    figure.suptitle(title, y=0.98)
    for top, mask, name, color in (
        (0, right, "right", BLUE),
        (height, ~right, "wrong", RED),
    ):
        axes.text(
            -3,
            top + 28,
            name,
            color=color,
            rotation=90,
            verticalalignment="center",
            horizontalalignment="center",
        )
        for column, i in enumerate(mask.nonzero().flatten()[:n]):
            left = column * width + 2
            page[top + 14 :][:28, left : left + 28] = images[i].view(28, 28)
            text = f"{labels[i]}"
            if not right[i]:
                text += f" read as {predicted[i]}"
            axes.text(
                left + 14,
                top + 10,
                text,
                color=color,
                fontsize=8,
                horizontalalignment="center",
            )
    axes.imshow(page, cmap="gray_r", vmin=0, vmax=1)
    axes.axis("off")
    save(figure, path)


def confusion(labels, predicted, title, path):
    """Draw how often each digit was read as each; from (m,) tensors.

    The colour is the square root of the share of a digit's images, so that
    the few mistakes show beside the many right ones.
    """
    counts = np.zeros((10, 10), dtype=int)
    np.add.at(counts, (labels.numpy(), predicted.numpy()), 1)
    share = counts / np.maximum(counts.sum(1, keepdims=True), 1)
    figure = Figure(figsize=(5.4, 5.6))
    axes = figure.add_axes((0.09, 0.08, 0.89, 0.86))
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
    save(figure, path)
