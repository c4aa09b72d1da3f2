"""Read the published results, and tell which of them are stale."""

import ast
import hashlib
import json
from pathlib import Path

from shared.errors import RunError
from shared.languages import local, say

RESULTS = Path(__file__).parent
AGAIN = "run `make results`, which measures it on MNIST"


def fingerprint(code):
    """Return a digest of what a program does, as text of 16 digits.

    Docstrings, comments and layout do not count, nor do the names of local
    variables: a training is the same by whatever name its loss is called.
    Names of arguments count, because a caller may use them.
    """
    tree = ast.parse(code)
    for node in tree.body:
        _rename_locals(node)
    text = json.dumps(_plain(tree))
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def _plain(node):
    """Return a syntax tree as lists, the same in every version of Python.

    `ast.dump` is not: later versions have more fields, and leave out others.
    """
    if isinstance(node, list):
        return list(map(_plain, node))
    if not isinstance(node, ast.AST):
        return repr(node)
    fields = dict(ast.iter_fields(node))
    body = fields.get("body")
    if isinstance(body, list) and _is_text(body[:1]):
        fields["body"] = body[1:]  # without the docstring
    return [type(node).__name__] + [
        [name, _plain(value)]
        for name, value in fields.items()
        if value not in (None, []) and name not in ("ctx", "kind")
    ]


def _is_text(statements):
    """Tell whether these are one statement that is nothing but a string."""
    return (
        len(statements) == 1
        and isinstance(statements[0], ast.Expr)
        and isinstance(statements[0].value, ast.Constant)
        and isinstance(statements[0].value.value, str)
    )


def _rename_locals(function):
    """Number the variables of a function, in the order of their appearance.

    Those of functions inside it, too; a name has one number in all of them.
    """
    if not isinstance(function, ast.FunctionDef):
        return
    names = [n for n in ast.walk(function) if isinstance(n, ast.Name)]
    arguments = {n.arg for n in ast.walk(function) if isinstance(n, ast.arg)}
    stored = {n.id for n in names if isinstance(n.ctx, ast.Store)}
    numbers = {}
    for name in names:
        if name.id in stored - arguments:
            number = numbers.setdefault(name.id, len(numbers))
            name.id = f"local {number}"


def fingerprints(rows):
    """Return the fingerprint of the program of each row, by its name."""
    return {row.name: fingerprint(row.source) for row in rows}


def unchanged(found, rows):
    """Tell whether the programs of all these rows are those measured."""
    return not stale(found, rows)


def stale(found, rows):
    """Return those of the rows whose program is not the one measured."""
    now = fingerprints(rows)
    return [
        row for row in rows if found["code"].get(row.name) != now[row.name]
    ]


def read(name):
    """Return what the results file of this name holds, as JSON has it.

    It may be stale. Raises RunError if it is missing or can't be read.
    """
    path = RESULTS / f"{name}.json"
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
        found["code"]
    except (OSError, ValueError, KeyError) as error:
        raise RunError(
            say(
                "{name} cannot be read: {again}",
                name=path.name,
                again=local(AGAIN),
            )
        ) from error
    return found


def conditions(found, *more):
    """Say under which conditions something was measured."""
    return ", ".join(
        [
            found["data"],
            *more,
            threads(found["threads"]),
            f"torch {found['torch']}",
        ]
    )


def threads(n):
    """Return "1 thread" or "2 threads"."""
    return f"{n} thread{'s' * (n > 1)}"


def outcome(proof, stage):
    """Say what was measured of a promise, and under which conditions.

    `proof` is what `read` returns of it, and `stage` a row with a promise.
    Returns two texts, or None where the row was never measured.
    """
    for kept in proof["around"]:
        if kept["stage"] == stage.name:
            claims = "; ".join(
                f"{claim['claim']}: {claim['found']}"
                for claim in kept["claims"]
            )
            data = f"{proof['data']}, " * ("--data" in stage.flags)
            return claims, f"{data}torch {proof['torch']}"
    changes = [c for c in proof["changes"] if c["stage"] == stage.name]
    if not changes:
        return None
    [change] = changes
    if change["kind"] == "change":
        claims = "; ".join(
            f"{claim['claim']} (p = {claim['p']:.1g})"
            for claim in proof["claims"]
            if claim["of"] == stage.name
        )
        return claims, conditions(proof, "float64, eight seeds")
    exact, coarse = change["float64"], change["float32"]
    text = (
        "largest difference between predictions:"
        f" {exact['pred']:.1g} in float64, {coarse['pred']:.1g} in float32"
    )
    if changed := coarse["changed_predictions"]:
        text += f", which changes {changed:,} of the 10,000 predicted digits"
    return text, conditions(proof, "seed 0")
