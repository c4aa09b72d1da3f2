"""Train two programs side by side and say whether and where they part.

`record` trains a program and keeps what can be seen of it from outside;
`compare` reads two such records. Neither trusts the program to be right: it
may be a stage, a stage broken on purpose, or a learner's own.
"""

import importlib.util
import math
import traceback
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Literal, NamedTuple

import torch
import torch.nn.functional as F
from torch.nn.modules import module as hooks

from shared.proof.preconditions import PRECONDITIONS
from shared.training import runner

ROUNDING = 1e-9  # what float64 may differ by after a training in full


def load_train(path):
    """Return the `train` function of the program in this file."""
    spec = importlib.util.spec_from_file_location(path.stem, path)
    program = importlib.util.module_from_spec(spec)
    # Not by its loader, which would take an old version out of __pycache__
    # if the file was edited within a second and is as long as before.
    exec(compile(path.read_bytes(), path, "exec"), vars(program))
    return program.train


class Problem(NamedTuple):
    """Something that is wrong with a training by itself.

    Decisions are made by its `kind` and its `values`; `text` and `advice`
    are for people.
    """

    kind: Literal[
        "error",  # the program raised an exception
        "setting",  # it changed one of torch's settings
        "data",  # it changed the data it was given
        "mode",  # training or validation ran in the wrong mode
        "predictions",  # of the wrong shape or dtype
        "not finite",  # nan or infinity
        "validation loss",  # not the loss of what it predicts
    ]
    text: str
    advice: str = ""
    values: tuple = ()  # what the text is about

    def __str__(self):
        return f"{self.text}: {self.advice}" if self.advice else self.text


@dataclass
class Record:
    """What can be seen of one training from outside.

    `losses` and `valid_losses` are floats, one a step and one an epoch;
    `pred` is the (n_valid, 10) log-softmax of what was returned, so that
    log-probabilities compare with logits, or None. `problems` are what is
    wrong without comparing it with anything.
    """

    steps: int  # in one epoch
    losses: list = field(default_factory=list)
    valid_losses: list = field(default_factory=list)
    pred: torch.Tensor | None = None
    accuracy: float = 0.0
    problems: list = field(default_factory=list)

    def to_dict(self):
        """Return all of it in lists and numbers, as JSON can hold them."""
        pred = None if self.pred is None else self.pred.tolist()
        return vars(self) | {"pred": pred}

    @classmethod
    def from_dict(cls, found):
        """Return the record that `to_dict` made this of, in float64."""
        pred = found["pred"]
        if pred is not None:
            pred = torch.tensor(pred, dtype=torch.float64)
        problems = [
            Problem(kind, text, advice, tuple(values))
            for kind, text, advice, values in found["problems"]
        ]
        return cls(**found | {"pred": pred, "problems": problems})

    def has(self, *kinds):
        """Return the first problem of one of these kinds, or None."""
        return next((p for p in self.problems if p.kind in kinds), None)

    def add(self, *problem, values=()):
        """Enter a `Problem`, unless it is there already."""
        if Problem(*problem, values=values) not in self.problems:
            self.problems.append(Problem(*problem, values=values))

    def place(self, step):
        """Say in which epoch and batch a step is, both counted from 1."""
        epoch, batch = divmod(step, self.steps)
        return f"epoch {epoch + 1}, batch {batch + 1}"


class _Pass(NamedTuple):
    """A call of a module that no other module made."""

    training: bool  # the module's mode
    recording: bool  # whether autograd recorded it
    images: int
    made_by: object  # the node of the graph that made its result, or None


