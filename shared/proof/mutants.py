"""Stages broken on purpose, each by one small edit of the real source.

An edit names what it replaces, so it follows the stage when that changes;
one that no longer applies, or applies twice, is an error. Every mutant must
be caught by a proof, unless it is harmless.
"""

from typing import NamedTuple

from shared.tokens import contains


class Mutant(NamedTuple):
    """A stage, what was done to it, and the edits: pairs of old and new.

    `harmless` argues, where that is so, why nobody could tell. `why` is a
    sentence for a reader: what the edits do. The methods are handed the
    `ladder` that the stage is of.
    """

    stage: str
    name: str
    edits: tuple[tuple[str, str], ...]
    harmless: str = ""
    why: str = ""

    def row(self, ladder):
        """Return the row of the stage that was broken."""
        [row] = [row for row in ladder if row.name == self.stage]
        return row

    def code(self, ladder):
        """Return the broken code; raise ValueError if an edit fails."""
        code = self.row(ladder).code
        for old, new in self.edits:
            if code.count(old) != 1:
                raise ValueError(
                    f"the mutant {self.name!r} of stage {self.stage} replaces"
                    f" {old!r}, which the stage has {code.count(old)} times,"
                    " not once: mend the mutant in shared/proof/mutants.py"
                )
            code = code.replace(old, new)
        return code

    def partner(self, ladder):
        """Return the neighbour that the stage promises to equal, and how.

        That is its parent, or, where it promises its parent no more than a
        change, its child. "How" is the child's promise.
        """
        stage = self.row(ladder)
        if stage.promise and stage.promise.kind != "change":
            [parent] = [s for s in ladder if s.name == stage.parent]
            return parent, stage.promise
        [child] = [s for s in ladder if s.parent == stage.name]
        return child, child.promise

    def train(self, ladder):
        """Return the `train` function of the broken code."""
        program = {"__name__": self.name}
        exec(self.code(ladder), program)
        return program["train"]

    def verdict(self, record, partner, ladder):
        """Return what is found against the mutant, "" if nothing is.

        `record` is of its training, `partner` of its neighbour's. What they
        can't show is looked for at the end: another device, another seed.
        """
        # Not at the top: who only reads mutants need not wait for torch.
        from shared.proof import variation
        from shared.proof.equivalence import ROUNDING, compare

        exact = self.partner(ladder)[1].kind == "exact"
        report = compare(partner, record, 0.0 if exact else ROUNDING)
        if not report.equal:
            return report.reading
        for code in self.row(ladder).swaps_in:
            if not contains(self.code(ladder), code):
                return f"the table says that it uses {code}"
        train, right = self.train(ladder), self.row(ladder).program.train
        if problem := variation.on_another_device(train):
            return problem
        if variation.order_depends_on_seed(
            right
        ) and not variation.order_depends_on_seed(train):
            return (
                "given the same initial weights, another seed gives the same"
                " losses: the order of images does not depend on the seed"
            )
        return ""


def _mutant(stage, name, *edits, harmless="", why):
    return Mutant(stage, name, edits, harmless, why)


