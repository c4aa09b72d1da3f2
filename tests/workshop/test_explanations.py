"""What stops a program is told with what it usually means.

The messages are those of the torch that is installed, so that a new one
which says them in other words is noticed.
"""

import importlib

import pytest
import torch
import torch.nn.functional as F
from torch import nn
from torch.utils.data import DataLoader, TensorDataset

from shared.workshop import texts
from shared.workshop.answer import Answer
from shared.workshop.explanations import explained, stop
from shared.workshop.phases import Seen

IMAGES, LABELS = torch.zeros(8, 784), torch.zeros(8, dtype=torch.int64)
PARAM = torch.zeros(8, requires_grad=True)


class NoInit(nn.Module):
    def __init__(self):
        self.layer = nn.Linear(2, 2)


class NoInitialModule(nn.Module):
    def __init__(self):
        self.x = 0


class NoForward(nn.Module):
    pass


class Returns:
    def __iter__(self):
        return IMAGES, LABELS


def twice():
    loss = (PARAM * 2).exp().sum()
    loss.backward()
    loss.backward()


def in_place():
    values = PARAM.exp()
    loss = values.sum()
    values.zero_()
    loss.backward()


def recorded():
    param = torch.zeros(8, requires_grad=True)
    param -= 1


# By what is done, the kind that it has to be.
MISTAKES = {
    "a gradient that is none": (
        lambda: torch.zeros(1) - torch.zeros(1).grad * 0.5,
        "none-in-operation",
    ),
    "a gradient that is none is cleared": (
        lambda: torch.zeros(1).grad.zero_(),
        "none-has-no-attribute",
    ),
    "an optimizer of nothing": (
        lambda: torch.optim.SGD([], lr=1),
        "no-parameters",
    ),
    "backward twice": (twice, "backward-twice"),
    "scores and labels swapped": (
        lambda: F.cross_entropy(LABELS, torch.zeros(8, 10)),
        "arguments-swapped",
    ),
    "log-softmax of labels": (
        lambda: LABELS[None].log_softmax(1),
        "arguments-swapped",
    ),
    "an update that is recorded": (recorded, "update-recorded"),
    "nothing to learn": (
        lambda: IMAGES.sum().backward(),
        "nothing-recorded",
    ),
    "a tensor changed too early": (in_place, "changed-before-backward"),
    "labels for images": (
        lambda: nn.Linear(8, 10)(LABELS),
        "images-and-labels-swapped",
    ),
    "indices of other lengths": (
        lambda: IMAGES[torch.arange(8), torch.arange(7)],
        "indices-of-other-lengths",
    ),
    "a number for a gradient": (
        lambda: setattr(torch.zeros(1), "grad", 0),
        "gradient-is-no-tensor",
    ),
    "a sum in a tensor of whole numbers": (
        lambda: LABELS.add_(IMAGES[:, 0]),
        "whole-numbers-in-place",
    ),
    "a model that is no module": (
        lambda: Returns().parameters(),
        "no-module",
    ),
    "no super().__init__()": (NoInit, "init-not-called"),
    "no super().__init__(), seen late": (
        lambda: list(NoInitialModule().parameters()),
        "init-not-called",
    ),
    "a method for a tensor": (
        lambda: IMAGES.sum[0],
        "function-not-called",
    ),
    "a function for a layer": (
        lambda: nn.Sequential(F.relu),
        "layer-not-made",
    ),
    "a class for a layer": (
        lambda: nn.Sequential(nn.ReLU),
        "layer-not-made",
    ),
    "a list of layers": (
        lambda: nn.Sequential([nn.ReLU()]),
        "layers-in-a-list",
    ),
    "a mean of nothing": (lambda: 1 / 0, "division-by-zero"),
    "a loader of images alone": (
        lambda: [0 for xb, yb in DataLoader(TensorDataset(IMAGES), 4)],
        "batch-is-no-pair",
    ),
    "a row unpacked": (lambda: [0 for x, y in IMAGES], "batch-is-no-pair"),
    "fewer labels": (
        lambda: TensorDataset(IMAGES, LABELS[:4]),
        "tensors-of-other-lengths",
    ),
    "one-hot labels of another shape": (
        lambda: F.cross_entropy(torch.zeros(8, 10), torch.zeros(8, 1).long()),
        "shapes-for-cross-entropy",
    ),
    "labels that are too large": (
        lambda: F.cross_entropy(torch.zeros(8, 5), LABELS + 5),
        "too-few-scores",
    ),
    "labels that are floats": (
        lambda: F.cross_entropy(torch.zeros(8, 10), LABELS.float()),
        "types-for-cross-entropy",
    ),
    "digits for scores": (
        lambda: F.cross_entropy(torch.zeros(8, 10).argmax(1), LABELS),
        "types-for-cross-entropy",
    ),
    "an image too far": (lambda: IMAGES[8], "index-too-large"),
    "a window that is too large": (
        lambda: F.avg_pool2d(torch.zeros(1, 1, 2, 2), 4),
        "window-too-large",
    ),
    "a log of another kind": (
        lambda: print.validation(1),
        "log-replaced",
    ),
    "an argument too many": (
        lambda: (lambda x: x)(1, 2),
        "other-arguments-than-it-takes",
    ),
    "an argument of another name": (
        lambda: (lambda x: x)(y=1),
        "other-arguments-than-it-takes",
    ),
    "rows that are too long": (
        lambda: nn.Linear(28, 10)(IMAGES),
        "rows-of-another-length",
    ),
    "rows for a convolution": (
        lambda: nn.Conv2d(1, 1, 3)(IMAGES),
        "no-images-for-convolution",
    ),
    "other channels": (
        lambda: nn.Conv2d(2, 1, 3)(torch.zeros(1, 1, 8, 8)),
        "no-images-for-convolution",
    ),
    "a shape of more numbers": (
        lambda: IMAGES.view(-1, 1, 27, 27),
        "shape-does-not-fit",
    ),
    "sums that lost an axis": (
        lambda: torch.zeros(8, 10) - torch.zeros(8, 10).sum(-1),
        "tensors-do-not-fit",
    ),
    "labels of another batch": (
        lambda: F.cross_entropy(torch.zeros(4, 10), LABELS),
        "tensors-do-not-fit",
    ),
    "an argument too few": (lambda: (lambda x: x)(), "too-few-arguments"),
    "a module without forward": (lambda: NoForward()(IMAGES), "no-forward"),
    "a function without return": (
        lambda: F.cross_entropy(print(end=""), LABELS),
        "nothing-for-a-tensor",
    ),
    "a pair that is none": (
        lambda: [0 for x, y in [None]],
        "nothing-for-a-tensor",
    ),
    "a loop over none": (
        lambda: [0 for x in print(end="")],
        "nothing-for-a-tensor",
    ),
    "a number for a loss": (
        lambda: PARAM.sum().item().backward(),
        "number-for-a-tensor",
    ),
    "a model for its parameters": (
        lambda: torch.optim.SGD(nn.Linear(2, 2), lr=1),
        "not-iterable",
    ),
    "a function for a model": (
        lambda: in_place.parameters(),
        "attribute-of-a-function",
    ),
    "a class for a model": (
        lambda: NoForward.parameters(),
        "class-not-called",
    ),
    "a class for an object": (lambda: NoForward.x, "attribute-of-a-class"),
    "a loss that is a class": (
        lambda: nn.CrossEntropyLoss(IMAGES, LABELS),
        "truth-of-a-tensor",
    ),
    "the largest of each row": (
        lambda: IMAGES - IMAGES.max(1, keepdim=True),
        "pair-of-values-and-places",
    ),
    "tensors in brackets": (
        lambda: TensorDataset((IMAGES, LABELS)),
        "several-for-one",
    ),
    "labels for the size of a batch": (
        lambda: DataLoader(IMAGES, LABELS, batch_size=4),
        "argument-given-twice",
    ),
    "a comma for a colon": (lambda: LABELS[0, 4], "too-many-indices"),
    "labels in a row": (
        lambda: IMAGES.gather(1, LABELS),
        "index-of-another-dimension",
    ),
    "a float for a number of steps": (
        lambda: range(8 / 2),
        "float-for-a-whole-number",
    ),
    "a float for the end of a slice": (
        lambda: [0][: 8 / 2],
        "float-for-a-whole-number",
    ),
    "a dataset for a number of steps": (
        lambda: range(TensorDataset(IMAGES)),
        "no-whole-number",
    ),
    "a number for images": (
        lambda: F.linear(0, IMAGES),
        "no-tensor",
    ),
    "another module": (
        lambda: importlib.import_module("torch.data"),
        "no-such-module",
    ),
    "a function of another module": (
        lambda: torch.functional.cross_entropy,
        "no-such-module",
    ),
    "a return in __iter__": (
        lambda: [0 for batch in Returns()],
        "iter-without-yield",
    ),
    "a device that nobody has": (
        lambda: torch.zeros(1, device="xpu"),
        "device-not-there",
    ),
    "a name that nobody knows": (
        lambda: unknown,  # noqa: F821
        "name-unknown",
    ),
}


