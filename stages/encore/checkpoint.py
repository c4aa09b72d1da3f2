"""Encore: checkpoint.

Stage 12, but it can be stopped at any time and continued later. After every
epoch `save` writes to one file all that the rest of the training depends on:
the parameters, the optimizer state, the state of the random number generator,
and the losses so far. With `resume`, `load` restores it. Killed after any
epoch and resumed, a training ends as if it had never been stopped, bit for
bit, as long as it stays on one machine with the same number of threads.

What to look at:

- The parameters alone are not enough. SGD keeps a momentum for each of them;
  and `shuffle=True` draws the order of images from torch's random numbers,
  which must continue, not start again. If one of them is missing, there is no
  error: the training just ends somewhere else.
- The random numbers are those of the CPU, where the images are shuffled. A
  model that draws on an accelerator, as dropout does, must save the state of
  that too: for CUDA, `torch.cuda.get_rng_state_all()`.
- `history` is passed to `log` again, so that curves and numbers of epochs are
  complete. Its length says which epoch comes next. A checkpoint is written
  after an epoch, so an epoch that was interrupted is done again from its
  start.
- `os.replace` puts the new file in the place of the old one in a single step.
  If the program is killed while it writes, the old checkpoint is still there,
  and complete. (To be safe from a power failure, an `os.fsync` is needed too.)
- A file of `torch.save` is a pickle, and a pickle can contain code, which runs
  when it is loaded. `weights_only=True` loads tensors, numbers and containers
  and refuses the rest. It would refuse a whole model, saved as an object; such
  a file also fails to load once the class has another name. So the checkpoint
  holds the `state_dict`.
- The file is also a zip archive, with a checksum for every tensor.
  `torch.load` does not verify them; `testzip` does.
- A checkpoint continues one particular training. `settings` says which; if it
  were resumed with others, the loss would still fall, but the result would be
  that of neither training.
- `load_state_dict` copies into the tensors of the model, so the model may be
  on another device than the one that was saved.
"""

import os
import zipfile
from pathlib import Path

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


PARTS = {"model", "opt", "random", "history", "settings"}


class CheckpointError(Exception):
    pass


def read(path):
    """Return what `save` wrote; whatever is wrong with it is one error."""
    try:
        with zipfile.ZipFile(path) as file:
            if file.testzip():
                raise zipfile.BadZipFile("a checksum is wrong")
        checkpoint = torch.load(path, map_location="cpu", weights_only=True)
        if set(checkpoint) != PARTS:
            raise ValueError("parts are missing, or there are others")
    except FileNotFoundError:
        raise CheckpointError(f"there is no checkpoint {path}") from None
    except Exception as error:
        # Any that zipfile and torch raise at what `save` did not write.
        raise CheckpointError(
            f"{path} is cut off, or no checkpoint of this program"
        ) from error
    return checkpoint


def save(path, model, opt, history, settings):
    checkpoint = {
        "model": model.state_dict(),
        "opt": opt.state_dict(),
        "random": torch.get_rng_state(),
        "history": history,
        "settings": settings,
    }
    part = Path(f"{path}.part")
    with open(part, "wb") as file:
        torch.save(checkpoint, file)
    os.replace(part, path)


def load(path, model, opt, settings):
    checkpoint = read(path)
    for name, value in settings.items():
        if checkpoint["settings"][name] != value:
            raise CheckpointError(
                f"{path} is of a training with {name}"
                f" {checkpoint['settings'][name]}, not {value}"
            )
    model.load_state_dict(checkpoint["model"])
    opt.load_state_dict(checkpoint["opt"])
    torch.set_rng_state(checkpoint["random"])
    return checkpoint["history"]


def fit(epochs, model, opt, train_dl, valid_dl, log, path, resume, settings):
    history = []  # of every epoch its losses and its validation loss
    if resume:
        history = load(path, model, opt, settings)
        if len(history) > epochs:
            raise CheckpointError(f"{path} has {len(history)} epochs already")
    for losses, valid_loss in history:
        for loss in losses:
            log(loss)
        log.validation(valid_loss)

    for epoch in range(len(history), epochs):
        model.train()
        losses = []
        for xb, yb in train_dl:
            loss = loss_batch(model, xb, yb, opt)
            log(loss)
            losses.append(loss.detach())

        model.eval()
        total, count = 0, 0
        with torch.no_grad():
            for xb, yb in valid_dl:
                total += loss_batch(model, xb, yb) * len(xb)
                count += len(xb)
        log.validation(total / count)
        history.append((torch.stack(losses), total / count))
        save(path, model, opt, history, settings)


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
    path="checkpoint.pt",
    resume=False,
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

    settings = {
        "images": len(x_train),
        "dtype": str(x_train.dtype),
        "seed": torch.initial_seed(),
        "batch_size": batch_size,
        "lr": lr,
        "momentum": momentum,
    }

    fit(epochs, model, opt, train_dl, valid_dl, log, path, resume, settings)
    x_valid, _ = preprocess(x_valid, y_valid)
    with torch.no_grad():
        return model(x_valid).cpu()


def predict(images, path):
    """Return the (n, 10) probabilities of (n, 784) images."""
    model = cnn()
    model.load_state_dict(read(path)["model"])
    model.eval()
    with torch.no_grad():
        return model(images.view(-1, 1, 28, 28)).softmax(1)


if __name__ == "__main__":
    from stages.__main__ import run_file

    run_file(__file__)
