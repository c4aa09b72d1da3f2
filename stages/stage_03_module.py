"""Stage 03: module.

`nn.Module` puts the parameters and what is computed with them into one
object. The two tensors that the loop updated and zeroed by name are gone from
it: `model.parameters()` knows them all, `model.zero_grad()` clears them all.
With two parameters this saves one line of the loop; with two hundred it is the
difference between a loop that works and one in which somebody forgot a name.

What to look at:

- `nn.Parameter` is a tensor that says "learn me"; it requires a gradient from
  the start. Assigned to an attribute of a module, it is entered in a register
  that `parameters()` reads. In a plain list it would not be found, and never
  be learned.
- `super().__init__()` comes first: it makes that register.
- The division needs no more care. `nn.Parameter` takes the finished tensor
  and makes a leaf of it, whatever came before.
- `model(xb)` calls `forward`, by way of `nn.Module.__call__`. Write
  `forward`, call the model.
- `model.zero_grad()` does not write zeros, it sets each gradient to `None`;
  `backward` starts a new one. That saves a pass through memory.
- A module (nn.Module) is a part of a network. A Python module is a file.
"""

import math

import torch
import torch.nn.functional as F
from torch import nn


class Logistic(nn.Module):
    def __init__(self):
        super().__init__()
        self.weights = nn.Parameter(torch.randn(784, 10) / math.sqrt(784))
        self.bias = nn.Parameter(torch.zeros(10))

    def forward(self, xb):
        return xb @ self.weights + self.bias


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