@pytest.mark.parametrize("name", MISTAKES)
def test_a_message_is_explained(name):
    mistake, kind = MISTAKES[name]
    with pytest.raises(Exception) as caught:  # noqa: PT011, any type
        mistake()
    message = str(caught.value).partition("\n")[0]
    assert explained(caught.type.__name__, message) == kind


def test_every_explanation_is_the_meaning_of_some_message():
    kinds = {kind for _, kind in MISTAKES.values()}
    assert set(texts.EXPLANATIONS) - kinds == {
        "recorded-no-more",
        "gradient-of-a-result",
        "backward-without-recording",
        "no-accelerator",
    }


def test_what_has_no_explanation_gets_none():
    assert explained("ValueError", "no idea") == ""


ANSWER = Answer("import torch\nloss = pred\n")


def error(type_="ValueError", message="", line=2):
    return {"type": type_, "message": message, "line": line}


STOPS = {
    "nothing returned": ({"returned": None}, "returns-nothing"),
    "a list returned": ({"returned": "list"}, "returns-no-tensor"),
    "no function": (error("AttributeError", "", None), "no-train"),
    "a question": (error("WaitingError", "input()"), "waits-for-input"),
    "a debugger": (error("BdbQuit"), "waits-in-debugger"),
    "no memory": (error("MemoryError"), "out-of-memory"),
    "no memory for a tensor": (
        error("RuntimeError", "can't allocate memory: you tried"),
        "out-of-memory",
    ),
    "the end": (error("SystemExit", "1"), "exits"),
    "anything": (error("KeyError", "'x'"), "stops"),
    "an index": (error("IndexError", "index out of range"), "index-too-large"),
}


