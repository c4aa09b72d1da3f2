"""What an exception in a program means, for someone who meets it first."""

import re

from shared.proof.equivalence import Record
from shared.workshop import texts
from shared.workshop.finding import Finding, Words, grid, place, where
from shared.workshop.sandbox import MOST_MEMORY

# The type of an exception, a pattern of its message, and the kind of finding.
EXPLAINED = (
    (
        "TypeError",
        r"must be Tensor, not NoneType|non-iterable NoneType|'NoneType' object"
        r" is not",
        "nothing-for-a-tensor",
    ),
    (
        "TypeError",
        r"NoneType",
        "none-in-operation",
    ),
    (
        "AttributeError",
        r"'NoneType' object has no attribute",
        "none-has-no-attribute",
    ),
    (
        "ValueError",
        r"empty parameter list",
        "no-parameters",
    ),
    (
        "RuntimeError",
        r"backward through the graph a second time",
        "backward-twice",
    ),
    (
        "RuntimeError|NotImplementedError",
        r"not implemented for '(Long|Int)'",
        "arguments-swapped",
    ),
    (
        "RuntimeError",
        r"leaf Variable that requires grad.*in-place",
        "update-recorded",
    ),
    (
        "RuntimeError",
        r"does not require grad and does not have a grad_fn",
        "nothing-recorded",
    ),
    (
        "RuntimeError",
        r"modified by an inplace operation",
        "changed-before-backward",
    ),
    (
        "RuntimeError",
        r"same dtype, but got (Long|Int)|expected .* but (got|found) Long",
        "images-and-labels-swapped",
    ),
    (
        "AttributeError",
        r"before Module.__init__\(\) call",
        "init-not-called",
    ),
    (
        "TypeError",
        r"'(method|builtin_function_or_method|function)' object is not",
        "function-not-called",
    ),
    (
        "AttributeError",
        r"'(function|method|type)' object has no attribute",
        "function-not-called",
    ),
    (
        "NotImplementedError",
        r"missing the required .forward. function",
        "no-forward",
    ),
    (
        "AttributeError",
        r"'float' object has no attribute 'backward'",
        "number-for-a-tensor",
    ),
    (
        "TypeError",
        r"iter\(\) returned non-iterator",
        "iter-without-yield",
    ),
    (
        "TypeError",
        r"object is not iterable",
        "not-iterable",
    ),
    (
        "AssertionError|RuntimeError",
        r"not compiled with|No CUDA GPUs|not linked with support for|PyTorch"
        r" is not linked",
        "device-not-there",
    ),
    (
        "TypeError",
        r"(list|tuple) is not a Module subclass",
        "layers-in-a-list",
    ),
    (
        "ZeroDivisionError",
        r"",
        "division-by-zero",
    ),
    (
        "TypeError",
        r"is not a Module subclass",
        "layer-not-made",
    ),
    (
        "ValueError",
        r"(too many|not enough) values to unpack",
        "batch-is-no-pair",
    ),
    (
        "AssertionError",
        r"Size mismatch between tensors",
        "tensors-of-other-lengths",
    ),
    (
        "RuntimeError",
        r"floating point type for target|target dtype to be Long",
        "types-for-cross-entropy",
    ),
    (
        "RuntimeError|ValueError",
        r"batches of spatial targets|Expected target size|multi-target not",
        "shapes-for-cross-entropy",
    ),
    (
        "IndexError",
        r"Target \d+ is out of bounds",
        "too-few-scores",
    ),
    (
        "IndexError",
        r"out of range|out of bounds",
        "index-too-large",
    ),
    (
        "RuntimeError",
        r"Output size is too small|Kernel size can't be greater",
        "window-too-large",
    ),
    (
        "AttributeError",
        r"object has no attribute 'validation'",
        "log-replaced",
    ),
    (
        "TypeError",
        r"takes .* positional arguments? but|unexpected keyword argument",
        "other-arguments-than-it-takes",
    ),
    (
        "RuntimeError",
        r"mat1 and mat2 shapes cannot be multiplied",
        "rows-of-another-length",
    ),
    (
        "RuntimeError",
        r"weight of size|Expected 3D .* or 4D|expected input.*channels",
        "no-images-for-convolution",
    ),
    (
        "RuntimeError",
        r"shape '.*' is invalid for input of size",
        "shape-does-not-fit",
    ),
    (
        "RuntimeError|ValueError",
        r"batch_size.* to match|size of tensor .* must match",
        "tensors-do-not-fit",
    ),
    (
        "TypeError",
        r"missing \d+ required positional argument",
        "too-few-arguments",
    ),
    (
        "NameError|UnboundLocalError",
        r"",
        "name-unknown",
    ),
)


# What stops because a model is given another shape than it takes.
OF_SHAPES = (
    "no-images-for-convolution",
    "rows-of-another-length",
    "shape-does-not-fit",
)


