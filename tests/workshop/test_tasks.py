"""Tasks and hints fit the stages that they are about."""

import re

import pytest

from shared.tokens import contains
from shared.workshop.exercises import exercise
from shared.workshop.tasks import FORWARD, REVERSE
from stages import LADDER

# What a last hint offers besides the code of the stage.
ALTERNATIVES = {"nn.Unflatten(1, (1, 28, 28))", "nn.Flatten()"}


def test_every_change_has_its_tasks_and_no_other_has():
    names = [stage.name for stage in LADDER if stage.parent]
    assert list(FORWARD) == list(REVERSE) == names
    for task in [*FORWARD.values(), *REVERSE.values()]:
        assert len(task.hints) == 3
        assert all(text.endswith((".", "?")) for text in task.hints)


@pytest.mark.parametrize("reverse", [False, True])
@pytest.mark.parametrize("stage", LADDER[1:], ids=lambda stage: stage.name)
def test_the_code_in_a_last_hint_is_that_of_the_stage(stage, reverse):
    given = exercise(stage, LADDER, reverse)
    snippets = re.findall("`([^`]+)`", given.task.hints[-1])
    assert snippets
    for code in set(snippets) - ALTERNATIVES:
        assert contains(given.target.code, code), (
            f"the last hint {'back from' if reverse else 'to'} stage"
            f" {stage.name} says `{code}`, which stage {given.target.name}"
            " does not have"
        )
