"""Compare what two trainings do with one batch, phase by phase.

The data, before the first batch the initial weights, then the forward pass,
the loss, the gradients and the update.
"""

import math
from typing import NamedTuple

from shared.proof.equivalence import ROUNDING
from shared.workshop import texts
from shared.workshop.finding import (
    Finding,
    Words,
    convolution,
    grid,
    images,
    lines,
    made_in,
    place,
    these,
    told_apart,
    where,
)


class Seen(NamedTuple):
    """A training of the stage called `name`, or of a program beside it.

    Its `Record`, and what `Trace.found` returned of it.
    """

    name: str
    record: object
    trace: dict

    @property
    def batches(self):
        return self.trace["batches"]


def parting(a, b, i, chance=False):
    """Return a `Finding` if batch `i` of two `Seen` is not the same."""
    return (
        data(a, b, i)
        or (start(a, b) if i == 0 else None)
        or _numbers(a, b, i, chance)
    )


def data(a, b, i):
    """Compare the images of a batch, and their labels."""
    x, y = a.batches[i], b.batches[i]
    at = {"place": place(a.record, i)}
    if x["images"] and y["strange"]:
        if line := b.trace["own"].get("images changed"):
            return Finding("images-changed-in-line", line=line, **at)
        return Finding("images-changed", **at)
    if x["images"] and y["images"] == []:
        usual = images(x["images"])
        return Finding("batch-empty", stage=a.name, usual=usual, **at)
    if not (x["images"] and y["images"]):
        return None
    n_train = b.trace["n_train"]
    if min(y["images"]) >= n_train:
        epoch, begun = divmod(i, a.record.steps)
        if b.trace["validations"] and epoch and not begun:
            return Finding("learns-from-validation-images", epoch=epoch)
        measured = b.trace["validations"] and b.trace["validations"][0]
        if measured and max(measured["images"], default=n_train) < n_train:
            return Finding("loaders-mixed-up", **at)
        return Finding("dataset-of-validation-images", **at)
    at["stage"] = a.name
    if x["images"] != y["images"]:
        if found := _left_out(a, b, i):
            return found
        at |= {"usual": images(x["images"]), "images": images(y["images"])}
        if x["labels"] and x["labels"] == y["labels"]:
            return Finding("images-without-their-labels", **at)
        if "RandomSampler" not in a.trace["count"] and _shuffled(y["images"]):
            return Finding("shuffled", **at)
        return Finding("other-images", *_elsewhere(a, b, i), **at)
    if x["labels"] and y["labels"] and x["labels"] != y["labels"]:
        pairs = zip(x["images"], x["labels"], y["labels"], strict=False)
        wrong = [
            Words(texts.WRONG_LABEL, number=n + 1, label=label, other=other)
            for n, label, other in pairs
            if label != other
        ]
        return Finding("other-labels", *wrong[:1], **at)
    return None


def _left_out(a, b, i):
    """Return a `Finding` if each epoch of `b` ends before batch `i`."""
    steps, epochs = a.record.steps, len(a.batches) // a.record.steps
    if i >= steps or len(b.batches) != i * epochs:
        return None
    if b.batches[i]["images"] != b.batches[0]["images"]:
        return None
    out = [n for batch in a.batches[i:steps] for n in batch["images"]]
    line = b.trace["own"].get("drop_last")
    why = Words(texts.DROPS_LAST, line=line) if line else None
    return Finding(
        "images-left-out",
        why or Words(texts.WHERE_IT_ENDS),
        stage=a.name,
        n=i,
        usual=steps,
        images=images(out),
    )


def _shuffled(numbers):
    return len(numbers) > 2 and numbers != sorted(numbers)


def _elsewhere(a, b, i):
    """Yield words for where the images of a batch should come, or came."""
    numbers = b.batches[i]["images"]
    if i == 1 and a.batches[0]["images"] and b.batches[0]["images"]:
        usual, mine = (
            seen.batches[1]["images"][0] - seen.batches[0]["images"][0]
            for seen in (a, b)
        )
        if usual > 0 and mine not in (0, usual) and numbers == sorted(numbers):
            yield Words(texts.BEGINS_AFTER, n=mine, usual=usual)
    later = [batch["images"] for batch in a.batches[i + 1 :]]
    if numbers in later:
        at = place(a.record, i + 1 + later.index(numbers))
        yield Words(texts.COMES_LATER, place=at)
    earlier = [batch["images"] for batch in b.batches[:i]]
    if numbers in earlier:
        at = place(b.record, earlier.index(numbers))
        yield Words(texts.CAME_BEFORE, place=at)
    learned = {n for batch in b.batches for n in batch["images"] or ()}
    if never := [n for n in a.batches[i]["images"] if n not in learned]:
        yield Words(texts.NEVER_COME, images=images(never))


