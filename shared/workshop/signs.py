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

    `own` holds the names of what the file itself called, each with a line;
    `inner` what a part of torch called; `count` how often either did.
    `backward_in` is the function that calls `backward`, and `model_kind`
    tells whether the model is a plain `nn.Sequential`.
    """

    own: dict
    inner: list
    count: dict
    backward_in: str | None
    model_kind: str | None


class Sign(NamedTuple):
    """When a piece of code counts as `used`, and when as still there, `left`.

    Both take what was `Seen`; the latter may return a `Call`. None says that
    nobody looks. `missing` says what was not found, `why` the reason why what
    is left must go. `ours` are names of our own: another name will do.
    """

    used: Callable[[Seen], bool] | None = None
    left: Callable[[Seen], "bool | Call | None"] | None = None
    missing: str = ""
    why: str = ""
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


def _sign(asked, missing):
    """Return the sign of what is used, or left, under the same condition."""
    return Sign(asked, asked, missing)


# What computes a ReLU, by the names of torch.
RELUS = ("relu", "relu_", "clamp", "clamp_", "clamp_min", "clip", "maximum")

SIGNS = {
    "F.cross_entropy": Sign(
        _anyone("cross_entropy"),
        _called("cross_entropy", "nll_loss", "log_softmax", "softmax"),
        "no loss is computed with it",
        "the task asks for the formula, written with operations on tensors",
    ),
    "log_softmax": Sign(
        left=_file("log_softmax", "softmax", "logsumexp", "exp"),
        why="`F.cross_entropy` takes the log-softmax itself",
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
    "nn.Linear": Sign(
        _layer("linear"),
        _called("Linear.__init__"),
        "no such layer is called",
    ),
    "weights": Sign(left=_anyone("Parameter")),
    "bias": Sign(left=_anyone("Parameter")),
    "@": Sign(left=_file("matmul", "mm", "addmm", "einsum")),
    "optim.SGD": Sign(
        _anyone("SGD"),
        _called("Optimizer.__init__"),
        "no SGD optimizer makes a step",
    ),
    "opt.step": _sign(_anyone("Optimizer.step"), "no optimizer makes a step"),
    "opt.zero_grad": _sign(
        _anyone("Optimizer.zero_grad"), "it is never called"
    ),
    # Good manners elsewhere, as around the predictions: it may stay.
    "torch.no_grad": Sign(),
    "p.grad": Sign(left=_file("grad")),
    "TensorDataset": Sign(
        _anyone("TensorDataset.__getitem__"),
        _called("TensorDataset.__init__"),
        "no batch and no image is taken from one",
    ),
    "DataLoader": Sign(
        _anyone("DataLoader"),
        _called("DataLoader.__init__"),
        "no loop runs over one",
    ),
    # A mode that is set without need does no harm: it may stay.
    "model.train": Sign(_anyone("Module.train"), missing="it is never called"),
    "model.eval": Sign(_anyone("Module.eval"), missing="it is never called"),
    "log.validation": _sign(_anyone("log.validation"), "it is never called"),
    "shuffle=True": _sign(
        _anyone("RandomSampler"), "no `DataLoader` shuffles its images"
    ),
    "nn.Conv2d": Sign(
        _anyone("conv2d"),
        _called("Conv2d.__init__", "conv2d"),
        "no convolution is computed",
    ),
    "F.relu": Sign(
        _as_often(RELUS, "conv2d"),
        _file("relu"),
        "there are fewer ReLUs than convolutions",
    ),
    # However a mean is written, the numbers tell whether it is one.
    "F.avg_pool2d": Sign(left=_file("avg_pool2d", "adaptive_avg_pool2d")),
    "momentum": _sign(_anyone("momentum"), "the optimizer has no momentum"),
    "nn.Sequential": Sign(
        _anyone("Sequential.forward"),
        _called("Sequential.__init__"),
        "no `nn.Sequential` is called",
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
        ours=True,
    ),
    "fit": Sign(
        lambda seen: seen.backward_in != "train",
        missing="the loop over the batches is still in `train` itself; move"
        " it into functions",
        ours=True,
    ),
    "CNN": Sign(
        left=lambda seen: seen.model_kind != "sequential",
        why="an `nn.Sequential` itself takes the place of the class",
    ),
    "WrappedDataLoader": Sign(
        lambda seen: (
            "images" in seen.count
            and "images in the dataset" not in seen.count
        ),
        missing="the images are reshaped before the loaders are made; wrap"
        " each loader, so that a batch is reshaped when it is needed",
        ours=True,
    ),
    "torch.accelerator": _sign(
        _file("accelerator.is_available", "accelerator.current_accelerator"),
        "your program never asks whether there is an accelerator",
    ),
}
