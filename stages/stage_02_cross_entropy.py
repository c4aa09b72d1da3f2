"""Stage 02: cross entropy.

`F.cross_entropy` takes the place of `log_softmax` and `nll`: it is the two in
one. Their code is gone, and so is their danger: it subtracts the largest of
the ten numbers before `exp`, which changes nothing in exact arithmetic and
never overflows.

What to look at:

- The model ends with the weighted sums, which are called logits. The softmax
  has moved into the loss. A `log_softmax` left in the model would only be
  wasted, for it changes log-probabilities no more. But a `softmax` before
  `F.cross_entropy` trains worse, and no error tells.
- `train` returns logits now. The largest of the ten is the same digit as
  before, so the accuracy does not notice.
- By custom `torch.nn.functional` is called `F`. It holds the functions of
  `torch.nn` that keep no weights of their own: losses, activations, pooling.
"""

import math

import torch
import torch.nn.functional as F


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
    weights = torch.randn(784, 10) / math.sqrt(784)
    weights.requires_grad_()
    bias = torch.zeros(10, requires_grad=True)

    def model(xb):
        return xb @ weights + bias

    for epoch in range(epochs):
        for start in range(0, len(x_train), batch_size):
            xb = x_train[start : start + batch_size]
            yb = y_train[start : start + batch_size]
            pred = model(xb)
            loss = F.cross_entropy(pred, yb)

            loss.backward()
            with torch.no_grad():
                weights -= weights.grad * lr
                bias -= bias.grad * lr
                weights.grad.zero_()
                bias.grad.zero_()
            log(loss)

    return model(x_valid)


if __name__ == "__main__":
    from stages.__main__ import run_file

    run_file(__file__)
