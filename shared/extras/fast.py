"""Measure what each optimization of the fast encore is worth."""

import json
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
from shared.proof.equivalence import load_train
from shared.reading import diff
from shared.results import tables
from shared.results.published import fingerprints
from shared.training import runner

PAIRS = 7  # of trainings, one of them the parent's

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


def run(stage, *, measure, output_dir, data, no_accel=False, **options):
    """Train as a stage does, or measure the optimizations and write it."""
    if measure:
        output_dir = output_dir or runner.RUNS / stage.target
        found = report(stage, data, output_dir)
        Console().print(tables.terminal(tables.of_speed(found)))
        print(f"wrote speed.json to {output_dir}")
        return
    options = runner.checked([stage], no_accel, options)
    splits = mnist.load(data)
    train = stage.program.train
    runner.run(stage, train, splits, accel=not no_accel, **options)


def report(stage, data, output_dir):
    """Measure each optimization alone; write `speed.json` to the folder."""
    parent = stage.origin
    splits = mnist.load(data)
    codes = {
        name: variant(parent.code, stage.code, name) for name in OPTIMIZATIONS
    }
    codes |= {ALL: stage.code, COMPILE: compiled(parent.code)}
    found = {
        "data": splits.name,
        "torch": torch.__version__,
        "threads": torch.get_num_threads(),
        "cores": os.cpu_count(),
        "pairs": PAIRS,
        "parent": parent.name,
        "code": fingerprints([parent, stage]),
        "optimizations": measure(parent.code, codes, splits),
    }
    with replacing(output_dir / "speed.json") as part:
        part.write_text(json.dumps(found, indent=1) + "\n")
    return found


def measure(code, codes, splits, pairs=PAIRS):
    """Time programs against another, on the CPU, in pairs.

    `code` is the other's, `codes` maps names to theirs. Returns for each its
    name, the median seconds of a training of it and of the other, and the
    median of their ratio; or `failed`, the reason why it can't be run, as
    `torch.compile` can't without a compiler.
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
                times = [_pair(other, train, splits, i % 2) for i in bar]
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


def _pair(a, b, splits, swapped):
    """Return the seconds of one training of each, run one after another."""
    if swapped:
        return _pair(b, a, splits, False)[::-1]
    return _seconds(a, splits), _seconds(b, splits)


def _seconds(train, splits):
    torch.compiler.reset()  # forgets what it compiled
    options = runner.options_of(train, accel=False)
    started = time.perf_counter()
    runner.predict(
        train, splits, _Kept(), seed=0, dtype=torch.float32, **options
    )
    return time.perf_counter() - started


class _Kept(list):
    """Keeps losses as the log of a run does, and shows nothing."""

    def __call__(self, loss):
        self.append(loss.detach())

    validation = __call__