def stop(error, seen, answer, usual=None, gone=()):
    """Return the `Finding` of an `error` that stopped a program.

    `seen` is what the `Sandbox` saw until then, and `answer` the `Answer`.
    `usual` is the `Seen` of the stage that it is compared with, and `gone`
    the code that a task lets go out.
    """
    if "returned" in error:
        if error["returned"] is None:
            return Finding("returns-nothing")
        return Finding("returns-no-tensor", type=error["returned"])
    type_, message, line = error["type"], error["message"], error["line"]
    if type_ == "AttributeError" and not line:
        return Finding("no-train")
    at, quoted = where(line), answer.quoted(line)
    if type_ == "WaitingError":
        return Finding("waits-for-input", quoted, where=at, name=message)
    if type_ == "BdbQuit":
        return Finding("waits-in-debugger", quoted, where=at)
    if seen.get("fine in float32"):
        return Finding("float32-alone", quoted, where=at)
    before = _before(seen) if "record" in seen else []
    if type_ == "SystemExit":
        return Finding("exits", quoted, *before, where=at)
    if type_ == "MemoryError" or "allocate memory" in message:
        return Finding(
            "out-of-memory",
            quoted,
            *before,
            where=at,
            gigabytes=MOST_MEMORY // 2**30,
        )
    said = ": ".join(filter(None, (type_, message))).rstrip(".")
    kind = explained(type_, message)
    count = seen.get("trace", {}).get("count", {})
    if kind == "none-in-operation" and "grad of a result" in count:
        kind = "gradient-of-a-result"
    if kind == "nothing-recorded" and seen.get("record", {}).get("losses"):
        kind = "recorded-no-more"
    if kind:
        why = [Words(texts.EXPLANATIONS[kind])]
        if kind == "gradient-of-a-result" and (
            made := answer.made("grad", line)
        ):
            why += [Words(texts.MADE_IN_LINE, line=made), answer.quoted(made)]
        if kind.startswith("none-"):
            why = [*_no_part(seen, answer, gone)] or why
        if kind == "backward-twice" and (kept := _kept(seen, answer)):
            why, said = kept, ""
        if kind == "no-parameters":
            why += _kept(seen, answer)
        if kind == "too-few-scores" and (line := _over_channels(seen)):
            why.append(Words(texts.OVER_CHANNELS, line=line))
        if kind == "window-too-large":
            why += _grids(seen["trace"], usual)
        if kind in OF_SHAPES and "trace" in seen:
            why += _given(seen)
        if said:
            why.append(Words(texts.THE_ERROR, error=said))
        return Finding(kind, quoted, *why, *before, where=at)
    return Finding("stops", quoted, *before, where=at, error=said)


def explained(type_, message):
    """Return the kind of an exception of this type and message, or ""."""
    for types, pattern, kind in EXPLAINED:
        if re.fullmatch(types, type_) and re.search(pattern, message):
            return kind
    return ""


def _no_part(seen, answer, gone):
    """Yield words for each parameter that gets no gradient."""
    trace = seen.get("trace", {})
    made = {name: line for name, line, _ in trace.get("parameters", ())}
    for name in trace.get("no part", ()):
        line = made.get(name)
        quoted = answer.quoted(line)
        kinds = [code for code in gone if code.startswith("nn.")]
        if line and (name in gone or any(code in quoted for code in kinds)):
            yield Words(texts.NO_PART_ANY_MORE, name=name, line=line)
            yield quoted
        else:
            yield Words(texts.NO_PART, name=name)


def _kept(seen, answer):
    """Return words for attributes that a module does not register."""
    found = []
    for name, kind in seen.get("trace", {}).get("kept", ()):
        if line := answer.attribute(name):
            said = {"name": f"self.{name}", "line": line}
            if kind == "result":
                found.append(Words(texts.RESULT_KEPT, **said))
            else:
                found.append(Words(texts.LAYERS_KEPT, kind=kind, **said))
            found.append(answer.quoted(line))
    return found


def _over_channels(seen):
    """Return the line that takes a mean over the channels, None if none."""
    return seen.get("trace", {}).get("own", {}).get("over channels")


def _grids(trace, usual):
    """Yield words for the grid after each convolution of the last pass."""
    grids = _sizes(trace)
    if not grids:
        return
    stage = _sizes(usual.batches[0]) if usual and usual.batches else ""
    if stage:
        yield Words(
            texts.GRIDS_OF_STAGE, grids=grids, stage=usual.name, usual=stage
        )
    else:
        yield Words(texts.GRIDS, grids=grids)


def _sizes(batch):
    """Return the size of the grid after each convolution, as text."""
    pairs = zip(batch["steps"], batch["grids"], strict=True)
    sizes = [size for step, size in pairs if step == "conv2d"]
    return ", ".join(str(grid(size)) for size in sizes if len(size) == 2)


def _given(seen):
    """Yield words for the shape that the model was given last."""
    trace, steps = seen["trace"], seen["record"]["steps"]
    n = len(trace["batches"])
    shape = tuple(trace["given"] or ())
    usual = tuple(trace["batches"][0]["given"] or ()) if n else ()
    if not n or n % steps or len(usual) == len(shape):
        if given := trace["given to layer"]:
            yield Words(texts.GIVEN, shape=tuple(given))
        return
    validated = bool(trace["validations"])
    predicts = validated and trace["validations"][-1]["after"] == n
    yield Words(
        texts.GIVEN_IN_PREDICTION if predicts else texts.GIVEN_IN_VALIDATION,
        shape=shape,
        usual=usual,
    )


def _before(seen):
    """Return words for what a program did before it was stopped."""
    record, shape = Record.from_dict(seen["record"]), seen["trace"]["shape"]
    n = len(record.losses)
    found = {"place": place(record, n - 1)} if n else {}
    template = texts.LOGGED if n else texts.LOGGED_NOTHING
    if n and n % record.steps == 0:
        found = {"epoch": n // record.steps}
        template = texts.EPOCH_LOGGED
        ends = [epoch["after"] for epoch in seen["trace"]["validations"]]
        if n in ends:
            template = texts.VALIDATION_LOGGED
    elif shape:
        found["shape"] = tuple(shape)
        template = texts.LAST_RETURNED if n else texts.FIRST_RETURNED
    words = [Words(template, **found)]
    if problem := record.has("setting"):
        words.append(Words(texts.CHANGED_SETTING, setting=problem.values[0]))
    if problem := record.has("data"):
        words.append(Words(texts.CHANGED_DATA, name=problem.values[0]))
    return words