@pytest.mark.parametrize("name", STOPS)
def test_what_stops_a_program_is_of_a_kind(name):
    raised, kind = STOPS[name]
    found = stop(raised, {}, ANSWER)
    assert found.kind == kind
    assert found.phase == "run"
    if raised.get("line"):
        assert " in line 2" in found.text
        assert "\n  2: loss = pred" in found.text


def test_what_works_in_float32_stops_in_float64_alone():
    seen = {"fine in float32": True}
    assert stop(error("RuntimeError"), seen, ANSWER).kind == "float32-alone"


def test_what_could_be_learned_from_at_first_is_recorded_no_more():
    message = "element 0 of tensors does not require grad and does not have a"
    raised = error("RuntimeError", f"{message} grad_fn")
    record = {"steps": 2, "losses": [], "pred": None, "problems": []}
    seen = {"record": record, "trace": {"shape": None}}
    assert stop(raised, seen, ANSWER).kind == "nothing-recorded"
    record["losses"] = [2.0]
    assert stop(raised, seen, ANSWER).kind == "recorded-no-more"


def test_a_gradient_is_not_stored_in_a_result():
    raised = error("TypeError", "unsupported operand: 'NoneType' and 'float'")
    seen = {"trace": {"count": {"grad of a result": 1}}}
    answer = Answer("w = 2\nw -= w.grad\n")
    assert stop(raised, seen, answer).kind == "gradient-of-a-result"
    assert stop(raised, {}, answer).kind == "none-in-operation"
    answer = Answer("w = randn(2) / 2\nw -= w.grad\n")
    said = "result.\nIt is made in line 1:\n  1: w = randn(2) / 2"
    assert said in stop(raised, seen, answer).text


