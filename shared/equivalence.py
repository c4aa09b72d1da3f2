"""Train two programs side by side and say whether and where they part.

`record` trains a program and keeps what can be seen of it from outside;
`compare` reads two such records. Neither trusts the program to be right: it
may be a stage, a stage broken on purpose, or a learner's own.
"""

import importlib.util
import math
import traceback
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass, field
from typing import NamedTuple

import torch
import torch.nn.functional as F
from torch import nn
from torch.nn.modules import module as hooks
from torch.utils.data import RandomSampler
from torch.utils.data.distributed import DistributedSampler

from shared import runner

ROUNDING = 1e-9  # what float64 may differ by after a training in full


def load_train(path):
    """Return the `train` function of the program in this file."""
    spec = importlib.util.spec_from_file_location(path.stem, path)
    program = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(program)
    return program.train


# What must be made equal before two programs can be compared. It is done
# from outside, by replacing a part of torch for the length of a training,
# so that no stage carries a line that only the proofs need.


@contextmanager
def same_initial_weights():
    """Let `nn.Linear` start as stage 03 does, on the same random numbers.

    Stage 03 draws a (784, 10) matrix and starts the bias at zero;
    `nn.Linear` would draw both evenly, and keeps its weight transposed.
    """

    def reset_parameters(self):
        drawn = torch.randn(self.in_features, self.out_features)
        with torch.no_grad():
            self.weight.copy_((drawn / math.sqrt(self.in_features)).T)
            if self.bias is not None:
                self.bias.zero_()

    original = nn.Linear.reset_parameters
    nn.Linear.reset_parameters = reset_parameters
    try:
        yield
    finally:
        nn.Linear.reset_parameters = original


@contextmanager
def same_order_of_images():
    """Let samplers put the images in the order of the parent's program.

    A RandomSampler, such as a `DataLoader` with `shuffle=True` builds, goes
    through the numbers in order. A DistributedSampler shares out what a
    RandomSampler would draw, from the same random numbers.
    """
    drawn, shared = RandomSampler.__iter__, DistributedSampler.__iter__

    def as_one_process_draws(sampler):
        order = list(drawn(RandomSampler(sampler.dataset)))
        return iter(order[sampler.rank :: sampler.num_replicas])

    RandomSampler.__iter__ = lambda self: iter(range(self.num_samples))
    DistributedSampler.__iter__ = as_one_process_draws
    try:
        yield
    finally:
        RandomSampler.__iter__ = drawn
        DistributedSampler.__iter__ = shared


GIVEN = {
    None: nullcontext,
    "initial weights": same_initial_weights,
    "order of images": same_order_of_images,
}


@dataclass
class Record:
    """What can be seen of one training from outside.

    `losses` and `valid_losses` are floats, one a step and one an epoch;
    `pred` is the (n_valid, 10) log-softmax of what was returned, so that
    log-probabilities compare with logits, or None. `problems` says in words
    what is wrong without comparing it with anything.
    """

    steps: int  # in one epoch
    losses: list = field(default_factory=list)
    valid_losses: list = field(default_factory=list)
    pred: torch.Tensor | None = None
    accuracy: float = 0.0
    problems: list = field(default_factory=list)

    def plain(self):
        """Return all of it in lists and numbers, as JSON can hold them."""
        pred = None if self.pred is None else self.pred.tolist()
        return vars(self) | {"pred": pred}

    @classmethod
    def of_plain(cls, found):
        """Return the record that `plain` made this of, in float64."""
        pred = found["pred"]
        if pred is not None:
            pred = torch.tensor(pred, dtype=torch.float64)
        return cls(**found | {"pred": pred})

    def place(self, step):
        """Say in which epoch and batch a step is, both counted from 1."""
        epoch, batch = divmod(step, self.steps)
        return f"epoch {epoch + 1}, batch {batch + 1}"


