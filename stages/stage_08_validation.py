"""Stage 08: validation.

A model can get better at the images it learns from and worse at all others. So
after every epoch the loss is measured on the validation set: images that the
training never uses. The bare loop is gone: `loss_batch` computes the loss of
one batch and, if it is given an optimizer, makes a step; `fit` goes through
the epochs; `get_data` makes the two loaders. None of the three needs to know
what model it trains.

What to look at:

- This stage does more than its title says: it shuffles the training images. So
  each batch is a random sample of all of them, and every epoch draws other
  batches. (The model cannot learn the order, because it classifies each image
  by itself. But the order decides which images share a batch, and which come
  last.) Given the same order of images, the training is that of stage 07.
- Shuffling adds chance. With a learning rate of 0.5, the last few batches
  still move the model a lot: the accuracies of two runs with different seeds
  may differ by a few hundredths.
- The validation images are not shuffled: a mean is the same in any order.
  Their batches are twice as large, because a batch needs less memory when
  nothing is kept for a backward pass.
- The validation loss weighs every batch by its size. The last one holds 16
  images (10,000 = 78 * 128 + 16); unweighted, each of them would count eight
  times.
- `log` also has a method, `log.validation`. It takes the validation loss after
  each epoch.
- `model.train()` and `model.eval()` tell the layers whether this is training
  or validation. Dropout and batch normalization behave differently in each.
  Nothing in this model does, but `fit` is made for any model.
- `eval()` does not stop autograd from recording, `torch.no_grad()` does.
  Validation uses both. The prediction at the end uses `no_grad` too: nobody
  calls `backward` there, so recording would only cost time and memory.
"""

import torch
import torch.nn.functional as F
from torch import nn, optim
from torch.utils.data import DataLoader, TensorDataset


class Logistic(nn.Module):
    def __init__(self):
        super().__init__()
        self.linear = nn.Linear(784, 10)

    def forward(self, xb):
        return self.linear(xb)


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
    lr=0.5,
):
    train_ds = TensorDataset(x_train, y_train)
    valid_ds = TensorDataset(x_valid, y_valid)
    train_dl, valid_dl = get_data(train_ds, valid_ds, batch_size)
    model = Logistic()
    opt = optim.SGD(model.parameters(), lr=lr)

    fit(epochs, model, opt, train_dl, valid_dl, log)
    with torch.no_grad():
        return model(x_valid)


if __name__ == "__main__":
    from stages.__main__ import run_file

    run_file(__file__)
