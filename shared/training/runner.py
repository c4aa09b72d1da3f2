"""Run a stage: seed, train, follow its progress, report."""

import inspect
import json
import math
from contextlib import contextmanager
from pathlib import Path

import torch
import torch.nn.functional as F

from shared.data.splits import N_TRAIN
from shared.errors import InputError
from shared.files import replacing
from shared.languages import local, say
from shared.training.log import Log

RUNS = Path(__file__).parents[2] / "runs"
DRY_BATCHES = 5

# Threads of torch on the CPU. By default torch takes one for each core. Small
# networks gain little by that, and lose much if another program needs a core;
# and in float32 a result would depend on the number of cores.
THREADS = 1


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


def checked(stages, no_accel, options):
    """Return those of the options for these stages that are not None.

    Raises InputError if a stage can't be run with them.
    """
    options = {k: v for k, v in options.items() if v is not None}
    if options.get("batch_size", 1) > N_TRAIN:
        raise InputError(
            say(
                "argument --batch-size: {n:,} is more than the {most:,} images"
                " there are",
                n=options["batch_size"],
                most=N_TRAIN,
            )
        )
    for stage in stages:
        options_of_stage = options_of(stage.program.train, not no_accel)
        device = str(options_of_stage.get("device", "cpu"))
        if device.startswith("mps") and options["dtype"] == "float64":
            raise InputError(
                say("--dtype float64 needs --no-accel: mps has none")
            )
    return options


def prepare(train, splits, accel=True, dry_run=False, **chosen):
    """Return the data and all options to train with: little for a dry run."""
    options = options_of(train, accel) | chosen
    if dry_run:
        few = DRY_BATCHES * options["batch_size"]
        splits = splits.first(few, few)
        options["epochs"] = 1
    return splits, options


@contextmanager
def settings(dtype=torch.float32, threads=THREADS):
    """Let torch compute in `dtype` and with so many threads meanwhile."""
    before = torch.get_default_dtype(), torch.get_num_threads()
    torch.set_default_dtype(dtype)
    torch.set_num_threads(threads)
    try:
        yield
    finally:
        torch.set_default_dtype(before[0])
        torch.set_num_threads(before[1])


def predict(train, splits, log, *, seed, dtype, threads=THREADS, **options):
    """Call `train` as the contract of a stage has it; return predictions.

    Torch is seeded just before and computes with so many `threads`; `dtype`
    is the default and that of the images, and `options` are hyperparameters.
    The (n_valid, 10) predictions come back detached.
    """
    with settings(dtype, threads):
        torch.manual_seed(seed)
        return train(
            splits.x_train.to(dtype),
            splits.y_train,
            splits.x_valid.to(dtype),
            splits.y_valid,
            log,
            **options,
        ).detach()


def accuracy(pred, labels):
    """Return the share of (n, 10) predictions that name their label (n,)."""
    return (pred.argmax(1) == labels).double().mean().item()


def run(
    stage,
    train,
    splits,
    *,
    seed=0,
    dtype="float32",
    threads=THREADS,
    accel=True,
    dry_run=False,
    conditions=None,
    **chosen,
):
    """Train, print and return what came of it, and write it to `runs/`.

    `stage` is a row of the table, `train` its function and `splits` the data
    to train on. What is `chosen` of `epochs`, `batch_size` and `lr` replaces
    the stage's own defaults; `conditions` are others to note, such as the
    number of processes. The result is what `metrics.json` holds. Raises
    RunError if the loss turns nan or infinite.
    """
    splits, options = prepare(train, splits, accel, dry_run, **chosen)
    device = options.get("device", torch.device("cpu"))
    shown = {k: v for k, v in options.items() if isinstance(v, int | float)}
    shown |= conditions or {}
    print(
        say(
            "{stage}, on {data}: {train:,} images to train on, {valid:,} to"
            " validate on.",
            stage=local(stage.label),
            data=local(splits.name),
            train=len(splits.x_train),
            valid=len(splits.x_valid),
        )
    )
    print(
        device,
        say("{n} threads" if threads > 1 else "{n} thread", n=threads),
        dtype,
        f"seed {seed}",
        *(f"{name} {value}" for name, value in shown.items()),
        sep=", ",
        flush=True,
    )

    whole = math.floor if options.get("drop_last") else math.ceil
    steps = whole(len(splits.x_train) / options["batch_size"])
    log = Log(options["epochs"], steps)
    try:
        pred = predict(
            train,
            splits,
            log,
            seed=seed,
            dtype=getattr(torch, dtype),
            threads=threads,
            **options,
        )
        seconds = log.seconds
    finally:
        log.close()

    metrics = {
        "stage": stage.name,
        "data": splits.name,
        "device": str(device),
        "dtype": dtype,
        "threads": threads,
        "seed": seed,
        **shown,
        "torch": torch.__version__,
        "valid_loss": F.cross_entropy(pred, splits.y_valid).item(),
        "valid_accuracy": accuracy(pred, splits.y_valid),
        "seconds": round(seconds, 3),
        "losses": log.losses,
        "valid_losses": log.valid_losses,
    }
    print(
        say(
            "validation loss {loss:.4f}, accuracy {accuracy:.4f} over {n:,}"
            " images, {seconds:.1f} s",
            loss=metrics["valid_loss"],
            accuracy=metrics["valid_accuracy"],
            n=len(pred),
            seconds=seconds,
        ),
        flush=True,
    )
    if not dry_run:
        write(stage, splits, pred.argmax(1), metrics)
    return metrics


def write(stage, splits, predicted, metrics):
    """Write `metrics.json` and the pictures to the stage's folder."""
    # Not at the top: matplotlib takes a while, and the result is out by now.
    from shared.training import plots

    folder = RUNS / stage.target
    with replacing(folder / "metrics.json") as part:
        part.write_text(json.dumps(metrics, indent=1) + "\n")
    title = (
        f"{stage.label}: accuracy"
        f" {metrics['valid_accuracy']:.4f} on {splits.name}"
    )
    plots.loss(
        metrics["losses"],
        metrics["valid_losses"],
        title,
        folder / "loss.png",
    )
    plots.predictions(
        splits.x_valid,
        splits.y_valid,
        predicted,
        title,
        folder / "predictions.png",
    )
    plots.confusion(splits.y_valid, predicted, title, folder / "confusion.png")
    print(
        say(
            "wrote metrics.json, loss.png, predictions.png and confusion.png"
            " to {folder}",
            folder=f"runs/{folder.name}",
        )
    )
