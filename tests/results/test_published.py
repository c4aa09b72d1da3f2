"""The published results are those of the code.

After an edit of a stage this fails until `make results` has measured again;
whether the edit keeps the promises, the other tests say.
"""

from shared.results import published
from stages import ENCORES, LADDER, TABLE


def test_they_were_measured_with_the_code_as_it_is():
    fast = [row for row in ENCORES if row.helper == "fast"]
    stale = {}
    for name, rows in (
        ("proof", TABLE),
        ("ladder", LADDER),
        ("losses", LADDER),
        ("mutants", LADDER),
        ("costs", LADDER),
        ("threads", LADDER),
        ("startup", LADDER),
        ("speed", fast),
        ("bench", [fast[0].origin, *fast]),
    ):
        found = published.read(name)
        if name in ("threads", "startup"):  # of a few stages
            rows = [row for row in rows if row.name in found["code"]]
        for row in published.stale(found, rows):
            stale.setdefault(row.label, []).append(f"{name}.json")
    assert not stale, "\n".join(
        [
            "The code of these has changed since it was measured:",
            *(f"  {row} ({', '.join(files)})" for row, files in stale.items()),
            "If all other tests pass, run `make results`, and for bench.json",
            "what CONTRIBUTING.md says.",
        ]
    )
