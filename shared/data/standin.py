"""Draw the stand-in: digits to learn from where MNIST can't be had.

Every digit has a few variants, each a handful of pen strokes. To draw an
image, the strokes of one variant are bent by smooth random waves, turned,
slanted and stretched, scaled into 20 x 20 pixels, and traced with a pen of
random width; the image is centred by mass in 28 x 28, as MNIST's are.
"""

import hashlib
import math
import zipfile
from pathlib import Path

import numpy as np
from tqdm.auto import tqdm

from shared.files import replacing
from shared.languages import say

# Strokes are written on a grid 6 wide and 10 high, x to the right and y
# down. Each string is a variant of its digit; a stroke is a smooth curve
# through its points, and a slash lifts the pen.
STROKES = {
    0: (
        "3,0 1,1.2 0,4 .2,7 1.5,9.7 3.2,10 5,8.6 6,5.5 5.8,2.5 4.5,.5 3,0",
        "3.8,.3 1.8,.5 .3,3 .2,6.5 1.8,9.6 4,9.8 5.8,7.5 6,4 5,1.2 3,.2 2,.8",
        "3,0 1.8,1.4 1.2,4.4 1.4,7.6 2.4,9.8 3.4,9.9 4.4,8 4.8,5 4.2,1.6 3,0",
        "4.2,.6 2,.3 .3,3 0,6 1.2,9.3 3.5,10 5.6,8 6,4.5 5.2,1.5 3.5,.9",
    ),
    1: (
        "3,0 3,10",
        "3.4,0 3,5 2.9,10",
        "2.8,0 3.1,5 3,10",
        "1.6,2 3,0 / 3,0 3,10",
    ),
    2: (
        ".5,2.5 1.5,.5 3.5,0 4.8,1.2 4.6,3.4 3,6.4 1.4,9 .4,9.7 "
        "-.4,8.6 .6,7.2 2.6,7.8 4.4,9.2 6.2,8.8",
        ".6,2.3 1.6,.5 3.4,0 5.2,1.2 5.1,3.4 3.4,6 .3,10 / .3,10 6,9.7",
        ".6,1.8 2.6,0 4.6,1 4.2,4 2.4,7.6 .8,9.6 0,8.6 1,7.4 3,8 6.6,9.4",
        ".4,2 2,.1 4.2,.6 4.4,3 3,6 1.2,8.6 .2,8.8 .2,7.6 1.6,7.2 "
        "3.4,8.8 5,9.6 6.4,9",
    ),
    3: (
        ".6,1.2 2.5,0 5,.8 5.2,2.8 3.8,4.4 2.2,4.8 / 2.2,4.8 4.6,5.2 "
        "6,7 5,9.2 2.8,10 .3,9",
        ".4,.6 2.6,0 4.8,1 4.6,3.2 2.6,4.6 / 2.6,4.6 4.8,5.4 5.4,7.4 "
        "3.8,9.4 0,10",
        ".8,1.6 2.4,.1 4.6,.6 4.8,2.6 3.4,4.2 2.4,4.7 2.8,5 4.6,5.6 "
        "5.4,7.6 4.2,9.6 2,10 .4,8.8",
        ".5,.2 5.2,0 / 5.2,0 2.6,4 / 2.6,4 5,4.8 5.8,7 4.4,9.4 2,10 .2,9",
    ),
    4: (
        ".8,.5 .2,3 0,5 1.2,5.7 3.5,5.5 5.6,5 / 5.4,.3 5,4 4.4,10",
        "1.2,0 .3,4.8 / .3,4.8 6,4.8 / 4.6,.8 4.3,10",
        "4.2,0 0,6 / 0,6 6,6 / 4.2,0 4.2,10",
        ".4,.4 .2,3.5 1,5.2 3,5.2 4.8,3.8 5.4,.5 / 5.4,.5 5,5 4.6,10",
    ),
    5: (
        "1.2,.2 5.8,0 / 1.2,.2 .8,4.2 / .8,4.2 3,3.6 5.2,4.8 5.6,7.2 "
        "4.2,9.4 2,10 0,9",
        "5.6,.2 2.2,.4 1.4,2 1.2,4 3.4,4.2 5,5.8 4.8,8.2 3,9.9 .2,9.5",
        "5.8,0 2.4,.3 / 2.4,.3 1.4,4 / 1.4,4 4,4.6 4.8,6.6 3.6,9 .2,10",
        "6,.2 2.4,.4 / 2.4,.4 1.6,3.6 / 1.6,3.6 3.6,3.4 4.6,5.4 3.6,8.2 "
        "1.4,9.8 0,9.2",
    ),
    6: (
        "3.8,0 1.6,2.4 .3,5.6 .3,8.2 1.8,10 4.2,9.6 5.4,7.6 4.4,5.6 "
        "2.4,5.6 .8,7.4",
        "4.6,0 2.2,2.8 .6,6 .4,8.6 2.2,10 4.6,9.2 5.2,7.2 3.6,6 1.6,7 .7,8.6",
        "2.5,0 1,3 .2,6.5 .8,9.4 2.6,10 4.2,8.6 3.8,6.8 2,6.6 .6,8.2",
        "5,.4 2.6,1.2 .8,4 .2,7 1.4,9.6 3.8,9.8 5.2,8 4.6,6 2.6,5.8 .6,7.6",
    ),
    7: (
        ".2,.8 5.6,.4 / 5.6,.4 4.2,4 2.6,10",
        ".2,2 .4,.6 / .4,.6 5.8,.3 / 5.8,.3 4,4.6 3.2,10",
        ".2,.8 5.6,.4 / 5.6,.4 4.2,4 2.6,10 / 1.8,5.2 5.4,4.8",
        "0,1.2 1.8,.4 4.4,.4 5.4,1.2 4.8,3.6 3.4,7 2.4,10",
    ),
    8: (
        "4.8,1.4 3,0 1.1,.8 1,2.8 3,4.8 5,6.8 4.6,9.2 2.6,10 .9,8.8 "
        "1.2,6.6 3.2,4.8 5,2.8 4.9,1.2",
        "3,0 1.4,1 1.4,3.4 3,4.4 4.6,3.4 4.6,1 3,0 / 3,4.4 .8,6 .8,8.8 "
        "3,10 5.2,8.8 5.2,6 3,4.4",
        "5,.6 2.4,.2 1.2,2 3,4.4 4.4,6.6 3.8,9.2 1.8,9.8 1,8 2.6,5.6 5.2,1.6",
        "4.4,1 3,.1 1.8,1.2 2,3.2 3.2,5 4.2,7.2 3.6,9.6 2.4,9.9 1.6,8 "
        "2.4,5.8 3.8,3.6 4.6,1.6 4,.6",
    ),
    9: (
        "5,1.6 3.4,.1 1,1 .3,3.2 1.4,4.8 3.6,4.4 5,2 / 5,1.6 4.8,5 4.2,10",
        "5,1.4 3.2,0 1,1 .5,3.2 2,4.8 4,4 5,1.6 / 5.2,1.2 5.2,5 4.4,8.6 "
        "2.4,10 .8,9.4",
        "5,1 2.8,.2 .6,2 1,4.4 3,4.6 4.8,2.4 5.1,.8 4.6,5 3.2,10",
        "4.6,1 3,0 1.6,1.2 1.6,3 3,3.6 4.4,2.4 / 4.6,.8 4.4,5 3.4,10",
    ),
}

