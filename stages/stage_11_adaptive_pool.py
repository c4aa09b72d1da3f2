"""Stage 11: adaptive pool.

So far the network is tied to 28 x 28 pixels in two places, and both go. The
first `Lambda`, which made images out of rows, is no longer a layer: a
`WrappedDataLoader` passes each batch through `preprocess` instead. And
`nn.AdaptiveAvgPool2d(1)` replaces `nn.AvgPool2d(4)`: it is told the size of
its output instead of the size of its window, and takes the mean over whatever
grid it gets. The network now accepts images of any size, as long as all of a
batch have the same.

What to look at:

- The network takes images, (n, 1, height, width). How they are stored, here as
  rows of 784 pixels, is known to `preprocess` alone.
- The shapes in the comments are those of images of 28 x 28 pixels.
- `WrappedDataLoader` inherits from nothing. `fit` only loops over its loaders,
  so any object that can be looped over will do. Each `for` loop calls
  `__iter__` again. Because of `yield`, that returns a new generator, which
  starts from the beginning and holds one batch at a time.
- Both loaders are wrapped, and the images that `train` predicts at the end go
  through `preprocess` too: a model must get its images in the form in which it
  was trained on them.
"""

import torch
import torch.nn.functional as F
from torch import nn, optim
from torch.utils.data import DataLoader, TensorDataset


class Lambda(nn.Module):
    def __init__(self, func):
        super().__init__()
        self.func = func

    def forward(self, xb):
        return self.func(xb)


def cnn():
    return nn.Sequential(
        nn.Conv2d(1, 16, kernel_size=3, stride=2, padding=1),
        nn.ReLU(),  # (n, 16, 14, 14)
        nn.Conv2d(16, 16, kernel_size=3, stride=2, padding=1),
        nn.ReLU(),  # (n, 16, 7, 7)
        nn.Conv2d(16, 10, kernel_size=3, stride=2, padding=1),
        nn.ReLU(),  # (n, 10, 4, 4)
        nn.AdaptiveAvgPool2d(1),  # (n, 10, 1, 1)
        Lambda(lambda xb: xb.flatten(1)),
    )


class WrappedDataLoader:
    def __init__(self, dl, func):
        self.dl = dl
        self.func = func

    def __iter__(self):
        for xb, yb in self.dl:
            yield self.func(xb, yb)


def loss_batch(model, xb, yb, opt=None):
    pred = model(xb)
    loss = F.cross_entropy(pred, yb)

    if opt is not None:
        loss.backward()
        opt.step()
        opt.zero_grad()
    return loss


def fit(epochs, model, opt, train_dl, valid_dl, log):
    for epoch in range(epochs):
        model.train()
        for xb, yb in train_dl:
            loss = loss_batch(model, xb, yb, opt)
            log(loss)

        model.eval()
        total, count = 0, 0
        with torch.no_grad():
            for xb, yb in valid_dl:
                total += loss_batch(model, xb, yb) * len(xb)
                count += len(xb)
        log.validation(total / count)


def get_data(train_ds, valid_ds, batch_size):
    train_dl = DataLoader(train_ds, batch_size=batch_size, shuffle=True)
    valid_dl = DataLoader(valid_ds, batch_size=batch_size * 2)
    return train_dl, valid_dl


def train(
    x_train,  # (n, 784) floats, an image a row
    y_train,  # (n,) int64, the digits
    x_valid,  # (m, 784)
    y_valid,  # (m,)
    log,  # takes the loss of every batch
    epochs=2,
    batch_size=64,
    lr=0.1,
    momentum=0.9,
):
    def preprocess(x, y):
        return x.view(-1, 1, 28, 28), y

    train_ds = TensorDataset(x_train, y_train)
    valid_ds = TensorDataset(x_valid, y_valid)
    train_dl, valid_dl = get_data(train_ds, valid_ds, batch_size)
    train_dl = WrappedDataLoader(train_dl, preprocess)
    valid_dl = WrappedDataLoader(valid_dl, preprocess)
    model = cnn()
    opt = optim.SGD(model.parameters(), lr=lr, momentum=momentum)

    fit(epochs, model, opt, train_dl, valid_dl, log)
    x_valid, _ = preprocess(x_valid, y_valid)
    with torch.no_grad():
        return model(x_valid)


if __name__ == "__main__":
    from stages.__main__ import run_file

    run_file(__file__)
