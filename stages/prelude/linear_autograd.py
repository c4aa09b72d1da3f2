"""Prelude: linear autograd.

The derivatives are gone. `k` and `b` are tensors that require a gradient.
`loss.backward()` applies the same chain rule, starting from the loss, and
stores the two derivatives in `k.grad` and `b.grad`. The line that computes
`pred` and the one that computes `loss` stay as they were.

What to look at:

- `from_numpy` shares the numbers of an array and keeps its dtype, here
  float64. A tensor made by `torch.tensor(0.0)` would be float32.
- The update is not part of the computation to differentiate, so it runs under
  `torch.no_grad()`. It changes the tensors in place. `k = k - ...` would make
  a new tensor there, one that requires no gradient, and its `grad` would stay
  `None`.
- After each step the gradients are set to zero, so that the next `backward`
  does not add to them. The parameters keep their values.
- The points require no gradient, because the training does not change them.
"""

import torch


def fit(
    x,  # (n,) float64
    y,  # (n,)
    log,  # takes every line and its loss
    epochs=10_000,
    lr=0.005,
):
    x, y = torch.from_numpy(x), torch.from_numpy(y)
    k = torch.zeros((), dtype=x.dtype, requires_grad=True)
    b = torch.zeros((), dtype=x.dtype, requires_grad=True)

    for epoch in range(epochs):
        pred = k * x + b
        loss = ((pred - y) ** 2).mean()
        log(k, b, loss)

        loss.backward()
        with torch.no_grad():
            k -= k.grad * lr
            b -= b.grad * lr
            k.grad.zero_()
            b.grad.zero_()

    return k, b


if __name__ == "__main__":
    from stages.__main__ import run_file

    run_file(__file__)
