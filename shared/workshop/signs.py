"""How to see, in a program that trains, what the ladder swaps.

The ladder names code as our stages have it. Others write the same in other
words, so use is judged by what is called while the program trains, however
it is written. A sign asks for no more than is fair: it is worse to refuse a
right program than to let a wrong one pass, for the promise is checked too.
"""

from collections.abc import Callable
from typing import NamedTuple


class Seen(NamedTuple):
    """What `shared.workshop.trace` saw a program do.

    `batches` has one for each call of `backward`.
    `own` holds the names of what the file itself called, each with a line;
    `inner` what a part of torch called; `count` how often either did.
    `backward_in` is "train" if that calls `backward`, and `model_kind`
    tells whether the model is a plain `nn.Sequential`.
    """

    batches: list
    own: dict
    inner: list
    count: dict
    backward_in: str | None
    model_kind: str | None


class Sign(NamedTuple):
    """When a piece of code counts as `used`, and when as still there, `left`.

    Both take what was `Seen`; the latter may return a `Call`. None says that
    nobody looks. `ours` are names of our own: another name will do.
    """

    used: Callable[[Seen], bool] | None = None
    left: Callable[[Seen], "bool | Call | None"] | None = None
    ours: bool = False


class Call(NamedTuple):
    """Where a program calls a function of torch, and which."""

    line: int
    name: str


def _anyone(*names):
    """Ask whether one of these is called by the file or by torch for it."""
    return lambda seen: any(name in seen.count for name in names)


def _called(*names):
    """Ask for a call of one of these, by the file or by torch for it."""

    def call(seen):
        return _file(*names)(seen) or _anyone(*names)(seen)

    return call


def _layer(*names):
    """Ask whether a layer calls one of these."""
    return lambda seen: any(name in seen.inner for name in names)


def _step(*names):
    """Ask whether a layer calls one of these, or a step of the model does."""

    def step(seen):
        sequential = seen.model_kind == "sequential"
        return _layer(*names)(seen) or (sequential and _file(*names)(seen))

    return step


def _no_step(*names):
    """Ask for a call that the file makes, though not as a step of a model."""

    def call(seen):
        return None if seen.model_kind == "sequential" else _file(*names)(seen)

    return call


def _file(*names):
    """Ask for the first call of one of these that the file itself makes."""

    def call(seen):
        calls = [Call(seen.own[n], n) for n in names if n in seen.own]
        return min(calls, default=None)

    return call


def _as_often(names, other):
    """Ask whether there is a call of `names` for every one of the `other`."""

    def often(seen):
        calls = sum(seen.count.get(name, 0) for name in names)
        return 0 < seen.count.get(other, 0) <= calls

    return often


def _without_a_look(asked):
    """Ask only a program that does not look at its model on the way.

    One that prints an accuracy after each epoch may set the modes for it.
    """

    def alone(seen):
        passes = seen.count.get("linear", 0)
        looks = passes > len(seen.batches) + 1  # the last is the predictions
        return None if looks else asked(seen)

    return alone


def _sign(asked):
    """Return the sign of what is used, or left, under the same condition."""
    return Sign(asked, asked)


# What computes a ReLU, by the names of torch.
RELUS = ("relu", "relu_", "clamp", "clamp_", "clamp_min", "clip", "maximum")

SIGNS = {
    "F.cross_entropy": Sign(
        _anyone("cross_entropy"),
        _called("cross_entropy", "nll_loss", "log_softmax", "softmax"),
    ),
    "log_softmax": Sign(
        left=_file("log_softmax", "softmax", "logsumexp", "exp")
    ),
    "nll": Sign(left=_file("nll_loss")),
    "nn.Module": Sign(_anyone("Module.__init__"), _file("Module.__init__")),
    "nn.Parameter": _sign(_anyone("Parameter", "Parameter of a layer")),
    "model.parameters": _sign(
        _file("Module.parameters", "Module.named_parameters")
    ),
    "model.zero_grad": _sign(_file("Module.zero_grad")),
    "requires_grad_": Sign(left=_file("requires_grad_")),
    "nn.Linear": Sign(
        _layer("linear"),
        lambda seen: _called("Linear.__init__")(seen) or _file("linear")(seen),
    ),
    "weights": Sign(left=_anyone("Parameter")),
    "bias": Sign(left=_anyone("Parameter")),
    "@": Sign(left=_file("matmul", "mm", "addmm", "einsum")),
    "optim.SGD": Sign(_anyone("SGD"), _called("Optimizer.__init__")),
    "opt.step": _sign(_anyone("Optimizer.step")),
    "opt.zero_grad": _sign(_anyone("Optimizer.zero_grad")),
    # Good manners elsewhere, as around the predictions: it may stay.
    "torch.no_grad": Sign(),
    "p.grad": Sign(left=_file("grad")),
    "TensorDataset": Sign(
        _anyone("TensorDataset.__getitem__"),
        _called("TensorDataset.__init__"),
    ),
    "DataLoader": Sign(_anyone("DataLoader"), _called("DataLoader.__init__")),
    "model.train": Sign(
        _anyone("Module.train"), _without_a_look(_file("Module.train"))
    ),
    "model.eval": Sign(
        _anyone("Module.eval"), _without_a_look(_anyone("Module.eval"))
    ),
    "log.validation": _sign(_anyone("log.validation")),
    "shuffle=True": _sign(_anyone("RandomSampler")),
    "nn.Conv2d": Sign(_anyone("conv2d"), _called("Conv2d.__init__", "conv2d")),
    "F.relu": Sign(_as_often(RELUS, "conv2d"), _no_step("relu")),
    # However a mean is written, the numbers tell whether it is one.
    "F.avg_pool2d": Sign(left=_no_step("avg_pool2d", "adaptive_avg_pool2d")),
    "momentum": _sign(_anyone("momentum")),
    "nn.Sequential": Sign(
        _anyone("Sequential.forward"), _called("Sequential.__init__")
    ),
    # In a `nn.Sequential` each step is a layer, though it calls a function.
    "nn.ReLU": Sign(_step(*RELUS), _layer("relu")),
    "nn.AvgPool2d": Sign(
        _step("avg_pool2d", "adaptive_avg_pool2d", "mean"),
        _layer("avg_pool2d"),
    ),
    "nn.AdaptiveAvgPool2d": _sign(_anyone("adaptive_avg_pool2d")),
    "preprocess": Sign(_anyone("images"), ours=True),
    "fit": Sign(lambda seen: seen.backward_in != "train", ours=True),
    "CNN": Sign(left=lambda seen: seen.model_kind == "own class"),
    "WrappedDataLoader": Sign(
        lambda seen: (
            "images" in seen.count
            and "images in the dataset" not in seen.count
        ),
        _file("DataLoader wrapped"),
        ours=True,
    ),
    "torch.accelerator": _sign(
        _file("accelerator.is_available", "accelerator.current_accelerator")
    ),
}
