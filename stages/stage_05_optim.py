"""Stage 05: optim.

`optim.SGD` takes over the update. The loop over the parameters and its
`no_grad` are gone: `opt.step()` moves every parameter against its gradient,
and autograd does not record it. The loop now says what happens, not how.
Another rule needs only another name: `optim.Adam` would fit in the same place,
with a smaller learning rate.

What to look at:

- The optimizer is given the parameters when it is made, so the model comes
  first. It keeps a reference to these tensors: an optimizer made for one model
  does nothing for another.
- `opt.zero_grad()` clears the gradients of the parameters that the optimizer
  was given. Here these are all, so it does what `model.zero_grad()` did.
- Three lines make a step: `backward`, `step`, `zero_grad`. Many programs call
  `zero_grad` first, before `backward`, which does the same. But a `zero_grad`
  between `backward` and `step` would leave `step` without gradients: it would
  change nothing, and there would be no error message.
- At a learning rate of 0.5 the result is the same bit for bit, because
  multiplying by 0.5, a power of two, is exact. At 0.1, say, the loop of stage
  04 rounds the product before it subtracts it; `step` scales and adds in one
  operation, which may round only once. So the last digits may differ.
"""

import torch.nn.functional as F
from torch import nn, optim


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
    opt = optim.SGD(model.parameters(), lr=lr)

    for epoch in range(epochs):
        for start in range(0, len(x_train), batch_size):
            xb = x_train[start : start + batch_size]
            yb = y_train[start : start + batch_size]
            pred = model(xb)
            loss = F.cross_entropy(pred, yb)

            loss.backward()
            opt.step()
            opt.zero_grad()
            log(loss)

    return model(x_valid)


if __name__ == "__main__":
    from stages.__main__ import run_file

    run_file(__file__)
