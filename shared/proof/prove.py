"""Train every stage in full and check what each promises its parent.

Preludes and encores too, each by a check of its own that is handed in.
"""

import itertools
import json
import time
from typing import NamedTuple

import torch
from tqdm import tqdm

from shared.data import mnist
from shared.files import replacing
from shared.proof import plots, statistics
from shared.proof.equivalence import ROUNDING, compare, differences
from shared.proof.groups import groups, name_of
from shared.proof.pool import Training, trainings
from shared.results import tables
from shared.results.published import fingerprints, unchanged
from shared.training import runner

SEEDS = range(8)


class Claim(NamedTuple):
    """One thing that a prelude or encore promises, and what was found."""

    claim: str
    found: str
    held: bool


def prove(
    ladder,
    around,
    checks,
    data,
    output_dir,
    known=None,
    threads=runner.THREADS,
):
    """Check all promises of `ladder` and of the rows `around` it.

    Returns what was found. Trains on `data` as `mnist.load` takes it, and
    writes `proof.json`, which holds what is returned, `proof.md` and
    `parting.png` to the folder `output_dir`. `proof["held"]` tells whether
    every promise is kept. `checks` maps the names of rows around the ladder
    to functions that check them, `check(stage, parent, start, data)`, a list
    of `Claim`; the others are compared with their parent as stages are.

    `known` is what an earlier call returned: what it found is taken over
    where the code that it is about has not changed since. Each process
    trains with so many `threads`; those that a check starts for itself, with
    one.
    """
    started = time.perf_counter()
    name = mnist.load(data).name
    data = mnist.flag(name)
    table = ladder + around
    conditions = {
        "data": name,
        "torch": torch.__version__,
        "threads": threads,
    }
    if not known or conditions != {key: known[key] for key in conditions}:
        known = {"code": {}, "changes": [], "around": [], "accuracy": {}}
    changes = {c["stage"]: c for c in _still(known, "changes", table)}
    kept = {k["stage"]: k for k in _still(known, "around", table)}
    accuracy = {
        name_of(group): known["accuracy"][name_of(group)]
        for group in groups(ladder)
        if name_of(group) in known["accuracy"] and unchanged(known, group[:1])
    }
    with trainings(data, threads) as start:
        jobs = _jobs(
            [s for s in ladder[1:] if s.name not in changes],
            [g for g in groups(ladder) if name_of(g) not in accuracy],
            ladder,
        )
        for job in jobs:
            start(job)
        for job in tqdm(jobs, desc="training", disable=None, leave=False):
            start(job).result()
        accuracy = {
            name_of(group): accuracy.get(name_of(group))
            or [
                start(Training(group[0].path, seed)).result().accuracy
                for seed in SEEDS
            ]
            for group in groups(ladder)
        }
        claims, comparisons = _claims(ladder, accuracy)
        changes = [
            changes.get(stage.name) or _check(ladder, stage, start, claims)
            for stage in ladder[1:]
        ]
        kept = [
            kept.get(stage.name)
            or prove_row(table, stage, checks.get(stage.name), start, data)
            for stage in around
            if stage.promise
        ]
        drift = _drift(ladder, changes, start, known, output_dir)
    proof = conditions | {
        "epochs": 2,
        "code": fingerprints(table),
        "changes": changes,
        "drift": drift,
        "accuracy": accuracy,
        "claims": claims,
        "margin": statistics.EQUIVALENT,
        "comparisons": comparisons,
        "around": kept,
        "held": all(found["held"] for found in changes + kept),
        "seconds": round(time.perf_counter() - started),
    }
    with replacing(output_dir / "proof.json") as part:
        part.write_text(json.dumps(proof, indent=1) + "\n")
    with replacing(output_dir / "proof.md") as part:
        found = [*tables.of_proof(proof), tables.of_proof_around(proof)]
        text = "\n".join(map(tables.markdown, found))
        part.write_text(text, encoding="utf-8")
    return proof


def _still(known, kind, table):
    """Return what is known of rows that are as they were, and promise it."""
    rows = {row.name: row for row in table}
    found = []
    for entry in known[kind]:
        row = rows.get(entry["stage"])
        if row is None or entry["promise"] != str(row.promise):
            continue
        if unchanged(known, [row, rows[row.parent]]):
            found.append(entry)
    return found