def start(a, b):
    """Compare what the two models are before they learn."""
    if not (a.batches and b.batches):
        return None
    x, y = a.batches[0], b.batches[0]
    n, m = (sum(map(math.prod, batch["shapes"])) for batch in (x, y))
    if n != m:
        lacks = [s for s in x["shapes"] if sorted(s) not in _each(y)]
        line = b.trace["own"].get("bias=False")
        if line and lacks and all(len(shape) == 1 for shape in lacks):
            return Finding(
                "no-bias", stage=a.name, missing=these(lacks), line=line
            )
        if m and len(lacks) == len(x["shapes"]) - len(y["shapes"]):
            lost = b.trace["no part"]
            more = [Words(texts.NO_PART, name=name) for name in lost]
            missing = these(lacks)
            if all(len(shape) == 1 for shape in lacks):
                missing = Words(texts.A_BIAS, numbers=missing)
            return Finding(
                "parameters-missing", *more, stage=a.name, missing=missing
            )
        return Finding(
            "other-parameters", stage=a.name, n=n, shapes=these(y["shapes"])
        )
    shapes = sorted(y["shapes"], key=math.prod)
    sizes = _sorted(x, "sizes"), _sorted(y, "sizes")
    for shape, p, q in reversed(list(zip(shapes, *sizes, strict=False))):
        if math.isclose(p, q, rel_tol=1e-9, abs_tol=1e-12):
            continue
        if found := _layers_in_order(a, b):
            return found
        if math.isclose(p, 0, abs_tol=1e-12):
            found = _named(b, shape)
            return Finding("not-zero-at-start", these=found, stage=a.name)
        norm, usual = told_apart(q, p, digits=4)
        return Finding(
            "other-initial-weights",
            *_why_other(a, b, shape, p, q),
            stage=a.name,
            these=these([shape]),
            norm=norm,
            usual=usual,
        )
    if not _close(x, y, "places"):
        return Finding("initial-weights-in-other-places", stage=a.name)
    return None


def agreeing(a, b):
    """Return how many numbers are in parameters that start equally large."""
    if not (a.batches and b.batches):
        return 0
    sizes = (_sorted(seen.batches[0], "sizes") for seen in (a, b))
    numbers = sorted(map(math.prod, b.batches[0]["shapes"]))
    return sum(
        n
        for n, p, q in zip(numbers, *sizes, strict=False)
        if math.isclose(p, q, rel_tol=1e-9)
    )


def _named(b, shape):
    """Describe a parameter by name and line, or by its shape alone."""
    found = [
        Words(texts.PARAMETER, name=name, line=line)
        for name, line, other in b.trace.get("parameters", ())
        if other == shape and line
    ]
    return found[0] if len(found) == 1 else these([shape])


def _layers_in_order(a, b):
    """Return a `Finding` if the layers are made in another order."""
    usual, mine = (
        [layer for layer in seen.trace["layers"] if layer["used"]]
        for seen in (a, b)
    )
    shapes = [[layer["shape"] for layer in made] for made in (usual, mine)]
    if sorted(shapes[0]) != sorted(shapes[1]):
        return None
    pairs = enumerate(zip(usual, mine, strict=True), 1)
    for number, (other, first) in pairs:
        if first["shape"] != other["shape"]:
            return Finding(
                "layers-made-in-other-order",
                number=number,
                channels_in=first["shape"][1],
                channels_out=first["shape"][0],
                where=where(first["line"]),
                usual_in=other["shape"][1],
                usual_out=other["shape"][0],
                stage=a.name,
            )
    return None


