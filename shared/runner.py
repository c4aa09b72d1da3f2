"""Run a stage: seed, train, follow its progress, report."""

import inspect
import json
import math
import time
from pathlib import Path

import torch
import torch.nn.functional as F
from tqdm import tqdm

from shared import mnist, plots
from shared.errors import InputError, RunError
from shared.files import replacing

RUNS = Path(__file__).parents[1] / "runs"
REFRESH = 0.25  # seconds between two looks at the losses
DRY_BATCHES = 5


class Log:
    """What a stage calls with the loss of every batch.

    To read a loss as a number is to wait for it, on an accelerator for all
    work that is queued. So the losses are kept as tensors, detached from
    their graphs, and read a few times a second all at once; only then does
    the bar move, and only then is a nan noticed.

    `losses` and `valid_losses` are lists of floats, whole after `close()`;
    `seconds` have passed since the first loss came, which leaves out what
    torch imports when the first optimizer is built.
    """

    def __init__(self, epochs, steps):
        self.steps = steps  # in one epoch
        self.losses = []
        self.valid_losses = []
        self._unread = []
        self._started = None
        self._read_at = 0.0
        self._bar = tqdm(
            desc="training",
            total=epochs * steps,
            unit="step",
            disable=None,
            leave=False,
        )

    def __call__(self, loss):
        self._unread.append(loss.detach())
        now = time.perf_counter()
        if now >= self._read_at:
            if self._started is None:
                self._started = now
            self._read()
            self._read_at = time.perf_counter() + REFRESH

    def validation(self, loss):
        """Take the validation loss of the epoch that has just ended."""
        self._read()
        self.valid_losses.append(float(loss))
        tqdm.write(
            f"epoch {len(self.valid_losses)}:"
            f" validation loss {self.valid_losses[-1]:.4f}"
        )

    def _read(self):
        """Turn the losses that came since the last time into numbers."""
        if not self._unread:
            return
        new = torch.stack(self._unread).tolist()
        self._unread.clear()
        for loss in new:
            self.losses.append(loss)
            if not math.isfinite(loss):
                epoch, batch = divmod(len(self.losses) - 1, self.steps)
                raise RunError(
                    f"the loss became {loss} at epoch {epoch + 1}, batch"
                    f" {batch + 1}: try a smaller --lr"
                )
        self._bar.set_postfix_str(
            f"loss {sum(self.losses[-50:]) / len(self.losses[-50:]):.4f}",
            refresh=False,
        )
        self._bar.update(len(new))

    @property
    def seconds(self):
        return time.perf_counter() - self._started

    def close(self):
        """Read what is left and take the bar away."""
        try:
            self._read()
        finally:
            self._bar.close()


def options_of(train, accel=True):
    """Return what `train` can be told, with its defaults: lr, epochs, …

    Without `accel` a stage that chooses its device is told the CPU.
    """
    parameters = inspect.signature(train).parameters.values()
    options = {
        p.name: p.default for p in parameters if p.default is not p.empty
    }
    if "device" in options and not accel:
        options["device"] = torch.device("cpu")
    return options


def ready(stages, data, no_accel, options):
    """Return the digits to run these stages on, and the options given.

    `data` is as `mnist.load` takes it, the rest as `given` does.
    """
    options = given(stages, no_accel, options)
    return mnist.load(data), options


def given(stages, no_accel, options):
    """Return those of the options for these stages that are not None.

    Raises InputError if a stage can't be run with them.
    """
    options = {k: v for k, v in options.items() if v is not None}
    if options.get("batch_size", 1) > mnist.N_TRAIN:
        raise InputError(
            f"argument --batch-size: {options['batch_size']:,} is more than"
            f" the {mnist.N_TRAIN:,} images there are"
        )
    for stage in stages:
        options_of_stage = options_of(stage.program.train, not no_accel)
        device = str(options_of_stage.get("device", "cpu"))
        if device.startswith("mps") and options["dtype"] == "float64":
            raise InputError("--dtype float64 needs --no-accel: mps has none")
    return options


def prepare(train, digits, accel=True, dry_run=False, **chosen):
    """Return the digits and options to train with: few of a dry run."""
    options = options_of(train, accel) | chosen
    if dry_run:
        digits = _few(digits, DRY_BATCHES * options["batch_size"])
        options["epochs"] = 1
    return digits, options


