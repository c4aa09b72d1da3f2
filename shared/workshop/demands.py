"""What a task asks for besides the code that is swapped.

Two programs may train alike and still not both be an answer: the text of a
task may ask for an order, a place or a form that no number shows. Each
demand here stands in the text of its task, and nothing is demanded that does
not stand there.
"""

from collections.abc import Callable
from typing import NamedTuple


class Demand(NamedTuple):
    """Whether a program breaks what is asked for, and the kind of finding.

    `broken` takes what `shared.workshop.trace` saw, and the `Answer`; it
    returns a line of the program, or a list of lines, True if the line is not
    known, or what is false if nothing is broken.
    """

    broken: Callable
    kind: str


def _calls(name, code=""):
    """Ask where the program calls this, or else where it names `code`."""

    def line(seen, answer):
        if name in seen.count:
            return seen.own.get(name) or answer.named(code) or True
        return None

    return line


def _counted(name):
    """Ask whether this was seen, and in which line if that is known."""
    return lambda seen, answer: (
        name in seen.count and (seen.own.get(name) or True)
    )


def _forward_of_its_own(seen, answer):
    """Ask where the model, a `Sequential`, has a `forward` of its own."""
    if seen.model_kind != "sequential with forward":
        return None
    return answer.defines("forward", within="Sequential") or True


NO_OPTIMIZER = Demand(
    _calls("Optimizer.__init__", "SGD"), "optimizer-too-early"
)
ONE_OPTIMIZER = Demand(
    _calls("Optimizer made anew", "SGD"), "optimizer-made-anew"
)
GIVEN_ROWS = Demand(
    lambda seen, answer: any(
        len(batch["given"] or ()) == 4 for batch in seen.batches
    ),
    "reshaped-outside-of-network",
)

ONE_DATASET = Demand(_counted("TensorDataset made anew"), "dataset-made-anew")
ONE_SLICE = Demand(
    lambda seen, answer: (
        seen.count.get("TensorDataset.__getitem__", 0) >= 2 * len(seen.batches)
        and seen.own.get("TensorDataset.__getitem__")
    ),
    "not-one-slice",
)
SLICED = Demand(
    lambda seen, answer: (
        seen.count.get("TensorDataset sliced", 0) < len(seen.batches)
    ),
    "not-sliced",
)
NOT_RECORDED = Demand(
    lambda seen, answer: seen.last["recorded"], "predictions-recorded"
)

# By the key of an exercise.
DEMANDS = {
    "02": [NO_OPTIMIZER],
    "03": [NO_OPTIMIZER],
    "03-reverse": [
        NO_OPTIMIZER._replace(kind="optimizer-for-tensors"),
        Demand(
            lambda seen, answer: (
                "nn.Parameter learned" in seen.count
                and (answer.named("Parameter") or True)
            ),
            "parameter-left",
        ),
    ],
    "04": [
        NO_OPTIMIZER,
        Demand(_counted("initial values changed"), "initial-values-changed"),
    ],
    "05": [ONE_OPTIMIZER],
    "06": [
        ONE_OPTIMIZER,
        ONE_DATASET,
        ONE_SLICE,
        Demand(_calls("DataLoader.__init__"), "loader-too-early"),
        SLICED,
    ],
    "07-reverse": [SLICED],
    "07": [ONE_OPTIMIZER, ONE_DATASET],
    "08": [
        ONE_OPTIMIZER,
        NOT_RECORDED,
    ],
    "08-reverse": [
        ONE_OPTIMIZER,
        Demand(
            lambda seen, answer: not answer.loops_in("train"),
            "no-loop-in-train",
        ),
    ],
    "09": [GIVEN_ROWS, NOT_RECORDED],
    "09-reverse": [NOT_RECORDED],
    "10": [
        Demand(_forward_of_its_own, "forward-of-sequential"),
        Demand(
            lambda seen, answer: seen.model_hooks and (answer.hooks() or True),
            "hook-of-sequential",
        ),
        GIVEN_ROWS,
        NOT_RECORDED,
    ],
    "10-reverse": [GIVEN_ROWS, NOT_RECORDED],
    "11": [
        Demand(
            lambda seen, answer: (
                "images reshaped in the loop" in seen.count
                and (seen.own.get("images reshaped outside") or True)
            ),
            "reshaped-in-loop",
        ),
        NOT_RECORDED,
    ],
    "11-reverse": [GIVEN_ROWS, NOT_RECORDED],
    "12": [NOT_RECORDED],
    "12-reverse": [
        NOT_RECORDED,
        Demand(
            lambda seen, answer: (
                "moved" in seen.count and (seen.moved or True)
            ),
            "still-moved",
        ),
    ],
}
