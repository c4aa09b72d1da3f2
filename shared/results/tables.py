"""Results as tables: rows of strings, the first of them headings."""

from statistics import mean, median, stdev

from rich.table import Table
from rich.text import Text

from shared.languages import clauses, lines


class Cell(Text):
    """A text in lines that end where those of its language may."""

    def wrap(self, console, width, **options):
        """Return its lines, each a `Text` of at most so many cells."""
        found = self.divide(lines.breaks(self.plain, width))
        for line in found:
            line.rstrip()
        return found


def markdown(rows):
    """Return a table as Markdown."""
    heading, *rows = rows
    lines = (heading, ["---"] * len(heading), *rows)
    return "".join(f"| {' | '.join(cells)} |\n" for cells in lines)


def terminal(rows):
    """Return a table for a terminal, in the language that is spoken."""
    return said([map(clauses, row) for row in rows])


def said(rows):
    """Return a table for a terminal, of texts in the language spoken.

    Long cells are broken into lines.
    """
    heading, *rows = rows
    table = Table(*heading, box=None, pad_edge=False, header_style="bold")
    for row in rows:
        table.add_row(*map(Cell, row))
    return table


def held(found):
    """Say whether something promised was found to hold."""
    return "held" if found["held"] else "BROKEN"


def of_proof(proof):
    """Return what was found of the ladder as four tables.

    The changes, the accuracies of each group of stages, what declared
    changes claim, and for information how the groups compare.
    """
    changes = [
        (
            "change",
            "promise",
            "float64",
            "float32",
            "changed predictions in float32",
            "held",
        )
    ]
    for change in proof["changes"]:
        apart = ["", "", ""]
        if change["kind"] != "change":
            apart = [
                f"{change['float64']['pred']:.1g}",
                f"{change['float32']['pred']:.1g}",
                f"{change['float32']['changed_predictions']:,}",
            ]
        changes.append(
            (
                f"{change['parent']} → {change['stage']} {change['title']}",
                change["promise"],
                *apart,
                held(change),
            )
        )
    accuracy = [
        ("stages", "mean accuracy", "standard deviation", "lowest", "highest")
    ]
    for group, values in proof["accuracy"].items():
        numbers = (mean(values), stdev(values), min(values), max(values))
        accuracy.append((group, *(f"{number:.4f}" for number in numbers)))
    claims = [("claim", "p", "held")]
    for claim in proof["claims"]:
        claims.append((claim["claim"], f"{claim['p']:.1g}", held(claim)))
    margin = proof["margin"]
    compared = [("accuracies compared", "p", f"equivalent to {margin}")]
    for comparison in proof["comparisons"]:
        compared.append(
            (
                " and ".join(comparison["groups"]),
                f"{comparison['p']:.1g}",
                "yes" if comparison["equivalent"] else "no",
            )
        )
    return changes, accuracy, claims, compared


def of_proof_around(proof):
    """Return what was found of preludes and encores as one more table."""
    rows = [("before and after", "claim", "found", "held")]
    for kept in proof["around"]:
        for claim in kept["claims"]:
            rows.append(
                (kept["stage"], claim["claim"], claim["found"], held(claim))
            )
    return rows


def of_stages(stages, found):
    """Return loss, accuracy and seconds of some stages.

    `found` maps their names to dicts of `valid_loss`, `valid_accuracy` and
    `seconds`.
    """
    rows = [("stage", "loss", "accuracy", "seconds")]
    for stage in stages:
        result = found[stage.name]
        rows.append(
            (
                f"{stage.name} {stage.title}",
                f"{result['valid_loss']:.4f}",
                f"{result['valid_accuracy']:.4f}",
                f"{result['seconds']:.1f}",
            )
        )
    return rows


def of_mutants(result):
    """Return each mutant with its accuracy and what caught it."""
    floor = result["floor"]
    rows = [("stage", "mutant", "accuracy", f"below {floor}?", "caught by")]
    for mutant in result["mutants"]:
        rows.append(
            (
                mutant["stage"],
                mutant["mutant"],
                f"{mutant['accuracy']:.4f}",
                "yes" if mutant["accuracy"] < floor else "no",
                mutant["verdict"],
            )
        )
    return rows


def count_mutants(result):
    """Return how many mutants can do harm, are caught, and look harmless.

    The last are those that an accuracy check lets pass.
    """
    harmful = [m for m in result["mutants"] if not m["harmless"]]
    caught = sum(m["caught"] for m in harmful)
    passing = sum(m["accuracy"] >= result["floor"] for m in harmful)
    return len(harmful), caught, passing


