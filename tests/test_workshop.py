"""The workshop tells a right answer from a wrong one, and says why."""

import ast
import functools

import pytest

from shared import bench, judge
from shared.changes import words
from shared.verdict import Finding
from stages import LADDER
from stages.signs import SIGNS
from stages.tasks import FORWARD, REVERSE, exercise
from tests.mutants import MUTANTS
from tests.solutions import REWRITINGS, other_names

STAGES = {stage.name: stage for stage in LADDER}
EXERCISES = [
    exercise(stage, reverse)
    for stage in LADDER[1:]
    for reverse in (False, True)
]


each_exercise = pytest.mark.parametrize(
    "exercise", EXERCISES, ids=lambda exercise: exercise.key
)


def mostly_slow(every, cases):
    """Mark all cases but each so many-th as slow; name them."""
    return [
        pytest.param(
            *case,
            marks=[pytest.mark.slow] if i % every else [],
            id=" ".join(
                getattr(v, "key", getattr(v, "__name__", "")) or v.name
                for v in case
            ),
        )
        for i, case in enumerate(cases)
    ]


@pytest.fixture(scope="module")
def few(digits):
    """Train on a few digits in this process; what is trained twice, once."""

    @functools.cache
    def train(path, given, code):
        return bench.try_few(path, digits, given)[1]

    return lambda path, given: train(path, given, path.read_text())


@pytest.fixture
def check(few, monkeypatch, tmp_path):
    """Check some code, up to the promise on a few digits; return the end."""

    class Here:
        def __init__(self, path, data, given):
            self.seen = few(path, given["few"])

        def __enter__(self):
            return self

        def __exit__(self, *error):
            pass

    monkeypatch.setattr(judge, "Bench", Here)
    monkeypatch.setattr(judge, "wait", lambda a, b, part: (a.seen, b.seen))

    def check(exercise, code):
        path = tmp_path / "program.py"
        path.write_text(code)
        for step, found in judge.Check(exercise, path, "MNIST").steps():
            if step == "promise" or isinstance(found, Finding):
                return found

    return check


def test_every_change_has_its_tasks_and_no_other_has():
    names = [stage.name for stage in LADDER if stage.parent]
    assert list(FORWARD) == list(REVERSE) == names
    for task in [*FORWARD.values(), *REVERSE.values()]:
        assert len(task.hints) == 3
        assert all(text.endswith((".", "?")) for text in task.hints)


def bound(code):
    """Return the names that some code gives to something."""
    found = set()
    for node in ast.walk(ast.parse(code)):
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            found.add(node.id)
        elif isinstance(node, ast.FunctionDef | ast.ClassDef):
            found.add(node.name)
        elif isinstance(node, ast.arg):
            found.add(node.arg)
    return found


def test_each_piece_of_code_that_is_swapped_has_a_sign_or_is_our_own():
    swapped = set()
    for each in EXERCISES:
        stage = each.stage
        codes = {*stage.swaps_in, *stage.goes_out}
        ours = bound(stage.code) | bound(each.parent.code)
        for code in codes - set(SIGNS):
            assert ours & set(words(code)), code
        swapped |= codes
    assert set(SIGNS) <= swapped


@each_exercise
def test_the_start_is_told_that_the_change_was_not_made(exercise, check):
    found = check(exercise, exercise.code())
    assert found.phase == "change"
    assert found.text.startswith("The change was not made: this still is")
    # Nor is it made by other names.
    found = check(exercise, other_names(exercise.start.code))
    assert found.phase == "change"
    assert found.text.startswith("The change was not made: `")


@each_exercise
def test_the_real_stage_passes(exercise, check):
    assert check(exercise, exercise.target.code) == "held on 1,000 images"


ANSWERS = [
    (exercise, rewriting)
    for exercise in EXERCISES
    for rewriting in REWRITINGS
    if rewriting(exercise.target.code) != exercise.target.code
]


def test_there_are_at_least_five_right_answers_to_each_exercise():
    for each in EXERCISES:
        assert len([e for e, _ in ANSWERS if e is each]) >= 5


@pytest.mark.parametrize(("exercise", "rewriting"), mostly_slow(12, ANSWERS))
def test_a_right_answer_may_look_different(exercise, rewriting, check):
    code = rewriting(exercise.target.code)
    assert check(exercise, code) == "held on 1,000 images"


@pytest.mark.parametrize(
    ("exercise", "mutant"),
    mostly_slow(
        1,
        [
            (e, m)
            for e in EXERCISES
            for m in MUTANTS
            if STAGES[m.stage] is e.target
        ],
    ),
)
def test_mut(exercise, mutant, check):
    found = check(exercise, mutant.code())
    print(
        "@@",
        mutant.stage,
        "|",
        mutant.name,
        "|",
        exercise.key,
        "|",
        found
        if isinstance(found, str)
        else found.phase + "|" + found.text.replace("\n", " / "),
    )