SEED = 1
N_POINTS = 64  # along the strokes of one digit
SIZE, BOX = 28, 20  # pixels: the image, and what the ink is scaled into
PAPER = 0.3  # ink that does not show
CHUNK = 2_000  # images drawn at a time: about 60 MB


def _curve(stroke):
    """Return 100 points (x, y) on a smooth curve through those of `stroke`.

    A Catmull-Rom spline: between two points it is the cubic that passes
    each in the direction from the point before to the point after.
    """
    points = [tuple(map(float, p.split(","))) for p in stroke.split()]
    points = np.array([points[0], *points, points[-1]])
    t = np.linspace(0, len(points) - 3, 100, endpoint=False)
    i = t.astype(int)
    t = (t - i)[:, None]
    a, b, c, d = (points[i + k] for k in range(4))
    return 0.5 * (
        2 * b
        + (c - a) * t
        + (2 * a - 5 * b + 4 * c - d) * t**2
        + (3 * b - a - 3 * c + d) * t**3
    )


def _trace(strokes):
    """Return `N_POINTS` points (x, y), evenly spaced along the strokes."""
    curves = [_curve(stroke) for stroke in strokes.split("/")]
    starts = np.concatenate([curve[:-1] for curve in curves])
    steps = np.concatenate([np.diff(curve, axis=0) for curve in curves])
    lengths = np.hypot(*steps.T)
    ends = lengths.cumsum()
    at = (np.arange(N_POINTS) + 0.5) / N_POINTS * ends[-1]
    i = np.searchsorted(ends, at)
    part = 1 - (ends[i] - at) / lengths[i]
    return starts[i] + steps[i] * part[:, None]


# (variants, N_POINTS, 2), and the digit that each variant draws.
TRACES = np.array([_trace(s) for digit in STROKES.values() for s in digit])
DIGIT_OF = np.repeat(list(STROKES), [len(v) for v in STROKES.values()])


