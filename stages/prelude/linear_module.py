"""Prelude: linear module.

The same line in the words of `torch.nn`: `nn.Linear` holds `k` as `weight`
and `b` as `bias`, `nn.MSELoss` is the mean of the squares, and `optim.SGD`
does the update.

What to look at:

- `nn.Linear` wants a matrix: a row for each point, a column for each input,
  here (n, 1). Given the n numbers as a vector it would take them for the n
  inputs of one point, and refuse.
- It draws its start at random. Here it is set to zero, to draw the same lines
  as before.
- `MSELoss` takes the mean. Where a course has half of it, to be rid of the 2
  in the derivative, its learning rate is twice ours.
- `optim.SGD` has nothing stochastic in it: it follows the gradient that it
  finds. Whether that is of all points or of a few is up to the loop.
- `opt.zero_grad()` reaches the gradients because the optimizer was handed the
  parameters, and `model.parameters()` finds them because `nn.Module` takes
  note when a parameter or a module is made an attribute of it. A class with a
  `forward` that does not inherit from `nn.Module` has no `parameters`, and
  cannot be called.
"""

import torch
from torch import nn, optim


def fit(
    x,  # (n,) float64
    y,  # (n,)
    log,  # takes every line and its loss
    epochs=10_000,
    lr=0.005,
):
    x, y = torch.from_numpy(x)[:, None], torch.from_numpy(y)[:, None]
    model = nn.Linear(1, 1, dtype=x.dtype)
    nn.init.zeros_(model.weight)
    nn.init.zeros_(model.bias)
    loss_func = nn.MSELoss()
    opt = optim.SGD(model.parameters(), lr=lr)

    for epoch in range(epochs):
        pred = model(x)
        loss = loss_func(pred, y)
        log(model.weight, model.bias, loss)

        loss.backward()
        opt.step()
        opt.zero_grad()

    return model.weight, model.bias


if __name__ == "__main__":
    from stages.__main__ import run_file

    run_file(__file__)
