"""Say in which phase of the loop two trainings part, and how.

Both were seen by `shared.workshop.trace`. The phases of a batch follow one
another, so the first that differs is where to look; all others differ because
of it.
"""

from shared.languages import clauses
from shared.proof.equivalence import ROUNDING, compare
from shared.workshop import phases, texts, validation
from shared.workshop.finding import Finding, Words, place, these, times, where


def parting(a, b, chance=False, only_once=False, leaves=0):
    """Return the `Finding` of the first phase in which `b` parts from `a`.

    Both are `Seen`. `chance` tells whether the model of `b` answers
    differently if asked twice, `only_once` whether its program makes what
    can be looped over only once, `leaves` the line of a `break`. Returns None
    where all is the same.
    """
    return (
        _side_effects(b)
        or _gradients(a, b)
        or _batches(a, b, chance, only_once, leaves)
        or validation.modes(b)
        or validation.losses(a, b)
        or validation.validations(a, b)
        or validation.predictions(a, b)
        or _rest(a, b)
    )


def _side_effects(b):
    if problem := b.record.has("data"):
        name = problem.values[0]
        line = b.trace["own"].get(f"{name} changed")
        return Finding("data-changed", name=name, where=where(line))
    if problem := b.record.has("setting"):
        return Finding("setting-changed", setting=problem.values[0])
    return None


def _gradients(a, b):
    """Find what goes wrong with the gradients, whatever the numbers."""
    batches, step = b.trace["batches"], b.trace["step"]
    if not batches:
        return Finding("no-backward")
    if b.trace["step first"]:
        return Finding("step-before-backward")
    for i, batch in enumerate(batches):
        if batch["another model"]:
            if "layer made in forward" in b.trace["count"]:
                line = b.trace["own"].get("layer made in forward")
                return Finding("layer-made-in-forward", where=where(line))
            tensors = b.trace["model_kind"] is None
            kind = "tensors-made-anew" if tensors else "model-made-anew"
            return Finding(kind, place=place(b.record, i))
    if step and step["missing"]:
        if step["missing"] == batches[0]["shapes"]:
            return Finding("optimizer-of-another-model")
        return Finding(
            "optimizer-lacks-parameters", missing=these(step["missing"])
        )
    if step and step["no gradients"]:
        return Finding("cleared-before-step")
    if any(batch["left"] for batch in a.trace["batches"]):
        return None
    for i, batch in enumerate(batches):
        if not batch["left"]:
            continue
        left = these(batch["left"])
        last = batches[i - 1]
        moves = zip(last["shapes"], last.get("moves", ()), strict=False)
        still = [shape for shape, move in moves if not move]
        all_of_them = batch["left"] == still == batch["shapes"]
        if all_of_them and not b.trace.get("kept"):
            return Finding("no-update", place=place(b.record, i))
        if batch["left"] == still:
            return Finding("loop-lacks-parameters", left=left)
        return Finding("gradients-left", place=place(b.record, i), left=left)
    return None


def _batches(a, b, chance, only_once, leaves):
    """Find the first batch that is not the same, and what of it."""
    n, m = len(a.trace["batches"]), len(b.trace["batches"])
    left = [Words(texts.LEAVES_LOOP, line=leaves)] if leaves else []
    for i in range(min(n, m)):
        if found := phases.parting(a, b, i, chance):
            early = found.kind in ("other-images", "images-left-out")
            return found.and_also(*left) if early else found
    if n == m:
        return None
    more = [*([Words(texts.ONLY_ONCE)] if only_once else []), *left]
    if m % a.record.steps:
        return Finding(
            "other-number-of-batches", *more, stage=a.name, usual=n, n=m
        )
    return Finding(
        "other-number-of-epochs",
        *more,
        stage=a.name,
        usual=n,
        n=m,
        times=times(m // a.record.steps),
        epochs=n // a.record.steps,
    )


def _rest(a, b):
    """Return what no phase explains, in the words of the comparison."""
    report = compare(a.record, b.record, ROUNDING)
    if not report.equal:
        return Finding("otherwise", reading=clauses(report.reading))
    return None
