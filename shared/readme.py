"""The parts of README.md that are made from the ladder."""

from pathlib import Path

from shared.files import replacing

README = Path(__file__).parents[1] / "README.md"
BEGIN, END = "<!-- ladder -->\n", "<!-- end of ladder -->\n"


def table(ladder):
    """Return the rows of `ladder` as a Markdown table."""

    def code(names):
        return ", ".join(f"`{name}`" for name in names)

    lines = [
        "| stage | swaps in | goes out | promise to the stage before |",
        "|---|---|---|---|",
        *(
            f"| [{stage.name} {stage.title}](stages/{stage.path.name})"
            f" | {code(stage.swaps_in)} | {code(stage.goes_out)}"
            f" | {stage.promise or ''} |"
            for stage in ladder
        ),
    ]
    return "".join(f"{line}\n" for line in lines)


def refresh(ladder):
    """Write the table of `ladder` between its two marks in README.md."""
    before, _, rest = README.read_text(encoding="utf-8").partition(BEGIN)
    _, _, after = rest.partition(END)
    with replacing(README) as part:
        part.write_text(
            before + BEGIN + table(ladder) + END + after, encoding="utf-8"
        )
