"""Stage 07: dataloader.

A `DataLoader` makes batches from any dataset. The arithmetic with `start` is
gone: the loop asks for batches, and need not know where they begin. Whatever
else is needed, such as shuffling the images or loading them in several
processes, is from here on an argument of the `DataLoader`.

What to look at:

- Each epoch loops over `train_dl` from the beginning, as it would over a list.
- The last batch is smaller, as before; `drop_last=True` would leave it out.
- A `DataLoader` costs time. It fetches the images one by one and stacks them
  into a batch: a dataset need not know slices, and this one has no
  `__getitems__`, which would return a whole batch. Compare the seconds of
  stages 06 and 07: with tensors in memory, most of the time of stage 07 goes
  into this. Where images come from files, reading them usually takes much
  longer.
"""

import torch.nn.functional as F
from torch import nn, optim
from torch.utils.data import DataLoader, TensorDataset


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
    train_ds = TensorDataset(x_train, y_train)
    train_dl = DataLoader(train_ds, batch_size=batch_size)
    model = Logistic()
    opt = optim.SGD(model.parameters(), lr=lr)

    for epoch in range(epochs):
        for xb, yb in train_dl:
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
