"""Stage 12: accelerator.

The same training on whatever accelerator the machine has: CUDA, MPS, XPU and
others, all under the one name `torch.accelerator`. Where there is none, it
runs on the CPU, and the result is that of stage 11 bit for bit. No piece is
replaced this time, some lines only gain a device.

What to look at:

- The model moves once, each batch when it is needed; `preprocess` is the right
  place for that. All tensors of an operation must be on the same device.
- `nn.Module.to` changes the module itself. `Tensor.to` does not change its
  tensor but returns one that is on the device, so `preprocess` returns that.
- The model moves before the optimizer is made, as PyTorch's documentation
  asks. Here the other order would do too: by default `to` keeps the parameters
  and replaces only their data, and SGD makes its state, the momentum, at the
  first step. But the order above is always right.
- The weights are drawn on the CPU and then moved, so one seed gives the same
  start on every device. Each device adds numbers in its own order, so results
  are rounded differently. Some also compute float32 less precisely, to be
  faster.
- An accelerator works through a queue while Python goes on. Reading a number,
  as `loss.item()` does, waits until all that was queued before is done. So
  `log` keeps the losses and reads them only a few times a second.
- With a network as small as this one, an accelerator waits for Python most of
  the time. Larger networks are where it is much faster than a CPU.
"""

import torch
import torch.nn.functional as F
from torch import nn, optim
from torch.utils.data import DataLoader, TensorDataset

device = torch.device("cpu")
if torch.accelerator.is_available():
    device = torch.accelerator.current_accelerator()


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
    device=device,
):
    def preprocess(x, y):
        return x.view(-1, 1, 28, 28).to(device), y.to(device)

    train_ds = TensorDataset(x_train, y_train)
    valid_ds = TensorDataset(x_valid, y_valid)
    train_dl, valid_dl = get_data(train_ds, valid_ds, batch_size)
    train_dl = WrappedDataLoader(train_dl, preprocess)
    valid_dl = WrappedDataLoader(valid_dl, preprocess)
    model = cnn().to(device)
    opt = optim.SGD(model.parameters(), lr=lr, momentum=momentum)

    fit(epochs, model, opt, train_dl, valid_dl, log)
    x_valid, _ = preprocess(x_valid, y_valid)
    with torch.no_grad():
        return model(x_valid).cpu()


if __name__ == "__main__":
    from stages.__main__ import run_file

    run_file(__file__)
