"""The workshop tells a right answer from a wrong one, and says why."""

import functools
import re

import pytest

from shared import bench, judge
from shared.verdict import Finding
from stages import LADDER
from stages.signs import SIGNS
from stages.tasks import FORWARD, REVERSE, exercise
from tests.mutants import MUTANTS
from tests.solutions import other_names, solutions

STAGES = {stage.name: stage for stage in LADDER}
EXERCISES = [
    exercise(stage, reverse)
    for stage in LADDER[1:]
    for reverse in (False, True)
]


def name_of(value):
    return getattr(value, "key", getattr(value, "name", value))


def some(every, cases):
    """Mark all cases slow but those whose first value is in `every`."""
    return [
        case if i % every == 0 else pytest.param(*case, marks=pytest.mark.slow)
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


def test_each_piece_of_code_that_is_swapped_has_a_sign_or_is_our_own():
    for stage in LADDER[1:]:
        for code in (*stage.swaps_in, *stage.goes_out):
            own = re.findall(r"\w+", code)[0]
            codes = STAGES[stage.parent].code + stage.code
            ours = re.search(rf"(def|class|for) {own}\b|\b{own}[,:] ", codes)
            ours = ours or re.search(rf"\b{own}( =|=device)", codes)
            assert code in SIGNS or ours, code
    swapped = {c for s in LADDER for c in (*s.swaps_in, *s.goes_out)}
    assert set(SIGNS) <= swapped


@pytest.mark.parametrize("exercise", EXERCISES, ids=name_of)
def test_the_start_is_told_that_the_change_was_not_made(exercise, check):
    found = check(exercise, exercise.code())
    assert found.phase == "change"
    assert found.text.startswith("The change was not made: this still is")
    # Nor is it made by other names.
    renamed = other_names(exercise.start.code).replace("momentum", "inertia")
    found = check(exercise, renamed)
    if "no argument" not in str(found):
        assert found.phase == "change"
        assert found.text.startswith("The change was not made"), found


@pytest.mark.parametrize(
    "exercise", some(3, [(e,) for e in EXERCISES]), ids=name_of
)
def test_the_real_stage_passes(exercise, check):
    assert check(exercise, exercise.target.code) == "held on 1,000 images"


def answers(codes):
    """Return an exercise, a name and a code for each that fits an exercise."""
    return [
        (exercise, name, code)
        for stage, name, code in codes
        for exercise in EXERCISES
        if exercise.target is stage
    ]


def test_there_are_five_right_answers_to_each_exercise():
    for exercise in EXERCISES:
        assert len([a for a in answers(solutions()) if a[0] is exercise]) >= 5


@pytest.mark.parametrize(
    ("exercise", "name", "code"),
    some(12, answers(solutions())),
    ids=lambda v: name_of(v) if len(str(name_of(v))) < 40 else "",
)
def test_a_right_answer_may_look_different(exercise, name, code, check):
    assert check(exercise, code) == "held on 1,000 images"
