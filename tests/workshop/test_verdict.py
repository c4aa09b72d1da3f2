"""The verdict names what differs between two trainings, from their traces.

Here no program trains: a training is written down, then one thing of it is
changed. That programs are seen to do such things is in test_check.py.
"""

import copy

import pytest
import torch

from shared import languages
from shared.proof.equivalence import Problem, Record
from shared.workshop.phases import Seen, number_of_layers, start
from shared.workshop.verdict import parting

STEPS, N_TRAIN, N_VALID = 2, 5, 2
SGD = {"lr": 0.5, "besides": {}}
LAYER = ["conv2d", "relu"]
POOLED = {
    "steps": ["conv2d", "mean"],
    "lines": [3, 7],
    "grids": [[4, 4], [2, 2]],
}
PARTS = [[0, 1, 2], [3, 4]]  # the images of each batch


def batch(images):
    """Return what a trace tells of a batch, of two parameters."""
    return {
        "images": images,
        "strange": False,
        "another model": False,
        "labels": [n % 10 for n in images],
        "picked": None,
        "steps": [],
        "lines": [],
        "grids": [],
        "windows": [],
        "training": True,
        "loss": 2.5,
        "plain loss": 2.5,
        "probabilities": False,
        "shapes": [[784, 10], [10]],
        "sizes": [3.0, 1.0],
        "places": [4.0, 2.0],
        "left": [],
        "gradients": [1.0, 0.5],
        "moves": [-0.2, -0.1],
    }


def training():
    """Return two epochs of a training that validates after each."""
    validation = {
        "images": [5, 6],
        "losses": [(2.0, 1), (3.0, 1)],
        "loss": 2.5,
    }
    trace = {
        "n_train": N_TRAIN,
        "n_valid": N_VALID,
        "batches": [batch(images) for images in PARTS * 2],
        "validations": [validation | {"after": n} for n in (2, 4)],
        "step": {"missing": [], "no gradients": False} | SGD,
        "step first": False,
        "shape": [2, 10],
        "own": {},
        "count": {},
        "layers": [],
        "model_kind": "own class",
        "no part": [],
        "start": [[[-0.1] * 10] * 784, [0.1] * 10],
        "last": {"images": [5, 6], "asked": True, "another model": False},
    }
    record = Record(
        STEPS, [2.5] * 4, [2.5] * 2, torch.zeros(N_VALID, 10).double()
    )
    return Seen("07", record, copy.deepcopy(trace))


def made(shape, line, used=True):
    """Return what a trace tells of a layer that a program makes."""
    return {"shape": shape, "line": line, "used": used}


def problem(kind, *values):
    return lambda b: b.record.problems.append(
        Problem(kind, "something", values=values)
    )


def each(**values):
    """Return an edit of every batch."""

    def edit(b):
        for batch in b.batches:
            batch.update(values)

    return edit


def one(i, **values):
    """Return an edit of one batch."""
    return lambda b: b.batches[i].update(values)


def seen(**values):
    """Return an edit of what else was seen."""
    return lambda b: b.trace.update(values)


def last(**values):
    """Return an edit of how the predictions were made; they differ."""

    def edit(b):
        b.trace["last"].update(values)
        b.record.pred += torch.arange(10)

    return edit


def validation(**values):
    return lambda b: b.trace["validations"][1].update(values)


def drop(n):
    def edit(b):
        del b.batches[-n:], b.record.losses[-n:]
        b.trace["validations"] = b.trace["validations"][:1]

    return edit


def leave_out_last(b):
    del b.batches[1::2], b.record.losses[1::2]


def log(value):
    return lambda b: b.record.losses.__setitem__(3, value)


WHOLE = "the 7,840 numbers of shape (784, 10)"
BIAS = "the 10 numbers of shape (10,)"

