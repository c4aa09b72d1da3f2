"""Say in which phase of the loop two trainings part, and how.

Both were seen by `shared.workshop.trace`. The phases of a batch follow one
another, so the first that differs is where to look; all others differ because
of it.
"""

import math
from typing import NamedTuple

from shared.proof.equivalence import ROUNDING, compare

# What to look at, by phase.
PHASES = {
    "data": "Look at how the batches are made.",
    "dataset": "Look at what the dataset is made of.",
    "labels": "Look at how images and labels are kept together.",
    "model": "Look at what the model is made of.",
    "initial weights": "Look at the initial weights.",
    "forward pass": "Look at the forward pass: what the model computes.",
    "loss": "Look at the loss: how it is made of predictions and labels.",
    "forward pass or loss": "Look at the forward pass and at the loss.",
    "backward": "Look at the backward pass.",
    "zeroing": "Look at when the gradients are cleared.",
    "update": "Look at the update.",
    "epochs": "Look at the loop over the epochs.",
    "log": "Look at what is logged, and when.",
    "mode": "Look at the switches around learning and validation.",
    "validation": "Look at the validation.",
    "prediction": "Look at the predictions, what `train` returns.",
    "side effect": "Look at what your program changes that is not its own.",
    "device": "Look at what is moved, when, and where to.",
    "state": "Look at what lives outside `train`.",
    "arguments": "Look for a number where an argument of `train` belongs.",
}


class Finding(NamedTuple):
    """What is wrong: a phase, or a step of the check, and the words for it."""

    phase: str
    text: str

    def __str__(self):
        look = PHASES.get(self.phase)
        return f"{self.text}\n{look}" if look else self.text


class Seen(NamedTuple):
    """A training: its `Record`, and what `Trace.found` returned of it."""

    record: object
    trace: dict


def parting(a, b, name, chance=False):
    """Return the `Finding` of the first phase in which `b` parts from `a`.

    Both are `Seen`; `name` is what `a` is called. `chance` tells whether the
    model of `b` answers differently if asked twice. Returns None where all
    is the same.
    """
    return (
        _side_effects(b)
        or _gradients(a, b)
        or _batches(a, b, name, chance)
        or _mode(b)
        or _log(a, b, name)
        or validations(a, b)
        or _prediction(a, b, name)
        or _rest(a, b)
    )


def _side_effects(b):
    if problem := b.record.has("data"):
        changed = problem.text.rpartition(" ")[2]
        return Finding(
            "side effect",
            f"Your program changes `{changed}` in place. The data are not its"
            " own: work on a copy.",
        )
    if problem := b.record.has("setting"):
        return Finding("side effect", f"Your program: {problem}.")
    return None


def _gradients(a, b):
    """Find what goes wrong with the gradients, whatever the numbers."""
    batches, step = b.trace["batches"], b.trace["step"]
    if not batches:
        return Finding(
            "backward", "`backward` is never called, so nothing is learned."
        )
    if b.trace["step first"]:
        return Finding(
            "update",
            "`step` is called before the first `backward`: there are no"
            " gradients yet.",
        )
    for i, batch in enumerate(batches):
        if batch["another model"]:
            return Finding(
                "model",
                f"From {b.record.place(i)} on your program trains another"
                " model. Make it once, before the epochs.",
            )
    if step and step["missing"] == batches[0]["shapes"]:
        return Finding(
            "update",
            "The optimizer moves parameters, but not those that your model"
            " computes with.",
        )
    if step and step["missing"]:
        return Finding(
            "update",
            f"The optimizer does not have {these(step['missing'])}, so they"
            " stay what they are.",
        )
    if step and step["no gradients"]:
        return Finding(
            "zeroing",
            "When the optimizer makes its step there are no gradients to"
            " follow: they were cleared before.",
        )
    if any(batch["left"] for batch in a.trace["batches"]):
        return None
    for i, batch in enumerate(batches):
        if not batch["left"]:
            continue
        left = these(batch["left"])
        last = batches[i - 1]
        moves = zip(last["shapes"], last.get("moves", ()), strict=False)
        if batch["left"] == [shape for shape, move in moves if not move]:
            return Finding(
                "update",
                f"Neither the update nor the clearing of gradients reaches"
                f" {left}: the loop does not know of them.",
            )
        return Finding(
            "zeroing",
            f"At {b.record.place(i)}, when `backward` is called, there still"
            f" are gradients of {left} from the batch before. It adds to"
            " them.",
        )
    return None


