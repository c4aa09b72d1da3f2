"""What the names in a line of a program stand for, when it stops there."""

import sys

import torch

from shared.workshop.values import named

CODE = """
import torch

def train(xb, yb, opt, several):
    lr, name, ready = 0.5, "sgd", True
    model = Model
    return print(torch, lr, xb, yb), opt.x, several, model, other, train
def second(self):
    return (self.grown, lr, name, len(self.layer))
class Model: ...
other = len
"""


def described(tmp_path, function, *arguments):
    """Return what names stand for in the last line of a function."""
    path = tmp_path / "program.py"
    path.write_text(CODE)
    space = {"lr": 0.5, "name": "sgd"}
    exec(compile(CODE, path, "exec"), space)
    found = []

    def look(frame, event, argument):
        if event == "exception" and frame.f_code.co_name == function:
            found.append(named(frame, frame.f_lineno))
        return look

    sys.settrace(look)
    try:
        space[function](*arguments)
    except (AttributeError, TypeError):
        pass
    finally:
        sys.settrace(None)
    return {name: (kind, has) for name, kind, has in found[0]}


def test_tensors_have_a_shape_and_none_is_none(tmp_path):
    xb, yb = torch.zeros(4, 784), torch.zeros(4, dtype=torch.int64)
    found = described(tmp_path, "train", xb, yb, None, [1, 2])
    assert found == {
        "lr": ("value", {"value": "0.5"}),
        "xb": ("tensor", {"shape": [4, 784], "learns": False}),
        "yb": ("whole numbers", {"shape": [4], "learns": False}),
        "opt": ("none", {}),
    }


def test_a_tensor_may_be_empty(tmp_path):
    found = described(tmp_path, "train", torch.zeros(0, 2), 1, None, [])
    assert found["xb"] == ("empty", {"shape": [0, 2], "learns": False})


def test_attributes_and_globals_are_told_too(tmp_path):
    class Own:
        grown, layer = type, 3

    found = described(tmp_path, "second", Own())
    assert found == {
        "self.grown": ("class", {"type": "type"}),
        "lr": ("value", {"value": "0.5"}),
        "name": ("value", {"value": "'sgd'"}),
        "self.layer": ("value", {"value": "3"}),
    }
