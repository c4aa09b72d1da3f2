"""Publish the losses of every stage, for `explain` to compare a run with."""

import json

import numpy as np
import torch
from tqdm import tqdm

from shared.data import mnist
from shared.files import replacing
from shared.proof.pool import Training, trainings
from shared.results.published import fingerprints, unchanged
from shared.training import runner

DTYPES = ("float32", "float64")
DECIMALS = 12  # of a float64; what is equal to rounding is so to 1e-9


def measure(ladder, data, output_dir, known=None):
    """Train every stage of `ladder` in both dtypes; write all its losses.

    With one thread, seed 0 and the defaults of the stage, on `data` as
    `mnist.load` takes it. Writes `losses.json` to the folder `output_dir`
    and returns what it holds. What an earlier call returned, `known`, is
    taken over for stages whose code has not changed since.
    """
    name = mnist.load(data).name
    conditions = {
        "data": name,
        "torch": torch.__version__,
        "threads": 1,
        "seed": 0,
    }
    if not known or conditions != {key: known[key] for key in conditions}:
        known = {"code": {}, "stages": {}}
    kept = {
        stage.name: {dtype: of(known, stage.name, dtype) for dtype in DTYPES}
        for stage in ladder
        if stage.name in known["stages"] and unchanged(known, [stage])
    }
    with trainings(mnist.flag(name), threads=1) as start:
        jobs = {
            (stage.name, dtype): start(Training(stage.path, dtype=dtype))
            for stage in ladder
            if stage.name not in kept
            for dtype in DTYPES
        }
        for job in tqdm(
            jobs.values(), desc="training", disable=None, leave=False
        ):
            job.result()
    stages = {}
    for stage in ladder:
        options = runner.options_of(stage.program.train, accel=False)
        options.pop("device", None)
        stages[stage.name] = {"options": options}
        for dtype in DTYPES:
            if stage.name in kept:
                found = kept[stage.name][dtype]
            else:
                found = vars(jobs[stage.name, dtype].result())
            found = {
                "accuracy": found["accuracy"],
                "losses": _rounded(found["losses"], dtype),
                "valid_losses": _rounded(found["valid_losses"], dtype),
            }
            # Stages that are equal bit for bit need not be written twice.
            for earlier in ladder[: ladder.index(stage)]:
                if stages[earlier.name][dtype] == found:
                    found = {"as": earlier.name}
                    break
            stages[stage.name][dtype] = found
    found = conditions | {"code": fingerprints(ladder), "stages": stages}
    with replacing(output_dir / "losses.json") as part:
        part.write_text(json.dumps(found) + "\n")
    return found


def of(found, name, dtype):
    """Return what `found`, read from `losses.json`, holds of a training.

    That is a dict of the stage's `losses` (floats, one a step),
    `valid_losses` (one an epoch) and `accuracy`. In float32 the losses are
    those of the training to the last bit.
    """
    entry = found["stages"][name][dtype]
    if "as" in entry:
        return of(found, entry["as"], dtype)
    return entry | {
        kind: np.array(entry[kind], dtype).tolist()
        for kind in ("losses", "valid_losses")
    }


def _rounded(losses, dtype):
    """Return losses with no more digits than are of use."""
    if dtype == "float32":  # the fewest digits that tell it from others
        return [float(str(np.float32(loss))) for loss in losses]
    return [round(loss, DECIMALS) for loss in losses]
