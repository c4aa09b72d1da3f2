"""Prelude: linear closed form.

No training. The loss of a line is a parabola in `k` and `b`, and has one
lowest point, where both derivatives are zero. These are two linear equations
for two unknowns; `torch.linalg.lstsq` solves them. So here the answer of
gradient descent can be checked. For the networks of the ladder there are no
such equations, and descent is what there is.

What to look at:

- Each point gives an equation, `k * x + b = y`, a row of `inputs`. There are
  more of them than unknowns, and no line meets all; the least squares are the
  best that can be done. The column of ones is what `b` is multiplied with.
- The textbook's formula inverts `inputs.T @ inputs`, where rounding errors
  grow by up to the square of what they do in `inputs`. `lstsq` works on
  `inputs` itself.
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