def _batches(a, b, name, chance):
    """Find the first batch that is not the same, and what of it."""
    batches = list(zip(a.trace["batches"], b.trace["batches"], strict=False))
    for i, (x, y) in enumerate(batches):
        at = f"At {a.record.place(i)}"
        found = (
            _data(i, a, b, name)
            or (start(a, b, name) if i == 0 else None)
            or _numbers(x, y, at, name, b, chance)
        )
        if found:
            return found
    n, m = len(a.trace["batches"]), len(b.trace["batches"])
    if n != m:
        text = f"{name[0].upper()}{name[1:]} learns from {n} batches, your"
        text += f" program from {m}."
        if m % a.record.steps == 0:
            epochs = m // a.record.steps
            times = "once" if epochs == 1 else f"{epochs} times"
            text += f" That is {times} through the images, not"
            text += f" {n // a.record.steps} times."
        return Finding("epochs", f"{text} As far as both go they are equal.")
    return None


def _data(i, a, b, name):
    """Compare the images of batch `i`, and their labels."""
    x, y = a.trace["batches"][i], b.trace["batches"][i]
    at = f"At {a.record.place(i)}"
    if x["images"] and y["strange"]:
        return Finding(
            "data",
            f"{at}, your program learns from images that are not among those"
            " to train on as they are. Something changes them on the way: in"
            " the batches, or in the model before its first layer.",
        )
    if not (x["images"] and y["images"]):
        return None
    if min(y["images"]) >= b.trace["n_train"]:
        return Finding(
            "validation" if b.trace["validations"] else "dataset",
            f"{at}, your program learns from images that it should only be"
            " measured on: `backward` is called for a batch to validate on.",
        )
    apart = x["images"] != y["images"]
    if apart and x["labels"] and x["labels"] == y["labels"]:
        return Finding(
            "labels",
            f"{at}, your program has the labels of"
            f" {_images(x['images'])}, as {name} has, but with them"
            f" {_images(y['images'])}.",
        )
    if apart:
        text = f"{at}, {name} learns from {_images(x['images'])}, your program"
        text += f" from {_images(y['images'])}."
        later = [batch["images"] for batch in a.trace["batches"][i + 1 :]]
        if y["images"] in later:
            place = a.record.place(i + 1 + later.index(y["images"]))
            text += f" Those should come at {place}."
        earlier = [batch["images"] for batch in b.trace["batches"][:i]]
        if y["images"] in earlier:
            place = b.record.place(earlier.index(y["images"]))
            text += f" Your program had the same batch at {place}."
        return Finding("data", text)
    if x["labels"] and y["labels"] and x["labels"] != y["labels"]:
        pairs = zip(x["images"], x["labels"], y["labels"], strict=False)
        wrong = [(n, p, q) for n, p, q in pairs if p != q]
        text = f"{at}, your program learns from the same images as {name}, but"
        text += " not with their labels."
        if wrong:
            n, p, q = wrong[0]
            text += f" Image {n + 1:,} is a {p}, to your program a {q}."
        return Finding("labels", text)
    return None


def start(a, b, name):
    """Compare what the two models are before they learn."""
    if not (a.trace["batches"] and b.trace["batches"]):
        return None
    x, y = a.trace["batches"][0], b.trace["batches"][0]
    n, m = (sum(map(math.prod, batch["shapes"])) for batch in (x, y))
    if n != m:
        return Finding(
            "model",
            f"The model of {name} learns {n:,} numbers, that of your program"
            f" learns {these(y['shapes'])}.",
        )
    shapes = sorted(y["shapes"], key=math.prod)
    sizes = _sorted(x, "sizes"), _sorted(y, "sizes")
    for shape, p, q in reversed(list(zip(shapes, *sizes, strict=False))):
        if math.isclose(p, q, rel_tol=1e-9, abs_tol=1e-12):
            continue
        text = (
            f"Before the first step, {these([shape])} of your program have the"
            f" norm {q:.4g} (the square root of the sum of their squares),"
            f" those of {name} {p:.4g}."
        )
        if math.prod(shape) > 1000 and math.isclose(p, q, rel_tol=0.05):
            text += (
                " They seem to be drawn in the same way, but are other random"
                " numbers: was a seed set, or were random numbers drawn"
                " before, or in another order? A loop over a `DataLoader`"
                " draws one, too."
            )
        return Finding("initial weights", text)
    if not _close(x, y, "places"):
        return Finding(
            "initial weights",
            f"Before the first step the weights are as large as those of"
            f" {name}, but they are other numbers, or in other places.",
        )
    return None


