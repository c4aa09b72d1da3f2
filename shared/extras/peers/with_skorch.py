"""What stage 12 trains, written with skorch."""

from skorch import NeuralNetClassifier
from skorch.helper import predefined_split
from torch import nn, optim
from torch.utils.data import TensorDataset


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
    net = NeuralNetClassifier(
        cnn,
        criterion=nn.CrossEntropyLoss,
        optimizer=optim.SGD,
        optimizer__momentum=momentum,
        lr=lr,
        max_epochs=epochs,
        batch_size=batch_size,
        iterator_train__shuffle=True,
        iterator_valid__batch_size=batch_size * 2,
        train_split=predefined_split(TensorDataset(x_valid, y_valid)),
    )
    net.fit(x_train, y_train)
    return net.forward(x_valid)
