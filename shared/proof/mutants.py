"""Stages broken on purpose, each by one small edit of the real source.

An edit names what it replaces, so it follows the stage when that changes;
one that no longer applies, or applies twice, is an error. Every mutant must
be caught by a proof, unless it is harmless.
"""

from typing import NamedTuple

from shared.proof import variation
from shared.proof.equivalence import ROUNDING, compare
from shared.tokens import contains


class Mutant(NamedTuple):
    """A stage, what was done to it, and the edits: pairs of old and new.

    `harmless` argues, where that is so, why nobody could tell. The methods
    are handed the `ladder` that the stage is of.
    """

    stage: str
    name: str
    edits: tuple[tuple[str, str], ...]
    harmless: str = ""

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


def _mutant(stage, name, *edits, harmless=""):
    return Mutant(stage, name, edits, harmless)


MUTANTS = (
    _mutant(
        "01",
        "gradients never zeroed",
        ("                weights.grad.zero_()\n", ""),
        ("                bias.grad.zero_()\n", ""),
    ),
    _mutant(
        "01",
        "gradient of the bias never zeroed",
        ("                bias.grad.zero_()\n", ""),
    ),
    _mutant(
        "01",
        "bias never updated",
        ("                bias -= bias.grad * lr\n", ""),
    ),
    _mutant(
        "01",
        "update with the wrong sign",
        ("weights -= weights.grad", "weights += weights.grad"),
        ("bias -= bias.grad", "bias += bias.grad"),
    ),
    _mutant(
        "01",
        "lr applied twice",
        ("weights -= weights.grad * lr", "weights -= weights.grad * lr * lr"),
        ("bias -= bias.grad * lr", "bias -= bias.grad * lr * lr"),
    ),
    _mutant("01", "sum instead of mean in nll", (".mean()", ".sum()")),
    _mutant(
        "01",
        "log_softmax over the images",
        ("sum(-1, keepdim=True)", "sum(0, keepdim=True)"),
    ),
    _mutant("01", "weights too large", (" / math.sqrt(784)", "")),
    _mutant("01", "weights start at zero", ("torch.randn", "torch.zeros")),
    _mutant(
        "01",
        "last batch dropped",
        ("len(x_train), batch_size", "len(x_train) - batch_size, batch_size"),
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
    ),
    _mutant(
        "01",
        "batches overlap by one image",
        ("0, len(x_train), batch_size", "0, len(x_train), batch_size - 1"),
    ),
    _mutant(
        "01",
        "labels shifted",
        (
            "y_train[start : start + batch_size]",
            "y_train.roll(1)[start : start + batch_size]",
        ),
    ),
    _mutant(
        "01",
        "an epoch too many",
        ("range(epochs)", "range(epochs + 1)"),
    ),
    _mutant(
        "02",
        "softmax before F.cross_entropy",
        (
            "return xb @ weights + bias",
            "return (xb @ weights + bias).softmax(-1)",
        ),
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
    ),
    _mutant(
        "02",
        "label smoothing slipped in",
        (
            "cross_entropy(pred, yb)",
            "cross_entropy(pred, yb, label_smoothing=0.05)",
        ),
    ),
    _mutant(
        "03",
        "bias hidden in a plain list",
        (
            "self.bias = nn.Parameter(torch.zeros(10))",
            "self.bias = [nn.Parameter(torch.zeros(10))]",
        ),
        ("+ self.bias", "+ self.bias[0]"),
    ),
    _mutant(
        "03",
        "gradients never zeroed",
        ("                model.zero_grad()\n", ""),
    ),
    _mutant(
        "03",
        "parameters rebound, not changed",
        ("p -= p.grad * lr", "p = p - p.grad * lr"),
    ),
    _mutant(
        "04",
        "no bias",
        ("nn.Linear(784, 10)", "nn.Linear(784, 10, bias=False)"),
    ),
    _mutant(
        "05",
        "optimizer of another model",
        ("optim.SGD(model.parameters()", "optim.SGD(Logistic().parameters()"),
    ),
    _mutant(
        "05",
        "optimizer lacks the bias",
        ("optim.SGD(model.parameters()", "optim.SGD([model.linear.weight]"),
    ),
    _mutant(
        "05",
        "zero_grad between backward and step",
        (
            "            opt.step()\n            opt.zero_grad()\n",
            "            opt.zero_grad()\n            opt.step()\n",
        ),
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
    ),
    _mutant(
        "05",
        "weight decay slipped in",
        ("lr=lr)", "lr=lr, weight_decay=1e-4)"),
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
    ),
    _mutant(
        "06",
        "only the first epoch's worth of batches",
        ("for epoch in range(epochs)", "for epoch in range(1)"),
    ),
    _mutant(
        "07",
        "last batch dropped",
        ("batch_size=batch_size)", "batch_size=batch_size, drop_last=True)"),
    ),
    _mutant(
        "07",
        "shuffled too early",
        ("batch_size=batch_size)", "batch_size=batch_size, shuffle=True)"),
    ),
    _mutant("08", "shuffling forgotten", (", shuffle=True", "")),
    _mutant(
        "08",
        "a seed of its own for the shuffling",
        (
            "shuffle=True",
            "shuffle=True, generator=torch.Generator().manual_seed(0)",
        ),
    ),
    _mutant(
        "08",
        "validation on training data",
        ("TensorDataset(x_valid, y_valid)", "TensorDataset(x_train, y_train)"),
    ),
    _mutant(
        "08",
        "validation loss unweighted",
        ("* len(xb)", ""),
        ("count += len(xb)", "count += 1"),
    ),
    _mutant("08", "model.eval() left out", ("        model.eval()\n", "")),
    _mutant(
        "08",
        "model.train() left out",
        ("        model.train()\n", ""),
    ),
    _mutant(
        "08",
        "gradients recorded during validation",
        (
            "with torch.no_grad():\n            for",
            "with torch.enable_grad():\n            for",
        ),
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
    ),
    _mutant(
        "08",
        "a fresh model is returned",
        ("return model(x_valid)", "return Logistic()(x_valid)"),
    ),
    _mutant("09", "momentum lost", (", momentum=momentum)", ")")),
    _mutant(
        "09",
        "a ReLU lost",
        ("F.relu(self.conv2(xb))", "self.conv2(xb)"),
    ),
    _mutant(
        "10",
        "a ReLU lost",
        ("        nn.ReLU(),  # (n, 10, 4, 4)\n", ""),
    ),
    _mutant(
        "10",
        "largest instead of mean in the pooling",
        ("nn.AvgPool2d(4)", "nn.MaxPool2d(4)"),
    ),
    _mutant(
        "11",
        "pooled over one axis only",
        ("nn.AdaptiveAvgPool2d(1)", "nn.AdaptiveAvgPool2d((1, None))"),
    ),
    _mutant(
        "11",
        "pooled over the channels",
        ("xb.flatten(1)", "xb.mean(1).flatten(1)"),
    ),
    _mutant(
        "11",
        "preprocess applied to training only",
        ("    valid_dl = WrappedDataLoader(valid_dl, preprocess)\n", ""),
    ),
    _mutant(
        "11",
        "predicts images turned on their side",
        ("return model(x_valid)", "return model(x_valid.mT)"),
    ),
    _mutant(
        "11",
        "every second batch skipped",
        ("for xb, yb in self.dl:", "for xb, yb in list(self.dl)[::2]:"),
    ),
    _mutant(
        "12",
        "a model of its own for the optimizer",
        ("optim.SGD(model.parameters()", "optim.SGD(cnn().parameters()"),
    ),
    _mutant("12", "labels not moved", ("y.to(device)", "y")),
    _mutant("12", "model not moved", ("cnn().to(device)", "cnn()")),
    _mutant("12", "predictions stay on the device", (".cpu()", "")),
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
    ),
)
