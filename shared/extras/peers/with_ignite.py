"""What stage 12 trains, written with PyTorch-Ignite."""

import torch
import torch.nn.functional as F
from ignite.engine import (
    Events,
    create_supervised_evaluator,
    create_supervised_trainer,
)
from ignite.metrics import Loss
from torch import nn, optim
from torch.utils.data import DataLoader, TensorDataset


def cnn():
    return nn.Sequential(
        nn.Conv2d(1, 16, kernel_size=3, stride=2, padding=1),
        nn.ReLU(),
        nn.Conv2d(16, 16, kernel_size=3, stride=2, padding=1),
        nn.ReLU(),
        nn.Conv2d(16, 10, kernel_size=3, stride=2, padding=1),
        nn.ReLU(),
        nn.AdaptiveAvgPool2d(1),
        nn.Flatten(),
    )


def train(
    x_train,
    y_train,
    x_valid,
    y_valid,
    epochs=2,
    batch_size=64,
    lr=0.1,
    momentum=0.9,
):
    x_train = x_train.view(-1, 1, 28, 28)
    x_valid = x_valid.view(-1, 1, 28, 28)
    train_dl = DataLoader(
        TensorDataset(x_train, y_train), batch_size=batch_size, shuffle=True
    )
    valid_dl = DataLoader(
        TensorDataset(x_valid, y_valid), batch_size=batch_size * 2
    )
    model = cnn()
    opt = optim.SGD(model.parameters(), lr=lr, momentum=momentum)
    trainer = create_supervised_trainer(model, opt, F.cross_entropy)
    evaluator = create_supervised_evaluator(
        model, metrics={"loss": Loss(F.cross_entropy)}
    )

    @trainer.on(Events.EPOCH_COMPLETED)
    def validate(engine):
        evaluator.run(valid_dl)

    trainer.run(train_dl, max_epochs=epochs)
    model.eval()
    with torch.no_grad():
        return model(x_valid)
