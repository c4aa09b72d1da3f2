"""Encore: fast.

Stage 12 in less time, without leaving PyTorch: it gives up some convenience
for speed. The predictions are the same, up to rounding, and so is the order of
images. `make encore-fast ARGS="--measure"` measures what each of these changes
gains by itself.

What to look at:

- A `DataLoader` fetches the images of a batch one by one and stacks them. Here
  its sampler is a `BatchSampler`, which returns the indices of a whole batch.
  `batch_size=None` says that nothing is left to stack: `TensorDataset` fetches
  a batch with one index.
- For validation, batches are larger still: without gradients there is memory
  for them, and the mean over all images is the same.
- `preprocess` is called once for each data set, before the training, instead
  of for every batch of every epoch, and `WrappedDataLoader` is gone. So all
  images are on the device from the start; MNIST fits, larger data may not.
- `channels_last` stores the 16 channels of a pixel side by side, a layout in
  which many convolutions are faster. Shapes stay the same, only strides
  change.
- A ReLU with `inplace=True` overwrites its input. That is safe here: its
  gradient can be computed from its output, and nothing else needs the input.
- `fused=True` lets the optimizer update all parameters in one call. That gains
  more where calls cost more, as on an accelerator.
- `torch.compile` is not used. The first time, compiling takes longer than this
  whole training, and such small layers are hardly faster afterwards. For other
  networks it is one line: `model = torch.compile(model)`.
- Most of the time goes to the convolutions themselves, and they compute what
  they did before.
"""

import torch
import torch.nn.functional as F
from torch import nn, optim
from torch.utils.data import (
    BatchSampler,
    DataLoader,
    RandomSampler,
    SequentialSampler,
    TensorDataset,
)

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
        nn.ReLU(inplace=True),  # (n, 16, 14, 14)
        nn.Conv2d(16, 16, kernel_size=3, stride=2, padding=1),
        nn.ReLU(inplace=True),  # (n, 16, 7, 7)
        nn.Conv2d(16, 10, kernel_size=3, stride=2, padding=1),
        nn.ReLU(inplace=True),  # (n, 10, 4, 4)
        nn.AdaptiveAvgPool2d(1),  # (n, 10, 1, 1)
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
    shuffled = BatchSampler(
        RandomSampler(train_ds), batch_size, drop_last=False
    )
    in_order = BatchSampler(
        SequentialSampler(valid_ds), batch_size * 16, drop_last=False
    )
    train_dl = DataLoader(train_ds, sampler=shuffled, batch_size=None)
    valid_dl = DataLoader(valid_ds, sampler=in_order, batch_size=None)
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

    x_train, y_train = preprocess(x_train, y_train)
    x_valid, y_valid = preprocess(x_valid, y_valid)
    train_ds = TensorDataset(x_train, y_train)
    valid_ds = TensorDataset(x_valid, y_valid)
    train_dl, valid_dl = get_data(train_ds, valid_ds, batch_size)
    model = cnn().to(device, memory_format=torch.channels_last)
    opt = optim.SGD(model.parameters(), lr=lr, momentum=momentum, fused=True)

    fit(epochs, model, opt, train_dl, valid_dl, log)
    with torch.no_grad():
        return model(x_valid).cpu()


if __name__ == "__main__":
    from stages.__main__ import run_file

    run_file(__file__)
