"""Stage 02: cross entropy.

`F.cross_entropy` replaces `log_softmax` and `nll` and does the work of both.
It also removes the danger of an overflow: before `exp`, it subtracts the
largest of the ten numbers. In exact arithmetic that changes nothing, and no
`exp` can overflow any more.

What to look at:

- The model now ends with the weighted sums. Such scores, before the softmax,
  are called logits. The softmax has moved into the loss. A `log_softmax` left
  in the model would only waste time, because log-probabilities do not change
  when it is applied to them again. A `softmax` left in the model is a mistake:
  the training gets worse, and there is no error message.
- `train` returns logits now. The largest of the ten is still at the same
  digit, so the accuracy stays the same.
- `torch.nn.functional` is usually imported as `F`. It holds losses,
  activations, pooling and other functions that keep no state. Those that need
  weights take them as arguments, as `F.linear` and `F.conv2d` do.
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