MUTANTS = (
    _mutant(
        "01",
        "gradients never zeroed",
        ("                weights.grad.zero_()\n", ""),
        ("                bias.grad.zero_()\n", ""),
        why="`backward` adds to the gradients that are there, so each step"
        " uses the sum of all so far, and the weights grow without end.",
    ),
    _mutant(
        "01",
        "gradient of the bias never zeroed",
        ("                bias.grad.zero_()\n", ""),
        why="`backward` adds to `bias.grad`, so from the second step on the"
        " bias moves by the sum of all its gradients so far.",
    ),
    _mutant(
        "01",
        "bias never updated",
        ("                bias -= bias.grad * lr\n", ""),
        why="The bias stays at zero, and ten numbers that are missing"
        " beside 7,840 weights hardly change the accuracy.",
    ),
    _mutant(
        "01",
        "update with the wrong sign",
        ("weights -= weights.grad", "weights += weights.grad"),
        ("bias -= bias.grad", "bias += bias.grad"),
        why="Each step goes up the slope instead of down, so the loss grows"
        " without end.",
    ),
    _mutant(
        "01",
        "lr applied twice",
        ("weights -= weights.grad * lr", "weights -= weights.grad * lr * lr"),
        ("bias -= bias.grad * lr", "bias -= bias.grad * lr * lr"),
        why="With `lr=0.5`, `lr * lr` is 0.25: each step is half as long,"
        " and the model learns all the same.",
    ),
    _mutant(
        "01",
        "sum instead of mean in nll",
        (".mean()", ".sum()"),
        why="The sum over the 64 images of a batch is 64 times their mean,"
        " and each step becomes 64 times as long.",
    ),
    _mutant(
        "01",
        "log_softmax over the images",
        ("sum(-1, keepdim=True)", "sum(0, keepdim=True)"),
        why="`sum(0)` adds over the images of the batch, not over the ten"
        " digits, so the results are no log-probabilities of digits.",
    ),
    _mutant(
        "01",
        "weights too large",
        (" / math.sqrt(784)", ""),
        why="Without the division by the square root of 784, which is 28,"
        " the first weights are 28 times as large.",
    ),
    _mutant(
        "01",
        "weights start at zero",
        ("torch.randn", "torch.zeros"),
        why="A linear model can learn even if all weights start at zero, so"
        " the accuracy is as good, but it is another training.",
    ),
    _mutant(
        "01",
        "last batch dropped",
        ("len(x_train), batch_size", "len(x_train) - batch_size, batch_size"),
        why="`range` ends one batch too early, so the last 16 images are"
        " never learned from.",
    ),
    _mutant(
        "01",
        "last image of each batch cut off",
        (
            "x_train[start : start + batch_size]",
            "x_train[start:][:batch_size - 1]",
        ),
        (
            "y_train[start : start + batch_size]",
            "y_train[start:][:batch_size - 1]",
        ),
        why="Each full batch has 63 images instead of 64, so one image of"
        " each is never learned from.",
    ),
    _mutant(
        "01",
        "batches overlap by one image",
        ("0, len(x_train), batch_size", "0, len(x_train), batch_size - 1"),
        why="`range` steps by 63 while batches have 64 images, so the last"
        " image of a batch is also the first of the next.",
    ),
    _mutant(
        "01",
        "labels shifted",
        (
            "y_train[start : start + batch_size]",
            "y_train.roll(1)[start : start + batch_size]",
        ),
        why="`roll(1)` moves all labels on by one, so each image is learned"
        " with the label of the image before it.",
    ),
    _mutant(
        "01",
        "an epoch too many",
        ("range(epochs)", "range(epochs + 1)"),
        why="`range(epochs + 1)` trains for three epochs where two were"
        " asked for; more training helps the accuracy, so no check of it"
        " complains.",
    ),
    _mutant(
        "02",
        "softmax before F.cross_entropy",
        (
            "return xb @ weights + bias",
            "return (xb @ weights + bias).softmax(-1)",
        ),
        why="`F.cross_entropy` applies softmax itself, and after a first"
        " softmax it gets only numbers from 0 to 1, so the loss can"
        " never come near 0.",
    ),
    _mutant(
        "02",
        "log_softmax left in the model",
        (
            "return xb @ weights + bias",
            "return (xb @ weights + bias).log_softmax(-1)",
        ),
        harmless="log_softmax(log_softmax(x)) = log_softmax(x), because"
        " log-probabilities have a log-sum-exp of 0",
        why="`F.cross_entropy` applies `log_softmax` again, and the second"
        " time it changes nothing, because the probabilities add up to 1"
        " already.",
    ),
    _mutant(
        "02",
        "label smoothing slipped in",
        (
            "cross_entropy(pred, yb)",
            "cross_entropy(pred, yb, label_smoothing=0.05)",
        ),
        why="With `label_smoothing` the loss also asks for a little"
        " probability on each wrong digit: it is another loss.",
    ),
    _mutant(
        "03",
        "bias hidden in a plain list",
        (
            "self.bias = nn.Parameter(torch.zeros(10))",
            "self.bias = [nn.Parameter(torch.zeros(10))]",
        ),
        ("+ self.bias", "+ self.bias[0]"),
        why="`nn.Module` finds no parameters inside a plain list, so"
        " `model.parameters()` lacks the bias, and it stays at zero.",
    ),
    _mutant(
        "03",
        "gradients never zeroed",
        ("                model.zero_grad()\n", ""),
        why="`backward` adds to the gradients that are there, so each step"
        " uses the sum of all gradients so far.",
    ),
    _mutant(
        "03",
        "parameters rebound, not changed",
        ("p -= p.grad * lr", "p = p - p.grad * lr"),
        why="`p = p - ...` makes a new tensor and calls it `p`; the"
        " parameter of the model stays as it was, so nothing is learned.",
    ),
    _mutant(
        "04",
        "no bias",
        ("nn.Linear(784, 10)", "nn.Linear(784, 10, bias=False)"),
        why="With `bias=False` the layer has no bias, and ten numbers that"
        " are missing beside 7,840 weights hardly change the accuracy.",
    ),
    _mutant(
        "05",
        "optimizer of another model",
        ("optim.SGD(model.parameters()", "optim.SGD(Logistic().parameters()"),
        why="`Logistic()` makes a second model, and the optimizer changes"
        " that one; the model that predicts never learns.",
    ),
    _mutant(
        "05",
        "optimizer lacks the bias",
        ("optim.SGD(model.parameters()", "optim.SGD([model.linear.weight]"),
        why="The optimizer is given the weights alone, so the bias stays as"
        " it was drawn at the start.",
    ),
    _mutant(
        "05",
        "zero_grad between backward and step",
        (
            "            opt.step()\n            opt.zero_grad()\n",
            "            opt.zero_grad()\n            opt.step()\n",
        ),
        why="The gradients are cleared before `opt.step()` can use them, so"
        " no step changes anything.",
    ),
    _mutant(
        "05",
        "zero_grad before backward",
        ("            opt.zero_grad()\n", ""),
        (
            "            loss.backward()\n",
            "            opt.zero_grad()\n            loss.backward()\n",
        ),
        harmless="the gradients are cleared once between any two calls of"
        " backward, before the next instead of after the last",
        why="The gradients are still cleared once between two calls of"
        " `backward`; only the moment is another.",
    ),
    _mutant(
        "05",
        "weight decay slipped in",
        ("lr=lr)", "lr=lr, weight_decay=1e-4)"),
        why="`weight_decay` pulls each parameter a little towards zero at"
        " every step, too little for the accuracy to show it.",
    ),
    _mutant(
        "06",
        "x shuffled without y",
        (
            "TensorDataset(x_train, y_train)",
            "TensorDataset(x_train[torch.randperm(len(x_train))], y_train)",
        ),
        (
            "import torch.nn.functional as F",
            "import torch\nimport torch.nn.functional as F",
        ),
        why="The images are shuffled and the labels are not, so nearly"
        " every image is learned with the label of another one.",
    ),
    _mutant(
        "06",
        "only the first epoch's worth of batches",
        ("for epoch in range(epochs)", "for epoch in range(1)"),
        why="`range(1)` trains for one epoch, whatever `epochs` says, and"
        " one is enough for a good accuracy.",
    ),
    _mutant(
        "07",
        "last batch dropped",
        ("batch_size=batch_size)", "batch_size=batch_size, drop_last=True)"),
        why="`drop_last=True` leaves out the last batch because it is"
        " smaller than the others, so its 16 images are never learned"
        " from.",
    ),
    _mutant(
        "07",
        "shuffled too early",
        ("batch_size=batch_size)", "batch_size=batch_size, shuffle=True)"),
        why="`shuffle=True` comes with stage 08; here the order of the"
        " images has to stay, because equality bit for bit is promised.",
    ),
    _mutant(
        "08",
        "shuffling forgotten",
        (", shuffle=True", ""),
        why="The images come in the same order in every epoch; the proof"
        " makes the order equal before it compares losses, so it looks"
        " into the code for this one.",
    ),
    _mutant(
        "08",
        "a seed of its own for the shuffling",
        (
            "shuffle=True",
            "shuffle=True, generator=torch.Generator().manual_seed(0)",
        ),
        why="The generator always has the seed 0, so the order of the"
        " images is the same for every seed of the program.",
    ),
    _mutant(
        "08",
        "validation on training data",
        ("TensorDataset(x_valid, y_valid)", "TensorDataset(x_train, y_train)"),
        why="The validation loss is that of the images that the model has"
        " learned from; training and predictions are right, so the"
        " accuracy cannot show it.",
    ),
    _mutant(
        "08",
        "validation loss unweighted",
        ("* len(xb)", ""),
        ("count += len(xb)", "count += 1"),
        why="Each batch counts the same, but the last one is smaller, so"
        " the mean over batches is not the mean over images.",
    ),
    _mutant(
        "08",
        "model.eval() left out",
        ("        model.eval()\n", ""),
        why="Validation runs in training mode; here no number changes, but"
        " with dropout or batch normalization it would.",
    ),
    _mutant(
        "08",
        "model.train() left out",
        ("        model.train()\n", ""),
        why="Nothing puts the model back into training mode after a"
        " validation; here no number changes, but with dropout or batch"
        " normalization it would.",
    ),
    _mutant(
        "08",
        "gradients recorded during validation",
        (
            "with torch.no_grad():\n            for",
            "with torch.enable_grad():\n            for",
        ),
        why="Autograd records the passes of validation for a `backward`"
        " that never comes: no number changes, but it costs time and"
        " memory.",
    ),
    _mutant(
        "08",
        "learns from the validation images",
        (
            "with torch.no_grad():\n            for",
            "with torch.enable_grad():\n            for",
        ),
        (
            "total += loss_batch(model, xb, yb)",
            "total += loss_batch(model, xb, yb, opt)",
        ),
        why="`loss_batch` is given the optimizer in validation too, so the"
        " model learns from the images that are to judge it, and its"
        " accuracy rises.",
    ),
    _mutant(
        "08",
        "predicts before training",
        (
            "    fit(epochs, model, opt, train_dl, valid_dl, log)\n"
            "    with torch.no_grad():\n"
            "        return model(x_valid)",
            "    with torch.no_grad():\n"
            "        pred = model(x_valid)\n"
            "    fit(epochs, model, opt, train_dl, valid_dl, log)\n"
            "    return pred",
        ),
        why="The predictions are made before `fit` is called, by a model"
        " that has not learned anything yet.",
    ),
    _mutant(
        "08",
        "a fresh model is returned",
        ("return model(x_valid)", "return Logistic()(x_valid)"),
        why="`Logistic()` makes a new model for the predictions, and that"
        " one was never trained.",
    ),
    _mutant(
        "09",
        "momentum lost",
        (", momentum=momentum)", ")"),
        why="Without momentum the steps at `lr=0.1` are too short for two"
        " epochs to be enough.",
    ),
    _mutant(
        "09",
        "a ReLU lost",
        ("F.relu(self.conv2(xb))", "self.conv2(xb)"),
        why="With no ReLU between them, the second and third convolution"
        " together are only one linear function.",
    ),
    _mutant(
        "10",
        "a ReLU lost",
        ("        nn.ReLU(),  # (n, 10, 4, 4)\n", ""),
        why="Without the last ReLU, negative responses count in the mean,"
        " too; in stage 09 they were zeros.",
    ),
    _mutant(
        "10",
        "largest instead of mean in the pooling",
        ("nn.AvgPool2d(4)", "nn.MaxPool2d(4)"),
        why="`nn.MaxPool2d` keeps the largest of the 16 values of a"
        " channel, where `nn.AvgPool2d` takes their mean.",
    ),
    _mutant(
        "11",
        "pooled over one axis only",
        ("nn.AdaptiveAvgPool2d(1)", "nn.AdaptiveAvgPool2d((1, None))"),
        why="`(1, None)` takes the mean over the height alone, so four"
        " values are left in each of ten channels: 40 numbers for an"
        " image, not 10.",
    ),
    _mutant(
        "11",
        "pooled over the channels",
        ("xb.flatten(1)", "xb.mean(1).flatten(1)"),
        why="`mean(1)` takes the mean over the ten channels, so one number"
        " is left for an image, and the loss cannot find the one of"
        " digit 8.",
    ),
    _mutant(
        "11",
        "preprocess applied to training only",
        ("    valid_dl = WrappedDataLoader(valid_dl, preprocess)\n", ""),
        why="The images to validate on reach the first convolution as rows"
        " of 784 numbers, and it stops with an error.",
    ),
    _mutant(
        "11",
        "predicts images turned on their side",
        ("return model(x_valid)", "return model(x_valid.mT)"),
        why="`mT` exchanges rows and columns of each image to predict, and"
        " the model has learned from upright ones.",
    ),
    _mutant(
        "11",
        "every second batch skipped",
        ("for xb, yb in self.dl:", "for xb, yb in list(self.dl)[::2]:"),
        why="`[::2]` takes every second batch only, in training and in"
        " validation.",
    ),
    _mutant(
        "12",
        "a model of its own for the optimizer",
        ("optim.SGD(model.parameters()", "optim.SGD(cnn().parameters()"),
        why="`cnn()` makes a second model, and the optimizer changes that"
        " one; the model that predicts never learns.",
    ),
    _mutant(
        "12",
        "labels not moved",
        ("y.to(device)", "y"),
        why="On an accelerator the images are moved and the labels are not,"
        " so the loss stops with an error; on the CPU nothing is wrong.",
    ),
    _mutant(
        "12",
        "model not moved",
        ("cnn().to(device)", "cnn()"),
        why="On an accelerator the images are moved and the model is not,"
        " so its first layer stops with an error; on the CPU nothing is"
        " wrong.",
    ),
    _mutant(
        "12",
        "predictions stay on the device",
        (".cpu()", ""),
        why="After training on an accelerator the predictions are left"
        " there, but the caller expects them on the CPU; on the CPU"
        " nothing is wrong.",
    ),
    _mutant(
        "12",
        "the model moves after the optimizer is made",
        ("cnn().to(device)", "cnn()"),
        (
            "    fit(epochs, model, opt, train_dl, valid_dl, log)\n    x",
            "    model.to(device)\n"
            "    fit(epochs, model, opt, train_dl, valid_dl, log)\n    x",
        ),
        harmless="nn.Module.to changes the data of each parameter in place,"
        " so the optimizer holds the same parameters, on any device; its"
        " state comes into being at the first step, after the move",
        why="`model.to(device)` changes the parameters in place, so the"
        " optimizer still holds the same ones.",
    ),
)
