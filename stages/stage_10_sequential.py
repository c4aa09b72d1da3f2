"""Stage 10: sequential.

`nn.Sequential` is a module that runs its modules one after the other. The
class `CNN` is gone: a network that is a plain list of steps is now written as
one. The layers have numbers instead of names, and there is no `forward` to
keep up to date.

What to look at:

- What was a function call in `forward` must be a module now. ReLU and pooling
  have one, `nn.ReLU` and `nn.AvgPool2d`. `Lambda` makes a layer of any
  function; it is our own class, `torch.nn` has none.
- `Lambda` is an `nn.Module` without parameters. Any module whose `forward`
  takes one input can be a step of a `Sequential`.
- The layers are made in the same order as before, so the same seed gives the
  same weights, and the training is the same bit for bit. Only their names
  differ: what was `conv1.weight` in the `state_dict` is now `1.weight`.
- PyTorch has ready-made layers for what both lambdas do, `nn.Flatten()` and
  `nn.Unflatten(1, (1, 28, 28))`. They can also be pickled; a lambda cannot.
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
        Lambda(lambda xb: xb.view(-1, 1, 28, 28)),
        nn.Conv2d(1, 16, kernel_size=3, stride=2, padding=1),
        nn.ReLU(),  # (n, 16, 14, 14)
        nn.Conv2d(16, 16, kernel_size=3, stride=2, padding=1),
        nn.ReLU(),  # (n, 16, 7, 7)
        nn.Conv2d(16, 10, kernel_size=3, stride=2, padding=1),
        nn.ReLU(),  # (n, 10, 4, 4)
        nn.AvgPool2d(4),  # (n, 10, 1, 1)
        Lambda(lambda xb: xb.flatten(1)),
    )


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
    train_ds = TensorDataset(x_train, y_train)
    valid_ds = TensorDataset(x_valid, y_valid)
    train_dl, valid_dl = get_data(train_ds, valid_ds, batch_size)
    model = cnn()
    opt = optim.SGD(model.parameters(), lr=lr, momentum=momentum)

    fit(epochs, model, opt, train_dl, valid_dl, log)
    with torch.no_grad():
        return model(x_valid)


if __name__ == "__main__":
    from stages.__main__ import run_file

    run_file(__file__)