def of_startup(found):
    """Return the laps of some stages: seconds, and most megabytes so far."""
    stages = found["stages"]
    rows = [["lap"]]
    for name in stages:
        rows[0] += [f"stage {name}, seconds", "megabytes"]
    for lap in next(iter(stages.values()))["laps"]:
        rows.append([lap])
        for stage in stages.values():
            rows[-1] += [
                f"{stage['laps'][lap]['seconds']:.2f}",
                f"{stage['laps'][lap]['megabytes'] or 'unknown'}",
            ]
    for name, what in (
        ("until the result", "result"),
        ("in all", "total"),
        ("without torch and training", "ours"),
    ):
        rows.append([name])
        for stage in stages.values():
            rows[-1] += [f"{stage[what]:.2f}", ""]
    return rows


def of_threads(found):
    """Return the steps a second of some stages, quiet and busy."""
    heads = [f"{n} thread{'s' * (n > 1)}" for n in found["threads"]]
    rows = [("stage", "beside", *heads, *["ratio"] * (len(heads) - 1))]
    for name in next(iter(found["beside"].values())):
        for beside, rates in found["beside"].items():
            first, *others = rates[name]
            rows.append(
                (
                    name,
                    beside,
                    *(f"{rate:,.0f}" for rate in rates[name]),
                    *(f"{rate / first:.2f}" for rate in others),
                )
            )
    return rows


def of_speed(found):
    """Return what each optimization of the fast encore was measured to do."""
    rows = [
        (
            "optimization",
            f"seconds (those of stage {found['parent']})",
            "ratio",
        )
    ]
    for optimization in found["optimizations"]:
        seconds, ratio = "not measured", optimization.get("failed", "")
        if not ratio:
            seconds = (
                f"{optimization['seconds']:.1f} ({optimization['parent']:.1f})"
            )
            ratio = f"{optimization['ratio']:.2f}"
        rows.append((optimization["optimization"], seconds, ratio))
    return rows


def of_bench(found):
    """Return how the last stage compares with other libraries.

    Two tables: what each program takes, and what it is.
    """
    conditions = [condition["name"] for condition in found["conditions"]]
    seconds = [
        (
            "trained with",
            *(f"training, {name}" for name in conditions),
            *(f"whole, {name}" for name in conditions[:1]),
            *(f"imports, {name}" for name in conditions[:1]),
        )
    ]
    programs = [
        ("trained with", "lines", "megabytes", "float64", "what it does more")
    ]
    for name, program in found["programs"].items():
        label = f"stage {name}" if name.isdigit() else name
        peer = found["peers"].get(name)
        if peer:
            label += f" {program['version']}"
        times = [program[condition] for condition in conditions]
        seconds.append(
            (
                label,
                *(_spread(time["training"]) for time in times),
                *(f"{median(time['whole']):.1f}" for time in times[:1]),
                *(f"{median(time['imports']):.1f}" for time in times[:1]),
            )
        )
        more = []
        if peer:
            more = [part for part in (peer["more"], peer["differs"]) if part]
        programs.append(
            (
                label,
                f"{program['lines']}",
                f"{program.get('megabytes', 0)}",
                f"{program['apart']:.1g}",
                "; ".join(more),
            )
        )
    return seconds, programs


def _spread(seconds):
    """Return the median of some seconds, and the least and the most."""
    return f"{median(seconds):.1f} ({min(seconds):.1f} to {max(seconds):.1f})"


def of_costs(found):
    """Return what each stage costs, and how time grows, as two tables."""
    parts = list(next(iter(found["stages"].values()))["shares"])
    stages = [("stage", "an epoch, seconds", "times the stage before", *parts)]
    for name, stage in found["stages"].items():
        epoch = stage["epoch"]
        stages.append(
            (
                f"{name} {stage['title']}",
                f"{epoch['seconds']:.2f}",
                f"{epoch['ratio']:.2f}" if stage["parent"] else "",
                *(f"{share:.0%}" for share in stage["shares"].values()),
            )
        )
    growth = found["growth"]
    sizes = [("images", f"microseconds an image, stage {growth['stage']}")]
    for size, seconds in zip(
        growth["images"], growth["seconds per image"], strict=True
    ):
        sizes.append((f"{size:,}", f"{1e6 * seconds:.1f}"))
    return stages, sizes
