"""Make of a picture of a digit an image as MNIST's are."""

import math

import numpy as np
import torch
from matplotlib.figure import Figure
from PIL import Image, UnidentifiedImageError
from scipy.ndimage import distance_transform_edt

from shared.errors import InputError
from shared.languages import say
from shared.training import plots

SIZE, BOX = 28, 20  # pixels: the image, and what the ink is scaled into
FAINT = 0.25  # of the darkest ink; what is fainter does not bound a digit
PEN = 2  # pixels of the box; the least that a line is wide
BLANK = 0.1  # of the range from black to white; less contrast is no digit


def read(path):
    """Return the picture in a PNG file as grey levels.

    An (h, w) array of float64, black being 0 and white 1. What is
    transparent shows white, or black where the rest is light. Raises
    InputError if there is no such picture, or none in it.
    """
    try:
        with Image.open(path, formats=["PNG"]) as file:
            if file.mode.startswith("I"):  # 16 bits, which convert cuts off
                file = Image.fromarray((np.asarray(file) >> 8).astype("uint8"))
            rgba = file.convert("RGBA")
    except UnidentifiedImageError:
        raise InputError(say("{file} is no PNG file", file=path)) from None
    except (OSError, SyntaxError, Image.DecompressionBombError) as error:
        # Pillow raises SyntaxError at a PNG file that is damaged.
        reason = getattr(error, "strerror", None) or error
        raise InputError(
            say("{file} can't be read: {reason}", file=path, reason=reason)
        ) from None
    grey = np.asarray(rgba.convert("L")) / 255
    alpha = np.asarray(rgba.getchannel("A")) / 255
    light = alpha.any() and np.average(grey, weights=alpha) > 0.5
    grey = grey * alpha + (0 if light else 1) * (1 - alpha)
    if np.ptp(grey) < BLANK:
        raise InputError(say("there is nothing to see on {file}", file=path))
    return grey


def prepare(grey):
    """Return a picture (h, w) of one digit as MNIST has them.

    An (784,) tensor of float32, the paper being 0 and the ink up to 255/256,
    whichever of them is the darker in the picture. As MNIST's authors did
    it: the digit is scaled, keeping its proportions, into 20 x 20 pixels,
    and placed in 28 x 28 with its centre of mass nearest to pixel (14, 14).
    """
    edge = np.concatenate([grey[0], grey[-1], grey[:, 0], grey[:, -1]])
    ink = np.abs(grey - np.median(edge))
    ink /= ink.max()
    rows, columns = (np.flatnonzero((ink > FAINT).any(a)) for a in (1, 0))
    ink = ink[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]

    # A thin pen would all but vanish when it is scaled down. On average a
    # point of a line is a quarter of its width from the paper.
    line = np.pad(ink > FAINT, 1)
    pen = 4 * distance_transform_edt(line)[line].mean() - 2
    missing = (PEN / BOX * max(ink.shape) - pen) / 2
    if missing >= 1:
        ink = np.pad(ink, math.ceil(missing))
        ink[distance_transform_edt(ink <= FAINT) <= missing] = 1

    scale = BOX / max(ink.shape)
    height, width = (max(1, round(n * scale)) for n in ink.shape)
    small = Image.fromarray(ink.astype(np.float32)).resize(
        (width, height), Image.Resampling.BILINEAR
    )
    digit = np.asarray(small) / np.max(small)

    image = np.zeros((SIZE, SIZE), np.float32)
    mass = digit.sum()
    top, left = (
        round(SIZE / 2 - digit.sum(1 - axis) @ np.arange(n) / mass)
        for axis, n in enumerate(digit.shape)
    )
    top, left = (
        min(max(corner, 0), SIZE - n)
        for corner, n in zip((top, left), digit.shape, strict=True)
    )
    image[top : top + height, left : left + width] = digit
    return torch.from_numpy((image * 255).round().flatten() / 256)


def draw(names, pictures, images, probabilities, title, path):
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
        bars = axes[2].bar(range(10), p, color=plots.BLUE)
        bars[p.argmax()].set_color(plots.RED)
        axes[2].set(xticks=range(10), ylim=(0, 1))
        axes[2].set_title(f"{p.argmax()}: {p.max():.3f}", fontsize=8)
    plots.save(figure, path)
