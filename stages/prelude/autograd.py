"""Prelude: autograd.

What stage 01 takes for granted: tensors, the graph that autograd records of a
computation, and the gradients that it sends back through it. The program is a
list of claims, each a few lines with a result. `claim` takes what is said,
what torch gave, and what it should be. It prints the first two, and stops the
run if the last two differ.

What to look at:

- A view shows the same numbers in another shape. What is written to one is
  seen in both. A NumPy array can share the numbers of a tensor, too.
- A leaf is a tensor that no recorded operation made. `backward` stores
  gradients in the leaves that require one and in no other tensor, unless
  `retain_grad` asked for it. Some tutorials say, wrongly, that every tensor on
  the way keeps its own.
- Older code wraps tensors in `Variable`. Since torch 0.4 this just returns a
  tensor, and every tensor can do what a variable could.
- `backward` adds to `grad`. An optimizer's `zero_grad` does not fill the
  gradients with zeros: since torch 2.0 it sets them to `None`. That takes less
  memory, and it shows which parameters have had no gradient since.
- To change a tensor without autograd recording it, use `torch.no_grad()`.
  `tensor.data`, found in older code, also hides the change from the check that
  protects a graph already recorded. Then gradients are wrong, and there is no
  error message.
- It is often said that torch can differentiate only scalars. In fact,
  `backward` computes the product of a vector and the Jacobian, the matrix of
  all derivatives. For a scalar the vector is 1 and may be left out;
  `z.sum().backward()` is the product with a vector of ones.
"""

import math
import warnings

import torch
from torch import optim
from torch.autograd import Variable
from torch.autograd.functional import jacobian


def refusal(func):
    """Return the name of the error that a call raises."""
    try:
        func()
    except RuntimeError as error:
        return type(error).__name__


def shapes(claim):
    scalar, vector = torch.tensor(3.0), torch.tensor([3.0, 4.0])
    matrix = torch.stack((vector, torch.ones(2)), dim=1)
    dimensions = [t.dim() for t in (scalar, vector, matrix)]
    claim("scalar, vector and matrix have dimensions", dimensions, [0, 1, 2])
    claim("stacked along 1, vectors are columns", matrix, [[3, 1], [4, 1]])
    claim(
        "mv multiplies them: 3 * 3 + 4 * 1, ...", matrix.mv(vector), [13, 16]
    )

    # torch.Tensor takes a shape; its numbers are what was in memory before.
    claim("torch.Tensor(2, 4) has the shape", torch.Tensor(2, 4).shape, (2, 4))
    claim("torch.tensor([2, 4]) holds", torch.tensor([2, 4]), [2, 4])
    claim("torch.eye(2) is", torch.eye(2), [[1, 0], [0, 1]])
    claim("arange(1, 7, 2) stops before 7", torch.arange(1, 7, 2), [1, 3, 5])

    row = torch.zeros(1, 3)
    claim("squeeze(0) makes of (1, 3)", row.squeeze(0).shape, (3,))
    claim("squeeze(1), without complaint", row.squeeze(1).shape, (1, 3))


def memory(claim):
    x = torch.arange(6)
    table = x.view(2, 3)
    table[0, 0] = 7
    claim("7 written to a view, read from its tensor", x[0], 7)
    table.clone()[0, 0] = 8
    claim("8 written to a clone, read from the tensor", x[0], 7)

    flat = table.T.reshape(6)
    refused = refusal(lambda: table.T.view(6))
    claim("a transposed tensor has no flat view", refused, "RuntimeError")
    claim("reshape returns one all the same", flat, [7, 3, 1, 4, 2, 5])
    flat[0] = 8
    claim("but a copy: 8 written to it, read from x", x[0], 7)

    x.add(1)
    claim("x[0] after x.add(1), which returns a sum", x[0], 7)
    x.add_(1)
    claim("x[0] after x.add_(1), which is in place", x[0], 8)
    x.numpy()[0] = 9
    claim("9 written by NumPy, read by torch", x[0], 9)


