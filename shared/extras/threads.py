"""Measure what threads give to a training, and cost it on a busy machine.

As a program, this module is the busy neighbour of a training that is
measured. It says when it is at work, and ends when its stdin does:

    python -m shared.extras.threads count
    python -m shared.extras.threads train stages/stage_12_accelerator.py MNIST
"""

import json
import os
import subprocess
import sys
import threading
import time
from contextlib import ExitStack, contextmanager
from pathlib import Path
from statistics import median

from shared.errors import RunError
from shared.files import replacing

ROOT = Path(__file__).parents[2]
STAGES = ("02", "07", "12")  # without a loader, with one, with a CNN
RUNS = 3  # of each; the median counts
SECONDS = 1.0  # that a run takes
WARM_UP = 10  # steps before them
LONG = {"epochs": 10**6}  # a training that is ended from outside
READY = "ready\n"


class _EnoughError(Exception):
    """A training has been measured for long enough."""


class Pace:
    """The `log` of a training: counts its steps, then ends it.

    That is, it raises an error `seconds` after `warm_up` steps. `clock`
    tells the time. `rate` is in steps a second.
    """

    def __init__(
        self, seconds=SECONDS, warm_up=WARM_UP, clock=time.perf_counter
    ):
        self.rate = None
        self._steps = -warm_up
        self._seconds, self._clock = seconds, clock

    def __call__(self, loss):
        self._steps += 1
        if self._steps == 0:
            self._started = self._clock()
        elif self._steps > 0:
            spent = self._clock() - self._started
            if spent >= self._seconds:
                self.rate = self._steps / spent
                raise _EnoughError

    def validation(self, loss):
        """Take no notice of a validation loss."""


def report(ladder, data, output_dir):
    """Measure some stages of `ladder`; write `threads.json` to the folder.

    With one thread and with one a core; alone, beside programs that only
    count, and beside a training. On `data` as `mnist.load` takes it. Returns
    what was found, in steps a second.
    """
    import torch

    from shared.data import mnist
    from shared.results import published

    splits = mnist.load(data)
    rows = [row for row in ladder if row.name in STAGES]
    cores = os.cpu_count()
    another = ["train", rows[-1].path, mnist.flag(splits.name)]
    busy = {
        "nothing else": [],
        f"{cores} programs that only count": [["count"]] * cores,
        f"another training, with {published.threads(cores)}": [another],
    }
    found = {
        "data": splits.name,
        "torch": torch.__version__,
        "cores": cores,
        "runs": RUNS,
        "seconds": SECONDS,
        "threads": sorted({1, cores}),
        "code": published.fingerprints(rows),
        "beside": {},
    }
    for name, neighbours in busy.items():
        with beside(neighbours):
            found["beside"][name] = measure(rows, splits, found["threads"])
    with replacing(output_dir / "threads.json") as part:
        part.write_text(json.dumps(found, indent=1) + "\n")
    return found


def measure(rows, splits, threads, runs=RUNS):
    """Return the median steps a second of each row, for each of `threads`.

    As {name: [rate, …]}. Runs of different rows follow one another, so that
    what disturbs the machine for a while disturbs all of them.
    """
    rates = {row.name: [[] for _ in threads] for row in rows}
    for _ in range(runs):
        for row in rows:
            for n, measured in zip(threads, rates[row.name], strict=True):
                measured.append(rate(row.program.train, splits, n))
    return {
        name: [round(median(measured), 1) for measured in of_row]
        for name, of_row in rates.items()
    }


def rate(train, splits, threads):
    """Return how many steps a second a training makes, on the CPU."""
    pace = Pace()
    try:
        _train(train, splits, pace, threads)
    except _EnoughError:
        return pace.rate


def _train(train, splits, log, threads):
    """Train until the log ends it."""
    import torch

    from shared.training import runner

    runner.predict(
        train,
        splits,
        log,
        seed=0,
        dtype=torch.float32,
        threads=threads,
        **runner.options_of(train, accel=False) | LONG,
    )


@contextmanager
def beside(neighbours):
    """Start these neighbours, wait until all are at work, and end them.

    Each is a list of arguments for this module. Raises RunError if one of
    them can't begin.
    """
    with ExitStack() as stack:
        started = [stack.enter_context(_started(args)) for args in neighbours]
        for process in started:
            if process.stdout.readline() != READY:
                raise RunError("a program to measure beside has not begun")
        yield started


@contextmanager
def _started(args):
    with subprocess.Popen(
        [sys.executable, "-m", "shared.extras.threads", *args],
        cwd=ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        start_new_session=True,  # Ctrl-C is for who has started it
    ) as process:
        try:
            yield process
        finally:
            process.kill()


def _count():
    """Count for ever."""
    n = 0
    _ready()
    while True:
        n += 1


def _train_on(path, data):
    """Train for ever, with a thread for each core."""
    from shared.data import mnist
    from shared.proof.equivalence import load_train

    _train(load_train(Path(path)), mnist.load(data), _Ready(), os.cpu_count())


class _Ready:
    """The `log` of a neighbour: its first step says that it is at work."""

    begun = False

    def __call__(self, loss):
        if not self.begun:
            self.begun = True
            _ready()

    def validation(self, loss):
        pass


def _ready():
    sys.stdout.write(READY)
    sys.stdout.flush()


def _end_with_stdin():
    sys.stdin.buffer.read()
    os._exit(0)


def main():
    """Be a busy neighbour, of the kind that the command line says."""
    threading.Thread(target=_end_with_stdin, daemon=True).start()
    _, kind, *args = sys.argv
    {"count": _count, "train": _train_on}[kind](*args)


if __name__ == "__main__":
    main()
