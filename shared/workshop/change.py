"""Find out whether the change of an exercise was made, all of it."""

from types import SimpleNamespace

from shared.training import runner
from shared.workshop import texts
from shared.workshop.answer import Answer
from shared.workshop.demands import DEMANDS
from shared.workshop.finding import Finding, Words, convolution
from shared.workshop.signs import Call


def missing(exercise, answer, seen):
    """Return the `Finding` of what is missing of a change, or None.

    `answer` is the program, and `seen` what its `Sandbox` saw.
    """
    start = Answer(exercise.start.code)
    used = SimpleNamespace(**seen["trace"])
    return (
        _begun_anew(answer, used)
        or _swaps(exercise, answer, start, used)
        or _defaults(exercise, answer, used, seen["parameters"])
        or _demands(exercise, answer, start, used)
    )


def _begun_anew(answer, seen):
    """Find out whether a loader is looped over anew for each batch."""
    begun = [batch["loaders begun"] for batch in seen.batches]
    if len(begun) > 2 and all(begun):
        line = seen.own.get("DataLoader")
        return Finding("loader-begun-anew", answer.quoted(line))
    return None


def _swaps(exercise, answer, start, seen):
    """Look for the code that comes in, goes out, or is to stay."""
    signs, stage = exercise.signs, exercise.stage
    uses = [c for c in stage.swaps_in if c in signs and signs[c].used]
    still = [code for code in uses if signs[code].used(seen)]
    left = _left(exercise, exercise.gone, answer, start, seen)
    for code in uses:
        if code in still or exercise.reverse:
            continue
        lacks = Words(texts.MISSING[code])
        if signs[code].ours:
            return Finding("part-missing", missing=lacks)
        line = answer.named(code)
        if code == "nn.Parameter" and line:
            quoted = answer.quoted(line)
            return Finding("parameter-hidden", quoted, line=line)
        if code == "F.relu" and (found := _without_relu(seen)):
            return found
        instead = _instead(code, answer, seen)
        return Finding("code-missing", *instead, code=code, missing=lacks)
    # What stands in a line can be shown.
    for code, call in sorted(left.items(), key=lambda item: not item[1].line):
        still = _still(code, call, answer)
        more = [answer.quoted(call.line), *_others(left, code, answer)]
        if code not in texts.WHY:
            return Finding("code-left", *more, code=code, still=still)
        return Finding(
            "code-left-in-other-words",
            *more,
            why=Words(texts.WHY[code]),
            code=code,
            still=still,
        )
    for code in exercise.kept:
        if not signs[code].used(seen):
            lacks = Words(texts.MISSING[code])
            return Finding("code-not-kept", code=code, missing=lacks)
    return None


def _others(left, code, answer):
    """Yield words for what else is left that the program itself defines."""
    others = [f"`{c}`" for c in left if c != code and answer.defines(c)]
    if others and answer.defines(code):
        yield Words(texts.ALSO_LEFT, codes=", ".join(others))


def _without_relu(seen):
    """Find the first convolution that no ReLU comes after."""
    [first, *_] = seen.batches or [{"steps": ()}]
    steps, n = [*first["steps"], "conv2d"], 0
    for i, step in enumerate(steps[:-1]):
        if step == "conv2d":
            n += 1
            if "relu" not in steps[i : steps.index("conv2d", i + 1)]:
                which = convolution(first, n)
                return Finding("relu-missing", convolution=which)
    return None


# What may stand in the place of code: names of torch that are seen, or names
# in the program.
INSTEAD = {
    "model.parameters": ("grad",),
    "model.zero_grad": ("zero_",),
    "nn.Parameter": ("randn",),
    "nn.Linear": ("matmul", "mm"),
    "opt.zero_grad": ("zero_grad", "zero_"),
    "TensorDataset": ("tensors", "__getitem__"),
    "DataLoader": ("TensorDataset.__getitem__",),
    "F.cross_entropy": ("nll_loss", "NLLLoss"),
    "optim.SGD": ("optim",),
    "nn.AvgPool2d": ("MaxPool2d", "max_pool2d", "amax"),
    "nn.AdaptiveAvgPool2d": ("AdaptiveMaxPool2d", "AvgPool2d", "MaxPool2d"),
    "torch.accelerator": ("cuda",),
}


def _instead(code, answer, seen):
    """Yield the line of the program that stands in the place of code."""
    for name in INSTEAD.get(code, ()):
        line = seen.own.get(name) or answer.named(name)
        if not line:
            continue
        yield Words(texts.INSTEAD, line=line)
        yield answer.quoted(line)
        return


def _left(exercise, codes, answer, start, seen):
    """Return {code: its `Call`} of what is still there of these codes.

    Code of our own is there if it stands as it stood in the start.
    """
    found = {}
    for code in codes:
        sign = exercise.signs.get(code)
        if sign and sign.left and (call := sign.left(seen)):
            line = answer.named(code) or answer.named(f"{code}=")
            if code == "CNN" and not line:
                line = answer.defines(seen.model_class)
            calls_it = code.isidentifier() and answer.calls(code)
            if calls_it:
                call = Call(calls_it, code)
            found[code] = Call(line, code) if call is True else call
        elif line := answer.stands(code, start):
            found[code] = Call(line, code)
    return found


def _still(code, call, answer):
    """Say where code that should be gone is still used, and by what name."""
    if not call.line:
        return Words(texts.STILL_USED)
    a_name = code.replace(".", "_").isidentifier()
    own = code.rpartition(".")[2]
    if a_name and call.name.isidentifier() and call.name != own:
        return Words(texts.LINE_CALLS, line=call.line, name=call.name)
    if answer.defines(code) == call.line:
        return Words(texts.LINE_DEFINES, line=call.line)
    return Words(texts.LINE_USES, line=call.line)


def _defaults(exercise, answer, seen, options):
    """Compare the hyperparameters with those that there should be."""
    stage = exercise.target.name
    wanted = runner.options_of(exercise.target.program.train)
    for name in runner.options_of(exercise.start.program.train):
        if name in options and name not in wanted:
            lines = {*answer.all_named(name)}
            if name == "device":
                lines.update(seen.moved)
            return Finding(
                "argument-left",
                Words(texts.OUT_OF_THESE_LINES, name=name),
                *map(answer.quoted, sorted(lines)),
                name=name,
                stage=stage,
            )
    for name, usual in wanted.items():
        if name not in options:
            return Finding("argument-missing", name=name, stage=stage)
        default = options[name]
        if isinstance(usual, (int, float)) and default != usual:
            return Finding(
                "other-default",
                name=name,
                default=default,
                stage=stage,
                usual=usual,
            )
    if "device" in wanted and list(options)[-1] != "device":
        return Finding("device-not-last")
    return None


def _demands(exercise, answer, start, seen):
    """Look at what the task asks for besides."""
    for demand in DEMANDS.get(exercise.key, ()):
        if lines := demand.broken(seen, answer):
            lines = lines if isinstance(lines, list) else [lines]
            return Finding(demand.kind, *map(answer.quoted, lines))
    if found := answer.unused(start, Answer(exercise.target.code)):
        line, name = found
        return Finding(
            "name-not-used", answer.quoted(line), name=name, line=line
        )
    return None