def predict(train, digits, log, *, seed, dtype, **options):
    """Call `train` as the contract of a stage has it; return predictions.

    Torch is seeded just before, `dtype` is the default and that of the
    images, and `options` are hyperparameters. The (n_valid, 10) predictions
    come back detached.
    """
    default_dtype = torch.get_default_dtype()
    torch.set_default_dtype(dtype)
    try:
        torch.manual_seed(seed)
        return train(
            digits.x_train.to(dtype),
            digits.y_train,
            digits.x_valid.to(dtype),
            digits.y_valid,
            log,
            **options,
        ).detach()
    finally:
        torch.set_default_dtype(default_dtype)


def accuracy(pred, labels):
    """Return the share of (n, 10) predictions that name their label (n,)."""
    return (pred.argmax(1) == labels).double().mean().item()


def run(
    stage,
    train,
    digits,
    *,
    seed=0,
    dtype="float32",
    accel=True,
    dry_run=False,
    conditions=None,
    **chosen,
):
    """Train, print and return what came of it, and write it to `runs/`.

    `stage` is a row of the ladder, `train` its function and `digits` what
    to train on. What is `chosen` of `epochs`, `batch_size` and `lr` replaces
    the stage's own defaults; `conditions` are others to note, such as the
    number of processes. The result is what `metrics.json` holds. Raises
    RunError if the loss turns nan or infinite.
    """
    digits, options = prepare(train, digits, accel, dry_run, **chosen)
    device = options.get("device", torch.device("cpu"))
    shown = {k: v for k, v in options.items() if isinstance(v, int | float)}
    shown |= conditions or {}
    threads = torch.get_num_threads()
    print(
        f"{stage.label}, on {digits.name}:"
        f" {len(digits.x_train):,} images to train on,"
        f" {len(digits.x_valid):,} to validate on.\n"
        f"{device}, {threads} thread{'s' * (threads > 1)}, {dtype},"
        f" seed {seed}, {', '.join(f'{k} {v}' for k, v in shown.items())}",
        flush=True,
    )

    whole = math.floor if options.get("drop_last") else math.ceil
    steps = whole(len(digits.x_train) / options["batch_size"])
    log = Log(options["epochs"], steps)
    try:
        pred = predict(
            train,
            digits,
            log,
            seed=seed,
            dtype=getattr(torch, dtype),
            **options,
        )
        seconds = log.seconds
    finally:
        log.close()

    metrics = {
        "stage": stage.name,
        "data": digits.name,
        "device": str(device),
        "dtype": dtype,
        "threads": threads,
        "seed": seed,
        **shown,
        "torch": torch.__version__,
        "valid_loss": F.cross_entropy(pred, digits.y_valid).item(),
        "valid_accuracy": accuracy(pred, digits.y_valid),
        "seconds": round(seconds, 3),
        "losses": log.losses,
        "valid_losses": log.valid_losses,
    }
    print(
        f"validation loss {metrics['valid_loss']:.4f},"
        f" accuracy {metrics['valid_accuracy']:.4f}"
        f" over {len(pred):,} images, {seconds:.1f} s"
    )
    if not dry_run:
        _write(stage, digits, pred.argmax(1), metrics)
    return metrics


def _few(digits, n):
    """Return the first `n` of the digits to train on and to validate on."""
    return digits._replace(
        x_train=digits.x_train[:n],
        y_train=digits.y_train[:n],
        x_valid=digits.x_valid[:n],
        y_valid=digits.y_valid[:n],
    )


def _write(stage, digits, predicted, metrics):
    """Write `metrics.json` and the pictures to the stage's folder."""
    folder = RUNS / stage.target
    with replacing(folder / "metrics.json") as part:
        part.write_text(json.dumps(metrics, indent=1) + "\n")
    title = (
        f"{stage.label}: accuracy"
        f" {metrics['valid_accuracy']:.4f} on {digits.name}"
    )
    plots.loss(
        metrics["losses"],
        metrics["valid_losses"],
        title,
        folder / "loss.png",
    )
    plots.predictions(
        digits.x_valid,
        digits.y_valid,
        predicted,
        title,
        folder / "predictions.png",
    )
    plots.confusion(digits.y_valid, predicted, title, folder / "confusion.png")
    print(
        "wrote metrics.json, loss.png, predictions.png and confusion.png to"
        f" runs/{folder.name}"
    )
