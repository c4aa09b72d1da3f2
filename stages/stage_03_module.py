"""Stage 03: module.

`nn.Module` puts the parameters and what is computed with them into one object.
The loop no longer updates and zeroes two tensors by name: `model.parameters()`
goes through all parameters, `model.zero_grad()` clears all gradients. With two
parameters this saves one line of the loop. With two hundred, nobody has to
list them all, and none is forgotten.

What to look at:

- `nn.Parameter` is a tensor that is there to be learned; it requires a
  gradient from the start. When it becomes an attribute of a module, the module
  registers it, and `parameters()` finds it. In a plain list it would not be
  found, and would never be updated.
- `super().__init__()` comes first: it prepares the module to register
  parameters.
- The division needs no special care any more. `nn.Parameter` makes a leaf of
  the tensor it is given, whatever was computed before.
- `model(xb)` calls `forward`, by way of `nn.Module.__call__`. Define
  `forward`, but call the model.
- `model.zero_grad()` does not write zeros by default, it sets each gradient to
  `None`; the next `backward` makes a new one. That saves a pass through
  memory.
- The word module has two meanings: an `nn.Module` is a part of a network, a
  Python module is a file.
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
