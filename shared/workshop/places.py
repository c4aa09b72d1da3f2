"""Where in a program to look for the cause of a finding."""

from shared.workshop import slips, texts
from shared.workshop.finding import Words

# By phase, what a program calls there, in the words of a trace.
CALLS = {
    "data": (
        "DataLoader.__init__",
        "TensorDataset.__getitem__",
        "__getitem__",
    ),
    "initial weights": (
        "requires_grad_",
        "kaiming_uniform_",
        "uniform_",
        "normal_",
    ),
    "dataset": ("TensorDataset.__init__",),
    "loss": ("cross_entropy", "nll_loss", "gather", "mean"),
    "backward": ("backward",),
    "zeroing": ("zero_", "Module.zero_grad", "Optimizer.zero_grad"),
    "update": ("__isub__", "sub_", "copy_"),
    "mode": ("Module.train", "Module.eval"),
    "validation": ("log.validation",),
}
MOST = 3  # lines that are shown
# Kinds of findings that tell of no cause.
SYMPTOMS = (
    "argument-ignored",
    "another-update",
    "images-changed",
    "initial-weights-in-other-places",
    "no-end",
    "not-on-all",
    "other-gradients",
    "other-images",
    "other-loss",
    "other-number-of-batches",
    "other-results-if-called-again",
    "other-scores",
    "other-validation-loss",
    "otherwise",
    "predictions-changed",
    "predictions-of-other-images",
    "seed-ignored",
    "validation-loss-no-mean",
)
# Kinds of findings that layers or tensors explain which nothing registers.
LACKS = (
    "no-update",
    "loop-lacks-parameters",
    "optimizer-lacks-parameters",
    "parameters-missing",
)
# Kinds of findings that a `return` too early explains.
ENDS_EARLY = (
    "images-left-out",
    "other-number-of-batches",
    "other-number-of-epochs",
)


def in_phase(phase, answer, trace):
    """Return the lines of the program to look at in a phase."""
    own, lines = trace["own"], []
    if phase == "epochs":
        lines = answer.loops_over("epochs")
    elif phase == "data" and "DataLoader.__init__" not in own:
        lines = [call.lineno for call in answer.ranges()]
    elif phase == "device":
        lines = trace["moved"]
    elif phase == "prediction":
        lines = [answer.returned()]
    elif phase == "log":
        lines = [answer.calls("log")]
    elif phase in ("initial weights", "model"):
        lines = [line for _, line, _ in trace["parameters"]]
    lines = {*lines, *(own.get(name) for name in CALLS.get(phase, ()))}
    return sorted(filter(None, lines))


def to_look_at(kind, answer, trace, others):
    """Return lines of the program to look at, as it has them.

    Of those in the phase of a kind of finding, the ones that stand in none of
    the `others`, if there are any; others that are new if the kind tells of
    no cause.
    """
    usual = in_phase(texts.FINDINGS[kind].phase, answer, trace)
    new = answer.unlike(*others)
    few = new if len(new) <= MOST else []
    both = [line for line in usual if line in new]
    lines = (few or both) if kind in SYMPTOMS else (both or usual or few)
    return [answer.quoted(line) for line in lines[:MOST]]


def of_cause(kind, answer, trace, loops_over_loader=False):
    """Yield words for what the file shows of the cause of a finding.

    `loops_over_loader` tells whether the exercise asks for a `DataLoader`.
    """
    for found in _found(kind, answer, trace, loops_over_loader):
        yield from _said(answer, *found)
    if kind in LACKS:
        yield from kept(answer, trace)


def kept(answer, trace):
    """Yield words for attributes that a module does not register."""
    for name, kind in trace.get("kept", ()):
        template = texts.KEPT.get(kind, texts.LAYERS_KEPT)
        values = {"name": f"self.{name}", "kind": kind}
        yield from _said(answer, template, answer.attribute(name), values)


def in_vain(answer):
    """Yield words for a call whose result is dropped, if there is one."""
    return _said(answer, *_dropped(answer))


def _said(answer, template, line, values):
    """Yield the words of a template, if any, and a line, unless it is 0."""
    if line and template:
        yield Words(template, line=line, **values)
    if line:
        yield answer.quoted(line)


