"""How to see, in a program that trains, what the ladder swaps.

The ladder names code as our stages have it. Others write the same in other
words, so use is judged by what is called while the program trains, however
it is written. A sign asks for no more than is fair: it is worse to refuse a
right program than to let a wrong one pass, for the promise is checked too.
"""

from collections.abc import Callable
from typing import NamedTuple


class Seen(NamedTuple):
    """The calls that `shared.workshop.trace` saw a program make.

    `own` holds the names of what the file itself called, each with a line;
    `inner` what a part of torch called; `count` how often either did.
    """

    own: dict
    inner: list
    count: dict


class Sign(NamedTuple):
    """When a piece of code counts as `used`, and when as still there, `left`.

    Both take what was `Seen`; the latter may return a `Call`. None says that
    nobody looks. `missing` says what was looked for in vain.
    """

    used: Callable[[Seen], bool] | None = None
    left: Callable[[Seen], "bool | Call | None"] | None = None
    missing: str = ""


class Call(NamedTuple):
    """Where a program calls a function of torch, and which."""

    line: int
    name: str


def _anyone(*names):
    """Ask whether one of these is called by the file or by torch for it."""
    return lambda seen: any(name in seen.count for name in names)


def _layer(*names):
    """Ask whether a layer calls one of these."""
    return lambda seen: any(name in seen.inner for name in names)


def _file(*names):
    """Ask for the first call of one of these that the file itself makes."""

    def call(seen):
        calls = [Call(seen.own[n], n) for n in names if n in seen.own]
        return min(calls, default=None)

    return call


def _as_often(name, other):
    """Ask whether there is a call of `name` for every one of the `other`."""

    def often(seen):
        return 0 < seen.count.get(other, 0) <= seen.count.get(name, 0)

    return often


def _sign(asked, missing):
    """Return the sign of what is used, or left, under the same condition."""
    return Sign(asked, asked, missing)


SIGNS = {
    "F.cross_entropy": _sign(
        _anyone("cross_entropy"), "no loss is computed with it"
    ),
    "log_softmax": Sign(
        left=_file("log_softmax", "softmax", "logsumexp", "exp")
    ),
    "nll": Sign(left=_file("nll_loss")),
    "nn.Module": Sign(
        _anyone("Module.__init__"),
        _file("Module.__init__"),
        "your program makes no instance of a subclass of it",
    ),
    "nn.Parameter": _sign(
        _anyone("Parameter", "Parameter of a layer"),
        "no module has one as an attribute",
    ),
    "model.parameters": _sign(
        _file("Module.parameters", "Module.named_parameters"),
        "your program never asks the model for its parameters",
    ),
    "model.zero_grad": _sign(
        _file("Module.zero_grad"), "your program never calls it"
    ),
    "requires_grad_": Sign(left=_file("requires_grad_")),
    "nn.Linear": _sign(_layer("linear"), "no such layer is called"),
    "weights": Sign(left=_anyone("Parameter")),
    "bias": Sign(left=_anyone("Parameter")),
    "@": Sign(left=_file("matmul", "mm", "addmm", "einsum")),
    "optim.SGD": _sign(_anyone("SGD"), "no SGD optimizer makes a step"),
    "opt.step": _sign(_anyone("Optimizer.step"), "no optimizer makes a step"),
    "opt.zero_grad": _sign(
        _anyone("Optimizer.zero_grad"), "it is never called"
    ),
    # Good manners elsewhere, as around the predictions: it may stay.
    "torch.no_grad": Sign(),
    "p.grad": Sign(left=_file("grad")),
    "TensorDataset": _sign(
        _anyone("TensorDataset.__getitem__"),
        "no batch and no image is taken from one",
    ),
    "DataLoader": _sign(_anyone("DataLoader"), "no loop runs over one"),
    # A mode that is set without need does no harm: it may stay.
    "model.train": Sign(_anyone("Module.train"), missing="it is never called"),
    "model.eval": Sign(_anyone("Module.eval"), missing="it is never called"),
    "log.validation": _sign(_anyone("log.validation"), "it is never called"),
    "shuffle=True": _sign(
        _anyone("RandomSampler"), "no `DataLoader` shuffles its images"
    ),
    "nn.Conv2d": _sign(_anyone("conv2d"), "no convolution is computed"),
    "F.relu": Sign(
        _as_often("relu", "conv2d"),
        _file("relu"),
        "there are fewer ReLUs than convolutions",
    ),
    "F.avg_pool2d": Sign(
        _anyone("avg_pool2d", "adaptive_avg_pool2d", "mean"),
        _file("avg_pool2d", "adaptive_avg_pool2d"),
        "no mean over the grid is computed",
    ),
    "momentum": _sign(_anyone("momentum"), "the optimizer has no momentum"),
    "nn.Sequential": _sign(
        _anyone("Sequential.forward"), "no `nn.Sequential` is called"
    ),
    "nn.ReLU": _sign(_layer("relu"), "no such layer is called"),
    "nn.AvgPool2d": Sign(
        _layer("avg_pool2d", "adaptive_avg_pool2d"),
        _layer("avg_pool2d"),
        "no such layer is called",
    ),
    "nn.AdaptiveAvgPool2d": _sign(
        _anyone("adaptive_avg_pool2d"), "no such layer is called"
    ),
    "preprocess": Sign(
        _anyone("images"),
        missing="the network still gets rows of pixels, not images",
    ),
    "torch.accelerator": _sign(
        _file("accelerator.is_available", "accelerator.current_accelerator"),
        "your program never asks whether there is an accelerator",
    ),
}