def number_of_layers(a, b):
    """Return a `Finding` if `b` has more or fewer layers of the same kind."""
    if not (a.batches and b.batches):
        return None
    x, y = a.batches[0], b.batches[0]
    kinds = [
        {step for step in batch["steps"] if step in texts.LAYERS}
        for batch in (x, y)
    ]
    if kinds[0] != kinds[1] or len(kinds[0]) != 1:
        return None
    [kind] = kinds[0]
    n, usual = (batch["steps"].count(kind) for batch in (y, x))
    if n == usual:
        return None
    known = [line for line in made_in(y, kind) if line]
    count = Words(texts.COUNT, n=n)
    if known:
        count = Words(texts.COUNT_IN_LINES, n=n, lines=lines(known))
    not_used = [
        Words(texts.NOT_USED, line=layer["line"])
        for layer in b.trace["layers"]
        if layer["line"] and not layer["used"]
    ]
    return Finding(
        "other-number-of-layers",
        *not_used,
        layers=Words(texts.LAYERS[kind]),
        n=count,
        stage=a.name,
        usual=usual,
    )


def layer(a, b, number):
    """Return a `Finding`: the parameters with this number differ in shape."""
    y = b.batches[0]
    before = y["shapes"][:number]
    mine, usual = before[-1], a.batches[0]["shapes"][number - 1]
    line = b.trace["own"].get("bias=False")
    if line and len(usual) == 1:
        return Finding(
            "no-bias", stage=a.name, missing=these([usual]), line=line
        )
    if len(mine) == len(usual) == 2:
        return Finding(
            "other-linear-layer",
            size_in=mine[1],
            size_out=mine[0],
            stage=a.name,
            usual_in=usual[1],
            usual_out=usual[0],
        )
    if len(mine) != 4 or len(usual) != 4:
        return Finding(
            "other-layers",
            stage=a.name,
            number=number,
            shape=tuple(mine),
            usual=tuple(usual),
        )
    n = sum(len(shape) == 4 for shape in before)
    which = {"convolution": convolution(y, n), "stage": a.name}
    if mine[:2] == usual[:2]:
        kernels = {"kernel": grid(mine[2:]), "usual": grid(usual[2:])}
        return Finding("other-kernel", **kernels, **which)
    return Finding(
        "other-channels",
        channels_in=mine[1],
        channels_out=mine[0],
        usual_in=usual[1],
        usual_out=usual[0],
        **which,
    )


def _each(batch):
    """Return the shapes of parameters; a matrix and its transpose are one."""
    return list(map(sorted, batch["shapes"]))


def _why_other(a, b, shape, p, q):
    """Yield words for why parameters of this shape have the norm q, not p."""
    if line := b.trace["own"].get("initial values changed"):
        yield Words(texts.DRAWN_AGAIN, line=line)
        return
    if math.prod(shape) < 1000:
        return
    if math.isclose(p, q, rel_tol=0.05):
        yield Words(texts.DRAWN_ALIKE)
        return
    if p and q:
        times = max(p / q, q / p)
        larger = texts.TIMES_AS_LARGE if q > p else texts.TIMES_AS_SMALL
        yield Words(larger, times=times)
        losses = (seen.batches[0]["loss"] for seen in (a, b))
        if math.isclose(*losses, rel_tol=1e-9):
            yield Words(texts.SCORES_ALIKE)
            return
        for n in shape:
            if math.isclose(times**2, n, rel_tol=1e-3):
                yield Words(texts.SQUARE_ROOT, root=math.sqrt(n), n=n)
    [values, *_] = [
        values
        for values, other in zip(
            b.trace["start"], b.batches[0]["shapes"], strict=True
        )
        if other == shape
    ]
    if not q or len(shape) != 2:
        return
    if min(map(min, values)) >= 0:
        yield Words(texts.NONE_NEGATIVE)
        return
    most = max(abs(v) for row in values for v in row)
    # The root mean square of what lies evenly from -b to b is b / sqrt(3).
    root = q / math.sqrt(math.prod(shape))
    even = math.isclose(root, most / math.sqrt(3), rel_tol=0.02)
    if even and "Linear.__init__" in a.trace["count"]:
        n = max(shape)
        yield Words(texts.DRAWN_EVENLY, most=most, n=n, usual=1 / math.sqrt(n))


def _numbers(a, b, i, chance):
    """Compare loss, gradients and update of a batch that is the same."""
    x, y = a.batches[i], b.batches[i]
    at = {"place": place(a.record, i), "stage": a.name}
    if not abs(x["loss"] - y["loss"]) <= ROUNDING:
        shape = b.trace["shape"]
        if shape and len(shape) == 2 and shape[1] != 10:
            return Finding("not-ten-numbers", *_grid_left(b, y), n=shape[1])
        if chance:
            return Finding("chance-in-model", **at)
        return _loss(a, x, y, at)
    if not _close(x, y, "gradients"):
        return Finding("other-gradients", **at)
    if "moves" in x and "moves" in y and not _close(x, y, "moves"):
        return _update(a, b, i, at)
    return None