def test_none_is_no_gradient_where_there_are_none():
    raised = error("AttributeError", "'NoneType' object has no attribute 'x'")
    assert stop(raised, {}, ANSWER).kind == "nothing-for-a-tensor"
    answer = Answer("\nd = torch.accelerator.current_accelerator().type\n")
    assert stop(raised, {}, answer).kind == "no-accelerator"


def test_what_is_learned_in_the_validation_is_not_recorded():
    message = "element 0 of tensors does not require grad and does not have a"
    raised = error("RuntimeError", f"{message} grad_fn") | {"called": 1}
    seen = {"trace": {"count": {"backward without recording": 1}}}
    found = stop(raised, seen, ANSWER)
    assert found.kind == "backward-without-recording"
    assert "That was called in line 1:\n  1: import torch" in found.text


def test_a_tensor_without_a_gradient_is_told_why():
    raised = error("TypeError", "unsupported operand: 'NoneType' and 'float'")
    raised["values"] = [["w", "tensor", {"shape": [2], "learns": False}]]
    answer = Answer("v = 2\nw -= w.grad * 2\n")
    text = stop(raised, {}, answer).text
    assert "`w` does not require a gradient" in text
    raised["values"][0][2]["learns"] = True
    text = stop(raised, {"trace": {"cleared": 1}}, answer).text
    assert "Line 1 clears the gradients" in text
    assert "\n  1: v = 2" in text


def test_a_name_may_be_an_attribute():
    raised = error("NameError", "name 'w' is not defined")
    code = "class A:\n def __init__(self): self.w = 2\n def f(self): return w"
    text = stop(raised, {}, Answer(code)).text
    assert "Line 2 makes it an attribute: write `self.w` to use it." in text


def test_a_name_that_goes_out_is_not_to_be_defined_anew():
    raised = error("NameError", "name 'momentum' is not defined")
    text = stop(raised, {}, ANSWER, gone=["momentum"]).text
    assert "`momentum` goes out in this exercise: remove what uses it" in text


def test_a_module_without_its_init_is_named():
    raised = error("AttributeError", "'A' object has no attribute '_modules'")
    answer = Answer("\nclass A(nn.Module): ...\n")
    assert "It is missing in `A` (line 2)." in stop(raised, {}, answer).text


def test_a_name_is_shown_in_its_module():
    raised = error("ModuleNotFoundError", "No module named 'torch.data'")
    answer = Answer("\nfrom torch.data import DataLoader\n")
    found = stop(raised, {}, answer)
    assert "`DataLoader` is in `torch.utils.data`." in found.text


@pytest.mark.parametrize(
    ("code", "words"),
    [
        (
            "def model(self, x): ...\nmodel(x)",
            "Line 1 defines `model` outside of a class, but with `self`",
        ),
        (
            "class Model(nn.Linear):\n def f(s): super().__init__()",
            "is that of the parent class, `nn.Linear`",
        ),
    ],
)
def test_who_lacks_an_argument_is_told(code, words):
    raised = error("TypeError", "f() missing 1 required positional argument")
    assert words in stop(raised, {}, Answer(code)).text


def test_what_names_stand_for_is_told():
    values = [
        ["xb", "tensor", {"shape": [64, 784]}],
        ["model", "class", {"type": "Logistic"}],
    ]
    text = stop(error() | {"values": values}, {}, ANSWER).text
    assert "`xb` is a tensor of shape (64, 784) there." in text
    assert "`model` is the class `Logistic` there, not an object" in text


