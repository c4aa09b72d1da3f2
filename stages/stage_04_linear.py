"""Stage 04: linear.

`nn.Linear` is the layer that stage 03 wrote by hand: a weight, a bias, and
their `forward`. Both parameters are gone from our class, and with them the
choice of how to initialize them.

What to look at:

- A module as attribute of a module: `model.parameters()` finds the parameters
  of `self.linear` as well, however deep they sit.
- This stage does more than its title says: the initial weights change too.
  `nn.Linear` draws weights and bias evenly between -1/28 and 1/28 (28 is the
  square root of the 784 inputs), where stage 03 drew weights from a normal
  distribution of deviation 1/28 and started the bias at zero. So the losses
  differ from stage 03's; given the same initial weights, they do not.
- `nn.Linear` keeps its weight as (10, 784), outputs first, and multiplies by
  its transpose. The same sums, rounded differently.
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