def draw(labels, seed):
    """Return uint8 images (n, 28, 28) of the digits in `labels`, drawn anew.

    The same labels and seed give the same images: the random numbers come
    from numpy's RandomState, whose streams are frozen.
    """
    n = len(labels)
    random = np.random.RandomState(seed)
    by_digit = np.array([np.flatnonzero(d == DIGIT_OF) for d in range(10)])
    variants = by_digit[labels, random.randint(by_digit.shape[1], size=n)]
    # Mean and standard deviation of what differs between hands.
    shape = (n, 1)
    slant = random.normal(0.15, 0.32, shape)
    turn = random.normal(0.0, 0.12, shape)
    stretch = np.exp(random.normal(0.1, 0.27, shape))
    pen = np.exp(random.normal(math.log(0.82), 0.27, shape))  # pixels
    ink = random.uniform(1.8, 3.6, shape)

    points = TRACES[variants] / 10 - (0.3, 0.5)
    points += _waves(points, random)
    x, y = points[..., 0] * stretch, points[..., 1]
    x = x - slant * y
    x, y = (
        x * np.cos(turn) - y * np.sin(turn),
        x * np.sin(turn) + y * np.cos(turn),
    )
    # The ink shows up to about 1.5 pens from the middle of a stroke.
    extent = np.maximum(np.ptp(x, axis=1), np.ptp(y, axis=1))[:, None]
    scale = (BOX - 3 * pen) / extent
    x, y = ((a - a.mean(1, keepdims=True)) * scale + SIZE / 2 for a in (x, y))
    return _boxed(_ink(*(a.astype(np.float32) for a in (x, y, pen, ink))))


def _waves(points, random, n_waves=3, strength=0.049):
    """Return displacements of `points` (n, N_POINTS, 2) by random waves."""
    n = len(points)
    waves = random.normal(0, 4.0, (n, n_waves, 2))  # radians a digit's height
    phases = random.uniform(0, 2 * math.pi, (n, n_waves, 1))
    heights = random.normal(0, strength, (n, n_waves, 2))
    angles = waves @ points.transpose(0, 2, 1) + phases
    return np.sin(angles).transpose(0, 2, 1) @ heights


def _ink(x, y, pen, ink):
    """Return images of a pen with Gaussian edge that passes (n, N_POINTS).

    Around each point the ink thins out as exp(-(dx² + dy²) / 2 pen²), and
    the sum of such products over the points is, for all pixels at once, the
    product of two matrices. It comes to `ink` in the middle of a stroke; the
    paper hides the first `PAPER` of it and blackens with the rest, ever more
    slowly, which gives the strokes their edge.
    """
    spacing = np.median(np.hypot(np.diff(x), np.diff(y)), axis=1)[:, None]
    amount = ink * spacing / (pen * math.sqrt(2 * math.pi))
    grid = np.arange(SIZE, dtype=np.float32)[:, None]

    def profile(a):  # (n, SIZE, N_POINTS)
        far = (grid - a[:, None]) / pen[:, None]
        return np.exp(-(far.astype(np.float32) ** 2) / 2)

    rows = profile(y) * amount[:, None].astype(np.float32)
    sums = rows @ profile(x).transpose(0, 2, 1)
    black = 1 - np.exp(-2 * np.maximum(sums - PAPER, 0))
    return (black * 255 + 0.5).astype(np.uint8)


def _boxed(images):
    """Return images without the last faint ink beyond the best 20 x 20."""
    pixel = np.arange(SIZE)
    for axis in (1, 2):
        ink = images.sum(axis, dtype=int)  # (n, SIZE), by column, then row
        inside = np.lib.stride_tricks.sliding_window_view(ink, BOX, axis=1)
        start = inside.sum(2).argmax(1)[:, None]
        keep = (start <= pixel) & (pixel < start + BOX)
        images = images * np.expand_dims(keep, axis)
    return images


def load(folder):
    """Return the stand-in as four uint8 arrays shaped like MNIST's files.

    They are images (60000, 28, 28) and labels (60000,) to train and validate
    on, then 10,000 of each to test on. Drawn with a progress bar the first
    time, then read from one compressed file in `folder`, which is drawn
    again if it is damaged or was left by another version of this module.
    """
    version = hashlib.sha256(Path(__file__).read_bytes()).hexdigest()[:8]
    path = folder / f"standin-{version}.npz"
    names = ("images", "labels", "test_images", "test_labels")
    try:
        with open(path, "rb") as file, np.load(file) as arrays:
            return tuple(arrays[name] for name in names)
    except (OSError, ValueError, KeyError, EOFError, zipfile.BadZipFile):
        pass
    labels = np.random.RandomState(SEED).randint(10, size=70_000)
    images = np.concatenate(
        [
            draw(labels[i : i + CHUNK], seed=SEED + i)
            for i in tqdm(
                range(0, len(labels), CHUNK),
                desc=say("drawing the stand-in"),
                disable=None,
            )
        ]
    )
    labels = labels.astype(np.uint8)
    arrays = (
        images[:-10_000],
        labels[:-10_000],
        images[-10_000:],
        labels[-10_000:],
    )
    try:
        with replacing(path) as part:
            np.savez_compressed(part, **dict(zip(names, arrays, strict=True)))
    except OSError:
        pass  # a folder that can't be written to costs time, nothing else
    return arrays