class _Observer:
    """The `log` that a program is handed; it also sees each pass of a model.

    The pass that a loss was computed from is learning: with `training` set
    and gradients recorded. Before a `log.validation(loss)`, all images to
    validate on have passed in neither. What else the program asks its model,
    such as an accuracy to print, is its own affair.
    """

    def __init__(self, record, n_valid):
        self.record = record
        self.n_valid = n_valid
        self._passes = []  # since the last loss
        self._depth = 0

    def __call__(self, loss):
        if not isinstance(loss, torch.Tensor):
            raise TypeError(
                "`log` takes the loss itself, a tensor, not a"
                f" {type(loss).__name__}"
            )
        reached = _nodes(loss)
        learning = [p for p in self._passes if p.made_by in reached]
        learning = learning or [p for p in self._passes if p.recording]
        self._complain(
            learning or self._passes, "training", training=True, recording=True
        )
        self.record.losses.append(float(loss.detach()))

    def validation(self, loss):
        measured = sum(
            p.images for p in self._passes if not (p.training or p.recording)
        )
        if measured < self.n_valid:
            self._complain(
                self._passes, "validation", training=False, recording=False
            )
        self._passes.clear()
        loss = torch.as_tensor(loss).detach().item()
        self.record.valid_losses.append(loss)

    def _complain(self, passes, phase, training, recording):
        for seen in passes:
            if seen.training != training:
                self.record.add(
                    "mode",
                    f"in {phase}, model.training is {seen.training}",
                    f"is model.{'train' if training else 'eval'}() missing?",
                    values=(phase, "mode"),
                )
            if seen.recording != recording:
                self.record.add(
                    "mode",
                    f"in {phase}, gradients are"
                    f" {'recorded' if seen.recording else 'not recorded'}",
                    "look at torch.no_grad()",
                    values=(phase, "recording"),
                )
        self._passes.clear()

    @contextmanager
    def watching(self):
        """Watch the passes of all models that are called meanwhile."""

        def enter(model, args):
            self._depth += 1

        def leave(model, args, result):
            self._depth -= 1
            # A loss such as nn.CrossEntropyLoss is a module, but no model.
            if self._depth or not any(True for _ in model.parameters()):
                return
            images = args[0] if args else None
            self._passes.append(
                _Pass(
                    model.training,
                    torch.is_grad_enabled(),
                    len(images) if isinstance(images, torch.Tensor) else 0,
                    getattr(result, "grad_fn", None),
                )
            )

        handles = (
            hooks.register_module_forward_pre_hook(enter),
            hooks.register_module_forward_hook(leave, always_call=True),
        )
        try:
            yield
        finally:
            for handle in handles:
                handle.remove()


def _nodes(loss):
    """Return the nodes of the graph that a loss was computed by."""
    found, ahead = set(), [loss.grad_fn]
    while ahead:
        node = ahead.pop()
        if node is not None and node not in found:
            found.add(node)
            ahead += [earlier for earlier, _ in node.next_functions]
    return found


# What a program could change for everyone: how to read it, how to reset it.
SETTINGS = {
    "default dtype": (torch.get_default_dtype, torch.set_default_dtype),
    "default device": (torch.get_default_device, torch.set_default_device),
    "number of threads": (torch.get_num_threads, torch.set_num_threads),
    "recording of gradients": (
        torch.is_grad_enabled,
        torch.set_grad_enabled,
    ),
    "use of deterministic algorithms": (
        torch.are_deterministic_algorithms_enabled,
        torch.use_deterministic_algorithms,
    ),
}


def record(
    train,
    splits,
    *,
    seed=0,
    dtype=torch.float64,
    threads=runner.THREADS,
    precondition=None,
    **chosen,
):
    """Train on the CPU and return a `Record`, whatever happens.

    `precondition` is a key of `PRECONDITIONS`; what is `chosen` of `epochs`,
    `batch_size` and `lr` replaces the defaults of `train`. An exception in
    the program becomes one of the problems of its record, as do changes to
    the data or to torch's settings; the latter are taken back.
    """
    options = runner.options_of(train, accel=False) | chosen
    record = Record(math.ceil(len(splits.x_train) / options["batch_size"]))
    observer = _Observer(record, len(splits.x_valid))
    original = splits._replace(
        x_train=splits.x_train.to(dtype), x_valid=splits.x_valid.to(dtype)
    )
    names = ("x_train", "y_train", "x_valid", "y_valid")
    handed = original._replace(
        **{name: getattr(original, name).clone() for name in names}
    )

    def train_watched(*args, **options):
        before = {name: get() for name, (get, _) in SETTINGS.items()}
        try:
            return train(*args, **options)
        finally:
            for name, (get, reset) in SETTINGS.items():
                if get() != before[name]:
                    record.add(
                        "setting", f"it changed torch's {name}", values=(name,)
                    )
                    reset(before[name])

    try:
        with PRECONDITIONS[precondition](), observer.watching():
            pred = runner.predict(
                train_watched,
                handed,
                observer,
                seed=seed,
                dtype=dtype,
                threads=threads,
                **options,
            )
    except Exception as error:
        # Whatever the program does wrong is a finding, not a failure of ours.
        lines = [
            frame.lineno
            for frame in traceback.extract_tb(error.__traceback__)
            if frame.filename == train.__code__.co_filename
        ]
        where = f" in line {lines[-1]}" if lines else ""
        message = str(error).partition("\n")[0]
        record.add("error", f"{type(error).__name__}{where}: {message}")
        return record

    for name in names:
        if not torch.equal(getattr(handed, name), getattr(original, name)):
            record.add("data", f"it changed {name}", values=(name,))
    _judge(record, pred, original)
    return record


