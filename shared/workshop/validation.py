"""Find what is wrong although the model learns as it should.

The modes it is in, what is logged, the validation and the predictions.
"""

from shared.proof.equivalence import ROUNDING, compare
from shared.workshop import texts
from shared.workshop.finding import Finding, Words, place, times, told_apart

# By the phase and the switch that is wrong in it.
MODES = {
    ("training", "mode"): "eval-in-training",
    ("training", "recording"): "not-recorded-in-training",
    ("validation", "mode"): "train-in-validation",
    ("validation", "recording"): "recorded-in-validation",
}


def modes(b):
    """Find out whether a switch was wrong in learning or validation."""
    problem = b.record.has("mode")
    if not problem:
        return None
    kind, found = MODES[problem.values], {}
    if kind == "eval-in-training":
        modes = [batch["training"] for batch in b.batches]
        first = modes.index(False) if False in modes else 0
        found["place"] = place(b.record, first)
    return Finding(kind, **found)


def losses(a, b):
    """Find out whether what is logged is what was learned from."""
    n, m = len(a.record.losses), len(b.record.losses)
    if n != m:
        return Finding("other-number-of-losses", stage=a.name, n=m, usual=n)
    step = compare(a.record, b.record, ROUNDING).step
    if step is None:
        return None
    logged, loss = told_apart(b.record.losses[step], b.batches[step]["loss"])
    return Finding(
        "other-loss-logged",
        stage=a.name,
        place=place(a.record, step),
        logged=logged,
        loss=loss,
    )


def validations(a, b):
    """Find out what is wrong with the validation."""
    steps = a.record.steps
    ends = list(range(steps, len(a.record.losses) + 1, steps))
    found = [epoch["after"] for epoch in b.trace["validations"]]
    if found and found != ends and len(b.record.losses) == ends[-1]:
        return Finding(
            "validation-not-each-epoch",
            epochs=len(ends),
            steps=steps,
            times=times(len(found)),
            first=found[0],
        )
    for number in range(len(b.trace["validations"])):
        if finding := _validation(b, number):
            return finding
    return None


def _validation(b, number):
    """Find out what is wrong with a validation, counted from 0."""
    *before, epoch = b.trace["validations"][: number + 1]
    number += 1
    n_train, n_valid = b.trace["n_train"], b.trace["n_valid"]
    images, losses = epoch["images"], epoch["losses"]
    # What else the model is asked about is not the validation.
    n = len({image for image in images if image >= n_train})
    if images and n < min(n_valid, len(images) / 2):
        return Finding("validation-on-training-images", epoch=number)
    if images and n != n_valid:
        line = b.trace["own"].get("drop_last")
        return Finding(
            "validation-images-missing",
            *([Words(texts.DROPS_LAST, line=line)] if line else []),
            epoch=number,
            n=n,
            usual=n_valid,
        )
    if not losses or len(images) != n_valid:
        return None
    total, n = _total(losses), sum(n for _, n in losses)
    mean = total / n
    if abs(mean - epoch["loss"]) <= ROUNDING:
        return None
    kind = "validation-loss-no-mean"
    of_batches = sum(loss for loss, _ in losses)
    for other, value in (
        ("validation-of-one-batch", losses[-1][0]),
        ("mean-over-batches", of_batches / len(losses)),
        ("validation-not-weighted", of_batches / n),
        ("validation-not-divided", total),
        ("validation-as-if-full", total / (len(losses) * losses[0][1])),
    ):
        if abs(value - epoch["loss"]) <= ROUNDING:
            kind = other
    added = total + sum(_total(epoch["losses"]) for epoch in before)
    if before and any(
        abs(added / (n * times) - epoch["loss"]) <= ROUNDING
        for times in (1, number)
    ):
        kind = "validations-added-up"
    loss, mean = told_apart(epoch["loss"], mean)
    return Finding(kind, epoch=number, loss=loss, mean=mean)


def _total(losses):
    """Return the sum over images, of the mean of each batch and its size."""
    return sum(loss * n for loss, n in losses)


def predictions(a, b):
    """Find out why the predictions are not those of the trained model."""
    if problem := b.record.has("predictions"):
        found, wanted = problem.values
        return Finding("predictions-not-usable", found=found, wanted=wanted)
    report = compare(a.record, b.record, ROUNDING)
    apart = report.pred is not None and not report.pred <= ROUNDING
    problem = b.record.has("validation loss")
    if problem and not apart:
        loss, true = told_apart(*problem.values)
        return Finding(
            "other-validation-loss", stage=a.name, loss=loss, true=true
        )
    if not (problem or apart):
        return None
    last, first = b.trace["last"], b.trace["n_train"]
    valid = list(range(first, first + b.trace["n_valid"]))
    if last["another model"]:
        kind = "predictions-of-another-model"
    elif last["images"] == valid:
        kind = "predictions-changed"
    elif last["asked"]:
        line = b.trace["own"].get("images changed")
        changed = [Words(texts.CHANGES_IMAGES, line=line)] if line else []
        return Finding("predictions-of-other-images", *changed, stage=a.name)
    else:
        kind = "predictions-too-early"
    return Finding(kind, stage=a.name)