def _numbers(x, y, at, name, b, chance):
    """Compare loss, gradients and update of a batch that is the same."""
    if not abs(x["loss"] - y["loss"]) <= ROUNDING:
        shape = b.trace["shape"]
        if shape and len(shape) == 2 and shape[1] != 10:
            return Finding(
                "model",
                f"The model of your program returns {shape[1]} numbers for"
                " each image, not 10.",
            )
        if chance:
            return Finding(
                "model",
                f"{at}, the loss is not that of {name}. Asked twice about the"
                " same images, your model answers differently: is there chance"
                " in it, as in dropout?",
            )
        return _loss(x, y, at, name)
    if not _close(x, y, "gradients"):
        return Finding(
            "backward",
            f"{at}, the loss is that of {name}, but its gradients are not.",
        )
    if "moves" in x and "moves" in y and not _close(x, y, "moves"):
        return _update(x, y, at, name)
    return None


def _loss(x, y, at, name):
    apart = f"{at}, the loss of your program is {y['loss']:.6g}, that of"
    apart += f" {name} {x['loss']:.6g}"
    if y["probabilities"] and not x["probabilities"]:
        return Finding(
            "forward pass",
            f"{apart}. What the loss is made of are probabilities, they add"
            " up to one: a softmax was taken already, and cross entropy"
            " takes its own.",
        )
    plain = y["plain loss"]
    if plain is not None and abs(plain - y["loss"]) > ROUNDING:
        return Finding(
            "loss",
            f"{apart}. Yet the plain cross entropy of what your model"
            f" returned would be {plain:.6g}.",
        )
    n = len(y["images"] or ())
    if n > 1 and math.isclose(y["loss"], x["loss"] * n, rel_tol=1e-9):
        return Finding(
            "loss",
            f"{apart}: {n} times as much, and there are {n} images in the"
            " batch.",
        )
    if math.isclose(x["loss"], -y["loss"], rel_tol=1e-9):
        return Finding("loss", f"{apart}: it has the other sign.")
    same = "The weights are the same"
    if y["images"]:
        same = "The batch is the same, and so are the weights"
    if plain is not None:
        return Finding(
            "forward pass",
            f"{apart}. {same}, and the loss is the cross entropy of what the"
            " model returned.",
        )
    return Finding("forward pass or loss", f"{apart}. {same}.")


def _update(x, y, at, name):
    moves = _sorted(x, "moves"), _sorted(y, "moves")
    still = [
        shape
        for shape, move, usual in zip(
            sorted(y["shapes"], key=math.prod), *reversed(moves), strict=True
        )
        if move == 0 != usual
    ]
    said = f"{at}, the gradients are those of {name}, but"
    if still:
        return Finding(
            "update", f"{said} the update does not move {these(still)}."
        )
    ratios = [q / p for p, q in zip(*moves, strict=True) if p]
    times = ratios[0] if ratios else 1
    if all(math.isclose(r, times, rel_tol=1e-6) for r in ratios):
        if math.isclose(times, -1, rel_tol=1e-6):
            return Finding("update", f"{said} the update goes uphill.")
        if not math.isclose(times, 1, rel_tol=1e-6):
            return Finding(
                "update", f"{said} the update goes {times:.3g} times as far."
            )
    return Finding(
        "update",
        f"{said} the parameters move elsewhere: something besides the"
        " gradient and the learning rate has a part in one of the updates.",
    )


def _mode(b):
    if problem := b.record.has("mode"):
        said = problem.text
        return Finding("mode", f"{said[0].upper()}{said[1:]}.")
    return None


def _log(a, b, name):
    """Find out whether what is logged is what was learned from."""
    n, m = len(a.record.losses), len(b.record.losses)
    if n != m:
        return Finding(
            "log", f"{m:,} losses are logged where {name} logs {n:,}."
        )
    step = compare(a.record, b.record, ROUNDING).step
    if step is not None:
        learned = b.trace["batches"][step]["loss"]
        return Finding(
            "log",
            f"Your program learns as {name} does. But at"
            f" {a.record.place(step)} it logs"
            f" {b.record.losses[step]:.6g}, while its loss is {learned:.6g}.",
        )
    return None


