"""Train every mutant in full and print what caught it.

`python -m tests.mutants` writes `mutants.json` and `mutants.md` to `runs/`,
or to the folder that `--into` names.
"""

import argparse
import json
import sys
import tempfile
from pathlib import Path

import torch
from tqdm import tqdm

from shared import mnist, runner
from shared.files import replacing
from shared.measured import fingerprint
from shared.proof import Training, trainings
from stages import LADDER
from tests.mutants import MUTANTS

FLOOR = 0.90  # what an accuracy check would ask for


def main():
    """Print the kill matrix; return 1 if a mutant escapes."""
    parser = argparse.ArgumentParser(prog="python -m tests.mutants")
    parser.add_argument("--into", type=Path, default=runner.RUNS)
    into = parser.parse_args().into

    name = mnist.load().name
    with (
        tempfile.TemporaryDirectory() as folder,
        trainings("standin" if name == "stand-in" else "mnist") as start,
    ):
        jobs = []
        for i, mutant in enumerate(MUTANTS):
            path = Path(folder) / f"mutant_{i}.py"
            path.write_text(mutant.code())
            partner, promise = mutant.partner()
            jobs.append(
                (
                    mutant,
                    start(Training(path)),
                    start(Training(path, given=promise.given)),
                    start(Training(partner.path)),
                )
            )
        found = [
            _judge(mutant, *(job.result() for job in started))
            for mutant, *started in tqdm(
                jobs, desc="training", disable=None, leave=False
            )
        ]
    result = {
        "data": name,
        "torch": torch.__version__,
        "threads": 1,
        "floor": FLOOR,
        "code": {stage.name: fingerprint(stage) for stage in LADDER},
        "mutants": found,
    }
    with replacing(into / "mutants.json") as part:
        part.write_text(json.dumps(result, indent=1) + "\n")
    text = markdown(result)
    with replacing(into / "mutants.md") as part:
        part.write_text(text, encoding="utf-8")
    print(text)
    return int(any(m["caught"] == m["harmless"] for m in found))


def _judge(mutant, alone, compared, partner):
    """Return what the three records say of a mutant.

    Its accuracy is that of the mutant `alone`; it is `compared` with its
    partner after what the promise asks for was made equal.
    """
    verdict = mutant.verdict(compared, partner)
    return {
        "stage": mutant.stage,
        "mutant": mutant.name,
        "accuracy": alone.accuracy,
        "caught": bool(verdict),
        "harmless": bool(mutant.harmless),
        "verdict": verdict or f"harmless: {mutant.harmless}",
    }


def markdown(result):
    """Return the kill matrix as Markdown, and how many it took a proof for."""
    floor, mutants = result["floor"], result["mutants"]
    lines = [
        f"| stage | mutant | accuracy | below {floor}? | what caught it |",
        "|---|---|---|---|---|",
    ]
    for m in mutants:
        low = "yes" if m["accuracy"] < floor else "no"
        lines.append(
            f"| {m['stage']} | {m['mutant']} | {m['accuracy']:.4f} | {low}"
            f" | {m['verdict']} |"
        )
    harmful = [m for m in mutants if not m["harmless"]]
    caught = sum(m["caught"] for m in harmful)
    passed = sum(m["accuracy"] >= floor for m in harmful)
    lines += [
        "",
        f"{caught} of {len(harmful)} mutants caught on {result['data']};"
        f" {passed} of them pass an accuracy check of {floor:.2f}.",
    ]
    return "".join(f"{line}\n" for line in lines)


if __name__ == "__main__":
    sys.exit(main())
