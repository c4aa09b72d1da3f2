"""Train every stage in full and check what each promises its parent.

Preludes and encores too, each by the `prove` of its own helper.
"""

import functools
import itertools
import json
import multiprocessing
import os
import signal
import time
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from importlib import import_module
from pathlib import Path
from statistics import mean, stdev
from typing import NamedTuple

import torch
from scipy import stats
from tqdm import tqdm

from shared import mnist, plots
from shared.equivalence import (
    ROUNDING,
    compare,
    differences,
    load_train,
    record,
)
from shared.errors import RunError
from shared.files import replacing
from shared.measured import fingerprint

SEEDS = range(8)
EQUIVALENT = 0.03  # margin of accuracy for groups of stages to be equivalent
NO_LESS = 0.005  # margin of accuracy for a declared change to be no worse
CONFIDENCE = 0.95


class Claim(NamedTuple):
    """One thing that a prelude or encore promises, and what was found."""

    claim: str
    found: str
    held: bool


class Training(NamedTuple):
    """What to train: a program's file and the conditions."""

    path: Path
    seed: int = 0
    dtype: str = "float64"
    given: str | None = None
    threads: int = 1


@contextmanager
def trainings(data):
    """Yield a function that starts a `Training` in another process.

    It returns at once; `result()` of what it returns waits for the record.
    The same training is never started twice. One process a core, each with
    one thread of torch, gets more done than one process with all of them.
    Raises RunError if a process dies.
    """
    processes = min(os.cpu_count(), 8)
    pool = ProcessPoolExecutor(
        processes,
        mp_context=multiprocessing.get_context("spawn"),
        initializer=_prepare,
        initargs=(data,),
    )
    try:
        yield functools.cache(lambda job: pool.submit(_train, job))
    except BrokenProcessPool as error:
        raise RunError(
            "a process that trained has died; is there memory enough?"
        ) from error
    finally:
        pool.shutdown(cancel_futures=True)


def _prepare(data):
    """Get a new process ready: it keeps the digits; Ctrl-C just ends it."""
    global digits
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    digits = mnist.load(data)


def _train(job):
    torch.set_num_threads(job.threads)
    return record(
        load_train(job.path),
        digits,
        seed=job.seed,
        dtype=getattr(torch, job.dtype),
        given=job.given,
    )


def groups(ladder):
    """Return lists of stages that promise each other one result.

    A group begins where there is no parent, where a change is declared, or
    where something must be made equal first.
    """
    found = []
    for stage in ladder:
        promise = stage.promise
        if not promise or promise.given or promise.kind == "change":
            found.append([])
        found[-1].append(stage)
    return found


def equivalent(a, b, margin=EQUIVALENT):
    """Return the p-value of two one-sided Welch tests (TOST).

    `a` and `b` are accuracies over seeds. A small value says that their
    means differ by less than `margin`, either way.
    """
    return max(no_less(a, b, margin), no_less(b, a, margin))


def no_less(a, b, margin=NO_LESS):
    """Return the p-value of a one-sided Welch test.

    A small value says that the mean of `a` is above that of `b` minus
    `margin`.
    """
    shifted = [x + margin for x in a]
    test = stats.ttest_ind(shifted, b, equal_var=False, alternative="greater")
    return float(test.pvalue)


