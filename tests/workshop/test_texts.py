"""What the judge says stands in one table, and all of it can be said."""

import ast
import string
from pathlib import Path

from shared.workshop import exercises, texts
from shared.workshop.explanations import EXPLAINED
from shared.workshop.signs import SIGNS
from tests.workshop import (
    test_answers,
    test_check,
    test_explanations,
    test_sandbox,
    test_verdict,
)

STEPS = {"file", "run", "change", "in full", ""}
FILES = sorted(Path(exercises.__file__).parent.glob("*.py"))

# In tests of their own, not in one of the tables that are asked below.
ALONE = {"unchanged", "process-ended", "no-accelerator"}


def fields(template):
    return {
        name for _, name, _, _ in string.Formatter().parse(template) if name
    }


def calls():
    """Return each call of `Finding` or `Words`, and its keywords."""
    for path in FILES:
        for node in ast.walk(ast.parse(path.read_text())):
            name = getattr(getattr(node, "func", None), "id", "")
            if name in ("Finding", "Words"):
                names = [keyword.arg for keyword in node.keywords]
                yield path.name, node, names


def strings():
    """Return all strings in the code of the workshop, the texts aside."""
    return {
        node.value
        for path in FILES
        if path.name != "texts.py"
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.Constant) and isinstance(node.value, str)
    }


def test_every_kind_is_short_and_has_a_phase_that_is_known():
    for kind, (phase, template) in texts.FINDINGS.items():
        assert kind == kind.lower().replace("_", "-").replace(" ", "-")
        assert len(kind) <= 40
        assert phase in STEPS or phase in texts.LOOK, kind
        assert template


def test_every_kind_is_found_somewhere_and_tested():
    kinds = set(texts.FINDINGS)
    assert kinds <= strings()
    tested = {
        kind
        for table in (
            test_check.CAUSES,
            test_check.MISTAKES,
            test_check.PART_OF_THE_CHANGE,
            test_check.FILES,
            test_check.IN_FULL,
            test_answers.WRONG,
            test_explanations.MISTAKES,
            test_explanations.STOPS,
            test_sandbox.HANGS,
            test_verdict.CASES,
        )
        for case in table.values()
        for kind in case
        if isinstance(kind, str)
    }
    assert kinds - tested == ALONE


def test_every_value_has_a_field_and_every_field_a_value():
    checked = 0
    for file, call, names in calls():
        match call.args[0]:
            case ast.Constant(value=kind):
                template = texts.FINDINGS[kind].template
            case ast.Attribute(value=ast.Name(id="texts"), attr=name):
                template = getattr(texts, name)
            case _:
                continue
        checked += 1
        wanted = fields(template)
        where = f"{file}, line {call.lineno}"
        if None in names:  # some are handed over in a dict
            assert set(names) - {None} <= wanted, where
        else:
            assert set(names) == wanted, where
    assert checked > 100


def test_no_part_of_a_sentence_is_unused():
    code = "".join(p.read_text() for p in FILES if p.name != "texts.py")
    for name, value in vars(texts).items():
        if isinstance(value, str) and name.isupper():
            assert f"texts.{name}" in code, name


def test_every_sign_that_is_looked_for_says_what_is_missing():
    assert set(texts.MISSING) == {c for c, s in SIGNS.items() if s.used}
    assert set(texts.WHY) <= {c for c, s in SIGNS.items() if s.left}


def test_every_explanation_belongs_to_an_exception():
    assert {kind for _, _, kind in EXPLAINED} <= set(texts.EXPLANATIONS)
