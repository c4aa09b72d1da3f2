"""Measure what each stage of the ladder costs, and where its time goes."""

import itertools
import json
import os
import time
from statistics import median

import torch
from torch.profiler import ProfilerActivity, profile, record_function
from tqdm import tqdm

from shared.data import mnist
from shared.files import replacing
from shared.results.published import fingerprints
from shared.training import runner
from shared.training.log import Kept

PAIRS = 5  # of trainings, one of a stage and one of its parent
STEPS = 200  # that are profiled, after as many to warm up
SIZES = (5_000, 50_000, 500_000)  # images
FLAT = 0.1  # what a second per image may differ by, from the median
PARTS = ("fetching", "forward", "backward", "update", "Python")
LOGGED = "the program logs a loss"


def report(table, data, output_dir):
    """Measure all stages of the ladder; write `costs.json` to the folder.

    On `data` as `mnist.load` takes it, on the CPU, with one thread.
    """
    ladder = [row for row in table if row.name.isdigit()]
    splits = mnist.load(data)
    trains = {row.name: row.program.train for row in ladder}
    stages = {}
    for row in tqdm(ladder, "stages", disable=None, leave=False):
        train = trains[row.name]
        stages[row.name] = {
            "title": row.title,
            "parent": row.parent,
            "epoch": pairs(trains[row.parent or row.name], train, splits),
            "shares": shares(train, splits),
        }
    last = ladder[-1]
    found = {
        "data": splits.name,
        "torch": torch.__version__,
        "threads": runner.THREADS,
        "cores": os.cpu_count(),
        "pairs": PAIRS,
        "code": fingerprints(ladder),
        "stages": stages,
        "growth": {"stage": last.name, **growth(trains[last.name], splits)},
    }
    with replacing(output_dir / "costs.json") as part:
        part.write_text(json.dumps(found, indent=1) + "\n")
    return found


def pairs(a, b, splits, n=PAIRS):
    """Time an epoch of two programs, one right after the other, n times.

    Returns the median `seconds` of `b`, those of `a`, its `parent`, and the
    median `ratio`. Which of the two is first takes turns.
    """
    times = []
    for i in range(n):
        if i % 2:
            second = epoch(b, splits)
            times.append((epoch(a, splits), second))
        else:
            times.append((epoch(a, splits), epoch(b, splits)))
    return {
        "seconds": round(median(b for _, b in times), 3),
        "parent": round(median(a for a, _ in times), 3),
        "ratio": round(median(b / a for a, b in times), 3),
    }


def epoch(train, splits, log=None):
    """Return the seconds that a program takes to train for one epoch."""
    log = Kept() if log is None else log
    options = runner.options_of(train, accel=False) | {"epochs": 1}
    started = time.perf_counter()
    runner.predict(train, splits, log, seed=0, dtype=torch.float32, **options)
    return time.perf_counter() - started


class Marking(Kept):
    """Also marks, for the profiler, where one step ends."""

    def __call__(self, loss):
        with record_function(LOGGED):
            super().__call__(loss)

    def validation(self, loss):
        pass


def shares(train, splits, steps=STEPS):
    """Return the share of each of `PARTS` in the time of a step.

    From torch.profiler, which itself takes time: more where there are more
    operations. So these are shares, not seconds.
    """
    images = runner.options_of(train)["batch_size"] * steps
    few = splits.first(images, 1)
    epoch(train, few)
    with profile(activities=[ProfilerActivity.CPU]) as profiler:
        epoch(train, few, Marking())
    outer = _outermost(
        (event.time_range.start, event.time_range.end, event.name)
        for event in profiler.events()
    )
    return divide(outer)


def _outermost(events):
    """Return those of the events (start, end, name) that are in no other."""
    found, until = [], float("-inf")
    for start, end, name in sorted(events, key=lambda e: (e[0], -e[1])):
        if start >= until:
            found.append((start, end, name))
            until = end
    return found


def divide(events):
    """Return the share of each of `PARTS`, from events in order of time.

    An event is (start, end, name), in any unit, and none is within another.
    A step begins and ends where a loss is logged. Before the first operation
    of autograd's engine in a step is the forward pass, after the last one the
    update of the parameters. A slice, or a call of a DataLoader, fetches.
    What is in no event is Python.
    """
    ends = [i for i, event in enumerate(events) if event[2] == LOGGED]
    spent = dict.fromkeys(PARTS, 0)
    for last, end in itertools.pairwise(ends):
        step = events[last + 1 : end]
        whole = events[end][0] - events[last][1]
        learned = None  # when the latest operation of autograd ended
        for start, stop, name in step:
            if name.startswith("autograd::engine"):
                part = "backward"
                # Between two of its operations is autograd, not Python.
                start, learned = learned or start, stop
            elif name == "aten::slice" or "DataLoader" in name:
                part = "fetching"
            else:
                part = "forward" if learned is None else "update"
            spent[part] += stop - start
            whole -= stop - start
        spent["Python"] += whole
    total = sum(spent.values())
    return {part: round(value / total, 3) for part, value in spent.items()}


def growth(train, splits, sizes=SIZES):
    """Return how many seconds an image takes, for more and more images.

    The images are those there are, repeated. `flat` tells whether all sizes
    are within `FLAT` of their median.
    """
    seconds = []
    for size in sizes:
        times = -(-size // len(splits.x_train))
        more = splits._replace(
            x_train=splits.x_train.repeat(times, 1)[:size],
            y_train=splits.y_train.repeat(times)[:size],
            x_valid=splits.x_valid[:1],
            y_valid=splits.y_valid[:1],
        )
        epoch(train, more.first(64, 1))
        seconds.append(epoch(train, more) / size)
    return {
        "images": list(sizes),
        "seconds per image": seconds,
        "flat": flat(seconds),
    }


def flat(numbers):
    """Tell whether all numbers are within `FLAT` of their median."""
    middle = median(numbers)
    return all(abs(number / middle - 1) <= FLAT for number in numbers)
