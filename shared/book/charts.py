"""Losses for a page: lines and dots as SVG, what is to be read as HTML.

The drawing stretches with the page, the text does not. On an axis that is
logarithmic, equal distances are equal ratios.
"""

import math
from typing import NamedTuple

TICKS = (0.2, 0.3, 0.5, 1, 2, 3)  # of the loss
HEIGHT = 100  # of the drawing, as is its width: per cent of what it gets
ALIKE = 0.01  # of the height, below which two curves look like one


class Curve(NamedTuple):
    """A line of a chart: its name, its points, and where they are drawn."""

    name: str
    losses: list[float]
    points: str


class Chart(NamedTuple):
    """What the template `chart.html` draws.

    `ticks_x` and `ticks_y` are pairs, of a place in per cent, from the left
    or from the top, and a text. `columns` say what stands at a place: from
    the left, width, the first and the last step, the losses of all curves.
    """

    title: str
    curves: list[Curve]
    ticks_x: list[tuple[float, str]]
    ticks_y: list[tuple[float, str]]
    columns: list[tuple[float, float, int, int, list[float]]]
    batches: int


class Parting(NamedTuple):
    """How far two trainings are apart, as `parting.html` draws it.

    `names` are those of the two stages. `dots` is a path with a dot for each
    step at which their losses differ; `limit` is the largest difference in
    float64, or None if they are equal, and `limit_top` its place. Ticks are
    as those of a `Chart`; `columns`: from the left, width, the first and the
    last step, the largest difference there.
    """

    names: tuple[str, str]
    dots: str
    limit: float | None
    limit_top: float | None
    ticks_x: list[tuple[float, str]]
    ticks_y: list[tuple[float, str]]
    columns: list[tuple[float, float, int, int, float]]


def parting(names, differences, limit, batches):
    """Return the chart of two trainings that part.

    `names` are those of the stages, `differences` those of their losses in
    float32, one for each step, of which one is above zero. `limit` is the
    largest of them in float64. A column stands for so many `batches`.
    """
    shown = [d for d in (*differences, limit) if d > 0]
    low = math.floor(math.log10(min(shown)) - 0.5)
    high = math.ceil(math.log10(max(shown)))

    def top(difference):
        return round(
            HEIGHT * (high - math.log10(difference)) / (high - low), 2
        )

    steps = len(differences)
    return Parting(
        names,
        "".join(
            f"M{100 * (i + 0.5) / steps:.2f} {top(difference)}h0"
            for i, difference in enumerate(differences)
            if difference
        ),
        limit or None,
        top(limit) if limit else None,
        _ticks(steps),
        [
            (top(10.0**power), f"1e\N{NON-BREAKING HYPHEN}{-power:02}")
            for power in range(low + 1, high)
            if power % 2 == 0 and power < 0
        ],
        [
            (
                round(100 * first / steps, 2),
                round(100 * batches / steps, 2),
                first + 1,
                first + batches,
                max(differences[first : first + batches]),
            )
            for first in range(0, steps, batches)
        ],
    )


def _ticks(steps):
    """Return the ticks of an axis of so many steps."""
    stride = 10 ** int(math.log10(steps)) // 2 or 1
    return [
        (100 * step / steps, f"{step:,}") for step in range(0, steps, stride)
    ]


def chart(losses, batches, title):
    """Return the chart of `losses`, {name: floats}, each of so many batches.

    All have the same number of losses, one or more, above zero.
    """
    values = [loss for each in losses.values() for loss in each]
    low, high = math.log(min(values)), math.log(max(values))
    margin = 0.05 * (high - low) or 1.0
    low, high = low - margin, high + margin

    def top(loss):
        return round(HEIGHT * (high - math.log(loss)) / (high - low), 2)

    count = len(next(iter(losses.values())))
    width = 100 / count
    curves = [
        Curve(
            name,
            list(each),
            " ".join(
                f"{width * (i + 0.5):.2f},{top(loss)}"
                for i, loss in enumerate(each)
            ),
        )
        for name, each in losses.items()
    ]
    return Chart(
        title,
        curves,
        _ticks(count * batches),
        [(top(t), f"{t:g}") for t in TICKS if low < math.log(t) < high],
        [
            (
                round(width * i, 2),
                round(width, 2),
                i * batches + 1,
                (i + 1) * batches,
                [each[i] for each in losses.values()],
            )
            for i in range(count)
        ],
        batches,
    )


def alike(losses):
    """Join curves that look like one: {first and last name: its losses}.

    `losses` are {name: floats}, in order. Only neighbours are joined, and the
    first of them is drawn.
    """
    values = [loss for each in losses.values() for loss in each]
    span = math.log(max(values) / min(values))
    groups = []
    for name, each in losses.items():
        if groups and (
            max(
                abs(math.log(a / b))
                for a, b in zip(groups[-1][1], each, strict=True)
            )
            <= ALIKE * span
        ):
            groups[-1][0].append(name)
        else:
            groups.append(([name], each))
    return {
        " to ".join(dict.fromkeys((names[0], names[-1]))): each
        for names, each in groups
    }
