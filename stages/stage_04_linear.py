"""Stage 04: linear.

`nn.Linear` is the layer that stage 03 wrote by hand: a weight, a bias, and
their `forward`. Our class has no parameters of its own any more, and it no
longer chooses how they are initialized.

What to look at:

- A module can be an attribute of another module. `model.parameters()` finds
  the parameters of `self.linear` too, however deeply modules are nested.
- This stage does more than its title says: the initial weights change too.
  `nn.Linear` draws weights and bias from the uniform distribution between
  -1/28 and 1/28 (28 is the square root of the 784 inputs). Stage 03 drew the
  weights from a normal distribution with a standard deviation of 1/28, and
  started the bias at zero. So the losses differ from those of stage 03; given
  the same initial weights, they are equal up to rounding.
- `nn.Linear` keeps its weight as (10, 784), outputs first, and multiplies by
  its transpose. The sums are the same, but they may be rounded differently.
"""

import torch
import torch.nn.functional as F
from torch import nn


class Logistic(nn.Module):
    def __init__(self):
        super().__init__()
        self.linear = nn.Linear(784, 10)

    def forward(self, xb):
        return self.linear(xb)


def train(
    x_train,  # (n, 784) floats, an image a row
    y_train,  # (n,) int64, the digits
    x_valid,  # (m, 784)
    y_valid,  # (m,)
    log,  # takes the loss of every batch
    epochs=2,
    batch_size=64,
    lr=0.5,
):
    model = Logistic()

    for epoch in range(epochs):
        for start in range(0, len(x_train), batch_size):
            xb = x_train[start : start + batch_size]
            yb = y_train[start : start + batch_size]
            pred = model(xb)
            loss = F.cross_entropy(pred, yb)

            loss.backward()
            with torch.no_grad():
                for p in model.parameters():
                    p -= p.grad * lr
                model.zero_grad()
            log(loss)

    return model(x_valid)


if __name__ == "__main__":
    from stages.__main__ import run_file

    run_file(__file__)