# What is changed, and the kind of finding with words that must be in it.
CASES = {
    "data in place": (
        problem("data", "x_train"),
        "data-changed",
        "changes `x_train` in place somewhere.",
    ),
    "data in place, in a line": (
        lambda b: (
            problem("data", "x_train")(b),
            seen(own={"x_train changed": 4})(b),
        ),
        "data-changed",
        "changes `x_train` in place in line 4.",
    ),
    "a setting": (
        problem("setting", "default dtype"),
        "setting-changed",
        "it changed torch's default dtype",
    ),
    "nothing learned": (seen(batches=[]), "no-backward", "is never called"),
    "a step at once": (
        seen(**{"step first": True}),
        "step-before-backward",
        "no gradients yet",
    ),
    "a new model": (
        one(2, **{"another model": True}),
        "model-made-anew",
        "From epoch 2, batch 1 on",
    ),
    "new tensors": (
        lambda b: (
            one(2, **{"another model": True})(b),
            seen(model_kind=None)(b),
        ),
        "tensors-made-anew",
        "From epoch 2, batch 1 on your program learns other tensors",
    ),
    "another model's optimizer": (
        seen(step={"missing": [[784, 10], [10]], "no gradients": False}),
        "optimizer-of-another-model",
        "",
    ),
    "an optimizer without the bias": (
        seen(step={"missing": [[10]], "no gradients": False}),
        "optimizer-lacks-parameters",
        f"does not have {BIAS}, so",
    ),
    "cleared too early": (
        seen(step={"missing": [], "no gradients": True}),
        "cleared-before-step",
        "",
    ),
    "gradients of all left": (
        one(1, left=[[784, 10], [10]]),
        "gradients-left",
        f"At epoch 1, batch 2, when `backward` is called, there still are"
        f" gradients of {WHOLE} and {BIAS} from the batch before.",
    ),
    "a parameter that the loop forgets": (
        lambda b: (one(0, moves=[-0.2, 0])(b), one(1, left=[[10]])(b)),
        "loop-lacks-parameters",
        f"reaches {BIAS}:",
    ),
    "changed images": (
        one(0, images=None, strange=True),
        "images-changed",
        "At epoch 1, batch 1,",
    ),
    "images changed in a line": (
        lambda b: (
            one(0, images=None, strange=True)(b),
            seen(own={"images changed": 7})(b),
        ),
        "images-changed-in-line",
        "as they are: line 7 changes them.",
    ),
    "images to validate on": (
        one(2, images=[5, 6]),
        "learns-from-validation-images",
        "In the validation after epoch 1, `backward` is called",
    ),
    "a dataset of them": (
        one(0, images=[5, 6]),
        "dataset-of-validation-images",
        "",
    ),
    "labels that stay": (
        one(0, images=[2, 1, 0]),
        "images-without-their-labels",
        "the labels of images 1 to 3, as stage 07 has, but with them images 3,"
        " 2, 1.",
    ),
    "a batch too early": (
        one(0, images=[3, 4], labels=[3, 4]),
        "other-images",
        "stage 07 learns from images 1 to 3, your program from images 4 to 5."
        "\nThose should come at epoch 1, batch 2.",
    ),
    "an image left out": (
        lambda b: [one(i, images=[0, 1], labels=[0, 1])(b) for i in (0, 2)],
        "other-images",
        "from images 1 to 2.\nYour program never learns from image 3.",
    ),
    "a batch again": (
        one(1, images=[0, 1, 2], labels=[0, 1, 2]),
        "other-images",
        "Those should come at epoch 2, batch 1.\nYour program had the same"
        " batch at epoch 1, batch 1.",
    ),
    "the last batch left out": (
        leave_out_last,
        "images-left-out",
        "In each epoch your program makes 1 of the 2 batches that stage 07"
        " makes. Left out at the end: images 4 to 5.\nWhere does",
    ),
    "the last batch left out by the loader": (
        lambda b: (leave_out_last(b), seen(own={"drop_last": 8})(b)),
        "images-left-out",
        "images 4 to 5.\nLine 8 makes a `DataLoader` with `drop_last=True`.",
    ),
    "one image": (
        one(0, images=[0], labels=[0]),
        "other-images",
        "your program from image 1.",
    ),
    "no image": (
        one(1, images=[], labels=[]),
        "batch-empty",
        "stage 07 learns from images 4 to 5, but the batch of your program is",
    ),
    "images shuffled": (
        one(0, images=[4, 0, 2], labels=[4, 0, 2]),
        "shuffled",
        "from images 5, 1, 3. It shuffles the images",
    ),
    "more images shuffled": (
        lambda b: [
            one(i, images=[4, 0, 2, 1], labels=[4, 0, 2, 1])(b) for i in (0,)
        ],
        "shuffled",
        "from 4 images, 5, 1, 3 and so on.",
    ),
    "a wrong label": (
        one(0, labels=[0, 7, 2]),
        "other-labels",
        "\nImage 2 is a 1, to your program a 7.",
    ),
    "a layer without bias": (
        lambda b: (
            each(shapes=[[784, 10]], sizes=[3.0], places=[4.0])(b),
            seen(own={"bias=False": 4})(b),
        ),
        "no-bias",
        f"has one, {BIAS}. Line 4 makes a layer with `bias=False`.",
    ),
    "a layer in each call": (
        lambda b: (
            one(1, **{"another model": True})(b),
            seen(
                own={"layer made in forward": 9},
                count={"layer made in forward": 4},
            )(b),
        ),
        "layer-made-in-forward",
        "makes a new layer each time it is called, in line 9,",
    ),
    "fewer parameters": (
        each(shapes=[[784, 10]], sizes=[3.0], places=[4.0]),
        "parameters-missing",
        f"does not learn the bias, {BIAS}; that of stage 07 does.",
    ),
    "another parameter": (
        each(shapes=[[784, 9], [10]]),
        "other-parameters",
        "learns 7,850 numbers, that of your program learns the 7,056 numbers",
    ),
    "three parameters": (
        each(shapes=[[784, 10], [10], [10]], sizes=[3.0, 1.0, 1.0]),
        "other-parameters",
        f"learns {WHOLE}, {BIAS} and {BIAS}.",
    ),
    "a parameter that is one number": (
        each(shapes=[[784, 10], [10], [1]], sizes=[3.0, 1.0, 1.0]),
        "other-parameters",
        f"learns {WHOLE}, {BIAS} and the one number of shape (1,).",
    ),
    "no parameter that is seen": (
        each(shapes=[], sizes=[], places=[]),
        "other-parameters",
        "learns nothing.",
    ),
    "a larger bias": (
        each(sizes=[3.0, 2.0]),
        "other-initial-weights",
        f"{BIAS} of your program have the norm 2 (",
    ),
    "other random numbers": (
        each(sizes=[3.1, 1.0]),
        "other-initial-weights",
        "those of stage 07 3.\nThey seem to be drawn in the same way",
    ),
    "larger random numbers": (
        lambda b: (
            each(sizes=[84.0, 1.0], loss=2.6)(b),
            seen(start=[[[0.1] * 10] * 784, [0.1] * 10])(b),
        ),
        "other-initial-weights",
        "those of stage 07 3.\nThat is 28 times as large.\n28 is the square"
        " root of 784.\nNone of them is n",
    ),
    "smaller random numbers": (
        each(sizes=[0.3, 1.0]),
        "other-initial-weights",
        "those of stage 07 3.\nThat is 10 times as small.",
    ),
    "layers made in another order": (
        lambda b: (
            each(sizes=[3.1, 1.0])(b),
            seen(layers=[made([10, 16], 3), made([16, 1], 4)])(b),
        ),
        "layers-made-in-other-order",
        "As number 1 your program makes one from 16 to 10, in line 3, stage"
        " 07 one from 1 to 16.",
    ),
    "numbers drawn anew": (
        lambda b: (
            each(sizes=[3.1, 1.0])(b),
            seen(own={"initial values changed": 9})(b),
        ),
        "other-initial-weights",
        "those of stage 07 3.\nLine 9 changes them, after the layer has",
    ),
    "weights elsewhere": (
        each(places=[4.5, 2.0]),
        "initial-weights-in-other-places",
        "",
    ),
    "another number of scores": (
        lambda b: (each(loss=3.5)(b), seen(shape=[2, 40])(b)),
        "not-ten-numbers",
        "returns 40 numbers for each image, not 10",
    ),
    "a grid that the pooling leaves": (
        lambda b: (
            each(loss=3.5, **POOLED)(b),
            seen(shape=[2, 40])(b),
        ),
        "not-ten-numbers",
        "not 10.\n40 = 10 channels x 2 x 2: the pooling (line 7) makes a grid"
        " of 2 x 2 out of one of 4 x 4, and should leave one number of each"
        " channel.\nIts window should be the whole grid, 4 x 4.",
    ),
    "a grid that the adaptive pooling leaves": (
        lambda b: (
            each(loss=3.5, **POOLED | {"lines": [3, None]})(b),
            seen(shape=[2, 40], count={"adaptive_avg_pool2d": 9})(b),
        ),
        "not-ten-numbers",
        "x 2 x 2: the pooling makes a grid of 2 x 2 out of one of 4 x 4, and"
        " should leave one number of each channel.\n`nn.AdaptiveAvgPool2d` is"
        " told the size of the grid that it returns",
    ),
    "another grid": (
        each(
            **{"loss": 3.5, "plain loss": 3.5},
            steps=[*LAYER, *LAYER, "mean"],
            lines=[3, None, 4, None, None],
            grids=[[14, 14], [14, 14], [5, 5], [5, 5], [1, 1]],
        ),
        "other-grid",
        "After convolution number 2 (line 4), the grid is 5 x 5, in stage 07"
        " it is 7 x 7.",
    ),
    "a second softmax": (
        each(loss=3.5, probabilities=True),
        "softmax-twice",
        "At epoch 1, batch 1, the loss of your program is 3.5, that of stage"
        " 07 2.5. What the loss is made of are probabilities",
    ),
    "another loss": (
        each(loss=3.5),
        "not-plain-cross-entropy",
        "that of stage 07 2.5. Yet the plain cross entropy of what your model"
        " returned would be 2.5.",
    ),
    "a sum": (
        each(**{"loss": 7.5, "plain loss": None}),
        "sum-for-mean",
        "2.5: 3 times as much, and there are 3 images in the batch. Is it",
    ),
    "nearly the same scores": (
        each(**{"loss": 2.5000001, "plain loss": 2.5000001}),
        "other-scores",
        "the loss of your program is 2.5000001, that of stage 07 2.5.",
    ),
    "the other sign": (
        each(**{"loss": -2.5, "plain loss": None}),
        "other-sign",
        "2.5: it has the other sign.",
    ),
    "other scores": (
        each(**{"loss": 3.5, "plain loss": 3.5}),
        "other-scores",
        "2.5.\nThe batch is the same, and so are the weights.\nThe loss",
    ),
    "another loss of unknown images": (
        each(**{"loss": 3.5, "plain loss": None, "images": None}),
        "other-loss",
        "2.5.\nThe weights are the same.",
    ),
    "labels that pick a matrix": (
        each(**{"loss": 3.5, "plain loss": None, "picked": "matrix"}),
        "labels-pick-a-matrix",
        "2.5. The labels pick a whole matrix",
    ),
    "a softmax of columns": (
        each(**{"loss": 3.5, "plain loss": None, "picked": "columns"}),
        "softmax-of-columns",
        "",
    ),
    "no logarithm": (
        each(**{"loss": 3.5, "plain loss": None, "picked": "probabilities"}),
        "no-logarithm",
        "",
    ),
    "another step": (
        each(
            **{"loss": 3.5, "plain loss": 3.5},
            steps=[*LAYER, *LAYER, "maximum"],
            lines=[3, None, 4, None, 8],
            grids=[[14, 14]] * 2 + [[7, 7]] * 2 + [[1, 1]],
        ),
        "other-step",
        "After convolution number 2 (line 4) and a ReLU, there is a mean in"
        " stage 07, in your program a maximum (line 8).",
    ),
    "a step less": (
        each(
            **{"loss": 3.5, "plain loss": 3.5},
            steps=[*LAYER, "conv2d"],
            lines=[None] * 3,
            grids=[[14, 14]] * 2 + [[7, 7]],
        ),
        "other-step",
        "After convolution number 2, there is a ReLU in stage 07, in your"
        " program nothing more.",
    ),
    "a step before all others": (
        each(
            **{"loss": 3.5, "plain loss": 3.5},
            steps=["dropout", *LAYER],
            lines=[None] * 3,
            grids=[[28, 28]] + [[14, 14]] * 2,
        ),
        "other-step",
        "After the input, there is a convolution in stage 07, in your program"
        " a dropout.",
    ),
    "other gradients": (
        each(gradients=[1.0, 0.4]),
        "other-gradients",
        "At epoch 1, batch 1, the loss is that of stage 07, but its gradients"
        " are not.",
    ),
    "a bias that stays": (
        each(moves=[-0.2, 0.0]),
        "parameters-not-moved",
        f"does not move {BIAS}.",
    ),
    "no parameter that moves": (
        each(moves=[0.0, 0.0]),
        "parameters-not-moved",
        "Is there an update, and does it change the parameters in place",
    ),
    "uphill": (each(moves=[0.2, 0.1]), "uphill", "goes uphill"),
    "twice as far": (
        each(moves=[-0.4, -0.2]),
        "another-step-size",
        "goes 2 times as far.\nThe learning rate of its optimizer is 0.5.",
    ),
    "momentum": (
        lambda b: (
            each(moves=[-0.3, -0.2])(b),
            b.trace["step"].update(besides={"momentum": 0.9}),
        ),
        "optimizer-has-more",
        "the optimizer has `momentum=0.9`, which the update of stage 07 has",
    ),
    "elsewhere": (
        each(moves=[-0.3, -0.2]),
        "another-update",
        "the parameters move elsewhere",
    ),
    "a batch less": (
        drop(1),
        "other-number-of-batches",
        "Stage 07 learns from 4 batches, your program from 3. As far",
    ),
    "an epoch less": (
        drop(2),
        "other-number-of-epochs",
        "your program from 2. That is once through the images, not 2 times.",
    ),
    "no train()": (
        lambda b: (
            problem("mode", "training", "mode")(b),
            one(2, training=False)(b),
        ),
        "eval-in-training",
        "In training, from epoch 2, batch 1 on, `model.training` is False.",
    ),
    "no eval()": (
        problem("mode", "validation", "mode"),
        "train-in-validation",
        "In validation, model.training is True.",
    ),
    "no_grad() around it all": (
        problem("mode", "training", "recording"),
        "not-recorded-in-training",
        "",
    ),
    "no no_grad()": (
        problem("mode", "validation", "recording"),
        "recorded-in-validation",
        "",
    ),
    "a loss less": (
        lambda b: b.record.losses.pop(),
        "other-number-of-losses",
        "Number of losses that your program logs: 3. Stage 07 logs 4.",
    ),
    "another loss logged": (
        log(5.0),
        "other-loss-logged",
        "at epoch 2, batch 2 it logs 5, while its loss is 2.5.",
    ),
    "one validation": (
        lambda b: b.trace["validations"].pop(0),
        "validation-not-each-epoch",
        "In 2 epochs of 2 batches `log.validation` is called once, first after"
        " 4 of them.",
    ),
    "validation on what it learns from": (
        validation(images=[0, 1]),
        "validation-on-training-images",
        "After epoch 2,",
    ),
    "half a validation": (
        validation(images=[6]),
        "validation-images-missing",
        "measured on 1 of the 2 images",
    ),
    "a sum for a mean": (
        validation(loss=10.0),
        "validation-loss-no-mean",
        "is given as 10. The mean over all images is 2.5.",
    ),
    "batches that are not weighted": (
        validation(losses=[(2.0, 1), (3.0, 3)], loss=1.25),
        "validation-not-weighted",
        "is given as 1.25. The mean over all images is 2.75.",
    ),
    "a sum that is not divided": (
        validation(losses=[(2.0, 1), (3.0, 3)], loss=11.0),
        "validation-not-divided",
        "is 2.75; the other is the sum over all images",
    ),
    "the last batch alone": (
        validation(losses=[(2.0, 1), (3.0, 1)], loss=3.0),
        "validation-of-one-batch",
        "is 2.5; the other is the loss of the last batch",
    ),
    "two validations, added up": (
        validation(losses=[(2.0, 2)], loss=2.25),
        "validations-added-up",
        "is given as 2.25. The mean over all images is 2; in the other is",
    ),
    "batches of two sizes": (
        validation(losses=[(2.0, 1), (5.0, 3)], loss=3.5),
        "mean-over-batches",
        "is 4.25; the other is the mean over the batches",
    ),
    "another validation loss": (
        problem("validation loss", 1.25, 0.75),
        "other-validation-loss",
        "the last validation loss is 1.25, while the loss of what your program"
        " predicts is 0.75.",
    ),
    "predictions of another shape": (
        problem("predictions", "(2,)", "(2, 10)"),
        "predictions-not-usable",
        "its predictions are (2,), not (2, 10).",
    ),
    "another model's predictions": (
        last(**{"another model": True}),
        "predictions-of-another-model",
        "",
    ),
    "changed predictions": (last(), "predictions-changed", ""),
    "other images' predictions": (
        last(images=[0, 1]),
        "predictions-of-other-images",
        "",
    ),
    "changed images' predictions": (
        lambda b: (
            last(images=[0, 1])(b),
            seen(own={"images changed": 44})(b),
        ),
        "predictions-of-other-images",
        "on the way.\nLine 44 changes images.",
    ),
    "early predictions": (
        last(images=None, asked=False),
        "predictions-too-early",
        "",
    ),
    "no reason": (
        problem("not finite"),
        "otherwise",
        "What was found: something.",
    ),
}


