"""What was measured: the files in shared/results/, none of them stale."""

import hashlib
import json
from pathlib import Path

from shared.errors import RunError

RESULTS = Path(__file__).with_name("results")


def fingerprint(stage):
    """Return a digest of a stage's code; its notes may change freely."""
    return hashlib.sha256(stage.code.encode()).hexdigest()[:16]


def read(name, ladder):
    """Return what the results file of this name holds, as JSON has it.

    Raises RunError if it is missing, or if a stage of `ladder` is not, or
    no longer, the one that was measured.
    """
    path = RESULTS / f"{name}.json"
    again = "run `make results`, which measures it on MNIST"
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
        measured = found["code"]
    except (OSError, ValueError, KeyError) as error:
        raise RunError(f"{path.name} cannot be read: {again}") from error
    for stage in ladder:
        if measured.get(stage.name) != fingerprint(stage):
            raise RunError(
                f"{path.name} is older than the code of stage {stage.name}:"
                f" {again}"
            )
    return found


def conditions(found, *more):
    """Say under which conditions something was measured."""
    threads = found["threads"]
    return ", ".join(
        [
            found["data"],
            *more,
            f"{threads} thread{'s' * (threads > 1)}",
            f"torch {found['torch']}",
        ]
    )


def outcome(proof, stage):
    """Say what was measured of a promise, and under which conditions.

    `proof` is what `shared.proof.prove` returns, and `stage` a row with a
    promise.
    """
    for kept in proof["around"]:
        if kept["stage"] == stage.name:
            claims = "; ".join(
                f"{claim['claim']}: {claim['found']}"
                for claim in kept["claims"]
            )
            data = f"{proof['data']}, " * ("--data" in stage.flags)
            return claims, f"{data}torch {proof['torch']}"
    [change] = [c for c in proof["changes"] if c["stage"] == stage.name]
    if change["kind"] == "change":
        claims = "; ".join(
            f"{claim['claim']} (p = {claim['p']:.1g})"
            for claim in proof["claims"]
            if claim["of"] == stage.name
        )
        return claims, conditions(proof, "float64, eight seeds")
    exact, coarse = change["float64"], change["float32"]
    text = (
        f"predictions apart by {exact['pred']:.1g} in float64,"
        f" {coarse['pred']:.1g} in float32"
    )
    if coarse["digits"]:
        text += f" with {coarse['digits']:,} digits read differently"
    return text, conditions(proof, "seed 0")
