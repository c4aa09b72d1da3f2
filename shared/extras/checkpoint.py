"""Run, resume and prove a program that keeps checkpoints; ask what it saved.

The program has the contract of a stage. Its `train` also takes `path`, the
file of its checkpoint, and `resume`; its `predict(images, path)` returns
probabilities; both raise its `CheckpointError`.
"""

import functools
import json
import math
import multiprocessing
import signal
import tempfile
import warnings
from contextlib import contextmanager
from pathlib import Path

import torch

from shared.data import mnist
from shared.errors import InputError, RunError
from shared.languages import say
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
EPOCHS = 3  # of the training that is killed in each but the first
STOPPED = b"stopped"  # what such a process says before it is killed


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
            say(
                "To continue after the last finished epoch: {command}",
                command=f'make {stage.target} ARGS="--resume"',
            )
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
            say(
                "there is no model yet: `{command}` trains one",
                command=f"make {stage.target}",
            )
        )
    # Not at the top: scipy is needed for this alone.
    from shared.extras import pictures

    read = [pictures.read(path) for path in paths]
    prepared = torch.stack([pictures.prepare(picture) for picture in read])
    with _refusals(stage):
        probabilities = stage.program.predict(prepared, model)
    for path, p in zip(paths, probabilities, strict=True):
        print(
            say(
                "{file}: {digit}, with probability {p:.3f}",
                file=path.name,
                digit=p.argmax().item(),
                p=p.max().item(),
            )
        )
    pictures.draw(
        [path.name for path in paths],
        read,
        prepared,
        probabilities,
        f"{stage.label}, learned from {model.stem}",
        folder / "pictures.png",
    )
    print(
        say(
            "wrote {file} to {folder}",
            file="pictures.png",
            folder=f"runs/{stage.target}",
        )
    )


def prove(stage, parent, start, data):
    """Kill the program in every epoch but the first, resume it, compare.

    With its parent, which trains as long with nobody to stop it.
    """
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "checkpoint.pt"
        whole = _Process(parent.path, data)
        for epoch in range(2, EPOCHS + 1):
            stopped = _Process(
                stage.path, data, stop_in=epoch, path=path, resume=epoch > 2
            )
            stopped.kill()
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
    """A training in a process of its own.

    In the middle of the epoch `stop_in` it stops, in order to be killed.
    """

    def __init__(self, program, data, stop_in=None, **options):
        spawn = multiprocessing.get_context("spawn")
        self.connection, theirs = spawn.Pipe()
        self.process = spawn.Process(
            target=_record,
            args=(theirs, program, data, stop_in, options),
            daemon=True,
        )
        self.process.start()
        theirs.close()

    def kill(self):
        """Wait until it has stopped, and kill it there."""
        if self._received() != STOPPED:
            raise RunError("a training that was to be killed ended first")
        self.process.kill()
        self.process.join()

    def result(self):
        """Wait for the record of the training."""
        return Record.from_dict(json.loads(self._received()))

    def _received(self):
        try:
            return self.connection.recv_bytes()
        except EOFError:
            raise RunError("a process that trained has died") from None


def _record(connection, program, data, stop_in, options):
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    splits = mnist.load(data)
    train = load_train(program)
    if stop_in:
        train = stopping(train, stop_in, lambda: _stop(connection))
    found = record(train, splits, epochs=EPOCHS, **options)
    connection.send_bytes(json.dumps(found.to_dict()).encode())


def _stop(connection):
    """Say that it has stopped, and do nothing until the process is killed."""
    connection.send_bytes(STOPPED)
    connection.recv_bytes()  # nothing comes, unless the other side has ended


def stopping(train, epoch, stop):
    """Return the same function; it calls `stop` in the middle of an epoch.

    Epochs count from 1, and those before the one that is resumed count too.
    """

    @functools.wraps(train)
    def stopped(x_train, y_train, x_valid, y_valid, log, **options):
        steps = math.ceil(len(x_train) / options["batch_size"])
        at, seen = (epoch - 1) * steps + steps // 2, 0

        def counted(loss):
            nonlocal seen
            log(loss)
            seen += 1
            if seen == at:
                stop()

        counted.validation = log.validation
        return train(x_train, y_train, x_valid, y_valid, counted, **options)

    return stopped
