"""How well the stand-in stands in: a CNN that learns from it reads MNIST."""

import json
from pathlib import Path

import torch
import torch.nn.functional as F
from torch import nn

from shared.data import mnist, standin
from shared.files import replacing
from shared.proof import plots
from shared.results.published import fingerprint
from shared.training import runner


def network():
    """Return a small CNN, (n, 1, 28, 28) to (n, 10)."""
    return nn.Sequential(
        nn.Conv2d(1, 16, kernel_size=3, padding=1),
        nn.BatchNorm2d(16),
        nn.ReLU(),
        nn.MaxPool2d(2),
        nn.Conv2d(16, 32, kernel_size=3, padding=1),
        nn.BatchNorm2d(32),
        nn.ReLU(),
        nn.MaxPool2d(2),
        nn.Flatten(),
        nn.Linear(32 * 7 * 7, 10),
    )


def train(x, y, seed=0, threads=runner.THREADS, epochs=2, batch_size=64):
    """Return the network trained on images (n, 784) and labels (n,)."""
    with runner.settings(torch.float32, threads):
        torch.manual_seed(seed)
        model = network()
        opt = torch.optim.Adam(model.parameters(), lr=1e-3)
        for _ in range(epochs):
            for batch in torch.randperm(len(x)).split(batch_size):
                loss = F.cross_entropy(model(as_images(x[batch])), y[batch])
                loss.backward()
                opt.step()
                opt.zero_grad()
    return model.eval()


def as_images(x):
    return x.view(-1, 1, 28, 28)


def read_mnist(seed=0, threads=runner.THREADS):
    """Train on the stand-in alone; return the accuracy on MNIST's test set.

    Raises UnavailableError without MNIST.
    """
    drawn, (x_test, y_test) = mnist.load("standin"), mnist.load("mnist").test()
    model = train(drawn.x_train, drawn.y_train, seed, threads)
    with torch.no_grad():
        pred = model(as_images(x_test))
    return runner.accuracy(pred, y_test)


def report(output_dir, threads=runner.THREADS):
    """Write `standin.json` and `standin.png` to the folder `output_dir`."""
    drawn, real = mnist.load("standin"), mnist.load("mnist")
    result = {
        "seed": 0,
        "torch": torch.__version__,
        "threads": threads,
        "code": code(),
        "accuracy": read_mnist(threads=threads),
    }
    with replacing(output_dir / "standin.json") as part:
        part.write_text(json.dumps(result, indent=1) + "\n")
    plots.side_by_side(
        {d.name: d for d in (real, drawn)}, output_dir / "standin.png"
    )
    return result


def code():
    """Return fingerprints of what draws the stand-in, and of what learns."""
    return {
        Path(file).stem: fingerprint(Path(file).read_text(encoding="utf-8"))
        for file in (standin.__file__, __file__)
    }
