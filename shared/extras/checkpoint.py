"""Run, resume and prove a program that keeps checkpoints; ask what it saved.

The program has the contract of a stage. Its `train` also takes `path`, the
file of its checkpoint, and `resume`; its `predict(images, path)` returns
probabilities; both raise its `CheckpointError`.
"""

import json
import multiprocessing
import signal
import tempfile
import time
import warnings
from contextlib import contextmanager
from pathlib import Path

import torch

from shared.data import mnist
from shared.errors import InputError, RunError
from shared.proof.equivalence import Record, compare, load_train, record
from shared.proof.prove import Claim
from shared.training import runner

# A checkpoint is named after its data, so that no training goes on with
# other digits than it began with.
FILES = {
    "mnist": ("MNIST.pt",),
    "standin": ("stand-in.pt",),
    "auto": ("MNIST.pt", "stand-in.pt"),
}
EPOCHS = 3  # of the training that is killed after each but the last


def run(stage, *, data, predict, **options):
    """Train with a checkpoint after every epoch, or read pictures.

    Raises InputError for a checkpoint or a picture that is no good.
    """
    if predict:
        _read_pictures(stage, data, predict)
        return
    try:
        _train(stage, data, **options)
    except KeyboardInterrupt:
        print(
            "To continue after the last finished epoch:"
            f' make {stage.target} ARGS="--resume"'
        )
        raise


@contextmanager
def _refusals(stage):
    """Turn the errors that the program raises into those of a command."""
    with warnings.catch_warnings():
        # What torch finds odd about a file, the error will say.
        warnings.simplefilter("ignore")
        try:
            yield
        except stage.program.CheckpointError as error:
            raise InputError(str(error)) from None


def _train(stage, data, *, no_accel, dry_run, **options):
    options = runner.checked([stage], no_accel, options)
    splits = mnist.load(data)
    with tempfile.TemporaryDirectory() as scratch, _refusals(stage):
        folder = Path(scratch) if dry_run else runner.RUNS / stage.target
        folder.mkdir(parents=True, exist_ok=True)
        runner.run(
            stage,
            stage.program.train,
            splits,
            accel=not no_accel,
            dry_run=dry_run,
            path=folder / f"{splits.name}.pt",
            **options,
        )


def _read_pictures(stage, data, paths):
    folder = runner.RUNS / stage.target
    models = [folder / name for name in FILES[data]]
    model = next((path for path in models if path.exists()), None)
    if model is None:
        raise InputError(
            f"there is no model yet: `make {stage.target}` trains one"
        )
    # Not at the top: scipy is needed for this alone.
    from shared.extras import pictures

    read = [pictures.read(path) for path in paths]
    prepared = torch.stack([pictures.prepare(picture) for picture in read])
    with _refusals(stage):
        probabilities = stage.program.predict(prepared, model)
    for path, p in zip(paths, probabilities, strict=True):
        print(f"{path.name}: {p.argmax()}, with probability {p.max():.3f}")
    pictures.draw(
        [path.name for path in paths],
        read,
        prepared,
        probabilities,
        f"{stage.label}, learned from {model.stem}",
        folder / "pictures.png",
    )
    print(f"wrote pictures.png to runs/{stage.target}")


def prove(stage, parent, start, data):
    """Kill the program in every epoch but the first, resume it, compare.

    With its parent, which trains as long with nobody to stop it.
    """
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "checkpoint.pt"
        whole = _Process(parent.path, data)
        for epoch in range(1, EPOCHS):
            stopped = _Process(stage.path, data, path=path, resume=epoch > 1)
            stopped.kill_after(path)
        resumed = _Process(stage.path, data, path=path, resume=True)
        report = compare(whole.result(), resumed.result())
    return [
        Claim(
            f"killed in epochs 2 to {EPOCHS} and resumed, it ends as"
            f" stage {parent.name} does",
            report.reading,
            report.equal,
        )
    ]


class _Process:
    """A training in a process of its own, which can be killed."""

    def __init__(self, program, data, **options):
        spawn = multiprocessing.get_context("spawn")
        self.receiver, sender = spawn.Pipe(duplex=False)
        self.process = spawn.Process(
            target=_record, args=(sender, program, data, options), daemon=True
        )
        self.process.start()
        sender.close()

    def kill_after(self, path):
        """Wait until `path` is written anew; kill in the epoch after it."""
        written = self._written(path)
        while self._written(path) == written:
            if not self.process.is_alive():
                raise RunError("a training that was to be killed ended first")
            time.sleep(0.05)
        time.sleep(1)
        self.process.kill()
        self.process.join()
        if self.process.exitcode == 0:
            raise RunError("a training that was to be killed ended first")

    @staticmethod
    def _written(path):
        return path.stat().st_mtime_ns if path.exists() else None

    def result(self):
        """Wait for the record of the training."""
        try:
            return Record.from_dict(json.loads(self.receiver.recv_bytes()))
        except EOFError:
            raise RunError("a process that trained has died") from None


def _record(sender, program, data, options):
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    splits = mnist.load(data)
    found = record(load_train(program), splits, epochs=EPOCHS, **options)
    sender.send_bytes(json.dumps(found.to_dict()).encode())