def _loss(a, x, y, at):
    """Find out why the loss of a batch is not what it should be."""
    loss, usual = told_apart(y["loss"], x["loss"])
    apart = {"loss": loss, "usual": usual} | at
    losses = Words(texts.LOSSES, **apart)
    if y["probabilities"] and not x["probabilities"]:
        return Finding("softmax-twice", losses=losses)
    n = len(y["images"] or ())
    if n > 1 and math.isclose(y["loss"], x["loss"] * n, rel_tol=1e-9):
        return Finding("sum-for-mean", losses=losses, n=n)
    plain = y["plain loss"]
    if plain is not None and abs(plain - y["loss"]) > ROUNDING:
        plain, _ = told_apart(plain, y["loss"])
        return Finding("not-plain-cross-entropy", losses=losses, plain=plain)
    if math.isclose(x["loss"], -y["loss"], rel_tol=1e-9):
        return Finding("other-sign", losses=losses)
    same = Words(texts.SAME_BATCH if y["images"] else texts.SAME_WEIGHTS)
    if plain is None and y["picked"]:
        return Finding(PICKED[y["picked"]], losses=losses)
    first = len(a.batches[0]["images"] or ())
    if n < first and math.isclose(
        y["loss"] * first, x["loss"] * n, rel_tol=1e-9
    ):
        return Finding(
            "divided-by-batch-size", losses=losses, n=n, usual=first
        )
    if plain is None:
        more = []
        if x["loss"] and math.isclose(x["loss"], 10 * y["loss"], rel_tol=1e-9):
            more = [Words(texts.A_TENTH)]
        return Finding("other-loss", same, *more, **apart)
    if found := other_grid(a, x, y) or _other_window(a, x, y):
        return found
    if (step := _other_step(x["steps"], y["steps"])) is not None:
        mine, usual = (
            Words(texts.STEPS[steps[step] if step < len(steps) else None])
            for steps in (y["steps"], x["steps"])
        )
        if step < len(y["lines"]) and (line := y["lines"][step]):
            mine = Words(texts.STEP_IN_LINE, step=mine, line=line)
        return Finding(
            "other-step",
            stage=at["stage"],
            after=_after(y, step),
            mine=mine,
            usual=usual,
        )
    returned = Words(texts.OF_WHAT_IS_RETURNED)
    return Finding("other-scores", same, returned, **apart)


def _grid_left(b, batch):
    """Yield words for the grid that the pooling of a model leaves."""
    steps, sizes = batch["steps"], batch["grids"]
    if line := b.trace["own"].get("over channels"):
        yield Words(texts.OVER_CHANNELS, line=line)
        return
    if steps[-1:] not in (["mean"], ["maximum"]) or len(steps) < 2:
        return
    was, left = sizes[-2:]
    if len(was) != 2 or len(left) != 2 or math.prod(left) == 1:
        return
    n = b.trace["shape"][1]
    yield Words(
        texts.GRID_LEFT,
        n=n,
        channels=n // math.prod(left),
        pooling=_pooling(batch["lines"][-1]),
        was=grid(was),
        left=grid(left),
    )
    if "adaptive_avg_pool2d" in b.trace["count"]:
        yield Words(texts.SIZE_RETURNED)
    else:
        yield Words(texts.WINDOW, was=grid(was))


def _pooling(line):
    """Say which step is meant, and its line if that is known."""
    if line:
        return Words(texts.POOLING_IN_LINE, line=line)
    return Words(texts.POOLING)


def _other_window(a, x, y):
    """Return a `Finding` if two networks pool over windows that differ."""
    steps = zip(x["steps"], y["steps"], strict=False)
    windows = zip(x["windows"], y["windows"], y["lines"], strict=False)
    for (step, other), (usual, mine, line) in zip(
        steps, windows, strict=False
    ):
        if not (step == other and usual and mine):
            continue
        *usual, usual_padding = usual
        *mine, padding = mine
        if padding != usual_padding:
            return Finding(
                "other-padding",
                pooling=_pooling(line),
                n=padding,
                stage=a.name,
                usual=usual_padding,
            )
        if usual != mine:
            return Finding(
                "other-window",
                pooling=_pooling(line),
                window=grid(mine),
                stage=a.name,
                usual=grid(usual),
            )
    return None