def test_a_window_that_is_too_large_is_told_with_the_grids():
    raised = error("RuntimeError", "Output size is too small")
    grids = [[13, 13], [13, 13], [6, 6]]
    seen = {"trace": {"steps": ["conv2d", "relu", "conv2d"], "grids": grids}}
    text = stop(raised, seen, ANSWER).text
    assert "After each convolution the grid is: 13 x 13, 6 x 6." in text
    batch = seen["trace"] | {"grids": [[14, 14], [14, 14], [7, 7]]}
    usual = Seen("09", None, {"batches": [batch]})
    text = stop(raised, seen, ANSWER, usual).text
    assert "13 x 13, 6 x 6; in stage 09: 14 x 14, 7 x 7." in text


@pytest.mark.parametrize(
    ("message", "given", "count", "words"),
    [
        (
            "Expected 3D (unbatched) or 4D",
            [4, 784],
            {"conv2d": 1},
            "still rows of 784 pix",
        ),
        (
            "weight of size",
            [4, 28, 28],
            {"conv2d": 1},
            "dimension of the chan",
        ),
        (
            "mat1 and mat2 shapes cannot be multiplied",
            [4, 1, 28, 28],
            {},
            "has some",
        ),
    ],
)
def test_a_layer_tells_what_it_was_given(message, given, count, words):
    record = {"steps": 2, "losses": [], "pred": None, "problems": []}
    trace = {
        "batches": [],
        "given": given,
        "given to layer": given,
        "count": count,
        "shape": None,
    }
    seen = {"record": record, "trace": trace}
    assert words in stop(error("RuntimeError", message), seen, ANSWER).text


ROWS, GRIDS = [128, 784], [64, 1, 28, 28]


@pytest.mark.parametrize(
    ("batches", "given", "validated", "words"),
    [
        ([], ROWS, [], "was given the shape (1, 1)."),
        ([GRIDS], ROWS, [], "was given the shape (1, 1)."),
        ([ROWS] * 2, ROWS, [], "was given the shape (1, 1)."),
        (
            [GRIDS] * 2,
            ROWS,
            [],
            "In training the model was given the shape (64, 1, 28, 28), here,"
            " in the validation, (128, 784).",
        ),
        ([GRIDS] * 2, ROWS, [2], "here, for the final predictions, (128, 7"),
    ],
)
def test_a_shape_that_does_not_fit_is_told(batches, given, validated, words):
    raised = error("RuntimeError", "Expected 3D (unbatched) or 4D")
    record = {"steps": 2, "losses": [], "pred": None, "problems": []}
    trace = {
        "batches": [{"given": shape} for shape in batches],
        "given": given,
        "given to layer": [1, 1],
        "count": {},
        "validations": [{"after": n} for n in validated],
        "shape": None,
    }
    text = stop(raised, {"record": record, "trace": trace}, ANSWER).text
    assert words in text


@pytest.mark.parametrize(
    ("losses", "shape", "words"),
    [
        ([], None, "By then, no batch had been logged."),
        ([], [64, 10], "logged; the model had last returned (64, 10)."),
        ([2.0] * 3, None, "By then, epoch 2, batch 1 was logged."),
        ([2.0] * 2, None, "and its validation loss were logged: it is in"),
        ([2.0] * 4, None, "By then, all batches of epoch 2 were logged: it"),
        ([2.0], [64, 1], "batch 1 was logged; the model had last returned (6"),
    ],
)
def test_it_is_told_how_far_the_program_had_come(losses, shape, words):
    problems = [
        ["setting", "", "", ["default dtype"]],
        ["data", "", "", ["x_train"]],
    ]
    record = {"steps": 2, "losses": losses, "pred": None, "problems": problems}
    trace = {"shape": shape, "validations": [{"after": 2}]}
    seen = {"record": record, "trace": trace}
    text = stop(error(), seen, ANSWER).text
    assert words in text
    assert text.endswith(
        "\nBefore that, it changed torch's default dtype."
        "\nBefore that, it changed `x_train` in place."
    )