def leaves(claim):
    k = torch.tensor(2.0, requires_grad=True)
    x = torch.tensor(3.0)
    b = Variable(torch.tensor(4.0))
    t = k**x
    y = t + b
    claim("y = k ** x + b of 2, 3 and 4", y, 12)
    claim("a Variable is", type(b), torch.Tensor)
    claim("unless told, a tensor requires_grad", x.requires_grad, False)
    claim("but one made of k", t.requires_grad and y.requires_grad, True)
    claim(
        "y.grad_fn, which knows the way back", y.grad_fn.name(), "AddBackward0"
    )
    claim(
        "leaves among k, x, b, t, y",
        [v.is_leaf for v in (k, x, b, t, y)],
        [True, True, True, False, False],
    )
    claim("k.grad before backward", k.grad, None)

    y.backward()
    claim("k.grad after it, x * k ** (x - 1)", k.grad, 12)
    claim("x.grad, which it did not require", x.grad, None)
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        claim("t.grad, which is no leaf", t.grad, None)
    claim("warnings from torch about that", len(caught), 1)
    claim("backward once more through y", refusal(y.backward), "RuntimeError")

    # Divided after it was marked: w is a result, and no leaf.
    w = torch.ones(2, requires_grad=True) / 2
    claim("a result that was named w is a leaf", w.is_leaf, False)


def graph(claim):
    """Return the tensors of a small graph by name, each with its gradient."""
    k, x, b = (torch.tensor(v, requires_grad=True) for v in (2.0, 3.0, 4.0))
    t = k**x
    y = t + b
    for result in (t, y):
        result.retain_grad()
    y.backward()
    claim("y.grad, by itself", y.grad, 1)
    claim("t.grad and b.grad, through a sum", t.grad.item(), b.grad.item())
    claim("k.grad, x * k ** (x - 1)", k.grad, 12)
    claim("x.grad, k ** x * log(k)", x.grad, 8 * math.log(2))
    return {"k": k, "x": x, "b": b, "t": t, "y": y}


def accumulation(claim):
    w = torch.tensor(3.0, requires_grad=True)
    for times in (1, 2, 3):
        (w * w).backward()
        claim(f"w.grad, calls of backward: {times}", w.grad, times * 6)
    w.grad.zero_()
    (w * w).backward()
    claim("w.grad, zeroed in between", w.grad, 6)
    optim.SGD([w], lr=0.1).zero_grad()
    claim("what zero_grad leaves", w.grad, None)


def untracked(claim):
    w = torch.tensor(3.0, requires_grad=True)
    with torch.no_grad():
        claim(
            "made under no_grad, requires_grad", (w * w).requires_grad, False
        )
    same = w.detach()
    claim("detached, requires_grad", same.requires_grad, False)
    claim("but it shares the number", same.data_ptr() == w.data_ptr(), True)
    claim("NumPy asks for w detached", refusal(w.numpy), "RuntimeError")
    claim(
        "a leaf changed in sight", refusal(lambda: w.add_(1)), "RuntimeError"
    )

    square = w * w
    with torch.no_grad():
        w.fill_(5)
    claim(
        "backward, w changed since", refusal(square.backward), "RuntimeError"
    )
    w.data.fill_(3)
    square = w * w
    w.data.fill_(5)
    square.backward()
    claim("w changed by w.data: w.grad is not 6 but", w.grad, 10)


def products(claim):
    x = torch.tensor(3.0, requires_grad=True)
    p = torch.ones(2, 2, requires_grad=True)
    refused = refusal((2 * x + p).backward)
    claim("backward from four numbers at once", refused, "RuntimeError")
    (2 * x + p).sum().backward()
    claim("p.grad from their sum", p.grad, [[1, 1], [1, 1]])
    claim("x.grad from their sum", x.grad, 8)
    x.grad = p.grad = None
    (2 * x + p).backward(torch.ones(2, 2))
    claim("p.grad from backward(ones)", p.grad, [[1, 1], [1, 1]])
    claim("x.grad from backward(ones)", x.grad, 8)

    def f(x):
        return torch.stack((x[0] * x[1], x[1] ** 2, x[0].exp()))

    x = torch.tensor([0.0, 3.0], requires_grad=True)
    matrix = jacobian(f, x)  # a row for each result, a column for each input
    claim("of x0 * x1, x1 ** 2, exp(x0)", matrix, [[3, 0], [0, 6], [1, 0]])
    v = torch.tensor([1.0, 10.0, 100.0])
    f(x).backward(v)
    claim("x.grad from backward(v)", x.grad, v @ matrix)
    x.grad = None
    f(x).sum().backward()
    claim("x.grad from sum()", x.grad, torch.ones(3) @ matrix)


CLAIMS = shapes, memory, leaves, accumulation, untracked, products, graph


if __name__ == "__main__":
    from stages.__main__ import run_file

    run_file(__file__)