def validations(a, b):
    """Find out what is wrong with the validation."""
    steps = a.record.steps
    ends = list(range(steps, len(a.record.losses) + 1, steps))
    found = [epoch["after"] for epoch in b.trace["validations"]]
    if found and found != ends and len(b.record.losses) == ends[-1]:
        times = "once" if len(found) == 1 else f"{len(found)} times"
        return Finding(
            "validation",
            f"In {len(ends)} epochs of {steps} batches `log.validation` is"
            f" called {times}, first after {found[0]} batches. Call it once"
            " after each epoch.",
        )
    n_train, n_valid = b.trace["n_train"], b.trace["n_valid"]
    for i, epoch in enumerate(b.trace["validations"]):
        images, losses = epoch["images"], epoch["losses"]
        at = f"After epoch {i + 1}"
        # What else the model is asked about is not the validation.
        valid = [number for number in images if number >= n_train]
        if images and len(set(valid)) < min(n_valid, len(images) / 2):
            return Finding(
                "validation",
                f"{at}, the loss is measured on images that the training"
                " learns from, not on those to validate on.",
            )
        if images and len(set(valid)) != n_valid:
            return Finding(
                "validation",
                f"{at}, the loss is measured on {len(set(valid)):,} of the"
                f" {n_valid:,} images to validate on.",
            )
        if not losses or len(images) != n_valid:
            continue
        each = sum(loss * n for loss, n in losses) / sum(n for _, n in losses)
        if abs(each - epoch["loss"]) <= ROUNDING:
            continue
        said = f"{at}, the validation loss is given as {epoch['loss']:.6f}."
        said += f" The mean over all images is {each:.6f}"
        alike = sum(loss for loss, _ in losses) / len(losses)
        if abs(alike - epoch["loss"]) <= ROUNDING:
            said += "; the other is the mean over the batches, as if all were"
            said += " of one size"
        return Finding("validation", f"{said}.")
    return None


def _prediction(a, b, name):
    """Find out why the predictions are not those of the trained model."""
    if problem := b.record.has("predictions"):
        return Finding(
            "prediction", f"What `train` returns cannot be used: {problem}."
        )
    last, report = b.trace["last"], compare(a.record, b.record, ROUNDING)
    apart = report.pred is not None and not report.pred <= ROUNDING
    problem = b.record.has("validation loss")
    if problem and not apart:
        return Finding(
            "validation",
            f"The predictions are those of {name}, but {problem}. When is the"
            " validation loss computed, on which images and labels, and what"
            " is logged?",
        )
    if not (problem or apart):
        return None
    first = b.trace["n_train"]
    valid = list(range(first, first + b.trace["n_valid"]))
    if last["another model"]:
        why = "They come from another model than the one that was trained"
    elif last["images"] == valid:
        why = "The model is asked about the right images, but what it returns"
        why += " is changed, or the model is"
    elif last["asked"]:
        why = "The model is asked about other images than `x_valid`, or about"
        why += " images that were changed on the way"
    else:
        why = "No image goes through the model after the training: they were"
        why += " made before it, or while it went on"
    return Finding(
        "prediction",
        f"The training is that of {name}, but the predictions are not. {why}.",
    )


def _rest(a, b):
    """Return what no phase explains, in the words of the comparison."""
    report = compare(a.record, b.record, ROUNDING)
    if not report.equal:
        return Finding("", f"What was found: {report.reading}.")
    return None


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


def these(shapes):
    """Describe parameters by their shapes."""
    each = [
        f"the {math.prod(shape):,} numbers of shape {tuple(shape)}"
        for shape in shapes
    ]
    return " and ".join(filter(None, [", ".join(each[:-1]), each[-1]]))


def _images(numbers):
    """Describe images by their numbers, counted from 1."""
    first, last = numbers[0] + 1, numbers[-1] + 1
    if numbers == list(range(first - 1, last)):
        many = f"images {first:,} to {last:,}"
        return many if last > first else f"image {first:,}"
    few = ", ".join(f"{n + 1:,}" for n in numbers[:3])
    return f"{len(numbers)} images, {few} and so on"
