"""Encore: fashion.

Stage 12 on other data: Fashion-MNIST, clothes in place of digits, with as many
images of the same size. A `Dataset` of our own reads them, from IDX files or
from a CSV file. Beside the CNN there is `mlp`, a network of three linear
layers, which is often tried first. The classes, 0 to 9, are T-shirt, trousers,
pullover, dress, coat, sandal, shirt, sneaker, bag and ankle boot.

What to look at:

- A `Dataset` of this kind has `__len__` and `__getitem__`; a `DataLoader` asks
  it for images one by one and stacks them. Nothing else is needed to train on
  data of your own.
- An IDX file has a header, of 16 bytes for images and 8 for labels, then a
  byte for each value. A CSV file has a line of headings, then a line for each
  image: its class and 784 pixels. Both are read from open files, so a file
  opened by `gzip.open` will do as well.
- `transform` is called for an image each time it is asked for, so it can
  change the image at random. Here it only gives a row of pixels the shape of
  an image. The images that are predicted come from the dataset too, and so
  they have been through it.
- With `num_workers`, other processes prepare the images, in the same order.
  For images that are in memory already, this costs more than it saves. Where
  these processes start from scratch, as on Windows and macOS, and on Linux
  from Python 3.14 on, the dataset is sent to them as a pickle: `as_image` can
  be pickled, a lambda could not.
- `drop_last` leaves out the last batch of an epoch if it is smaller than the
  others. Without it, every epoch uses all images.
- `nn.CrossEntropyLoss` and `F.cross_entropy` contain the softmax, so neither
  network ends with one.
- Trained on the digits of MNIST, this program equals stage 12 bit for bit.
"""

import numpy as np
import torch
import torch.nn.functional as F
from torch import nn, optim
from torch.utils.data import DataLoader, Dataset

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


def mlp():
    return nn.Sequential(
        nn.Flatten(),  # (n, 784)
        nn.Linear(784, 256),
        nn.ReLU(),
        nn.Linear(256, 256),
        nn.ReLU(),
        nn.Linear(256, 10),
    )


class Clothes(Dataset):
    def __init__(self, images, labels, transform=None):
        self.images = images  # (n, 784) floats
        self.labels = labels  # (n,) int64
        self.transform = transform

    @classmethod
    def from_idx(cls, images_file, labels_file, transform=None):
        pixels = np.frombuffer(images_file.read(), np.uint8, offset=16)
        labels = np.frombuffer(labels_file.read(), np.uint8, offset=8)
        return cls.from_bytes(pixels.reshape(-1, 784), labels, transform)

    @classmethod
    def from_csv(cls, file, transform=None):
        rows = np.loadtxt(file, np.uint8, delimiter=",", skiprows=1, ndmin=2)
        return cls.from_bytes(rows[:, 1:], rows[:, 0], transform)

    @classmethod
    def from_bytes(cls, pixels, labels, transform=None):
        return cls(
            torch.tensor(pixels) / 256, torch.tensor(labels).long(), transform
        )

    def __len__(self):
        return len(self.labels)

    def __getitem__(self, i):
        image = self.images[i]
        if self.transform is not None:
            image = self.transform(image)
        return image, self.labels[i]


def as_image(x):
    return x.view(1, 28, 28)


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


def get_data(train_ds, valid_ds, batch_size, num_workers, drop_last):
    train_dl = DataLoader(
        train_ds,
        batch_size=batch_size,
        shuffle=True,
        num_workers=num_workers,
        drop_last=drop_last,
    )
    valid_dl = DataLoader(
        valid_ds, batch_size=batch_size * 2, num_workers=num_workers
    )
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
    network=cnn,
    num_workers=0,
    drop_last=False,
):
    def preprocess(x, y):
        return x.to(device), y.to(device)

    train_ds = Clothes(x_train, y_train, as_image)
    valid_ds = Clothes(x_valid, y_valid, as_image)
    train_dl, valid_dl = get_data(
        train_ds, valid_ds, batch_size, num_workers, drop_last
    )
    train_dl = WrappedDataLoader(train_dl, preprocess)
    valid_dl = WrappedDataLoader(valid_dl, preprocess)
    model = network().to(device)
    opt = optim.SGD(model.parameters(), lr=lr, momentum=momentum)

    fit(epochs, model, opt, train_dl, valid_dl, log)
    x_valid = torch.stack([image for image, _ in valid_ds])
    x_valid, _ = preprocess(x_valid, y_valid)
    with torch.no_grad():
        return model(x_valid).cpu()


if __name__ == "__main__":
    from stages.__main__ import run_file

    run_file(__file__)
