"""Prelude: linear closed form.

No training. As a function of `k` and `b`, the loss of a line is a paraboloid,
a bowl. It has one lowest point, where both derivatives are zero. These are two
linear equations with two unknowns, and `torch.linalg.lstsq` finds their
solution. So the result of gradient descent can be checked here. For the models
of the ladder there is no such formula; they must be trained step by step.

What to look at:

- Each point gives an equation, `k * x + b = y`, a row of `inputs`. There are
  more equations than unknowns, and here no line goes through all points; least
  squares gives the line with the smallest loss. The column of ones is
  multiplied by `b`.
- The textbook formula inverts `inputs.T @ inputs`. That squares the condition
  number, which says how much errors can grow. `lstsq` works on `inputs`
  itself.
"""

import torch


def fit(
    x,  # (n,) float64
    y,  # (n,)
    log,  # takes every line and its loss
):
    x, y = torch.from_numpy(x), torch.from_numpy(y)
    inputs = torch.stack((x, torch.ones_like(x)), dim=1)

    k, b = torch.linalg.lstsq(inputs, y[:, None]).solution.flatten()
    pred = k * x + b
    loss = ((pred - y) ** 2).mean()
    log(k, b, loss)

    return k, b


if __name__ == "__main__":
    from stages.__main__ import run_file

    run_file(__file__)
