"""What stage 12 trains, written with Lightning."""

import lightning as L
import torch
import torch.nn.functional as F
from torch import nn, optim
from torch.utils.data import DataLoader, TensorDataset


class CNN(L.LightningModule):
    def __init__(self, lr, momentum):
        super().__init__()
        self.save_hyperparameters()
        self.layers = nn.Sequential(
            nn.Conv2d(1, 16, kernel_size=3, stride=2, padding=1),
            nn.ReLU(),
            nn.Conv2d(16, 16, kernel_size=3, stride=2, padding=1),
            nn.ReLU(),
            nn.Conv2d(16, 10, kernel_size=3, stride=2, padding=1),
            nn.ReLU(),
            nn.AdaptiveAvgPool2d(1),
            nn.Flatten(),
        )

    def forward(self, xb):
        return self.layers(xb)

    def training_step(self, batch, batch_idx):
        xb, yb = batch
        return F.cross_entropy(self(xb), yb)

    def validation_step(self, batch, batch_idx):
        xb, yb = batch
        self.log("valid_loss", F.cross_entropy(self(xb), yb))

    def configure_optimizers(self):
        hparams = self.hparams
        return optim.SGD(
            self.parameters(), lr=hparams.lr, momentum=hparams.momentum
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
    model = CNN(lr, momentum)
    trainer = L.Trainer(
        max_epochs=epochs,
        accelerator="cpu",
        logger=False,
        enable_checkpointing=False,
        enable_progress_bar=False,
        enable_model_summary=False,
    )
    trainer.fit(model, train_dl, valid_dl)
    model.eval()
    with torch.no_grad():
        return model(x_valid)
