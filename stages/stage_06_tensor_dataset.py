"""Stage 06: tensor dataset.

A `TensorDataset` holds images and labels together. One index returns both: one
slice replaces two, so every image keeps its own label.

What to look at:

- A map-style dataset, as this one is called, is any object with a length and
  an index; a list is one. (There are also iterable-style datasets, which can
  only be looped over.) A `TensorDataset` can be sliced too, because tensors
  can.
- `train_ds[start : start + batch_size]` is a pair, which is unpacked at once
  into images and labels.
- The last batch needs no special case, because a slice may go beyond the end:
  50,000 = 781 * 64 + 16, so it holds 16 images. The loss is a mean, so a step
  gives these 16 images as much weight as it gives 64 in another batch.
"""

import torch.nn.functional as F
from torch import nn, optim
from torch.utils.data import TensorDataset


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
    model = Logistic()
    opt = optim.SGD(model.parameters(), lr=lr)

    for epoch in range(epochs):
        for start in range(0, len(train_ds), batch_size):
            xb, yb = train_ds[start : start + batch_size]
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