def other_grid(a, x, y):
    """Return a `Finding` of the first convolution that leaves another grid."""
    grids = [
        [
            size
            for step, size in zip(batch["steps"], batch["grids"], strict=True)
            if step == "conv2d" and len(size) == 2
        ]
        for batch in (x, y)
    ]
    for n, (usual, mine) in enumerate(zip(*grids, strict=False), 1):
        if usual != mine:
            return Finding(
                "other-grid",
                convolution=convolution(y, n),
                mine=grid(mine),
                stage=a.name,
                usual=grid(usual),
            )
    return None


def _after(batch, step):
    """Say after which steps, from the last convolution on, one comes."""
    before = batch["steps"][:step]
    n = before.count("conv2d")
    if not n:
        return Words(texts.INPUT)
    after = convolution(batch, n)
    last = len(before) - before[::-1].index("conv2d")
    for name in before[last:]:
        after = Words(texts.LAST, first=after, last=Words(texts.STEPS[name]))
    return after


# By what the labels pick numbers from.
PICKED = {
    "matrix": "labels-pick-a-matrix",
    "columns": "softmax-of-columns",
    "probabilities": "no-logarithm",
}


def _other_step(usual, mine):
    """Return the number of the first step of two networks that differs."""
    if "conv2d" not in usual or "conv2d" not in mine or usual == mine:
        return None
    pairs = enumerate(zip(usual, mine, strict=False))
    shorter = min(len(usual), len(mine))
    return next((i for i, (x, y) in pairs if x != y), shorter)


def _update(a, b, i, at):
    """Find out how the update moves other than it should."""
    x, y = a.batches[i], b.batches[i]
    step, usual = b.trace["step"] or {}, a.trace["step"] or {}
    moves = _sorted(x, "moves"), _sorted(y, "moves")
    still = [
        shape
        for shape, move, usual in zip(
            sorted(y["shapes"], key=math.prod), *reversed(moves), strict=True
        )
        if move == 0 != usual
    ]
    if still:
        all_of_them = len(still) == len(y["shapes"])
        more = [Words(texts.IN_PLACE)] if all_of_them else []
        return Finding("parameters-not-moved", *more, still=these(still), **at)
    mine, others = (found.get("besides", {}) for found in (step, usual))
    besides, lacks = (
        mine.items() - others.items(),
        others.items() - mine.items(),
    )
    if mine.keys() == others.keys() and besides:
        return Finding(
            "optimizer-set-otherwise",
            mine=_settings(besides),
            usual=_settings(lacks),
            **at,
        )
    if besides:
        return Finding("optimizer-has-more", besides=_settings(besides), **at)
    ratios = [q / p for p, q in zip(*moves, strict=True) if p]
    times = ratios[0] if ratios else 1
    if all(math.isclose(r, times, rel_tol=1e-6) for r in ratios):
        if math.isclose(times, -1, rel_tol=1e-6):
            return Finding("uphill", **at)
        if not math.isclose(times, 1, rel_tol=1e-6):
            pairs = zip(y["moves"], y["gradients"], strict=True)
            if not step and all(
                math.isclose(move, -(norm**2), rel_tol=1e-6)
                for move, norm in pairs
            ):
                return Finding("whole-gradient", **at)
            lr = [Words(texts.LEARNING_RATE, lr=step["lr"])] if step else []
            return Finding("another-step-size", *lr, times=times, **at)
    if step and lacks:
        return Finding("optimizer-has-less", besides=_settings(lacks), **at)
    return Finding("another-update", **at)


def _settings(items):
    return ", ".join(f"`{key}={value}`" for key, value in sorted(items))


def _close(x, y, what):
    return all(
        math.isclose(p, q, rel_tol=1e-7, abs_tol=1e-12)
        for p, q in zip(_sorted(x, what), _sorted(y, what), strict=False)
    )


def _sorted(batch, what):
    """Return a number for each parameter, the smallest parameter first.

    So a matrix can be compared with its transpose, whichever comes first.
    """
    pairs = zip(batch["shapes"], batch[what], strict=True)
    return [value for _, value in sorted(pairs, key=lambda p: math.prod(p[0]))]
