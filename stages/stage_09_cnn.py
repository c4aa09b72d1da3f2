"""Stage 09: cnn.

A network of three convolutions replaces the linear model. `fit`, `loss_batch`
and `get_data` stay exactly as they are: they work with any model. A linear
model has a weight for every pixel. A convolution computes, at each place of an
image, a weighted sum of the 3 x 3 pixels around it, in every channel, plus a
bias, with the same weights everywhere, so it can find in any place what it
learned in one. Each set of weights makes one output image, called a channel.
The network has 3,930 parameters, the linear model had 7,850.

What to look at:

- The rows of 784 pixels become images again, (n, 1, 28, 28): n images, one
  channel, height, width. The -1 stands for "as many as there are".
- With stride 2 a convolution takes only every second place in each direction,
  so the grid of places is halved each time, rounding up: 28, 14, 7, 4. The
  last convolution has ten channels, one for each digit, and `F.avg_pool2d`
  takes the mean of each over its 4 x 4 grid: these are the scores.
- The ReLU after a convolution sets what is negative to zero. Without it, three
  convolutions in a row could do no more than one linear layer.
- The last ReLU is unusual, because it acts on the scores, just before their
  mean is taken. So a score is never negative. And a channel gets no gradient
  from an image for which all inputs of its ReLU are negative. If they are for
  every image, the channel stops learning: it is called dead. PyTorch's
  tutorial "What is torch.nn really?", which this ladder follows, has this
  ReLU, too.
- This stage does more than its title says: the learning rate is now 0.1
  instead of 0.5, and momentum comes in. With momentum each step follows a
  running sum of gradients, in which older ones fade by a factor of 0.9 per
  step.
- Trained twice with the same seed, but on two machines or with another number
  of threads, this network can give other results in float32: sums are rounded
  in another order. Once such a difference decides whether the input of a ReLU
  is above zero, the two trainings go separate ways. In float64
  (`--dtype float64`) the differences are too small for that here.
"""

import torch
import torch.nn.functional as F
from torch import nn, optim
from torch.utils.data import DataLoader, TensorDataset


class CNN(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv1 = nn.Conv2d(1, 16, kernel_size=3, stride=2, padding=1)
        self.conv2 = nn.Conv2d(16, 16, kernel_size=3, stride=2, padding=1)
        self.conv3 = nn.Conv2d(16, 10, kernel_size=3, stride=2, padding=1)

    def forward(self, xb):
        xb = xb.view(-1, 1, 28, 28)
        xb = F.relu(self.conv1(xb))  # (n, 16, 14, 14)
        xb = F.relu(self.conv2(xb))  # (n, 16, 7, 7)
        xb = F.relu(self.conv3(xb))  # (n, 10, 4, 4)
        xb = F.avg_pool2d(xb, 4)  # (n, 10, 1, 1)
        return xb.flatten(1)


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
    model = CNN()
    opt = optim.SGD(model.parameters(), lr=lr, momentum=momentum)

    fit(epochs, model, opt, train_dl, valid_dl, log)
    with torch.no_grad():
        return model(x_valid)


if __name__ == "__main__":
    from stages.__main__ import run_file

    run_file(__file__)
