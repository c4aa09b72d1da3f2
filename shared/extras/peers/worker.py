"""Train one program in this process, and say what it took.

    .venv-bench/bin/python shared/extras/peers/worker.py job.json

The job is a dict; `shared.extras.bench` writes it. What was found is printed
as JSON, on the last line of stdout.
"""

import inspect
import json
import os
import runpy
import signal
import sys
import threading
import time
from contextlib import contextmanager
from importlib import metadata
from pathlib import Path


def load(path):
    """Return the `train` function of the program at `path`, and seconds.

    Those are what its imports take. Torch's first optimizer imports more;
    that is done here, so that it counts as an import for every program.
    """
    started = time.perf_counter()
    train = runpy.run_path(path)["train"]
    import torch

    torch.optim.SGD([torch.zeros(1, requires_grad=True)])
    return train, time.perf_counter() - started


def call(train, data):
    """Train on the CPU with the defaults; return the (n, 10) predictions."""
    import torch

    parameters = inspect.signature(train).parameters
    options = {}
    if "log" in parameters:
        options["log"] = Losses()
    if "device" in parameters:
        options["device"] = torch.device("cpu")
    torch.manual_seed(0)
    pred = train(*data, **options)
    return torch.as_tensor(pred).detach().cpu()


class Losses(list):
    """Keeps losses as the log of a run does, and shows nothing."""

    def __call__(self, loss):
        self.append(loss.detach())

    validation = __call__


def clock(job):
    """Train as often as the job says; return seconds and the accuracy."""
    train, imports = load(job["program"])
    started = time.perf_counter()
    data = read(job)
    reading = time.perf_counter() - started
    trainings = []
    for _ in range(job["times"]):
        started = time.perf_counter()
        pred = call(train, data)
        trainings.append(time.perf_counter() - started)
    right = (pred.argmax(1) == data[-1]).double().mean().item()
    return {
        "imports": imports,
        "reading": reading,
        "trainings": trainings,
        "accuracy": right,
    }


def predict(job):
    """Train in float64 from given weights, on images in a given order.

    The predictions are written to the file `pred`.
    """
    import torch

    train, _ = load(job["program"])
    torch.set_default_dtype(torch.float64)
    if "keras" in sys.modules:
        keep_float64()
    weights = torch.load(job["weights"], weights_only=True)
    data = read(job, "float64")
    with given(weights), in_given_order():
        torch.save(call(train, data).double(), job["pred"])
    return {}


def keep_float64():
    """Let Keras compute in float64.

    Unless its backend is TensorFlow, it rounds what should be float64 to
    float32 in some operations, means among them.
    """
    from keras import config
    from keras.src.backend.common import dtypes

    config.set_floatx("float64")
    dtypes.BIT64_TO_BIT32_DTYPE["float64"] = "float64"


@contextmanager
def given(weights):
    """Let convolutions start with these weights and biases, in this order."""
    root = Path(__file__).resolve().parents[3]
    sys.path.append(str(root))
    from shared.proof.preconditions import given_weights

    with given_weights([w.tolist() for w in weights]):
        if "keras" not in sys.modules:
            yield
            return
        # Keras has layers of its own, whose kernels are transposed.
        model = sys.modules["keras"].Model
        fit = model.fit

        def fit_from_given(self, *args, **options):
            self.set_weights(
                [w.permute(2, 3, 1, 0) if w.dim() == 4 else w for w in weights]
            )
            return fit(self, *args, **options)

        model.fit = fit_from_given
        try:
            yield
        finally:
            model.fit = fit


@contextmanager
def in_given_order():
    """Let what shuffles images do so in the same way in every program.

    The order of each epoch is drawn from the number of the epoch alone.
    """
    import torch
    from torch.utils.data import RandomSampler

    drawn, epoch = RandomSampler.__iter__, 0

    def shuffled(sampler):
        nonlocal epoch
        generator = torch.Generator().manual_seed(epoch)
        n = sampler.num_samples
        yield from torch.randperm(n, generator=generator).tolist()
        epoch += 1  # not if one only looked at the first batch, as Keras does

    RandomSampler.__iter__ = shuffled
    try:
        yield
    finally:
        RandomSampler.__iter__ = drawn


def keep_busy(job):
    """Train over and over, until whoever started this goes away."""

    def watch():
        sys.stdin.read()  # ends with the process at the other end
        os._exit(0)

    threading.Thread(target=watch, daemon=True).start()
    train, _ = load(job["program"])
    data = read(job)
    print("{}", flush=True)  # it begins
    while True:
        call(train, data)


def weigh(job):
    """Return the version of a package, and the megabytes it adds to torch.

    Its own files count, and those of all packages that it needs.
    """
    mine, torchs = needed(job["package"]), needed("torch")
    added = sum(map(size, mine - torchs)) / 1e6
    return {
        "version": metadata.version(job["package"]),
        "megabytes": round(added),
        "packages": len(mine - torchs),
    }


def needed(package):
    """Return the names of a package and of all that it needs, installed."""
    from packaging.requirements import Requirement
    from packaging.utils import canonicalize_name

    found, ahead = set(), [package]
    while ahead:
        name = canonicalize_name(ahead.pop())
        if name in found:
            continue
        try:
            wanted = metadata.requires(name) or []
        except metadata.PackageNotFoundError:
            continue
        found.add(name)
        for requirement in map(Requirement, wanted):
            marker = requirement.marker
            if marker is None or marker.evaluate({"extra": ""}):
                ahead.append(requirement.name)
    return found


def size(package):
    """Return the bytes of the files that were installed of a package."""
    paths = (p.locate() for p in metadata.files(package) or [])
    return sum(
        path.stat().st_size for path in map(Path, paths) if path.exists()
    )


def read(job, dtype="float32"):
    """Return images and labels to train on, and to validate on."""
    import torch

    dtype = getattr(torch, dtype)
    torch.set_num_threads(job["threads"])
    x_train, y_train, x_valid, y_valid = torch.load(
        job["data"], weights_only=True
    )
    return x_train.to(dtype), y_train, x_valid.to(dtype), y_valid


def main(path):
    """Do the job that a file holds."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    job = json.loads(Path(path).read_text(encoding="utf-8"))
    tasks = {
        "clock": clock,
        "predict": predict,
        "keep busy": keep_busy,
        "weigh": weigh,
    }
    print(f"\n{json.dumps(tasks[job['task']](job))}")


if __name__ == "__main__":
    main(sys.argv[1])
