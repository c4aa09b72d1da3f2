"""Run the fast encore; measure what each of its optimizations is worth."""

import json
import math
import os
import tempfile
import time
from pathlib import Path
from statistics import median

import torch
from rich.console import Console
from tqdm import tqdm

from shared.data import mnist
from shared.files import replacing
from shared.languages import say
from shared.proof.equivalence import load_train
from shared.reading import diff
from shared.results import published, tables
from shared.training import runner
from shared.training.log import Kept

PAIRS = 7  # of trainings, one of them the parent's
TRIAL = 30  # batches
WORTH_IT = 0.9  # of the time that fewer threads need

# The lines of the change from stage 12 that make each optimization are those
# with one of these words in them, and those that follow without a word.
OPTIMIZATIONS = {
    "batches fetched whole": ("import", "Sampler", "sampler", "_dl = DataL"),
    "data prepared once": ("preprocess", "WrappedDataLoader"),
    "channels last": ("cnn().to",),
    "activations in place": ("nn.ReLU",),
    "fused optimizer": ("opt = ",),
}
ALL = "all of these, the encore"
COMPILE = "only torch.compile, which the encore leaves out"


def variant(before, after, name):
    """Return the code `before` with one optimization of the code `after`."""
    owners, lines = {}, []
    for row in diff.rows(before, after):
        if not row.changed:
            lines.append(row.before.text)
            continue
        for side, line in (("before", row.before), ("after", row.after)):
            if line is None:
                continue
            for optimization, words in OPTIMIZATIONS.items():
                if any(word in line.text for word in words):
                    owners[side] = optimization
            if (owners[side] == name) == (side == "after"):
                lines.append(line.text)
    return "".join(f"{line}\n" for line in lines)


def compiled(code):
    """Return the code of stage 12 with its network compiled."""
    return code.replace("cnn().to(device)", "torch.compile(cnn().to(device))")


def run(
    stage,
    *,
    measure,
    output_dir,
    data,
    threads=None,
    no_accel=False,
    **options,
):
    """Train as a stage does, or measure the optimizations and write it.

    Without `threads` a short trial finds out how many are fastest now.
    """
    if measure:
        output_dir = output_dir or runner.RUNS / stage.target
        found = report(stage, data, output_dir, threads)
        Console().print(tables.terminal(tables.of_speed(found)))
        print(
            say(
                "wrote {file} to {folder}",
                file="speed.json",
                folder=output_dir,
            )
        )
        return
    options = runner.checked([stage], no_accel, options)
    splits = mnist.load(data)
    train = stage.program.train
    device = runner.options_of(train, accel=not no_accel)["device"]
    if device.type == "cpu":
        threads = threads or choose(train, splits)
    runner.run(
        stage,
        train,
        splits,
        threads=threads or runner.THREADS,
        accel=not no_accel,
        **options,
    )


def choose(train, splits):
    """Return how many threads are fastest now, by a trial on a few batches.

    It says so, too: in float32 a result depends on the number of threads.
    """
    options = runner.options_of(train, accel=False) | {"epochs": 1}
    few = splits.first(TRIAL * options["batch_size"], 1)

    def seconds(threads, limit=math.inf):
        """Return what the trial takes, more than `limit` if it is given up."""
        log = _Limited(limit)
        try:
            return _seconds(train, few, threads, options, log)
        except _TooSlowError:
            return math.inf

    cores = os.cpu_count()
    seconds(1)  # the first time torch has to get ready
    threads = fastest(seconds, cores)
    print(
        say(
            "A short trial chose {n} threads of {cores}. To repeat this run:"
            " {flag}"
            if threads > 1
            else "A short trial chose {n} thread of {cores}. To repeat this"
            " run: {flag}",
            n=threads,
            cores=cores,
            flag=f"--threads {threads}",
        )
    )
    return threads


def fastest(seconds, cores):
    """Return the number of threads to take: 1, 2, 4 …, up to one a core.

    Twice as many as long as they save a tenth of the time. What saves less
    would lose, should another program need the cores. `seconds(threads)`
    measures; `seconds(threads, limit)` may stop after so many seconds.
    """
    threads, taken = 1, seconds(1)
    while threads < cores:
        more = min(2 * threads, cores)
        less = seconds(more, WORTH_IT * taken)
        if less > WORTH_IT * taken:
            break
        threads, taken = more, less
    return threads


def report(stage, data, output_dir, threads=None):
    """Measure each optimization alone; write `speed.json` to the folder.

    Without `threads`, with as many as are fastest for the encore.
    """
    parent = stage.origin
    splits = mnist.load(data)
    threads = threads or choose(stage.program.train, splits)
    codes = {
        name: variant(parent.code, stage.code, name) for name in OPTIMIZATIONS
    }
    codes |= {ALL: stage.code, COMPILE: compiled(parent.code)}
    found = {
        "data": splits.name,
        "torch": torch.__version__,
        "threads": threads,
        "cores": os.cpu_count(),
        "pairs": PAIRS,
        "parent": parent.name,
        "code": published.fingerprints([parent, stage]),
        "optimizations": measure(parent.code, codes, splits, threads),
    }
    with replacing(output_dir / "speed.json") as part:
        part.write_text(json.dumps(found, indent=1) + "\n")
    return found


def measure(code, codes, splits, threads=runner.THREADS, pairs=PAIRS):
    """Time programs against another, on the CPU, in pairs.

    `code` is the other's, `codes` maps names to theirs; all run with so many
    `threads`. Returns for each its name, the median seconds of a training of
    it and of the other, and the median of their ratio; or `failed`, the
    reason why it can't be run, as `torch.compile` can't without a compiler.
    """
    found = []
    with tempfile.TemporaryDirectory() as folder:
        trains = []
        for i, text in enumerate((code, *codes.values())):
            path = Path(folder) / f"program_{i}.py"
            path.write_text(text, encoding="utf-8")
            trains.append(load_train(path))
        other, *trains = trains
        for name, train in zip(codes, trains, strict=True):
            bar = tqdm(range(pairs), name, disable=None, leave=False)
            try:
                times = [
                    _pair(other, train, splits, threads, i % 2) for i in bar
                ]
            except RuntimeError as error:
                reason = str(error).partition("\n")[0]
                found.append({"optimization": name, "failed": reason})
                continue
            found.append(
                {
                    "optimization": name,
                    "parent": round(median(a for a, _ in times), 3),
                    "seconds": round(median(b for _, b in times), 3),
                    "ratio": round(median(b / a for a, b in times), 3),
                }
            )
    return found


def _pair(a, b, splits, threads, swapped):
    """Return the seconds of one training of each, run one after another."""
    if swapped:
        return _pair(b, a, splits, threads, False)[::-1]
    seconds = []
    for train in (a, b):
        torch.compiler.reset()  # forgets what it compiled
        options = runner.options_of(train, accel=False)
        seconds.append(_seconds(train, splits, threads, options))
    return seconds


def _seconds(train, splits, threads, options, log=None):
    started = time.perf_counter()
    runner.predict(
        train,
        splits,
        Kept() if log is None else log,
        seed=0,
        dtype=torch.float32,
        threads=threads,
        **options,
    )
    return time.perf_counter() - started


class _TooSlowError(Exception):
    """A training takes longer than it may."""


class _Limited(Kept):
    """Raises _TooSlowError at the first loss after `limit` seconds."""

    def __init__(self, limit):
        super().__init__()
        self._end = time.perf_counter() + limit

    def __call__(self, loss):
        super().__call__(loss)
        if time.perf_counter() > self._end:
            raise _TooSlowError