class _Observer:
    """The `log` that a program is handed; it also sees each pass of a model.

    A pass is a call of a module that no other module made. Those before a
    `log(loss)` must be learning, with `training` set and gradients recorded;
    those before a `log.validation(loss)` measuring, with neither.
    """

    def __init__(self, record):
        self.record = record
        self._passes = set()  # (training, recording) since the last loss
        self._depth = 0

    def __call__(self, loss):
        self._end("learning", training=True, recording=True)
        self.record.losses.append(float(loss.detach()))

    def validation(self, loss):
        self._end("validation", training=False, recording=False)
        loss = torch.as_tensor(loss).detach().item()
        self.record.valid_losses.append(loss)

    def _end(self, phase, training, recording):
        for was_training, was_recording in self._passes:
            if was_training != training:
                self._complain(
                    f"in {phase}, model.training is {was_training}:"
                    f" is model.{'train' if training else 'eval'}() missing?"
                )
            if was_recording != recording:
                self._complain(
                    f"in {phase}, gradients are"
                    f" {'recorded' if was_recording else 'not recorded'}:"
                    " look at torch.no_grad()"
                )
        self._passes.clear()

    def _complain(self, problem):
        if problem not in self.record.problems:
            self.record.problems.append(problem)

    @contextmanager
    def watching(self):
        """Watch the passes of all models that are called meanwhile."""

        def enter(model, args):
            # A loss such as nn.CrossEntropyLoss is a module, but no model.
            if self._depth == 0 and any(True for _ in model.parameters()):
                self._passes.add((model.training, torch.is_grad_enabled()))
            self._depth += 1

        def leave(model, args, result):
            self._depth -= 1

        handles = (
            hooks.register_module_forward_pre_hook(enter),
            hooks.register_module_forward_hook(leave, always_call=True),
        )
        try:
            yield
        finally:
            for handle in handles:
                handle.remove()


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
    train, digits, *, seed=0, dtype=torch.float64, given=None, **chosen
):
    """Train on the CPU and return a `Record`, whatever happens.

    `given` is a key of `GIVEN`; what is `chosen` of `epochs`, `batch_size`
    and `lr` replaces the defaults of `train`. An exception in the program
    becomes one of the problems of its record, as do changes to the data or
    to torch's settings; the latter are taken back.
    """
    options = runner.options_of(train, accel=False) | chosen
    record = Record(math.ceil(len(digits.x_train) / options["batch_size"]))
    observer = _Observer(record)
    original = digits._replace(
        x_train=digits.x_train.to(dtype), x_valid=digits.x_valid.to(dtype)
    )
    handed = digits._make([digits.name, *(t.clone() for t in original[1:])])

    def train_watched(*args, **options):
        before = {name: get() for name, (get, _) in SETTINGS.items()}
        try:
            return train(*args, **options)
        finally:
            for name, (get, reset) in SETTINGS.items():
                if get() != before[name]:
                    record.problems.append(f"it changed torch's {name}")
                    reset(before[name])

    try:
        with GIVEN[given](), observer.watching():
            pred = runner.predict(
                train_watched,
                handed,
                observer,
                seed=seed,
                dtype=dtype,
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
        record.problems.append(f"{type(error).__name__}{where}: {message}")
        return record

    for name in ("x_train", "y_train", "x_valid", "y_valid"):
        if not torch.equal(getattr(handed, name), getattr(original, name)):
            record.problems.append(f"it changed {name}")
    _judge(record, pred, original)
    return record


def _judge(record, pred, digits):
    """Enter the predictions into the record, and what is wrong with it."""
    wanted = (len(digits.x_valid), 10)
    if tuple(pred.shape) != wanted:
        record.problems.append(
            f"its predictions are {tuple(pred.shape)}, not {wanted}"
        )
        return
    if pred.dtype != digits.x_valid.dtype:
        record.problems.append(
            f"its predictions are {pred.dtype}, its images"
            f" {digits.x_valid.dtype}"
        )
    record.pred = pred.log_softmax(1)
    record.accuracy = runner.accuracy(pred, digits.y_valid)
    if not pred.isfinite().all():
        record.problems.append("its predictions hold a nan or infinity")
    for step, loss in enumerate(record.losses):
        if not math.isfinite(loss):
            record.problems.append(
                f"its loss becomes {loss} at {record.place(step)}"
            )
            break
    if record.valid_losses:
        last = record.valid_losses[-1]
        true = F.cross_entropy(pred, digits.y_valid).item()
        tolerance = ROUNDING if pred.dtype == torch.float64 else 1e-4
        if not abs(last - true) <= tolerance:
            record.problems.append(
                f"its last validation loss is {last:.6f}, but the loss of"
                f" what it predicts is {true:.6f}"
            )


class Report(NamedTuple):
    """How two trainings compare; what is None could not be compared."""

    equal: bool
    loss: float | None  # largest difference between losses of one step
    valid_loss: float | None  # ... between validation losses of one epoch
    pred: float | None  # ... between log-probabilities
    digits: int | None  # how many images are read differently
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
    problems += b.problems
    losses = differences(a.losses, b.losses)
    valid_losses = (
        differences(a.valid_losses, b.valid_losses)
        if a.valid_losses and b.valid_losses
        else []
    )
    pred = digits = None
    if a.pred is not None and b.pred is not None:
        pred = _largest((a.pred - b.pred).flatten().tolist())
        digits = (a.pred.argmax(1) != b.pred.argmax(1)).sum().item()
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
        digits,
        step,
        reading or "equal" + (f" to {tolerance:g}" if tolerance else ""),
    )


def differences(a, b):
    """Return how far apart two lists of numbers are, step by step."""
    return [abs(x - y) for x, y in zip(a, b, strict=False)]


def _largest(differences):
    """Return the largest, which is nan if there is one; 0 if none."""
    return max(differences, key=lambda d: (math.isnan(d), d), default=0.0)


def _reading(record, step, losses):
    """Say what the place at which the losses part usually means."""
    if step == 0:
        meaning = (
            "from the very first: the initial weights, the forward pass, the"
            " loss or the first batch differ"
        )
    elif step == 1:
        meaning = (
            "after the first update: the gradient, the update or the second"
            " batch differ"
        )
    elif step == 2:
        meaning = (
            "after the second update: what is left of the first (gradients"
            " to zero, momentum) or the third batch differ"
        )
    elif step % record.steps in (0, record.steps - 1):
        meaning = (
            "where one epoch ends and the next begins: a batch was dropped,"
            " the order of images changed, or the epochs do not end alike"
        )
    else:
        meaning = (
            "in the middle of an epoch: look for what happens only now and"
            " then, or grows slowly"
        )
    return (
        f"parted at {record.place(step)}, {meaning}; by {losses[step]:.1g}"
        f" there and {losses[-1]:.1g} at the end"
    )