def prove_row(table, stage, check, start, data):
    """Check what a prelude or encore promises, or a row as stages are."""
    started = time.perf_counter()
    parent = next((s for s in table if s.name == stage.parent), None)
    found = (check or same_predictions)(stage, parent, start, data)
    claims = [claim._asdict() for claim in found]
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
    precondition = stage.promise.precondition
    report = compare(
        start(Training(parent.path)).result(),
        start(Training(stage.path, precondition=precondition)).result(),
        0.0 if exact else ROUNDING,
    )
    return [
        Claim(
            f"equal to stage {parent.name}"
            f"{'' if exact else ', up to rounding'}",
            report.reading if report.pred is None else f"{report.pred:.1g}",
            report.equal,
        )
    ]


def _jobs(stages, groups, ladder):
    """Return all trainings that these stages and groups need.

    The longest, those of the last stages, come first.
    """
    parents = {stage.name: stage for stage in ladder}
    jobs = []
    for group in groups:
        jobs += [Training(group[0].path, seed) for seed in SEEDS]
    for stage in stages:
        for dtype in ("float64", "float32"):
            jobs.append(Training(parents[stage.parent].path, dtype=dtype))
            jobs.append(
                Training(
                    stage.path,
                    dtype=dtype,
                    precondition=stage.promise.precondition,
                )
            )
    jobs.sort(key=lambda job: job.path, reverse=True)
    return list(dict.fromkeys(jobs))


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
                Training(
                    stage.path, dtype=dtype, precondition=promise.precondition
                )
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
    """Compare the accuracies of the groups of a ladder.

    Returns what declared changes claim, each with the stage it is `of`: that
    the group that begins with it is no less accurate than the one before.
    And, for information, of any two groups whether they are equivalent.
    """
    found = groups(ladder)
    claims = []
    for before, group in itertools.pairwise(found):
        if group[0].promise.kind == "change":
            a, b = name_of(group), name_of(before)
            p = statistics.no_less(accuracy[a], accuracy[b])
            claims.append(
                {
                    "of": group[0].name,
                    "claim": f"{a} at most {statistics.NO_LESS} less"
                    f" accurate than {b}",
                    "p": p,
                    "held": statistics.significant(p),
                }
            )
    comparisons = []
    for a, b in itertools.combinations(map(name_of, found), 2):
        p = statistics.equivalent(accuracy[a], accuracy[b])
        equivalent = statistics.significant(p)
        comparisons.append(
            {"groups": [a, b], "p": p, "equivalent": equivalent}
        )
    return claims, comparisons


def _drift(ladder, changes, start, known, output_dir):
    """Show how far float32 drifts where nothing is wrong.

    Takes the promise of equality to rounding that float32 misses by most,
    draws its losses in both dtypes to `parting.png`, and trains its parent
    once more with four threads instead of one. Returns None if no such
    promise held.
    """
    worst = max(
        (c for c in changes if c["kind"] == "rounding" and c["held"]),
        key=lambda c: c["float32"]["pred"],
        default=None,
    )
    if worst is None:
        return None
    names = worst["parent"], worst["stage"]
    parent, stage = (s for s in ladder if s.name in names)
    before = known.get("drift") or {}
    if (before.get("parent"), before.get("stage")) == names:
        picture = output_dir / "parting.png"
        if unchanged(known, [parent, stage]) and picture.exists():
            return before
    apart = {}
    for dtype in ("float32", "float64"):
        a, b = (
            start(Training(s.path, dtype=dtype)).result()
            for s in (parent, stage)
        )
        apart[dtype] = differences(a.losses, b.losses)
    once = Training(parent.path, dtype="float32", threads=1)
    report = compare(
        start(once).result(), start(once._replace(threads=4)).result()
    )
    plots.parting(
        apart,
        f"Stages {parent.name} and {stage.name}, equal but for rounding",
        output_dir / "parting.png",
    )
    return {
        "parent": parent.name,
        "stage": stage.name,
        "one thread or four": report._asdict(),
    }
