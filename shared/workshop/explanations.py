"""What an exception in a program means, for someone who meets it first."""

import re

import torch

from shared.proof.equivalence import Record
from shared.workshop import places, slips, texts, values
from shared.workshop.answer import bound
from shared.workshop.finding import Finding, Words, grid, place, where
from shared.workshop.sandbox import MOST_MEMORY
from shared.workshop.trace import PIXELS

# The type of an exception, a pattern of its message, and the kind of finding.
EXPLAINED = (
    (
        "ModuleNotFoundError|ImportError",
        r"",
        "no-such-module",
    ),
    (
        "AttributeError",
        r"^module '.*' has no attribute",
        "no-such-module",
    ),
    (
        "IndexError",
        r"indexing tensors could not be broadcast",
        "indices-of-other-lengths",
    ),
    (
        "TypeError",
        r"assigned grad expected to be a Tensor",
        "gradient-is-no-tensor",
    ),
    (
        "RuntimeError",
        r"can't be cast to the desired output type (Long|Int)",
        "whole-numbers-in-place",
    ),
    (
        "RuntimeError",
        r"Index tensor must have the same number of dimensions",
        "index-of-another-dimension",
    ),
    (
        "TypeError",
        r"'float' object cannot be interpreted|slice indices must be integers"
        r"|tuple of ints, ?but got float",
        "float-for-a-whole-number",
    ),
    (
        "TypeError",
        r"cannot be interpreted as an integer",
        "no-whole-number",
    ),
    (
        "TypeError",
        r"must be Tensor, not (?!NoneType)",
        "no-tensor",
    ),
    (
        "TypeError",
        r"missing 1 required positional argument: 'self'",
        "class-not-called",
    ),
    (
        "RuntimeError",
        r"Boolean value of Tensor",
        "truth-of-a-tensor",
    ),
    (
        "TypeError|AttributeError",
        r"torch\.return_types",
        "pair-of-values-and-places",
    ),
    (
        "AttributeError",
        r"'(tuple|list)' object has no attribute",
        "several-for-one",
    ),
    (
        "TypeError",
        r"got multiple values for (keyword )?argument",
        "argument-given-twice",
    ),
    (
        "IndexError",
        r"too many indices",
        "too-many-indices",
    ),
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
        r"before Module.__init__\(\) call|has no attribute"
        r" '_(parameters|modules|buffers)'",
        "init-not-called",
    ),
    (
        "TypeError",
        r"'(method|builtin_function_or_method|function)' object is not",
        "function-not-called",
    ),
    (
        "AttributeError",
        r"'(function|method)' object has no attribute",
        "attribute-of-a-function",
    ),
    (
        "AttributeError",
        r"type object '.*' has no attribute",
        "attribute-of-a-class",
    ),
    (
        "AttributeError|TypeError",
        r"has no attribute '(parameters|zero_grad|train|eval|to)'"
        r"|object is not callable",
        "no-module",
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
        r"1D target must|batches of spatial targets|Expected target size"
        r"|multi-target not",
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


# What a name that was not found is imported with, as a rule.
IMPORTS = {
    "torch": "import torch",
    "math": "import math",
    "F": "import torch.nn.functional as F",
    "nn": "from torch import nn",
    "optim": "from torch import optim",
    **{
        name: f"from torch.utils.data import {name}"
        for name in ("DataLoader", "TensorDataset")
    },
}
# Where to look for a name that was not found, the usual places first.
MODULES = (torch.nn.functional, torch.utils.data, torch.optim, torch.nn, torch)

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
        found = Finding("float32-alone", quoted, where=at)
        made = slips.made_at_top(answer)
        words = Words(texts.MADE_AT_TOP, line=made), answer.quoted(made)
        return found.and_also(*words) if made else found
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
    kind = _kind(error, seen, answer)
    named = [*values.words(error.get("values", ()))]
    if not kind:
        named += _set(error, answer)
        return Finding("stops", quoted, *named, *before, where=at, error=said)
    why = [*_why(kind, error, seen, answer, gone)]
    if kind == "window-too-large":
        why += _grids(seen["trace"], usual)
    if name := slips.late_lambda(answer, line):
        why = [Words(texts.LATE, name=name)]
    elif kind == "shape-does-not-fit" and (smaller := [*_smaller(seen)]):
        why = smaller
    elif kind in OF_SHAPES and "trace" in seen:
        why += _given(seen)
    if kind != "name-unknown":  # of which the others tell nothing
        why += named
    if kind != "backward-twice" or not _kept(seen, answer):
        why.append(Words(texts.THE_ERROR, error=said))
    return Finding(kind, quoted, *why, *before, where=at)


def _kind(error, seen, answer):
    """Return the kind of an `error`, by what was seen besides, or ""."""
    kind = explained(error["type"], error["message"])
    count = seen.get("trace", {}).get("count", {})
    if kind == "none-in-operation" and "grad of a result" in count:
        return "gradient-of-a-result"
    if kind.startswith("none-") and not answer.named("grad"):
        if answer.names_on(error["line"], "current_accelerator"):
            return "no-accelerator"
        return "nothing-for-a-tensor"
    if kind == "no-module" and not _plain_classes(error, answer):
        return ""
    if kind == "nothing-recorded":
        if "backward without recording" in count and error.get("called"):
            return "backward-without-recording"
        if seen.get("record", {}).get("losses"):
            return "recorded-no-more"
    return kind


def _why(kind, error, seen, answer, gone):
    """Return words for what an error of this kind means, and comes from."""
    usually, line = Words(texts.EXPLANATIONS[kind]), error["line"]
    message = error["message"]
    quoted = re.findall(r"'(\w+)'", message)
    if kind.startswith("none-"):
        found = [*_no_part(seen, answer, gone)]
        return found or [*_no_gradient(error, seen, answer)] or [usually]
    if kind == "backward-twice":
        return _kept(seen, answer) or [usually]
    if kind == "name-unknown":
        [name, *_] = quoted or [""]
        if name in gone:
            return [Words(texts.NAME_GONE, name=name)]
        if error["type"] == "UnboundLocalError":
            return [Words(texts.OWN_NAME, name=name)]
        if name in IMPORTS:
            return [Words(texts.NOT_IMPORTED, code=IMPORTS[name])]
        if slips.lacks_lambda(answer, name, line):
            return [Words(texts.NO_LAMBDA, name=name)]
        if made := answer.attribute(name):
            return [Words(texts.ATTRIBUTE_OF_SELF, name=name, line=made)]
    more = []
    if kind == "gradient-of-a-result" and (made := answer.made("grad", line)):
        more = [Words(texts.MADE_IN_LINE, line=made), answer.quoted(made)]
    elif kind == "no-such-module":
        more = _modules(answer.asked_of_modules(line))
    elif kind in ("too-few-arguments", "other-arguments-than-it-takes"):
        more = _class_called(error, answer) or _of_self(line, answer)
    elif kind == "init-not-called":
        more = [
            Words(texts.LACKS_INIT, name=name, line=answer.defines(name))
            for name in quoted
            if answer.defines(name)
        ]
    elif kind == "no-module":
        more = _plain_classes(error, answer)
    elif kind == "whole-numbers-in-place":
        more = _set(error, answer)
    elif kind == "no-tensor" and any(
        has.get("n", 0) > 2 for _, _, has in error.get("values", ())
    ):
        return [Words(texts.SEVERAL_TENSORS)]
    elif kind == "shapes-for-cross-entropy":
        more = _scores(error)
    elif kind == "tensors-do-not-fit" and (
        slips.drops_dimension(answer, line) or _dimension_lost(error)
    ):
        return [Words(texts.KEEP_DIMENSION)]
    elif found := re.search(r"batch_size \((\d+)\).*\((\d+)\)", message):
        return [Words(texts.BATCHES_APART, n=found[1], m=found[2])]
    elif kind == "nothing-recorded" and (off := answer.recording_off(line)):
        more = Words(texts.RECORDING_OFF, line=off), answer.quoted(off)
    elif kind == "batch-is-no-pair":
        return _no_pair(error, answer) or [usually]
    elif kind == "nothing-for-a-tensor":
        for made, name in slips.returns_nothing(answer):
            more += (Words(texts.LACKS_RETURN, line=made, name=name),)
    elif kind == "not-iterable" and "'int'" in error["message"]:
        counts = [
            Words(texts.COUNTS_UP, name=name)
            for name, _, has in error.get("values", ())
            if has.get("value", "").isdigit()
        ]
        return counts or [usually]
    elif kind == "division-by-zero" and (made := slips.passes_once(answer)):
        more = [answer.quoted(made)]
    elif kind == "no-images-for-convolution":
        more = _channels(error["message"], seen.get("trace", {}))
    elif kind == "no-parameters":
        more = _kept(seen, answer)
    elif kind == "too-few-scores" and (pooled := _over_channels(seen)):
        more = [Words(texts.OVER_CHANNELS, line=pooled)]
    elif kind == "backward-without-recording":
        called = error["called"]
        more = Words(texts.CALLED_IN_LINE, line=called), answer.quoted(called)
    return [usually, *more]


def _scores(error):
    """Yield words for scores that are no row for each image."""
    for _, kind, has in error.get("values", ()):
        shape = has.get("shape", ())
        if kind != "tensor":
            continue
        if len(shape) == 1 and shape[0] % 10 == 0:
            yield Words(texts.FLATTENED_ALL)
        if len(shape) == 4:
            yield Words(texts.GRID_STAYS, shape=tuple(shape))


def _set(error, answer):
    """Return words for the lines that set what is named in the last line."""
    found = []
    for name, *_ in error.get("values", ()):
        line = bound(answer.tree).get(name) or answer.attribute(
            name.removeprefix("self.")
        )
        if line and line != error["line"]:
            found.append(Words(texts.SET_IN_LINE, name=name, line=line))
            found.append(answer.quoted(line))
    return found


def _dimension_lost(error):
    """Tell whether there are floats (n, m) and (n,) in the line."""
    shapes = [
        has["shape"]
        for _, kind, has in error.get("values", ())
        if kind == "tensor"
    ]
    return any(
        len(one) == 1 and len(other) == 2 and one[0] == other[0]
        for one in shapes
        for other in shapes
    )


def _no_pair(error, answer):
    """Return words for what is looped over or unpacked and is no pair."""
    line = error["line"]
    if answer.names_on(line, "DataLoader"):
        return [Words(texts.ONE_LOADER)]
    if slips.slices_tuple(answer, line):
        return [Words(texts.SLICED_TUPLE)]
    if answer.names_on(line, "parameters"):
        return [Words(texts.NO_NAMES)]
    types = [has.get("type", "") for _, _, has in error.get("values", ())]
    if "TensorDataset" in types and slips.makes_a_list(answer) == line:
        return [Words(texts.SINGLE_PAIRS)]
    if "TensorDataset" in types and line in answer.loops():
        return [Words(texts.ONE_PAIR)]
    if "DataLoader" in types:
        return [Words(texts.PAIRS_OF_LOADER)]
    own = [name for name in types if answer.method(name, "__iter__")]
    if not own:
        return []
    passed = map(answer.quoted, answer.passed_to(own[0]))
    return [Words(texts.PAIRS_OF_OWN, name=own[0]), *passed]


def _smaller(seen):
    """Yield words for a batch that is smaller than those before, if it is."""
    batches, given = seen["trace"]["batches"], seen["trace"]["given"]
    usual = batches and batches[0]["given"]
    if usual and given and given[0] != usual[0] and given[1:] == usual[1:]:
        yield Words(texts.OTHER_BATCH, n=given[0], usual=usual[0])


def _plain_classes(error, answer):
    """Return words for each class in a message that has no parent."""
    return [
        Words(texts.NO_MODULE, name=name, line=line)
        for name in re.findall(r"'(\w+)' object", error["message"])
        if (line := answer.plain_class(name))
    ]


def _channels(message, trace):
    """Yield words for a convolution that is given too many channels."""
    n = trace.get("steps", []).count("conv2d")
    found = re.search(r"to have (\d+) channels, but got (\d+)", message)
    if found and n and n < len(trace["layers"]):
        line = trace["layers"][n]["line"]
        which = Words(texts.CONVOLUTION, n=n + 1)
        if line:
            which = Words(texts.CONVOLUTION_IN_LINE, n=n + 1, line=line)
        yield Words(
            texts.CHANNELS, convolution=which, usual=found[1], n=found[2]
        )


def _class_called(error, answer):
    """Return words for a class that is called under another name."""
    [name] = re.findall(r"(\w+)\.__init__\(", error["message"])[:1] or [""]
    if not answer.defines(name) or answer.names_on(error["line"], name):
        return []
    given = slips.given_name(answer, name)
    return [Words(texts.CLASS_CALLED, name=name), answer.quoted(given)]


def _of_self(line, answer):
    """Yield words for a `self` too many or too few, and for `super`."""
    for template, found in (
        (texts.SELF_OUTSIDE, slips.self_outside(answer)),
        (texts.LACKS_SELF, slips.lacks_self(answer)),
    ):
        if found:
            yield Words(template, line=found[0], name=found[1])
    parent = answer.parent_of(line)
    if parent and answer.names_on(line, "super"):
        yield Words(texts.PARENT_ASKS, parent=f"`{parent}`")


def _modules(names):
    """Yield words for the modules that these names are in."""
    for name in filter(None, names):
        for module in MODULES:
            if hasattr(module, name):
                named = {"name": name, "module": module.__name__}
                yield Words(texts.IS_IN, **named)
                break


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


def _no_gradient(error, seen, answer):
    """Yield words for why a tensor in a line has no gradient, if known."""
    for name, _, has in error.get("values", ()):
        if answer.attribute_of(name, "grad", error["line"]):
            learns = has.get("learns", True)
            if not learns and (line := slips.updated_anew(answer, name)):
                yield Words(texts.BOUND_ANEW, line=line, name=name)
                yield answer.quoted(line)
            elif not learns:
                yield Words(texts.NOT_REQUIRING, name=name)
            elif line := seen.get("trace", {}).get("cleared"):
                yield Words(texts.CLEARED, line=line)
                yield answer.quoted(line)


def _kept(seen, answer):
    """Return words for attributes that a module does not register."""
    return [*places.kept(answer, seen.get("trace", {}))]


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
            if given[1:] == [PIXELS] and "conv2d" in trace["count"]:
                yield Words(texts.STILL_ROWS)
            elif len(given) == 3:
                yield Words(texts.NO_CHANNELS)
            elif len(given) == 4 and "conv2d" not in trace["count"]:
                yield Words(texts.STILL_IMAGES)
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
