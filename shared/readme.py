"""The parts of README.md that are made: of the ladder and of results."""

import json
from pathlib import Path

from shared import fast, measured, proof
from shared.files import replacing

README = Path(__file__).parents[1] / "README.md"


def sections(ladder, around):
    """Return the made parts of the README: {name: Markdown}."""
    trained, proved, mutants = (
        measured.read(name, ladder) for name in ("ladder", "proof", "mutants")
    )
    standin, speed = (
        json.loads((measured.RESULTS / f"{name}.json").read_text())
        for name in ("standin", "speed")
    )
    return {
        "ladder": _ladder(ladder),
        "around": _around(around),
        "around proof": proof.markdown_table(proof.table_around(proved)),
        "stages": _stages(ladder, trained),
        "proof": proof.markdown(proved),
        "drift": _drift(proved),
        "mutants": _mutants(mutants),
        "speed": fast.markdown(speed),
        "standin": (
            "A small CNN that learned from the stand-in alone reads"
            f" {standin['accuracy']:.1%} of MNIST's test images"
            " (`python -m stages standin`).\n"
        ),
    }


def refresh(ladder, around):
    """Write the made parts into README.md, each between its two marks."""
    text = README.read_text(encoding="utf-8")
    for name, section in sections(ladder, around).items():
        begin, end = marks(name)
        before, _, rest = text.partition(begin)
        _, _, after = rest.partition(end)
        text = before + begin + section + end + after
    with replacing(README) as part:
        part.write_text(text, encoding="utf-8")


def marks(name):
    """Return the comments before and after a made part."""
    return f"<!-- made: {name} -->\n", f"<!-- end: {name} -->\n"


def _code(names):
    return ", ".join(f"`{name}`" for name in names)


def _link(stage, text):
    return f"[{text}]({stage.file})"


def _ladder(ladder):
    return proof.markdown_table(
        [
            ("stage", "swaps in", "goes out", "promise to the stage before"),
            *(
                (
                    _link(stage, f"{stage.name} {stage.title}"),
                    _code(stage.swaps_in),
                    _code(stage.goes_out),
                    str(stage.promise or ""),
                )
                for stage in ladder
            ),
        ]
    )


def _around(rows):
    return proof.markdown_table(
        [
            ("make", "from", "adds", "promise"),
            *(
                (
                    _link(stage, stage.name),
                    stage.parent or "",
                    _code(stage.swaps_in),
                    str(stage.promise or ""),
                )
                for stage in rows
            ),
        ]
    )


def _stages(ladder, trained):
    rows = [("stage", "loss", "accuracy", "seconds")]
    for stage in ladder:
        found = trained["stages"][stage.name]
        rows.append(
            (
                f"{stage.name} {stage.title}",
                f"{found['valid_loss']:.4f}",
                f"{found['valid_accuracy']:.4f}",
                f"{found['seconds']:.1f}",
            )
        )
    return (
        f"{proof.markdown_table(rows)}\n"
        f"({measured.conditions(trained, trained['dtype'], 'seed 0')})\n"
    )


def _drift(proved):
    drift = proved["drift"]
    [change] = [c for c in proved["changes"] if c["stage"] == drift["stage"]]
    threads = drift["one thread or four"]
    return (
        f"Stages {drift['parent']} and {drift['stage']} compute the same"
        " sums, rounded differently, and end in float32 with"
        f" {change['float32']['digits']:,} of 10,000 digits read differently;"
        f" stage {drift['parent']} alone, trained once with one thread and"
        f" once with four, with {threads['digits']:,}.\n"
    )


def _mutants(result):
    harmful = [m for m in result["mutants"] if not m["harmless"]]
    passing = sum(m["accuracy"] >= result["floor"] for m in harmful)
    caught = sum(m["caught"] for m in harmful)
    return (
        f"**{passing} of {len(harmful)} mutants pass an accuracy check of"
        f" {result['floor']:.2f}. The proofs catch {caught}.**\n"
    )
