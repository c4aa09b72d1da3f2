"""Check programs in this process, on a few digits: that is fast."""

import functools

import pytest

from shared.workshop import check as check_
from shared.workshop import sandbox
from shared.workshop.finding import Finding


@pytest.fixture(scope="session")
def few(digits):
    """Train on a few digits in this process; what is trained twice, once."""

    @functools.cache
    def train(path, precondition, code, images):
        return sandbox.try_few(path, digits, precondition)

    return lambda path, precondition: train(
        path, precondition, path.read_text(), sandbox.N_TRAIN
    )


@pytest.fixture
def check(few, digits, monkeypatch, tmp_path):
    """Check some code, up to the promise on a few digits; return the end."""

    class Here:
        def __init__(self, path, splits, preconditions):
            self.seen = few(path, preconditions["few"])

        def __enter__(self):
            return self

        def __exit__(self, *error):
            pass

    def reference(row, splits, preconditions, enter):
        return enter(Here(row.path, splits, preconditions))

    monkeypatch.setattr(check_, "Sandbox", Here)
    monkeypatch.setattr(check_, "Reference", reference)
    monkeypatch.setattr(check_, "wait", lambda a, b, part: (a.seen, b.seen))

    def check(exercise, code):
        if exercise.stage.name >= "09":  # a CNN takes its time
            monkeypatch.setattr(sandbox, "N_TRAIN", 200)
            monkeypatch.setattr(check_, "N_TRAIN", 200)
            monkeypatch.setattr(sandbox, "N_VALID", 140)
        path = tmp_path / "program.py"
        path.write_text(code)
        for step, found in check_.Check(exercise, path, digits).steps():
            if step == "promise" or isinstance(found, Finding):
                return found

    return check