def prove(ladder, around, data, into):
    """Check all promises of `ladder` and of the rows `around` it.

    Returns what was found. Trains on `data` as `mnist.load` takes it, and
    writes `proof.json`, which holds what is returned, `proof.md` and
    `parting.png` to the folder `into`. `proof["held"]` tells whether
    everything holds.
    """
    started = time.perf_counter()
    name = mnist.load(data).name
    data = "standin" if name == "stand-in" else "mnist"
    with trainings(data) as start:
        jobs = _jobs(ladder)
        for job in jobs:
            start(job)
        for job in tqdm(jobs, desc="training", disable=None, leave=False):
            start(job).result()
        accuracy = {
            _name(group): [
                start(Training(group[0].path, seed)).result().accuracy
                for seed in SEEDS
            ]
            for group in groups(ladder)
        }
        claims = _claims(ladder, accuracy)
        changes = [
            _check(ladder, stage, start, claims) for stage in ladder[1:]
        ]
        drift = _drift(ladder, changes, start, into / "parting.png")
        kept = [
            prove_row(ladder + around, stage, start, data)
            for stage in around
            if stage.promise
        ]
    proof = {
        "data": name,
        "torch": torch.__version__,
        "threads": 1,
        "epochs": 2,
        "code": {s.name: fingerprint(s) for s in ladder + around},
        "changes": changes,
        "drift": drift,
        "accuracy": accuracy,
        "claims": claims,
        "around": kept,
        "held": all(found["held"] for found in changes + claims + kept),
        "seconds": round(time.perf_counter() - started),
    }
    with replacing(into / "proof.json") as part:
        part.write_text(json.dumps(proof, indent=1) + "\n")
    with replacing(into / "proof.md") as part:
        text_around = markdown_table(table_around(proof))
        part.write_text(f"{markdown(proof)}\n{text_around}", encoding="utf-8")
    return proof


def prove_row(table, stage, start, data):
    """Check what a prelude or encore promises, by its helper or as usual."""
    started = time.perf_counter()
    parent = next((s for s in table if s.name == stage.parent), None)
    helper = stage.helper and import_module(f"shared.{stage.helper}")
    check = getattr(helper, "prove", same_predictions)
    claims = [claim._asdict() for claim in check(stage, parent, start, data)]
    return {
        "stage": stage.name,
        "title": stage.title,
        "promise": str(stage.promise),
        "claims": claims,
        "held": all(claim["held"] for claim in claims),
        "seconds": round(time.perf_counter() - started),
    }


def same_predictions(stage, parent, start, data):
    """Compare a row with its parent in float64, as its promise has it."""
    exact = stage.promise.kind == "exact"
    report = compare(
        start(Training(parent.path)).result(),
        start(Training(stage.path, given=stage.promise.given)).result(),
        0.0 if exact else ROUNDING,
    )
    return [
        Claim(
            f"equal to {parent.name}{'' if exact else ', to rounding'}",
            report.reading if report.pred is None else f"{report.pred:.1g}",
            report.equal,
        )
    ]


def _jobs(ladder):
    """Return all trainings that `prove` compares, the longest first."""
    jobs = []
    for stage in ladder:
        for dtype in ("float64", "float32"):
            jobs.append(Training(stage.path, dtype=dtype))
            if stage.promise and stage.promise.given:
                given = stage.promise.given
                jobs.append(Training(stage.path, dtype=dtype, given=given))
    for group in groups(ladder):
        jobs += [Training(group[0].path, seed) for seed in SEEDS]
    return list(dict.fromkeys(reversed(jobs)))


def _check(ladder, stage, start, claims):
    """Compare a stage with its parent as its promise has it."""
    [parent] = [s for s in ladder if s.name == stage.parent]
    promise = stage.promise
    found = {
        "parent": parent.name,
        "stage": stage.name,
        "title": stage.title,
        "kind": promise.kind,
        "promise": str(promise),
    }
    for dtype in ("float64", "float32"):
        exact = promise.kind == "exact" or dtype == "float32"
        report = compare(
            start(Training(parent.path, dtype=dtype)).result(),
            start(
                Training(stage.path, dtype=dtype, given=promise.given)
            ).result(),
            0.0 if exact else ROUNDING,
        )
        found[dtype] = report._asdict()
    found["held"] = {
        "exact": found["float64"]["equal"] and found["float32"]["equal"],
        "rounding": found["float64"]["equal"],
        "change": all(c["held"] for c in claims if c["of"] == stage.name),
    }[promise.kind]
    return found


def _claims(ladder, accuracy):
    """Say of any two groups whether they are equivalent in accuracy.

    And of a declared change whether the group that it begins is no less
    accurate than the one before.
    """
    found = groups(ladder)
    claims = []

    def claim(text, p, of=None):
        held = p < 1 - CONFIDENCE
        claims.append({"claim": text, "p": p, "held": held, "of": of})

    for a, b in itertools.combinations(map(_name, found), 2):
        claim(
            f"{a} and {b} equivalent in accuracy, to {EQUIVALENT}",
            equivalent(accuracy[a], accuracy[b]),
        )
    for before, group in itertools.pairwise(found):
        promise = group[0].promise
        if promise.kind == "change":
            a, b = _name(group), _name(before)
            claim(
                f"{a} no less accurate than {b}, to {NO_LESS}",
                no_less(accuracy[a], accuracy[b]),
                of=group[0].name,
            )
    return claims


