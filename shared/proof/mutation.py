"""Train every mutant in full and find out what catches it."""

import json
import tempfile
from pathlib import Path

import torch
from tqdm import tqdm

from shared.data import mnist
from shared.files import replacing
from shared.proof.mutants import MUTANTS
from shared.proof.pool import Training, trainings
from shared.results import tables
from shared.results.published import fingerprint, fingerprints, unchanged
from shared.training import runner

FLOOR = 0.90  # what an accuracy check would ask for


def measure(ladder, data, output_dir, known=None, threads=runner.THREADS):
    """Train all mutants on `data`, as `mnist.load` takes it.

    Writes `mutants.json`, which holds what is returned, and `mutants.md` to
    the folder `output_dir`. What an earlier call returned, `known`, is taken
    over for mutants whose code has not changed since, nor that of their
    neighbour.
    """
    name = mnist.load(data).name
    conditions = {
        "data": name,
        "torch": torch.__version__,
        "threads": threads,
    }
    if not known or conditions != {key: known[key] for key in conditions}:
        known = {"code": {}, "mutants": []}
    before = {m["code"]: m for m in known["mutants"]}
    with (
        tempfile.TemporaryDirectory() as folder,
        trainings(mnist.flag(name), threads) as start,
    ):
        jobs = []
        for i, mutant in enumerate(MUTANTS):
            partner, promise = mutant.partner(ladder)
            rows = [mutant.row(ladder), partner]
            code = fingerprint(mutant.code(ladder))
            if code in before and unchanged(known, rows):
                jobs.append((mutant, before[code]))
                continue
            path = Path(folder) / f"mutant_{i}.py"
            path.write_text(mutant.code(ladder), encoding="utf-8")
            precondition = promise.precondition
            started = (
                start(Training(path)),
                start(Training(path, precondition=precondition)),
                start(Training(partner.path)),
            )
            jobs.append((mutant, started))
        found = []
        for mutant, job in tqdm(
            jobs, desc="training", disable=None, leave=False
        ):
            if isinstance(job, tuple):
                job = _judge(mutant, ladder, *(run.result() for run in job))
            found.append(job)
    result = conditions | {
        "floor": FLOOR,
        "code": fingerprints(ladder),
        "mutants": found,
    }
    with replacing(output_dir / "mutants.json") as part:
        part.write_text(json.dumps(result, indent=1) + "\n")
    with replacing(output_dir / "mutants.md") as part:
        table = tables.markdown(tables.of_mutants(result))
        text = f"{table}\n{summary(result)}\n"
        part.write_text(text, encoding="utf-8")
    return result


def _judge(mutant, ladder, alone, compared, partner):
    """Return what the three records say of a mutant.

    Its accuracy is that of the mutant `alone`; it is `compared` with its
    partner after what the promise asks for was made equal.
    """
    verdict = mutant.verdict(compared, partner, ladder)
    return {
        "stage": mutant.stage,
        "mutant": mutant.name,
        "code": fingerprint(mutant.code(ladder)),
        "accuracy": alone.accuracy,
        "caught": bool(verdict),
        "harmless": bool(mutant.harmless),
        "verdict": verdict or f"harmless: {mutant.harmless}",
    }


def escaped(result):
    """Return the mutants that were caught though harmless, or not caught."""
    return [m for m in result["mutants"] if m["caught"] == m["harmless"]]


def summary(result):
    """Return in a sentence how many mutants it takes a proof to catch."""
    harmful, caught, passing = tables.count_mutants(result)
    return (
        f"{caught} of {harmful} mutants caught on {result['data']};"
        f" {passing} of them pass an accuracy check of"
        f" {result['floor']:.2f}."
    )
