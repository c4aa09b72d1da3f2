"""What a task asks for besides the code that is swapped.

Two programs may train alike and still not both be an answer: the text of a
task may ask for an order, a place or a form that no number shows. Each
demand here stands in the text of its task, and nothing is demanded that does
not stand there.
"""

from collections.abc import Callable
from typing import NamedTuple


class Demand(NamedTuple):
    """Whether a program breaks what is asked for, and what to say then.

    `broken` takes what `shared.workshop.trace` saw, and the `Answer`; it
    returns a line of the program, True if the line is not known, or what is
    false if nothing is broken.
    """

    broken: Callable
    text: str


def _calls(name, code=""):
    """Ask where the program calls this, or else where it names `code`."""

    def line(seen, answer):
        if name in seen.count:
            return seen.own.get(name) or answer.named(code) or True
        return None

    return line


def _counted(name):
    """Ask whether this was seen."""
    return lambda seen, answer: name in seen.count


NO_OPTIMIZER = Demand(
    _calls("Optimizer.__init__", "SGD"),
    "an optimizer makes the update; it comes in later. Here the loop updates"
    " the parameters itself",
)
ONE_OPTIMIZER = Demand(
    _calls("Optimizer made anew", "SGD"),
    "the optimizer is made anew while the training goes on. Create it once,"
    " before the loops",
)
GIVEN_ROWS = Demand(
    _counted("images"),
    "the network is handed images that were reshaped outside of it. It is to"
    " take rows of 784 pixels and reshape them itself",
)

# By the key of an exercise.
DEMANDS = {
    "02": [NO_OPTIMIZER],
    "03": [NO_OPTIMIZER],
    "03-reverse": [
        NO_OPTIMIZER._replace(
            text="an optimizer makes the update. The loop is to update each"
            " tensor by name"
        ),
        Demand(
            _calls("nn.Parameter learned", "Parameter"),
            "what is learned is still an `nn.Parameter`; a tensor that"
            " requires a gradient will do",
        ),
    ],
    "04": [NO_OPTIMIZER],
    "05": [ONE_OPTIMIZER],
    "06": [
        ONE_OPTIMIZER,
        Demand(
            _calls("DataLoader.__init__"),
            "a `DataLoader` makes the batches; it comes in with the next"
            " stage. Take each batch from the dataset with one slice",
        ),
    ],
    "07": [ONE_OPTIMIZER],
    "08": [
        ONE_OPTIMIZER,
        Demand(
            lambda seen, answer: seen.last["recorded"],
            "autograd records the final predictions. Make them under"
            " `torch.no_grad()`",
        ),
    ],
    "08-reverse": [
        ONE_OPTIMIZER,
        Demand(
            lambda seen, answer: not answer.loops_in("train"),
            "`train` has no loop. The loops over the epochs and over the"
            " batches are to be in `train` itself",
        ),
    ],
    "09": [GIVEN_ROWS],
    "10": [GIVEN_ROWS],
    "10-reverse": [GIVEN_ROWS],
    "11": [
        Demand(
            _counted("images reshaped in the loop"),
            "the loop over the batches, or a function that it calls, reshapes"
            " the images. The object around a loader is to do that, before"
            " the loop gets the batch",
        )
    ],
    "11-reverse": [GIVEN_ROWS],
    "12-reverse": [
        Demand(_calls("moved"), "something is still moved to a device")
    ],
}