def _drift(ladder, changes, start, picture):
    """Show how far float32 drifts where nothing is wrong.

    Takes the promise of equality to rounding that float32 misses by most,
    draws its losses in both dtypes, and trains its parent once more with
    four threads instead of one. Returns None if no such promise held.
    """
    worst = max(
        (c for c in changes if c["kind"] == "rounding" and c["held"]),
        key=lambda c: c["float32"]["pred"],
        default=None,
    )
    if worst is None:
        return None
    pair = [s for s in ladder if s.name in (worst["parent"], worst["stage"])]
    apart = {}
    for dtype in ("float32", "float64"):
        a, b = (start(Training(s.path, dtype=dtype)).result() for s in pair)
        apart[dtype] = differences(a.losses, b.losses)
    plots.parting(
        apart,
        f"Stages {pair[0].name} and {pair[1].name}, equal but for rounding",
        picture,
    )
    once = Training(pair[0].path, dtype="float32")
    report = compare(
        start(once).result(), start(once._replace(threads=4)).result()
    )
    return {
        "parent": pair[0].name,
        "stage": pair[1].name,
        "one thread or four": report._asdict(),
    }


def _name(group):
    """Return "01 to 03", or "08" for a group of one."""
    names = [stage.name for stage in group]
    return names[0] if len(names) == 1 else f"{names[0]} to {names[-1]}"


def tables(proof):
    """Return what was found as three tables: lists of rows of strings."""
    changes = [
        (
            "change",
            "promise",
            "float64",
            "float32",
            "digits read differently in float32",
            "held",
        )
    ]
    for change in proof["changes"]:
        apart = ["", "", ""]
        if change["kind"] != "change":
            apart = [
                f"{change['float64']['pred']:.1g}",
                f"{change['float32']['pred']:.1g}",
                f"{change['float32']['digits']:,}",
            ]
        changes.append(
            (
                f"{change['parent']} → {change['stage']} {change['title']}",
                change["promise"],
                *apart,
                _held(change),
            )
        )
    accuracy = [("stages", "mean accuracy", "deviation", "lowest", "highest")]
    for group, values in proof["accuracy"].items():
        numbers = (mean(values), stdev(values), min(values), max(values))
        accuracy.append((group, *(f"{number:.4f}" for number in numbers)))
    claims = [("claim", "p", "held")]
    for claim in proof["claims"]:
        claims.append((claim["claim"], f"{claim['p']:.1g}", _held(claim)))
    return changes, accuracy, claims


def table_around(proof):
    """Return what was found of preludes and encores as one more table."""
    rows = [("before and after", "claim", "found", "held")]
    for kept in proof["around"]:
        for claim in kept["claims"]:
            rows.append(
                (kept["stage"], claim["claim"], claim["found"], _held(claim))
            )
    return rows


def _held(found):
    return "held" if found["held"] else "BROKEN"


def text(proof):
    """Return what was found as lines for a terminal."""
    lines = []
    for table in (*tables(proof), table_around(proof)):
        widths = [max(map(len, column)) for column in zip(*table, strict=True)]
        for row in table:
            cells = map(str.ljust, row, widths)
            lines.append("  ".join(cells).rstrip())
        lines.append("")
    for change in proof["changes"]:
        if not change["held"]:
            reading = change["float64"]["reading"]
            lines.append(f"{change['parent']} → {change['stage']}: {reading}")
    return "\n".join(lines)


def markdown(proof):
    """Return what was found of the ladder as Markdown tables."""
    return "\n".join(map(markdown_table, tables(proof)))


def markdown_table(rows):
    """Return rows of strings, the first of them headings, as Markdown."""
    heading, *rows = rows
    lines = (heading, ["---"] * len(heading), *rows)
    return "".join(f"| {' | '.join(cells)} |\n" for cells in lines)
