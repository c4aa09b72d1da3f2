"""Stage 05: optim.

`optim.SGD` takes over the update. The loop over the parameters and its
`no_grad` are gone: `opt.step()` moves every parameter against its gradient,
without recording it. What remains says what happens, not how, and another
rule is another name: `optim.Adam` would fit in the same place, with a smaller
learning rate.

What to look at:

- The optimizer is handed the parameters when it is made, after the model.
  It keeps those very tensors: an optimizer made for one model does nothing
  for another.
- `opt.zero_grad()` clears the gradients of what the optimizer moves. Here it
  does just what `model.zero_grad()` did.
- Three lines make a step, `backward`, `step`, `zero_grad`, and their order
  matters: a `zero_grad` between the first two would leave `step` nothing to
  follow, and no error would tell.
- At a learning rate of 0.5 the result is the same bit for bit. `step` scales
  and adds in one operation, so at 0.1, say, it may round differently.
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
