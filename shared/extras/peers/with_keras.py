"""What stage 12 trains, written with Keras on torch."""

import os

os.environ["KERAS_BACKEND"] = "torch"

import keras
from keras import layers


def cnn():
    return keras.Sequential(
        [
            keras.Input((28, 28, 1)),
            layers.ZeroPadding2D(1),
            layers.Conv2D(16, 3, strides=2, activation="relu"),
            layers.ZeroPadding2D(1),
            layers.Conv2D(16, 3, strides=2, activation="relu"),
            layers.ZeroPadding2D(1),
            layers.Conv2D(10, 3, strides=2, activation="relu"),
            layers.GlobalAveragePooling2D(),
        ]
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
    x_train = x_train.view(-1, 28, 28, 1)
    x_valid = x_valid.view(-1, 28, 28, 1)
    model = cnn()
    model.compile(
        optimizer=keras.optimizers.SGD(lr, momentum=momentum),
        loss=keras.losses.SparseCategoricalCrossentropy(from_logits=True),
    )
    model.fit(
        x_train,
        y_train,
        batch_size=batch_size,
        epochs=epochs,
        validation_data=(x_valid, y_valid),
        validation_batch_size=batch_size * 2,
        verbose=0,
    )
    return model.predict(x_valid, batch_size=len(x_valid), verbose=0)
