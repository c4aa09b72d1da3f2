"""The words of the field that the notes use: a sentence for each.

A reader may open any stage first, and no note explains a word twice. `used`
finds the words in a text.
"""

import re

WORDS = {
    "accelerator": "A processor made for many calculations at once, such as a"
    " GPU.",
    "autograd": "The part of PyTorch that records operations on tensors and"
    " computes gradients.",
    "backward": "The method of a loss that computes the gradients, from the"
    " loss back to the parameters, and adds them to those that are there.",
    "batch": "The images of one step of the training.",
    "bias": "A number for each output that is added to its weighted sum.",
    "channel": "One of the images, or grids of numbers, that a convolution"
    " takes or makes.",
    "convolution": "At each place of an image, a weighted sum of the pixels"
    " around it, with the same weights everywhere.",
    "dataset": "Images and their labels, which can be asked for by number.",
    "dropout": "A layer that sets some numbers to zero at random, in training"
    " only.",
    "batch normalization": "A layer that scales the numbers of a batch to"
    " similar sizes; in validation it uses what it has seen in training.",
    "epoch": "One pass over all training images.",
    "float32": "A number in 32 bits, with about 7 decimal digits. It is what"
    " PyTorch uses if nothing else is asked for.",
    "float64": "A number in 64 bits, with about 16 decimal digits.",
    "gradient": "For every parameter, how fast the loss grows with it: the"
    " derivative of the loss.",
    "label": "The right answer for an image, such as its digit.",
    "layer": "A part of a network: it computes its outputs from the outputs"
    " of the layer before.",
    "leaf": "A tensor that autograd did not compute from others. Gradients"
    " are stored only in leaves.",
    "learning rate": "How far a step moves the parameters against their"
    " gradient; `lr` in the code.",
    "logit": "One of the ten scores of an image, before a softmax makes"
    " probabilities of them.",
    "loss": "One number that says how wrong the predictions are. The training"
    " makes it smaller.",
    "module": "An object that holds parameters and computes with them: a"
    " layer, or a whole network.",
    "momentum": "With it, a step follows a running sum of gradients, in which"
    " older ones fade.",
    "optimizer": "The object that makes the steps: it changes the parameters,"
    " given their gradients.",
    "parameter": "A tensor that the training changes, such as weights or a"
    " bias.",
    "pooling": "A layer that makes a grid smaller: it takes the mean, or the"
    " largest number, of each part.",
    "ReLU": "A function that sets negative numbers to zero and keeps the"
    " others.",
    "seed": "Where the random numbers start: the same seed draws the same"
    " numbers.",
    "softmax": "A function that turns scores into probabilities, which are"
    " positive and add up to 1.",
    "tensor": "An array of numbers, with any number of dimensions.",
    "validation": "Measuring how good a model is on images that the training"
    " never uses.",
    "weights": "Numbers that the inputs are multiplied by, before they are"
    " added up.",
}
NAMES = {"learning rate": "lr"}  # in the code


def used(text):
    """Return those of `WORDS` that stand in a text: [(word, sentence), ...].

    In the order in which they come first. A plural counts, and so does what
    stands in code.
    """
    found = {}
    for word in WORDS:
        forms = f"{word}(?:e?s)?|{NAMES.get(word, word)}"
        if place := re.search(rf"\b(?:{forms})\b", text, re.IGNORECASE):
            found[word] = place.start()
    return [(word, WORDS[word]) for word in sorted(found, key=found.get)]