@pytest.mark.parametrize("name", CASES)
def test_what_differs_is_named(name):
    edit, kind, words = CASES[name]
    a, b = training(), training()
    a.trace["layers"] = [made([16, 1], 3), made([10, 16], 4)]
    for batch in a.batches:
        batch["steps"] = [*LAYER, *LAYER, "mean"]
        batch["grids"] = [[14, 14]] * 2 + [[7, 7]] * 2 + [[1, 1]]
    edit(b)
    found = parting(a, b)
    assert found.kind == kind
    assert words in found.text


def test_trainings_that_are_the_same_do_not_part():
    assert parting(training(), training()) is None
    assert start(training(), training()) is None


@pytest.mark.parametrize(
    ("lines", "words"),
    [
        ([3, 3], "Number of linear layers in your model: 2 (line 3). In that"),
        ([4, 3], "in your model: 2 (lines 3, 4). In that of stage 07: 1."),
        ([None, None], "in your model: 2. In that of stage 07: 1.\nLine 9 m"),
    ],
)
def test_another_number_of_layers_is_told_with_their_lines(lines, words):
    a, b = training(), training()
    each(steps=["linear"], lines=[2])(a)
    each(steps=["linear", "relu", "linear"], lines=[lines[0], 8, lines[1]])(b)
    seen(layers=[made([10, 784], 3), made([9, 784], 9, used=False)])(b)
    found = number_of_layers(a, b)
    assert found.kind == "other-number-of-layers"
    assert words in found.text
    assert number_of_layers(a, a) is None


