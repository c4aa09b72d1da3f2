"""The parts of README.md that are made, and README.zh-CN.md, which is made.

Of the ladder, of results, and of the table of translations.
"""

import re
from pathlib import Path

from shared import languages
from shared.errors import RunError
from shared.files import replacing
from shared.results import published, tables

README = Path(__file__).parents[2] / "README.md"
# Each begins with a link to the other.
TO_CHINESE = "[中文](README.zh-CN.md)\n"
TO_ENGLISH = "[English](README.md)\n"


def sections(ladder, around):
    """Return the made parts of the README: {name: Markdown}.

    Of results as they are published, even if they are stale.
    """
    trained, proved, mutants, standin = map(
        published.read, ("ladder", "proof", "mutants", "standin")
    )
    return {
        "ladder": _ladder(ladder),
        "around": _around(around),
        "around proof": tables.markdown(tables.of_proof_around(proved)),
        "stages": _stages(ladder, trained),
        "proof": "\n".join(map(tables.markdown, tables.of_proof(proved))),
        "drift": _drift(proved),
        "mutants": _mutants(mutants),
        "speed": _speed(published.read("speed")),
        "threads": _threads(published.read("threads")),
        "costs": _costs(published.read("costs")),
        "bench": _bench(published.read("bench")),
        "startup": _startup(published.read("startup")),
        "standin": (
            "A small CNN that learned from the stand-in alone reads"
            f" {standin['accuracy']:.1%} of MNIST's test images"
            " (`python -m stages standin`; float32,"
            f" seed {standin['seed']},"
            f" {published.threads(standin['threads'])}).\n"
        ),
    }


def refresh(ladder, around):
    """Write the made parts into README.md, each between its two marks.

    Then write all of it in Chinese, to README.zh-CN.md beside it. Raises
    RunError, and changes nothing, if a mark is missing.
    """
    text = README.read_text(encoding="utf-8")
    for name, section in sections(ladder, around).items():
        begin, end = marks(name)
        before, found, rest = text.partition(begin)
        _, closed, after = rest.partition(end)
        if not (found and closed):
            missing = (end if found else begin).strip()
            raise RunError(
                f"README.md lacks the line {missing!r}, between which and its"
                " counterpart a table goes: put it back"
            )
        text = before + begin + section + end + after
    for path, content in ((README, text), (_beside(), chinese(text))):
        with replacing(path) as part:
            part.write_text(content, encoding="utf-8")


def _beside():
    return README.with_name("README.zh-CN.md")


def chinese(text):
    """Return README.md in Chinese; what has no translation is English.

    Links to its own sections lead to the Chinese headings.
    """
    made = languages.markdown(text, "zh").replace(TO_CHINESE, TO_ENGLISH, 1)
    before, after = map(_anchors, (text, made))
    for english, anchor in zip(before, after, strict=True):
        made = made.replace(f"](#{english})", f"](#{anchor})")
    return made


def _anchors(text):
    """Return the anchors that GitHub gives to the headings, in order."""
    headings = re.findall(r"^#+ (.*)$", text, re.M)
    return [
        re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-")
        for heading in headings
    ]


def marks(name):
    """Return the comments before and after a made part."""
    return f"<!-- made: {name} -->\n", f"<!-- end: {name} -->\n"


def _code(names):
    return ", ".join(f"`{name}`" for name in names)


def _link(stage, text):
    return f"[{text}]({stage.file})"


def _ladder(ladder):
    return tables.markdown(
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
    return tables.markdown(
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
    table = tables.of_stages(ladder, trained["stages"])
    return (
        f"{tables.markdown(table)}\n"
        f"({published.conditions(trained, trained['dtype'], 'seed 0')})\n"
    )


def _drift(proved):
    drift = proved["drift"]
    [change] = [c for c in proved["changes"] if c["stage"] == drift["stage"]]
    threads = drift["one thread or four"]
    return (
        f"Stages {drift['parent']} and {drift['stage']} compute the same"
        " sums, rounded differently. In float32 they end with"
        f" {change['float32']['changed_predictions']:,} of 10,000 predicted"
        f" digits changed. Stage {drift['parent']} alone, trained once with"
        " one thread and once with four, ends with"
        f" {threads['changed_predictions']:,} changed.\n"
    )


def _mutants(result):
    harmful, caught, passing = tables.count_mutants(result)
    return (
        f"**{passing} of {harmful} mutants pass an accuracy check of"
        f" {result['floor']:.2f}. The proofs catch {caught}.**\n"
    )


def _speed(found):
    return (
        f"{tables.markdown(tables.of_speed(found))}\nMedians of"
        f" {found['pairs']} pairs of trainings, one right after the other, on"
        f" {found['data']}, with {published.threads(found['threads'])} on"
        f" {found['cores']} cores. The first compilation, which takes much"
        " longer, does not show in a median.\n"
    )


def _bench(found):
    seconds, programs = tables.of_bench(found)
    text = tables.markdown(programs)
    if not found["conditions"]:
        return f"{text}\nTimes have not been measured yet.\n"
    rounds = ", ".join(
        f"{c['name']} {c['rounds']}" for c in found["conditions"]
    )
    return (
        f"{text}\n{tables.markdown(seconds)}\nSeconds: the median, the least"
        f" and the most; rounds: {rounds}. On {found['data']}, float32,"
        f" torch {found['torch']}, {found['cores']} cores; with one thread,"
        ' but for "all cores". "Busy" is beside another training with one'
        f" thread a core.{_compiled(found['compiled'])}\n\n![Seconds of a"
        " training, for each program and condition]"
        "(shared/results/bench.png)\n"
    )


def _compiled(found):
    if "failed" in found:
        return ""
    return (
        f" Stage 12 with `torch.compile` takes {found['first']:.1f} s the"
        f" first time, when it compiles, and {found['second']:.1f} s the"
        " second."
    )


def _threads(found):
    return (
        f"{tables.markdown(tables.of_threads(found))}\nSteps a second; medians"
        f" of {found['runs']} trainings, each measured for"
        f" {found['seconds']:g} s, on {found['data']}, float32, torch"
        f" {found['torch']}, {found['cores']} cores.\n"
    )


def _costs(found):
    stages, sizes = map(tables.markdown, tables.of_costs(found))
    growth = found["growth"]
    return (
        f"{stages}\nSeconds and ratios are medians of"
        f" {found['pairs']} epochs."
        f" {_on(found)}\n\nIs it slower with more images? Stage"
        f" {growth['stage']} on MNIST's, repeated:\n\n{sizes}"
    )


def _startup(found):
    return (
        f"{tables.markdown(tables.of_startup(found))}\nSeconds of the quickest"
        f" of {found['runs']} processes. {_on(found)}\n"
    )


def _on(found):
    """Say what was measured on what, in float32."""
    return (
        f"On {found['data']}, float32,"
        f" {published.threads(found['threads'])}, torch {found['torch']},"
        f" {found['cores']} cores."
    )