def _found(kind, answer, trace, loops_over_loader):
    """Yield a template, a line (0 if there is none) and other values."""
    own, phase = trace["own"], texts.FINDINGS[kind].phase
    if phase in ("forward pass", "forward pass or loss"):
        yield _dropped(answer)
    if phase in ("forward pass", "model") or kind == "relu-missing":
        line, key = slips.same_key(answer) or (0, "")
        yield texts.SAME_KEY, line, {"key": key}
    if phase == "update":
        yield texts.NEGATED, slips.negated(answer), {}
    if kind in ENDS_EARLY:
        yield texts.RETURNS_IN_LOOP, slips.returns_in_loop(answer), {}
    match kind:
        case "other-images":
            yield _one_by_one(answer, trace, loops_over_loader)
        case "images-changed-in-line":
            yield None, own["images changed"], {}
        case "no-bias":
            yield None, own["bias=False"], {}
        case "layer-made-in-forward":
            yield None, own.get("layer made in forward"), {}
        case "same-order-in-each-epoch":
            yield None, slips.makes_a_list(answer), {}
        case "validation-on-training-images":
            yield None, slips.mixed_up(answer), {}
        case "recorded-in-validation" if line := slips.no_grad_alone(answer):
            yield texts.NO_GRAD_IN_VAIN, line, {}
        case "recorded-in-validation":
            yield None, own.get("log.validation"), {}
        case "not-each-image-once":
            yield None, answer.named("replacement="), {}
        case "device-ignored":
            yield None, slips.overwritten(answer, "device"), {}
        case "one-image-left-out":
            yield from map(_range, answer.ranges())
        case "divided-by-batch-size":
            size = len(trace["batches"][0]["images"])
            yield None, slips.divides_by(answer, size), {}
        case "softmax-of-columns":
            yield None, own.get("sum") or own.get("logsumexp"), {}
        case "softmax-twice":
            line = own.get("softmax") or answer.named("Softmax")
            yield None, line, {}
        case "step-before-backward":
            yield None, answer.named("step"), {}
        case "not-sliced" if line := own.get("TensorDataset.__getitem__"):
            template, *_ = _one_by_one(answer, trace, loops_over_loader)
            yield template, line, {}
        case "not-sliced":
            yield texts.NO_DATASET, own.get("__getitem__"), {}
        case "log-softmax-added":
            line = own.get("log_softmax") or answer.named("LogSoftmax")
            yield None, line, {}
        case "uphill":
            yield None, slips.adds_gradient(answer), {}
        case "optimizer-lacks-parameters":
            for layer in trace["layers"]:
                if layer["shape"] in trace["step"]["missing"]:
                    yield None, layer["line"], {}
        case _ if kind.startswith(("optimizer-has", "optimizer-set")):
            yield None, answer.named("SGD"), {}
        case "optimizer-made-anew":
            yield texts.MODEL_TOO, slips.made_in_loop(answer), {}
        case "model-made-anew":
            yield None, slips.made_in_loop(answer), {}
        case "images-left-out" | "validation-images-missing" if (
            line := own.get("drop_last")
        ):
            yield None, line, {}
        case "images-left-out" if line := slips.rounds_down(answer):
            yield texts.ROUNDS_DOWN, line, {}
        case "images-left-out" if line := answer.calls("next"):
            yield texts.TAKES_ONE, line, {}
        case "images-left-out":
            yield from map(_range, answer.ranges())
        case "loaders-mixed-up":
            line, name, usual, mine = slips.unpacked(answer) or (0, "", "", "")
            values = {"name": name, "usual": usual, "mine": mine}
            yield texts.UNPACKED, line, values
        case "other-number-of-epochs":
            yield None, slips.passes_once(answer), {}
            name, line = slips.set_once(answer) or ("", 0)
            yield texts.SET_ONCE, line, {"name": name}
        case "stops-at-one-image":
            yield texts.SQUEEZED, slips.squeezes(answer), {}
        case "reshaped-outside-of-network" | "part-missing":
            yield None, own.get("images reshaped outside"), {}
        case "whole-gradient":
            unused = None if answer.loads("lr") else texts.NOT_USED_ANYWHERE
            line = own.get("__isub__", own.get("sub_"))
            yield unused, line, {"name": "lr"}
        case "parameters-not-moved":
            line, name = slips.bound_anew(answer) or (0, "")
            yield texts.BOUND_ANEW, line, {"name": name}
        case "another-step-size" if trace["step"]:
            yield None, answer.named("SGD"), {}
        case "optimizer-of-another-model" | "optimizer-before-move":
            yield None, answer.named("SGD"), {}
        case "predictions-recorded" if line := slips.no_grad_alone(answer):
            yield texts.NO_GRAD_IN_VAIN, line, {}
        case "predictions-recorded" | "predictions-on-device":
            yield None, answer.returned(), {}


def _dropped(answer):
    """Say what a call returns and the program drops."""
    line, name = slips.in_vain(answer) or (0, "")
    return texts.IN_VAIN, line, {"name": name}


def _one_by_one(answer, trace, loops_over_loader):
    """Say what makes batches of one image, if the first is one."""
    own, images = trace["own"], trace["batches"][0]["images"]
    if not images or len(images) > 1:
        return None, 0, {}
    if line := own.get("batches of one"):
        return texts.LOADER_OF_ONE, line, {}
    both = texts.ONE_OF_DATASET, texts.LOOPS_OVER_DATASET
    line = own.get("TensorDataset.__getitem__")
    return both[loops_over_loader], line, {}


def _range(call):
    """Say how a call of `range` may leave out batches."""
    return texts.RANGE if len(call.args) > 1 else None, call.lineno, {}