def test_who_leaves_a_loop_is_told_where():
    a, b, c = training(), training(), training()
    drop(1)(b)
    leave_out_last(c)
    text = "\nLine 7 leaves its loop with `break`."
    assert text in parting(a, b, leaves=7).text
    assert text in parting(a, c, leaves=7).text
    assert "break" not in parting(a, c).text


def test_a_parameter_that_has_no_part_is_named():
    a, b = training(), training()
    each(shapes=[[784, 10]], sizes=[3.0], places=[4.0])(b)
    seen(**{"no part": ["bias"]})(b)
    text = parting(a, b).text
    assert "`bias`, a parameter of the model, has no part in the loss" in text


def test_chance_is_blamed_where_there_is_some():
    a, b = training(), training()
    one(0, loss=3.5)(b)
    found = parting(a, b, chance=True)
    assert found.kind == "chance-in-model"
    assert (
        "At epoch 1, batch 1, the loss is not that of stage 07" in found.text
    )


def test_who_loops_over_a_generator_is_told_that_it_ends():
    a, b = training(), training()
    drop(2)(b)
    assert "A generator" in parting(a, b, only_once=True).text
    assert "A generator" not in parting(a, b).text


def test_what_was_found_is_said_in_the_language_that_is_spoken(monkeypatch):
    table = {
        "What was found: {reading}.": "发现：{reading}。",
        "its loss becomes nan at epoch {1}": "第 {1} 轮的损失成了 nan",
    }
    monkeypatch.setattr(languages, "table", lambda language: table)
    a, b = training(), training()
    said = "its loss becomes nan at epoch 2"
    b.record.problems += [Problem("not finite", said)] * 2
    found = parting(a, b)
    assert found.text == f"What was found: {said}; {said}."
    with languages.use("zh"):
        assert found.text == (
            "发现：第 2 轮的损失成了 nan；第 2 轮的损失成了 nan。"
        )
