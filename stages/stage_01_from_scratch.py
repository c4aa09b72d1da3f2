"""Stage 01: from scratch.

A classifier of handwritten digits, made of tensors and autograd alone. The
model is one matrix of weights and one bias: it computes ten numbers for every
image, each a weighted sum of its 784 pixels plus a bias. `log_softmax` turns
the ten numbers into log-probabilities. `nll`, the negative log-likelihood,
takes the log-probability of the right digit of every image, averages over the
images and flips the sign. This is the loss.

Weights and bias are the parameters, which the training changes. A batch is a
group of images, 64 here. For each batch, autograd computes the gradient: the
derivative of the loss with respect to every parameter. A step then moves the
parameters a little against the gradient; the learning rate, `lr`, says how
far. An epoch is one pass over all training images. Random numbers start from a
seed, which the runner sets just before `train`: the same seed draws the same
initial weights. The eleven stages that follow replace this code, piece by
piece, with what `torch` has for it.

What to look at:

- The weights are divided by the square root of 784, the number of inputs, so
  each has the variance 1/784. The ten sums then start out about as large as
  the pixels, however many pixels there are. This is LeCun's initialization.
- `requires_grad_()` comes after that division. Called before, it would make
  autograd record the division too, and `weights` would be its result. By
  default autograd stores gradients only in tensors that are not such results,
  called leaves, so `weights.grad` would stay `None`. The underscore at the end
  is PyTorch's mark for "in place": the tensor itself changes, as in `zero_()`.
- `loss.backward()` adds to the gradients that are there, it does not replace
  them. So they are set to zero after each step; otherwise every step would
  follow the sum of all gradients so far.
- The update runs under `torch.no_grad()`, because it is not part of the
  computation to differentiate. Without it, torch raises an error: a leaf that
  requires a gradient must not change in place.
- `log_softmax` divides `exp(x)` by its sum over the ten (`-1`: the last
  dimension) and takes the logarithm: `x` minus that of the sum. In float32 the
  sum overflows if a number exceeds about 88.7, or a bit earlier, and the loss
  is infinite or nan. Here all stay far below; stage 02 removes the danger.
- The model is an ordinary Python function. Autograd records the operations on
  the tensors; it does not read the code.
"""

import math

import torch


def log_softmax(x):
    return x - x.exp().sum(-1, keepdim=True).log()


def nll(log_probs, target):
    return -log_probs[torch.arange(len(target)), target].mean()


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
        return log_softmax(xb @ weights + bias)

    for epoch in range(epochs):
        for start in range(0, len(x_train), batch_size):
            xb = x_train[start : start + batch_size]
            yb = y_train[start : start + batch_size]
            pred = model(xb)
            loss = nll(pred, yb)

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
