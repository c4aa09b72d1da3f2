"""Prelude: linear autograd.

The derivatives are gone. `k` and `b` are tensors that require a gradient;
`loss.backward()` works through the same chain rule, from the loss back, and
leaves the two derivatives in `k.grad` and `b.grad`. The line that computes
`pred` and the one that computes `loss` are as they were.

What to look at:

- `from_numpy` shares the numbers of an array and keeps its dtype, float64.
  A tensor made by `torch.tensor(0.0)` would be float32.
- `k * lr` changes nothing that is recorded: hence `torch.no_grad()`. The
  tensors change in place; `k = k - ...` would make a new one, no leaf, whose
  `grad` stays None.
- What is set to zero after each step is the gradients, so that the next
  `backward` does not add to them. The parameters stay.
- The points require no gradient: nobody wants to know how the loss changes
  with `x`.
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
