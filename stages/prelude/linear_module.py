"""Prelude: linear module.

The same line with the classes of `torch.nn`: `nn.Linear` holds `k` as `weight`
and `b` as `bias`, `nn.MSELoss` is the mean of the squared errors, and
`optim.SGD` does the update.

What to look at:

- `nn.Linear` gets a matrix: a row for each point, a column for each input,
  here (n, 1). A vector of n numbers would be taken for one point with n
  inputs, which is an error here.
- It draws its initial values at random. Here they are set to zero, to get the
  same lines as before.
- `MSELoss` takes the mean. Some courses take half of it, so that the 2 in the
  derivative cancels; for the same steps their learning rate must be twice
  ours.
- Nothing in `optim.SGD` is stochastic: it follows the gradient that it finds.
  Whether that comes from all points or from a few depends on the loop.
- `opt.zero_grad()` knows the gradients because the optimizer was given the
  parameters. `model.parameters()` finds these because an `nn.Module` registers
  every parameter and every module that becomes an attribute of it. A class
  with a `forward` that does not inherit from `nn.Module` has no `parameters`,
  and cannot be called.
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