def _judge(record, pred, splits):
    """Enter the predictions into the record, and what is wrong with it."""
    wanted = (len(splits.x_valid), 10)
    if tuple(pred.shape) != wanted:
        record.add(
            "predictions",
            f"its predictions are {tuple(pred.shape)}, not {wanted}",
            values=(str(tuple(pred.shape)), str(wanted)),
        )
        return
    if pred.dtype != splits.x_valid.dtype:
        record.add(
            "predictions",
            f"its predictions are {pred.dtype}, its images"
            f" {splits.x_valid.dtype}",
            values=(str(pred.dtype), str(splits.x_valid.dtype)),
        )
    record.pred = pred.log_softmax(1)
    record.accuracy = runner.accuracy(pred, splits.y_valid)
    if not pred.isfinite().all():
        record.add("not finite", "its predictions hold a nan or infinity")
    for step, loss in enumerate(record.losses):
        if not math.isfinite(loss):
            record.add(
                "not finite",
                f"its loss becomes {loss} at {record.place(step)}",
            )
            break
    if record.valid_losses:
        last = record.valid_losses[-1]
        true = F.cross_entropy(pred, splits.y_valid).item()
        tolerance = ROUNDING if pred.dtype == torch.float64 else 1e-4
        if not abs(last - true) <= tolerance:
            record.add(
                "validation loss",
                f"its last validation loss is {last:.6f}, but the loss of"
                f" what it predicts is {true:.6f}",
                values=(last, true),
            )


class Report(NamedTuple):
    """How two trainings compare; what is None could not be compared."""

    equal: bool
    loss: float | None  # largest difference between losses of one step
    valid_loss: float | None  # ... between validation losses of one epoch
    pred: float | None  # ... between log-probabilities
    changed_predictions: int | None  # images given another digit
    step: int | None  # the first at which the losses part
    reading: str

    def __str__(self):
        return self.reading


def compare(a, b, tolerance=0.0):
    """Compare a record `b` with another, `a`, and return a `Report`.

    They are equal if neither has problems and no number of one is further
    than `tolerance` from the same number of the other: losses step by step,
    validation losses where both have them, log-probabilities.
    """
    problems = [f"in what it is compared with, {p}" for p in a.problems]
    problems += map(str, b.problems)
    losses = differences(a.losses, b.losses)
    valid_losses = (
        differences(a.valid_losses, b.valid_losses)
        if a.valid_losses and b.valid_losses
        else []
    )
    pred = changed = None
    if a.pred is not None and b.pred is not None:
        pred = _largest((a.pred - b.pred).abs().flatten().tolist())
        changed = (a.pred.argmax(1) != b.pred.argmax(1)).sum().item()
    # Not `>`: a nan is not within any tolerance.
    parted = [i for i, d in enumerate(losses) if not d <= tolerance]
    step = parted[0] if parted else None

    if problems or step is not None:
        parting = [] if step is None else [_reading(a, step, losses)]
        reading = "; ".join(parting + problems)
    elif len(a.losses) != len(b.losses):
        reading = (
            f"{len(a.losses)} losses against {len(b.losses)}, equal as far"
            " as they go: batches were dropped or added, or not all logged"
        )
    elif not _largest(valid_losses) <= tolerance:
        reading = (
            "the training is the same, but the validation losses differ:"
            " look at the data, the weights of the batches and the mode"
            " (train or eval) in the validation"
        )
    elif pred is None or not pred <= tolerance:
        reading = (
            "the training is the same, but the predictions differ: look at"
            " which model is asked, when, and about which images"
        )
    else:
        reading = ""
    return Report(
        not reading,
        _largest(losses) if losses else None,
        _largest(valid_losses) if valid_losses else None,
        pred,
        changed,
        step,
        reading or "equal" + (f" to {tolerance:g}" if tolerance else ""),
    )


def differences(a, b):
    """Return how far apart two lists of numbers are, step by step."""
    return [abs(x - y) for x, y in zip(a, b, strict=False)]


def _largest(differences):
    """Return the largest, which is nan if there is one; 0 if none."""
    return max(differences, key=lambda d: (math.isnan(d), d), default=0.0)


def meaning(step, steps):
    """Say what it usually means if losses part at a step, counted from 0.

    `steps` are those of an epoch.
    """
    if step == 0:
        return (
            "from the very first: the initial weights, the forward pass, the"
            " loss or the first batch differ"
        )
    if step == 1:
        return (
            "after the first update: the gradient, the update or the second"
            " batch differ"
        )
    if step == 2:
        return (
            "after the second update: what is left of the first (gradients"
            " to zero, momentum) or the third batch differ"
        )
    if step % steps in (0, steps - 1):
        return (
            "where one epoch ends and the next begins: a batch was dropped,"
            " the order of images changed, or the epochs do not end alike"
        )
    return (
        "in the middle of an epoch: look for what happens only now and"
        " then, or grows slowly"
    )


def _reading(record, step, losses):
    """Say where the losses part, by how much, and what that means."""
    return (
        f"parted at {record.place(step)}, {meaning(step, record.steps)}; by"
        f" {losses[step]:.1g} there and {losses[-1]:.1g} at the end"
    )
