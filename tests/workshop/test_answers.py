"""Answers as people write them: right ones are accepted, wrong ones are not.

Each is an edit of the stage that is to be reached, and was once judged
wrongly, or refused for a cause that misleads.
"""

import ast
import re

import pytest

from shared.workshop.exercises import exercise
from stages import LADDER

HELD = "held on 1,000 images"
LOOK = (
    "        with torch.no_grad():\n"
    "            print((model(x_valid).argmax(1) == y_valid).sum())\n"
)
SHUFFLED = "DataLoader(train_ds, batch_size=batch_size, shuffle=True)"
FIT = "    fit(epochs, model, opt, train_dl, valid_dl, log)\n"
VALIDATION = "        log.validation(total / count)\n"
LOGGED = "            log(loss)\n"
INLINE = """\
    for epoch in range(epochs):
        model.train()
        for xb, yb in train_dl:
            loss = F.cross_entropy(model(xb), yb)
            loss.backward()
            opt.step()
            opt.zero_grad()
            log(loss)
        model.eval()
        with torch.no_grad():
            losses = [
                F.cross_entropy(model(xb), yb, reduction="sum")
                for xb, yb in valid_dl
            ]
        log.validation(sum(losses) / len(x_valid))
"""
VALIDATE = """\
def validate(model, valid_dl, log):
    model.eval()
    with torch.no_grad():
        losses = [
            F.cross_entropy(model(xb), yb, reduction="sum")
            for xb, yb in valid_dl
        ]
    log.validation(sum(losses) / len(valid_dl.dataset))


def fit("""
FUNCTIONS = re.search(
    r"def loss_batch.*(?=def get_data)", LADDER[7].code, re.DOTALL
)[0]
CONV2 = "nn.Conv2d(16, 16, kernel_size=3, stride=2, padding=1)"
CONV3 = "nn.Conv2d(16, 10, kernel_size=3, stride=2, padding=1)"


def answer(name, *edits):
    """Return the code of a stage with each old text made new."""
    [stage] = [row for row in LADDER if row.name == name.partition("-")[0]]
    given = exercise(stage, LADDER, reverse=name.endswith("-reverse"))
    code = given.target.code
    for old, new in edits:
        assert old in code, old
        code = code.replace(old, new)
    names = [getattr(n, "id", "") for n in ast.walk(ast.parse(code))]
    if "torch" in names and "import torch\n" not in code:
        code = f"import torch\n{code}"
    return given, code


RIGHT = {
    "modes are set for a look after each epoch": (
        "08-reverse",
        (
            "    return model(x_valid)",
            "        model.eval()\n"
            "        print((model(x_valid).argmax(1) == y_valid).sum())\n"
            "        model.train()\n"
            "    return model(x_valid)",
        ),
    ),
    "an accuracy is printed after each epoch": (
        "07",
        ("            log(loss)\n", f"            log(loss)\n{LOOK}"),
    ),
    "an accuracy is printed before the loop": (
        "03",
        ("    for epoch in", f"    if True:\n{LOOK}    for epoch in"),
    ),
    "the model is tried before it is fitted": (
        "08",
        (FIT, f"    model(x_train[:64])\n    if True:\n{LOOK}{FIT}"),
    ),
    "accuracy of a batch, under eval": (
        "08",
        (
            "            log(loss)\n",
            "            log(loss)\n"
            "            model.eval()\n"
            "            model(xb)\n"
            "            model.train()\n",
        ),
    ),
    "a batch sampler shuffles": (
        "08",
        (
            SHUFFLED,
            "DataLoader(train_ds, batch_sampler=torch.utils.data.BatchSampler("
            "torch.utils.data.RandomSampler(train_ds), batch_size, False))",
        ),
    ),
    "a clamp is a ReLU": (
        "09",
        ("F.relu(self.conv1(xb))", "torch.clamp(self.conv1(xb), min=0)"),
    ),
    "a mean is a mean": (
        "09",
        (
            "xb = F.avg_pool2d(xb, 4)  # (n, 10, 1, 1)\n"
            "        return xb.flatten(1)",
            'return torch.einsum("nchw->nc", xb) / 16',
        ),
    ),
    "a subclass of nn.Linear": (
        "04",
        ("class Logistic(nn.Module)", "class Logistic(nn.Linear)"),
        ("super().__init__()\n", "super().__init__(784, 10)\n"),
        ("        self.linear = nn.Linear(784, 10)\n", ""),
        ("self.linear(xb)", "super().forward(xb)"),
    ),
    "a batch is looked at before the model is made": (
        "07",
        (
            "    model = Logistic()\n",
            "    print(next(iter(train_dl))[0].shape)\n"
            "    model = Logistic()\n",
        ),
    ),
    "an accelerator or else the CPU": (
        "12",
        (
            "if torch.accelerator.is_available():\n"
            "    device = torch.accelerator.current_accelerator()\n",
            "device = torch.accelerator.current_accelerator() or device\n",
        ),
        ("log(loss)\n", "log(loss.cpu())\n            print(loss.item())\n"),
    ),
    "a layer without a class": (
        "04",
        ("model = Logistic()", "model = nn.Linear(784, 10)"),
        (
            "class Logistic(nn.Module):\n"
            "    def __init__(self):\n"
            "        super().__init__()\n"
            "        self.linear = nn.Linear(784, 10)\n\n"
            "    def forward(self, xb):\n"
            "        return self.linear(xb)\n",
            "",
        ),
    ),
    "a loader that maps": (
        "11",
        (
            "        for xb, yb in self.dl:\n"
            "            yield self.func(xb, yb)\n",
            "        return map(lambda batch: self.func(*batch), self.dl)\n",
        ),
    ),
    "a method is called train": (
        "08",
        ("loss.backward()", "Learner.train(loss)"),
        (
            "def loss_batch",
            "class Learner:\n"
            "    def train(loss):\n"
            "        loss.backward()\n"
            "\n\n"
            "def loss_batch",
        ),
    ),
    "a layer that calls a function": (
        "10",
        ("nn.ReLU()", "Lambda(F.relu)"),
        ("nn.AvgPool2d(4)", "Lambda(lambda xb: F.avg_pool2d(xb, 4))"),
    ),
    "a ReLU is a product": (
        "09",
        *(
            (f"F.relu(self.conv{n}(xb))", f"positive(self.conv{n}(xb))")
            for n in (1, 2, 3)
        ),
        (
            "class CNN",
            "def positive(x):\n    return x * (x > 0)\n\n\nclass CNN",
        ),
    ),
    "a ReLU is in place": (
        "09",
        *(
            (f"F.relu(self.conv{n}(xb))", f"positive(self.conv{n}(xb))")
            for n in (1, 2, 3)
        ),
        (
            "class CNN",
            "def positive(x):\n    x = x.clone()\n    x[x < 0] = 0\n"
            "    return x\n\n\nclass CNN",
        ),
    ),
    "each layer is looked at": (
        "10",
        (
            FIT,
            "    x = x_valid[:2]\n    with torch.no_grad():\n"
            "        for layer in model:\n            x = layer(x)\n"
            f"            print(x.shape)\n{FIT}",
        ),
    ),
    "a batch is looked at": (
        "10",
        (FIT, f"    print(next(iter(train_dl))[0].shape)\n{FIT}"),
    ),
}


def some(answers, every):
    """Parametrize a test; all but every so many-th answer are slow."""
    slow = [pytest.mark.slow]
    return pytest.mark.parametrize(
        "name",
        [
            pytest.param(name, marks=slow if i % every else [])
            for i, name in enumerate(answers)
        ],
    )


@some(RIGHT, every=4)
def test_a_right_answer_is_accepted(name, check):
    assert check(*answer(*RIGHT[name])) == HELD


PICK = "[torch.arange(len(target)), target]"
OF_ROWS = "x - x.exp().sum(-1, keepdim=True).log()"

WRONG = {
    "a batch that is empty": (
        ("06", ("[start : start + batch_size]", "[start:batch_size]")),
        "batch-empty",
        "images 65 to 128, but the batch of your program is empty",
    ),
    "generators that are used up": (
        (
            "11",
            (
                "WrappedDataLoader(train_dl, preprocess)",
                "(preprocess(*batch) for batch in train_dl)",
            ),
            (
                "WrappedDataLoader(valid_dl, preprocess)",
                "(preprocess(*batch) for batch in valid_dl)",
            ),
        ),
        "division-by-zero",
        "Has a loop run over nothing",
    ),
    "a bias beside the layer": (
        (
            "04",
            (
                "nn.Linear(784, 10)\n",
                "nn.Linear(784, 10)\n"
                "        self.bias = nn.Parameter(torch.zeros(10))\n",
            ),
            ("self.linear(xb)", "self.linear(xb) + self.bias"),
        ),
        "code-left",
        "`bias` should be gone, but line 11 still uses it",
    ),
    "weights that are drawn anew": (
        (
            "04",
            (
                "nn.Linear(784, 10)\n",
                "nn.Linear(784, 10)\n"
                "        nn.init.normal_(self.linear.weight, std=1 / 28)\n",
            ),
        ),
        "initial-values-changed",
        "  11: nn.init.normal_(self.linear.weight, std=1 / 28)",
    ),
    "numbers that are not negative": (
        ("04-reverse", ("torch.randn(", "torch.rand(")),
        "other-initial-weights",
        "None of them is negative",
    ),
    "weights that are far too small": (
        ("04-reverse", ("math.sqrt(784)", "784")),
        "other-initial-weights",
        "That is 28 times as small.\n28 is the square root of 784.",
    ),
    "no bias in the layer": (
        ("04", ("nn.Linear(784, 10)", "nn.Linear(784, 10, bias=False)")),
        "no-bias",
        "has one, the 10 numbers of shape (10,). Line 10 makes a layer with",
    ),
    "a layer in each call": (
        (
            "04",
            ("return self.linear(xb)", "return nn.Linear(784, 10)(xb)"),
            ("        self.linear = nn.Linear(784, 10)\n", ""),
        ),
        "layer-made-in-forward",
        "makes a new layer each time it is called, in line ",
    ),
    "a loader that leaves the rest": (
        ("07", ("=batch_size)", "=batch_size, drop_last=True)")),
        "images-left-out",
        "images 961 to 1,000.\nLine 27 makes a `DataLoader` with `drop_last",
    ),
    "parameters in a list": (
        (
            "03",
            (
                "self.weights = nn.Parameter(torch.randn(784, 10)"
                " / math.sqrt(784))",
                "self.all = [nn.Parameter(torch.randn(784, 10) / 28)]",
            ),
            (
                "self.bias = nn.Parameter(torch.zeros(10))",
                "self.all.append(nn.Parameter(torch.zeros(10)))",
            ),
            ("self.weights", "self.all[0]"),
            ("self.bias", "self.all[1]"),
        ),
        "parameter-hidden",
        "makes an `nn.Parameter`, but no module has it",
    ),
    "tensors that are replaced": (
        (
            "03-reverse",
            ("weights -=", "weights = weights -"),
            ("bias -=", "bias = bias -"),
            ("weights.grad.zero_()", "weights.grad = None"),
            ("bias.grad.zero_()", "bias.grad = None"),
        ),
        "recorded-no-more",
        "the update has put new tensors in the place",
    ),
    "layers in a list": (
        (
            "10",
            (
                "nn.Sequential(",
                "nn.Sequential([",
            ),
            ("xb.flatten(1)),\n", "xb.flatten(1))]\n"),
        ),
        "layers-in-a-list",
        "a star unpacks the list",
    ),
    "an optimizer without a step": (
        ("05", ("            opt.step()\n", "")),
        "code-missing",
        "`opt.step` is not in use",
    ),
    "another optimizer": (
        ("05", ("optim.SGD", "optim.Adam")),
        "code-missing",
        "In its place stands line 26:",
    ),
    "momentum": (
        ("05", ("lr=lr)", "lr=lr, momentum=0.9)")),
        "optimizer-has-more",
        "the optimizer has `momentum=0.9`",
    ),
    "no learning rate": (
        ("05", (", lr=lr)", ")")),
        "another-step-size",
        "The learning rate of its optimizer is 0.001",
    ),
    "a sum for a mean": (
        ("02", ("(pred, yb)", '(pred, yb, reduction="sum")')),
        "sum-for-mean",
        "64 times as much, and there are 64 images",
    ),
    "a loss of a matrix": (
        ("02-reverse", (PICK, "[:, target]")),
        "labels-pick-a-matrix",
        "The labels pick a whole matrix",
    ),
    "a softmax of columns": (
        ("02-reverse", (OF_ROWS, OF_ROWS.replace("-1", "0"))),
        "softmax-of-columns",
        "add up to one in each column",
    ),
    "no logarithm": (
        ("02-reverse", (OF_ROWS, "x.exp() / x.exp().sum(-1, keepdim=True)")),
        "no-logarithm",
        "The loss is made of their logarithms",
    ),
    "a loader that shuffles": (
        ("07", ("batch_size=batch_size)", "batch_size, shuffle=True)")),
        "shuffled",
        "It shuffles the images; their order has to stay",
    ),
    "the first batch each time": (
        (
            "07",
            (
                "for xb, yb in train_dl:\n",
                "for start in range(0, len(train_ds), batch_size):\n"
                "            xb, yb = next(iter(train_dl))\n",
            ),
        ),
        "loader-begun-anew",
        "begins anew for each batch",
    ),
    "an iterator for all epochs": (
        (
            "07",
            ("in train_dl:", "in once:"),
            (
                "    for epoch in",
                "    once = iter(train_dl)\n    for epoch in",
            ),
        ),
        "other-number-of-epochs",
        "what `iter` returns, can be looped over only once",
    ),
    "training mode set once": (
        (
            "08",
            ("        model.train()\n", ""),
            ("    for epoch in", "    model.train()\n    for epoch in"),
        ),
        "eval-in-training",
        "In training, from epoch 2, batch 1 on, `model.training` is False",
    ),
    "another kernel": (
        (
            "09",
            (CONV2, CONV2.replace("size=3", "size=5").replace("g=1", "g=2")),
        ),
        "other-kernel",
        "convolution number 2 (line 12) has a kernel of 5 x 5, in stage 09",
    ),
    "a maximum for a mean": (
        ("09", ("F.avg_pool2d", "F.max_pool2d")),
        "other-step",
        "After convolution number 3 (line 13) and a ReLU, there is a mean in",
    ),
    "labels that are not moved": (
        ("12", ("y.to(device)", "y")),
        "labels-not-moved",
        "move the labels of each batch, too",
    ),
    "shuffling left": (
        (
            "08-reverse",
            ("batch_size=batch_size)", "batch_size, shuffle=True)"),
        ),
        "code-left",
        "`shuffle=True` should be gone, but line 27 still uses it",
    ),
    "a validation for all epochs": (
        ("08", (VALIDATION, "    log.validation(total / count)\n")),
        "validation-not-each-epoch",
        "`log.validation` is called once, first after 32 of them",
    ),
    "a validation for each batch": (
        ("08", (VALIDATION, f"                {VALIDATION.strip()}\n")),
        "validation-not-each-epoch",
        "`log.validation` is called 4 times",
    ),
    "the same order in each epoch": (
        (
            "08",
            (
                "        model.train()\n",
                "        model.train()\n        torch.manual_seed(0)\n",
            ),
        ),
        "same-order-in-each-epoch",
        "The images come in the same order in every epoch",
    ),
    "other channels": (
        (
            "09",
            ("nn.Conv2d(1, 16,", "nn.Conv2d(1, 8,"),
            (CONV2, CONV2.replace("16, 16", "8, 16")),
        ),
        "other-channels",
        "(line 11) goes from 1 to 8 channels, in stage 09 from 1 to 16.",
    ),
    "no padding": (
        (
            "09",
            (CONV2, CONV2.replace("padding=1", "padding=0")),
            ("xb, 4)", "xb, 3)"),
        ),
        "other-grid",
        "After convolution number 2 (line 12), the grid is 6 x 6, in stage 09",
    ),
    "another stride": (
        (
            "09",
            (CONV3, CONV3.replace("stride=2", "stride=1")),
            ("xb, 4)", "xb, 7)"),
        ),
        "other-grid",
        "After convolution number 3 (line 13), the grid is 7 x 7, in stage 09",
    ),
    "batch normalization": (
        (
            "09",
            (
                "        self.conv3",
                "        self.norm = nn.BatchNorm2d(16)\n        self.conv3",
            ),
            ("F.relu(self.conv2(xb))", "F.relu(self.norm(self.conv2(xb)))"),
        ),
        "other-layers",
        "in stage 09 it is of the shape",
    ),
    "Nesterov and weight decay": (
        (
            "09",
            (
                "momentum=momentum)",
                "momentum=momentum, nesterov=True, weight_decay=1e-4)",
            ),
        ),
        "optimizer-has-more",
        "the optimizer has `nesterov=True`, `weight_decay=0.0001`",
    ),
    "a new optimizer in each epoch": (
        (
            "09",
            (
                "        model.train()\n",
                "        model.train()\n"
                '        [group] = opt.state_dict()["param_groups"]\n'
                '        lr, momentum = group["lr"], group["momentum"]\n'
                "        opt = optim.SGD(\n"
                "            model.parameters(), lr=lr, momentum=momentum\n"
                "        )\n",
            ),
        ),
        "another-update",
        "epoch 2, batch 1",
    ),
    "a softmax of the CNN": (
        ("09", ("xb.flatten(1)", "xb.flatten(1).softmax(1)")),
        "softmax-twice",
        "are probabilities",
    ),
    "all images moved at once": (
        (
            "12",
            (
                "TensorDataset(x_train, y_train)",
                "TensorDataset(x_train.to(device), y_train.to(device))",
            ),
        ),
        "moved-at-once",
        "All images are moved to the device at once",
    ),
    "predictions that stay on the device": (
        ("12", (".cpu()", "")),
        "predictions-on-device",
        "Return them on the CPU",
    ),
    "images that are not moved": (
        (
            "12",
            ("x.view(-1, 1, 28, 28).to(device)", "x.view(-1, 1, 28, 28)"),
        ),
        "images-not-moved",
        "images that are on the CPU meet a model that is not, in line 45:",
    ),
    "what to returns is dropped": (
        (
            "12",
            (
                "        return x.view(-1, 1, 28, 28).to(device)",
                "        x.to(device)\n        return x.view(-1, 1, 28, 28)",
            ),
        ),
        "moved-in-vain",
        "Line 90 calls `to` and drops what it returns; a tensor's `to` does",
    ),
    "a model that is not moved": (
        ("12", ("cnn().to(device)", "cnn()")),
        "model-not-moved",
        "a model that is on the CPU meets images that are not, in line 45:",
    ),
    "a count that is not moved": (
        ("12", ("* len(xb)", "* torch.tensor([len(xb)])")),
        "not-on-one-device",
        "Then two tensors meet in line ",
    ),
    "a device that is chosen by name": (
        ("12", ("    device=device,\n", '    device="cuda",\n')),
        "default-device-is-fixed",
        "The default of `device` is cuda, whatever the machine has.",
    ),
    "the argument device ignored": (
        (
            "12",
            (
                "    def preprocess",
                '    device = torch.device("cpu")\n\n    def preprocess',
            ),
        ),
        "device-ignored",
        "it ignores its argument `device`",
    ),
    "a loss that computes it": (
        (
            "02-reverse",
            (
                "-log_probs[torch.arange(len(target)), target].mean()",
                "torch.nn.functional.nll_loss(log_probs, target)",
            ),
        ),
        "code-left-in-other-words",
        "calls `nll_loss`",
    ),
    "a log-softmax that computes it": (
        (
            "02-reverse",
            (
                "x - x.exp().sum(-1, keepdim=True).log()",
                "torch.log_softmax(x, -1)",
            ),
        ),
        "code-left-in-other-words",
        "calls `log_softmax`",
    ),
    "a loss of the other sign": (
        ("02-reverse", ("return -log_probs", "return log_probs")),
        "other-sign",
        "it has the other sign",
    ),
    "a loader that is made and not used": (
        (
            "07-reverse",
            (
                "    model = Logistic()\n",
                "    torch.utils.data.DataLoader(train_ds)\n"
                "    model = Logistic()\n",
            ),
        ),
        "code-left",
        "`DataLoader` should be gone",
    ),
    "a bias that starts at ones": (
        ("03", ("torch.zeros(10)", "torch.ones(10)")),
        "not-zero-at-start",
        "only zeros in `bias` (line 13), as in stage 02: start it at zero",
    ),
    "the whole gradient": (
        ("05-reverse", ("p.grad * lr", "p.grad")),
        "whole-gradient",
        "`lr` is not used anywhere.\n  38: p -= p.grad",
    ),
    "a counter that is set once": (
        (
            "07-reverse",
            (
                "for start in range(0, len(train_ds), batch_size):",
                "while start < len(train_ds):",
            ),
            ("    for epoch in", "    start = 0\n    for epoch in"),
            (LOGGED, f"{LOGGED}            start += batch_size\n"),
        ),
        "other-number-of-epochs",
        "Line 30 sets `start` once, before the loop over the epochs",
    ),
    "loaders that are unpacked in another order": (
        (
            "08",
            ("train_dl, valid_dl = get_data", "valid_dl, train_dl = get_data"),
        ),
        "loaders-mixed-up",
        "`get_data` returns `train_dl, valid_dl`, but line 62 takes it as",
    ),
    "loaders that are passed on in another order": (
        ("08", (FIT, FIT.replace("train_dl, valid_dl", "valid_dl, train_dl"))),
        "loaders-mixed-up",
        "and is measured on those that it should learn from",
    ),
    "parameters that are left": (
        (
            "04",
            (
                "nn.Linear(784, 10)\n",
                "nn.Linear(784, 10)\n"
                "        self.w = nn.Parameter(torch.zeros(784, 10))\n",
            ),
        ),
        "none-in-operation",
        "The change is not complete: `w` (line 11) is still a parameter of",
    ),
    "a parameter that is divided": (
        (
            "03",
            (
                "(torch.randn(784, 10) / math.",
                "(torch.randn(784, 10)) / (math.",
            ),
        ),
        "backward-twice",
        "Line 12 makes `self.weights` by a calculation. Its result is a plain",
    ),
    "layers in a plain list": (
        (
            "10-reverse",
            (
                "        self.conv1 =",
                "        self.layers = [None] * 3\n        self.layers[0] =",
            ),
            ("self.conv2 =", "self.layers[1] ="),
            ("self.conv3 =", "self.layers[2] ="),
            ("self.conv1(", "self.layers[0]("),
            ("self.conv2(", "self.layers[1]("),
            ("self.conv3(", "self.layers[2]("),
        ),
        "no-parameters",
        "`self.layers` (line 11) is a plain Python list. A module does not",
    ),
    "a device that is left": (
        (
            "12-reverse",
            ("class Lambda", 'device = torch.device("cpu")\n\n\nclass Lambda'),
            ("    momentum=0.9,\n", "    momentum=0.9,\n    device=device,\n"),
            ("model = cnn()", "model = cnn().to(device)"),
        ),
        "argument-left",
        "Remove all that belongs to `device`:\n  8: device = torch.device",
    ),
    "a class around a Sequential": (
        (
            "10",
            (
                "class Lambda",
                "class Net(nn.Module):\n"
                "    def __init__(self):\n"
                "        super().__init__()\n"
                "        self.layers = cnn()\n"
                "\n"
                "    def forward(self, xb):\n"
                "        return self.layers(xb)\n"
                "\n\n"
                "class Lambda",
            ),
            ("model = cnn()", "model = Net()"),
        ),
        "code-left-in-other-words",
        "an `nn.Sequential` itself takes the place of the class",
    ),
    "images reshaped once": (
        (
            "11",
            (
                "TensorDataset(x_train, y_train)",
                "TensorDataset(x_train.view(-1, 1, 28, 28), y_train)",
            ),
            (
                "TensorDataset(x_valid, y_valid)",
                "TensorDataset(x_valid.view(-1, 1, 28, 28), y_valid)",
            ),
        ),
        "part-missing",
        "the images are reshaped before the loaders are made",
    ),
    "an optimizer before its time": (
        (
            "03",
            (
                "    model = Logistic()\n",
                "    model = Logistic()\n"
                "    opt = torch.optim.SGD(model.parameters(), lr=lr)\n",
            ),
            (
                "                for p in model.parameters():\n"
                "                    p -= p.grad * lr\n",
                "                opt.step()\n",
            ),
        ),
        "optimizer-too-early",
        "it comes in later",
    ),
    "an optimizer for each batch": (
        (
            "05",
            (
                "            pred = model(xb)\n",
                "            opt = optim.SGD(model.parameters(), lr=lr)\n"
                "            pred = model(xb)\n",
            ),
        ),
        "optimizer-made-anew",
        "Create it once, before the loops",
    ),
    "a loader before its time": (
        (
            "06",
            (
                "for start in range(0, len(train_ds), batch_size)",
                "for xb, yb in torch.utils.data.DataLoader("
                "train_ds, batch_size)",
            ),
            (
                "            xb, yb = train_ds[start : start + batch_size]\n",
                "",
            ),
        ),
        "loader-too-early",
        "it comes in with the next stage",
    ),
    "predictions that are recorded": (
        (
            "08",
            (
                "    with torch.no_grad():\n        return model(x_valid)",
                "    return model(x_valid)",
            ),
        ),
        "predictions-recorded",
        "Autograd records the final predictions",
    ),
    "a number for lr in 09": (
        ("09", ("lr=lr, m", "lr=0.1, m")),
        "argument-ignored",
        "another value of `lr`, such as 0.05",
    ),
    "a number for momentum in 09": (
        ("09", ("momentum=momentum)", "momentum=0.9)")),
        "argument-ignored",
        "another value of `momentum`, such as 0.5",
    ),
    "an argument left": (
        ("09-reverse", ("    lr=0.5,\n", "    lr=0.5,\n    momentum=0.9,\n")),
        "argument-left",
        "still has the argument `momentum`",
    ),
    "a helper left": (
        (
            "11-reverse",
            (
                "def loss_batch",
                "class WrappedDataLoader:\n"
                "    def __init__(self, dl, func):\n"
                "        self.dl = dl\n"
                "        self.func = func\n"
                "\n"
                "    def __iter__(self):\n"
                "        for xb, yb in self.dl:\n"
                "            yield self.func(xb, yb)\n"
                "\n\n"
                "def loss_batch",
            ),
        ),
        "code-left",
        "`WrappedDataLoader` should be gone",
    ),
    "a class left": (
        (
            "03-reverse",
            ("def train(", "class Logistic:\n    pass\n\n\ndef train("),
        ),
        "name-not-used",
        "`Logistic` in line 8 is not used any more",
    ),
    "a parameter left": (
        (
            "03-reverse",
            (
                "torch.zeros(10, requires_grad=True)",
                "torch.nn.Parameter(torch.zeros(10))",
            ),
        ),
        "parameter-left",
        "still an `nn.Parameter`",
    ),
    "a loop outside of train": (
        (
            "08-reverse",
            (
                "    for epoch in range(epochs):\n",
                "    rounds(epochs, train_dl, model, opt, log)\n"
                "    return model(x_valid)\n\n\n"
                "def rounds(epochs, train_dl, model, opt, log):\n"
                "    for epoch in range(epochs):\n",
            ),
            ("            log(loss)\n\n    return model(x_valid)\n", LOGGED),
        ),
        "no-loop-in-train",
        "`train` has no loop",
    ),
    "rows reshaped outside of the network": (
        (
            "10",
            ("        Lambda(lambda xb: xb.view(-1, 1, 28, 28)),\n", ""),
            ("model(xb)", "model(xb.view(-1, 1, 28, 28))"),
            ("model(x_valid)", "model(x_valid.view(-1, 1, 28, 28))"),
        ),
        "reshaped-outside-of-network",
        "handed images that were reshaped outside of it",
    ),
    "images reshaped in the loop": (
        (
            "11",
            (
                "    pred = model(xb)",
                "    pred = model(xb.view(-1, 1, 28, 28))",
            ),
            ("return x.view(-1, 1, 28, 28), y", "return x, y"),
            (
                "return model(x_valid)",
                "return model(x_valid.view(-1,1,28,28))",
            ),
        ),
        "reshaped-in-loop",
        "The object around a loader is to do that",
    ),
    "batches kept in a list": (
        (
            "11",
            (
                "train_dl = WrappedDataLoader(train_dl, preprocess)",
                "train_dl = [preprocess(*batch) for batch in train_dl]",
            ),
        ),
        "same-order-in-each-epoch",
        "are the batches made only once?",
    ),
    "batches from a generator": (
        (
            "11",
            (
                "train_dl = WrappedDataLoader(train_dl, preprocess)",
                "train_dl = (preprocess(*batch) for batch in train_dl)",
            ),
        ),
        "other-number-of-epochs",
        "A generator, or what `iter` returns, can be looped over only once",
    ),
    "no CPU to fall back to": (
        (
            "12",
            ('device = torch.device("cpu")\nif', "device = None\nif"),
        ),
        "default-device-is-none",
        "the default of `device` is None. It should be the CPU",
    ),
    "the CPU whatever there is": (
        ("12", ("    device=device,\n", '    device=torch.device("cpu"),\n')),
        "default-device-is-cpu",
        "is the CPU even where there is an accelerator",
    ),
    "a device that is not the last argument": (
        (
            "12",
            ("    device=device,\n", ""),
            ("    momentum=0.9,\n", "    device=device,\n    momentum=0.9,\n"),
        ),
        "device-not-last",
        "`device` is not the last argument",
    ),
    "validation images moved at once": (
        (
            "12",
            (
                "TensorDataset(x_valid, y_valid)",
                "TensorDataset(x_valid.to(device), y_valid.to(device))",
            ),
        ),
        "moved-at-once",
        "All images are moved to the device at once",
    ),
    "predictions of images that are not moved": (
        (
            "12",
            (
                "    x_valid, _ = preprocess(x_valid, y_valid)\n",
                "    x_valid = x_valid.view(-1, 1, 28, 28)\n",
            ),
        ),
        "images-not-moved",
        "meet a model that is not, in line 103: move the images, too,",
    ),
    "something moved home": (
        (
            "12-reverse",
            ("return model(x_valid)", "return model(x_valid).cpu()"),
        ),
        "still-moved",
        "Something is still moved to a device",
    ),
    "a method that is not called": (
        ("05", ("opt.step()", "opt.step")),
        "method-not-called",
        "names `opt.step` and does not call it",
    ),
    "images and labels swapped": (
        ("07", ("for xb, yb in", "for yb, xb in")),
        "images-and-labels-swapped",
        "Are images and labels swapped?",
    ),
    "scores and labels swapped": (
        ("02", ("(pred, yb)", "(yb, pred)")),
        "arguments-swapped",
        "Are the arguments swapped? The scores come first",
    ),
    "a step before backward": (
        (
            "05",
            (
                "            loss.backward()\n            opt.step()\n",
                "            opt.step()\n            loss.backward()\n",
            ),
        ),
        "step-before-backward",
        "`step` is called before the first `backward`",
    ),
    "a model in each epoch": (
        (
            "03",
            (
                "        for start",
                "        model = Logistic()\n        for start",
            ),
        ),
        "model-made-anew",
        "your program trains another model",
    ),
    "one image for a batch": (
        ("06", ("train_ds[start : start + batch_size]", "train_ds[start]")),
        "not-sliced",
        "takes images out of the dataset, one by one.",
    ),
    "a softmax left in the model": (
        ("02", ("xb @ weights + bias", "(xb @ weights + bias).softmax(-1)")),
        "code-left-in-other-words",
        "calls `softmax`; `F.cross_entropy` takes the log-softmax itself",
    ),
    "dropout": (
        ("10", ("nn.AvgPool2d(4)", "nn.Dropout(), nn.AvgPool2d(4)")),
        "chance-in-model",
        "is there chance in it",
    ),
    "another seed": (
        ("03", ("    model = ", "    torch.manual_seed(1)\n    model = ")),
        "other-initial-weights",
        "was a seed set",
    ),
    "a number logged": (
        ("07", ("log(loss)", "log(loss.item())")),
        "stops",
        "`log` takes the loss itself, a tensor, not a float",
    ),
    "images in float32": (
        ("07", ("TensorDataset(x_train,", "TensorDataset(x_train.float(),")),
        "float32-alone",
        "a check trains in float64",
    ),
    "a number for the momentum": (
        ("10", ("momentum=momentum)", "momentum=0.9)")),
        "argument-ignored",
        "not with another value of `momentum`, such as 0.5",
    ),
    "a learning rate for an argument": (
        ("05", ("lr=lr)", "lr=0.5)")),
        "argument-ignored",
        "not with another value of `lr`, such as 0.05.\nLine 26 has the number"
        " 0.5.\n  26: opt = optim.SGD(model.parameters(), lr=0.5)",
    ),
    "wrong labels in the validation": (
        (
            "08",
            (
                "TensorDataset(x_valid, y_valid)",
                "TensorDataset(x_valid, y_valid.roll(1))",
            ),
        ),
        "other-validation-loss",
        "When is the validation loss computed, on which images and labels",
    ),
    "a dataset of the wrong images": (
        (
            "07",
            (
                "TensorDataset(x_train, y_train)",
                "TensorDataset(x_valid, y_valid)",
            ),
        ),
        "dataset-of-validation-images",
        "images that it should only be measured on",
    ),
    "a network for one size alone": (
        (
            "11",
            (
                "        nn.Conv2d(1, 16,",
                "        Lambda(lambda xb: xb.reshape(-1, 1, 28, 28)),\n"
                "        nn.Conv2d(1, 16,",
            ),
        ),
        "one-size-alone",
        "for two images of 72 x 64 pixels",
    ),
    "an optimizer for tensors": (
        (
            "03-reverse",
            (
                "    for epoch",
                "    opt = torch.optim.SGD([weights, bias], lr=lr)\n"
                "    for epoch",
            ),
        ),
        "optimizer-for-tensors",
        "The loop is to update each tensor by name",
    ),
    "images drawn with replacement": (
        (
            "08",
            (
                SHUFFLED,
                "DataLoader(train_ds, batch_size=batch_size, sampler="
                "torch.utils.data.RandomSampler(train_ds, replacement=True))",
            ),
        ),
        "not-each-image-once",
        "In epoch 1 your program does not learn from each image once",
    ),
    "a momentum that cannot be chosen": (
        (
            "09",
            ("    momentum=0.9,\n", ""),
            ("momentum=momentum)", "momentum=0.9)"),
        ),
        "argument-missing",
        "`train` has no argument `momentum` with a default",
    ),
    "a model made before train": (
        (
            "07",
            (
                "\n\ndef train(",
                "\n\nMODEL = Logistic()\n\n\ndef train(",
            ),
            ("    model = Logistic()\n", "    model = MODEL\n"),
        ),
        "float32-alone",
        "a model made before `train` is called",
    ),
    "a larger kernel": (
        (
            "09",
            (
                CONV2,
                CONV2.replace(
                    "3, stride=2, padding=1", "5, stride=2, padding=2"
                ),
            ),
        ),
        "other-kernel",
        "a kernel of 5 x 5, in stage 09 of 3 x 3.",
    ),
    "all of it in train": (
        ("08", (FIT, INLINE)),
        "part-missing",
        "still in `train` itself; move it into functions",
    ),
    "a validation before the training": (
        (
            "08",
            (
                "        model.train()\n        for xb",
                "        if True:\n"
                "            validate(model, valid_dl, log)\n"
                "        model.train()\n        for xb",
            ),
            (VALIDATION, ""),
            ("def fit(", VALIDATE),
        ),
        "validation-not-each-epoch",
        "first after 0 of them",
    ),
    "an accuracy for the validation loss": (
        ("08", ("log.validation(total / count)", "log.validation(0.9)")),
        "validation-loss-no-mean",
        "is given as 0.9. The mean over all images is",
    ),
    "a validation in the first epoch alone": (
        (
            "08",
            (VALIDATION, f"        if epoch == 0:\n    {VALIDATION}"),
        ),
        "validation-not-each-epoch",
        "is called once, first after 16 of them",
    ),
    "images turned on their side": (
        (
            "09",
            ("xb.view(-1, 1, 28, 28)", "xb.T.reshape(-1, 1, 28, 28)"),
        ),
        "images-changed-in-line",
        "as they are: line 16 changes them.",
    ),
    "a ReLU after the mean": (
        (
            "09",
            ("F.relu(self.conv3(xb))", "self.conv3(xb)"),
            ("F.avg_pool2d(xb, 4)", "F.relu(F.avg_pool2d(xb, 4))"),
        ),
        "other-step",
        "After convolution number 3 (line 13), there is a ReLU in stage 09,",
    ),
    "a convolution that is not used": (
        (
            "09",
            ("F.relu(self.conv2(xb))", "F.relu(F.max_pool2d(xb, 2))"),
        ),
        "other-number-of-layers",
        "Number of convolutions in your model: 2 (lines 11, 13). In that of"
        " stage 09: 3.\nLine 12 makes a layer that is not used.",
    ),
    "a bias that is drawn instead of a layer": (
        ("04-reverse", ("torch.zeros(10)", "torch.randn(10)")),
        "not-zero-at-start",
        "only zeros in `bias` (line 13), as in stage 04: start it at zero",
    ),
    "layers drawn in another order": (
        (
            "10",
            (
                "    return nn.Sequential(",
                f"    last = {CONV3}\n    return nn.Sequential(",
            ),
            (f"        {CONV3},", "        last,"),
        ),
        "layers-made-in-other-order",
        "As number 1 your program makes one from 16 to 10, in line 18, stage",
    ),
    "the wrong loader shuffled": (
        (
            "08",
            (
                SHUFFLED,
                "DataLoader(train_ds, batch_size=batch_size)",
            ),
            ("batch_size * 2)", "batch_size * 2, shuffle=True)"),
        ),
        "not-shuffled",
        "in their own order in every epoch. Is another loader shuffled",
    ),
    "a layer that is too wide": (
        ("09-reverse", ("nn.Linear(784, 10)", "nn.Linear(784, 100)")),
        "other-linear-layer",
        "a linear layer goes from 784 to 100, in stage 08 from 784 to 10.",
    ),
    "a mean over the channels": (
        ("09", ("F.avg_pool2d(xb, 4)", "xb.mean(1)")),
        "not-ten-numbers",
        "Line 20 pools over the channels",
    ),
    "a window that leaves a part": (
        ("11-reverse", ("nn.AvgPool2d(4)", "nn.AvgPool2d(3)")),
        "other-window",
        "the pooling (line 26) has a window of 3 x 3, in stage 11 of 4 x 4.",
    ),
    "a loop that is left": (
        (
            "07",
            (
                LOGGED,
                f"{LOGGED}            if loss < 0.9:\n                break\n",
            ),
        ),
        "other-images",
        "Line 41 leaves its loop with `break`.",
    ),
    "a bias that is not used": (
        ("04-reverse", (" + self.bias", "")),
        "none-in-operation",
        "`bias`, a parameter of the model, has no part in the loss",
    ),
    "labels of the first batch": (
        (
            "02",
            (
                "y_train[start : start + batch_size]",
                "y_train[:batch_size]",
            ),
        ),
        "tensors-do-not-fit",
        "Already before: At epoch 1, batch 2, your program learns from the",
    ),
    "two layers": (
        (
            "09-reverse",
            (
                "nn.Linear(784, 10)",
                "nn.Sequential(nn.Linear(784, 32), nn.ReLU(),"
                " nn.Linear(32, 10))",
            ),
        ),
        "other-number-of-layers",
        "Number of linear layers in your model: 2 (line 11). In that of stage"
        " 08: 1.",
    ),
    "a window that is too small": (
        ("11-reverse", ("nn.AvgPool2d(4)", "nn.AvgPool2d(2)")),
        "not-ten-numbers",
        "40 = 10 channels x 2 x 2: the pooling (line 26) makes a grid of 2 x 2"
        " out of one of 4 x 4",
    ),
    "a size that is taken for a window": (
        ("11", ("nn.AdaptiveAvgPool2d(1)", "nn.AdaptiveAvgPool2d(4)")),
        "not-ten-numbers",
        "`nn.AdaptiveAvgPool2d` is told the size of the grid that it returns",
    ),
    "grids without padding": (
        ("09", (", padding=1", "")),
        "window-too-large",
        "is: 13 x 13, 6 x 6, 2 x 2; in stage 09: 14 x 14, 7 x 7, 4 x 4.",
    ),
    "a loader that is not wrapped": (
        (
            "11",
            ("    valid_dl = WrappedDataLoader(valid_dl, preprocess)\n", ""),
        ),
        "no-images-for-convolution",
        "(64, 1, 28, 28), here, in the validation, (128, 784).",
    ),
    "rows to predict from": (
        (
            "11",
            ("    x_valid, _ = preprocess(x_valid, y_valid)\n", ""),
        ),
        "no-images-for-convolution",
        "(64, 1, 28, 28), here, for the final predictions, (140, 784).",
    ),
    "a gradient of a quotient": (
        (
            "03-reverse",
            (
                "torch.randn(784, 10) / math.sqrt(784)",
                "torch.randn(784, 10).requires_grad_() / math.sqrt(784)",
            ),
            ("    weights.requires_grad_()\n", ""),
        ),
        "gradient-of-a-result",
        "It is made in line 18:\n  18: weights = torch.randn",
    ),
    "functions that are left": (
        (
            "08-reverse",
            (
                "def train(",
                f"{FUNCTIONS}def train(",
            ),
        ),
        "code-left",
        "`loss_batch` should be gone, but line 17 still defines it.\n  17: def"
        " loss_batch(model, xb, yb, opt=None):\nSo should `fit`.",
    ),
    "everything moved to the CPU": (
        (
            "12-reverse",
            ("cnn()\n    opt", 'cnn().to("cpu")\n    opt'),
            ("return model(x_valid)", "return model(x_valid).cpu()"),
        ),
        "still-moved",
        'a device.\n  92: model = cnn().to("cpu")\n  98: return',
    ),
    "images made brighter before the dataset": (
        (
            "07",
            (
                "TensorDataset(x_train,",
                "TensorDataset(x_train / x_train.max() * 2,",
            ),
        ),
        "images-changed-in-line",
        "line 26 changes them",
    ),
    "labels changed in place": (
        (
            "07",
            ("    train_ds =", "    y_train.clamp_(max=8)\n    train_ds ="),
        ),
        "data-changed",
        "changes `y_train` in place in line 26.",
    ),
    "a function around the one that comes in": (
        (
            "02",
            ("loss = F.cross_entropy(pred, yb)", "loss = nll(pred, yb)"),
            (
                "def train(",
                "def nll(x, y):\n    return F.cross_entropy(x, y)\n\n\n"
                "def train(",
            ),
        ),
        "code-left",
        "`nll` should be gone, but line 8 still defines it.",
    ),
    "a bias set to the zero that it is here": (
        (
            "04",
            (
                "nn.Linear(784, 10)\n",
                "nn.Linear(784, 10)\n        self.linear.bias.data.zero_()\n",
            ),
        ),
        "initial-values-changed",
        "  11: self.linear.bias.data.zero_()",
    ),
    "weights of the next stage drawn anew": (
        (
            "05",
            (
                "nn.Linear(784, 10)\n",
                "nn.Linear(784, 10)\n"
                "        nn.init.normal_(self.linear.weight, std=1 / 28)\n",
            ),
        ),
        "other-initial-weights",
        "Line 10 changes them, after the layer has drawn its own",
    ),
    "weights drawn evenly": (
        (
            "04-reverse",
            (
                "torch.randn(784, 10) / math.sqrt(784)",
                "torch.rand(784, 10) * 2 / math.sqrt(28) - 1 / math.sqrt(28)",
            ),
        ),
        "other-initial-weights",
        "They are drawn evenly, from -0.189 to 0.189. `nn.Linear` draws from"
        " -0.03571 to 0.03571, which is one over the square root of 784.",
    ),
    "a dataset for each batch": (
        (
            "06",
            (
                "xb, yb = train_ds[start : start + batch_size]",
                "end = start + batch_size\n            xb, yb ="
                " TensorDataset(x_train[start:end], y_train[start:end])[:]",
            ),
        ),
        "dataset-made-anew",
        "Make one of all the data, before the loops.\n  33: xb, yb = Tensor",
    ),
    "a dataset for images, one for labels": (
        (
            "06",
            (
                "TensorDataset(x_train, y_train)",
                "TensorDataset(x_train)\n    labels = TensorDataset(y_train)",
            ),
            (
                "xb, yb = train_ds[start : start + batch_size]",
                "(xb,) = train_ds[start : start + batch_size]\n"
                "            (yb,) = labels[start : start + batch_size]",
            ),
        ),
        "not-one-slice",
        "holds images and labels, and one slice of it returns both.",
    ),
    "an import that nobody needs any more": (
        (
            "06-reverse",
            (
                "from torch import nn, optim\n",
                "from torch import nn, optim\n"
                "from torch.utils.data import TensorDataset\n",
            ),
        ),
        "name-not-used",
        "`TensorDataset` in line 4 is not used any more; remove it.",
    ),
    "predictions that are recorded and detached": (
        (
            "12-reverse",
            (
                "    with torch.no_grad():\n        return model(x_valid)",
                "    return model(x_valid).detach()",
            ),
        ),
        "predictions-recorded",
        "Make them under `torch.no_grad()`.",
    ),
    "a forward of a Sequential": (
        (
            "10",
            (
                "def cnn():\n    return nn.Sequential(\n"
                "        Lambda(lambda xb: xb.view(-1, 1, 28, 28)),\n",
                "class Rows(nn.Sequential):\n    def forward(self, xb):\n"
                "        return super().forward(xb.view(-1, 1, 28, 28))\n"
                "\n\ndef cnn():\n    return Rows(\n",
            ),
        ),
        "forward-of-sequential",
        "has a `forward` of its own. The task asks for a list of steps alone:"
        " what this one does is to be a layer, too.\n  18: def forward(self",
    ),
    "the device of the whole file": (
        (
            "12",
            (
                "    def preprocess(x, y):\n        return"
                " x.view(-1, 1, 28, 28).to(device), y.to(device)\n\n",
                "",
            ),
            (
                "def train(",
                "def preprocess(x, y):\n    return"
                " x.view(-1, 1, 28, 28).to(device), y.to(device)\n\n\n"
                "def train(",
            ),
        ),
        "moved-to-a-global",
        "line 78 uses a `device` from outside of `train`, not its argument.",
    ),
    "an optimizer in the validation": (
        (
            "08",
            (
                "total += loss_batch(model, xb, yb) * len(xb)",
                "total += loss_batch(model, xb, yb, opt) * len(xb)",
            ),
        ),
        "backward-without-recording",
        "in a validation nothing is learned. Is it called where there is no"
        " optimizer, too, or is the optimizer passed on?\nThat was called in"
        " line 39:",
    ),
    "a ReLU whose result is dropped": (
        (
            "10-reverse",
            (
                "xb = F.relu(self.conv1(xb))",
                "xb = self.conv1(xb)\n        F.relu(xb)",
            ),
        ),
        "other-scores",
        "Line 18 calls `relu` and drops what it returns. It leaves the tensor"
        " that it is given as it is.\n  18: F.relu(xb)",
    ),
    "a loop over the dataset": (
        (
            "08-reverse",
            (
                "        for xb, yb in train_dl:\n",
                "        for xb, yb in train_ds:\n"
                "            xb, yb = xb[None], yb[None]\n",
            ),
        ),
        "other-images",
        "Line 32 takes images out of the dataset, one by one. It is the"
        " `DataLoader` that makes batches of them: loop over that.",
    ),
    "a mean over as many as there should be": (
        (
            "02-reverse",
            (
                "log_probs[torch.arange(len(target)), target].mean()",
                "log_probs[torch.arange(len(target)), target].sum() / 64",
            ),
        ),
        "divided-by-batch-size",
        "This batch has 40 images, the others 64. Divide the sum by the",
    ),
    "a bias that starts at zero": (
        (
            "04-reverse",
            ("torch.randn(784, 10) / math.sqrt(784)", "drawn"),
            (
                "        self.weights",
                "        drawn = torch.empty(10, 784)\n"
                "        nn.init.kaiming_uniform_(drawn, a=math.sqrt(5))\n"
                "        drawn = drawn.T\n"
                "        self.weights",
            ),
        ),
        "other-initial-weights",
        "Before the first step, the 10 numbers of shape (10,) of your program",
    ),
    "gradients that are cleared too early": (
        (
            "05-reverse",
            (
                "p.grad * lr\n                model.zero",
                "p.grad * lr\n                    model.zero",
            ),
        ),
        "none-in-operation",
        "clears the gradients between `backward` and this update. Update all",
    ),
    "an accelerator that is always there": (
        (
            "12",
            (
                "if torch.accelerator.is_available():",
                "if torch.accelerator.is_available:",
            ),
        ),
        "method-not-called",
        "Line 8 names `torch.accelerator.is_available` and does not call it",
    ),
    "a validation without the last batch": (
        (
            "08",
            ("batch_size=batch_size * 2", "batch_size * 2, drop_last=True"),
        ),
        "validation-images-missing",
        "128 of the 200 images to validate on.\nLine 46 makes a `DataLoader`",
    ),
    "a batch for what may be left over": (
        (
            "07-reverse",
            (
                "        for start in range(0, len(train_ds), batch_size):\n",
                "        for i in range(len(train_ds) // batch_size + 1):\n"
                "            start = i * batch_size\n",
            ),
        ),
        "one-batch-too-many",
        "not with a `batch_size` of 40. With that the images make 10 batches,"
        " all of one size; your program makes 12.",
    ),
    "a forward without self": (
        ("03", ("def forward(self, xb)", "def forward(xb)")),
        "other-arguments-than-it-takes",
        "defines the method `forward` without `self`, which is its first",
    ),
    "a loader for a pair of them": (
        (
            "07",
            ("train_dl = DataLoader", "train_dl, _ = DataLoader"),
        ),
        "batch-is-no-pair",
        "A `DataLoader` is one thing, not a pair",
    ),
    "channels that are not those of the layer before": (
        (
            "09",
            ("nn.Conv2d(16, 16,", "nn.Conv2d(1, 16,"),
        ),
        "no-images-for-convolution",
        "Channels that convolution number 2 (line 12) was made for: 1. Chann",
    ),
    "an optimizer of another network": (
        (
            "12-reverse",
            ("SGD(model.parameters()", "SGD(cnn().parameters()"),
        ),
        "optimizer-of-another-model",
        "give the optimizer `model.parameters()`.\n  93: opt = optim.SGD(cnn(",
    ),
    "a momentum that stays": (
        (
            "09-reverse",
            ("parameters(), lr=lr)", "parameters(), lr=lr, momentum=0.9)"),
        ),
        "code-left",
        "`momentum` should be gone, but line 64 still uses it.",
    ),
    "one image of the dataset": (
        (
            "06",
            (
                "xb, yb = train_ds[start : start + batch_size]",
                "xb, yb = train_ds[start]\n"
                "            xb, yb = xb[None], yb[None]",
            ),
        ),
        "not-sliced",
        "one by one. A slice takes a batch of them at once.",
    ),
    "batches that begin one image later": (
        ("07-reverse", ("range(0, len(train_ds), batch_size)", "range(16)")),
        "other-images",
        "the second batch begins 1 after the first. It should begin 64 after",
    ),
    "a mean over all ten numbers": (
        (
            "02-reverse",
            (
                "return -log_probs[torch.arange(len(target)), target].mean()",
                "ones = F.one_hot(target, 10)\n"
                "    return -(log_probs * ones).mean()",
            ),
            (
                "import torch\n",
                "import torch\nimport torch.nn.functional as F\n",
            ),
        ),
        "other-loss",
        "That is exactly a tenth: does a mean take in all ten numbers of",
    ),
    "an update by the names of the parameters": (
        (
            "03",
            (
                "                for p in model.parameters():\n"
                "                    p -= p.grad * lr\n",
                "                model.weights -= model.weights.grad * lr\n"
                "                model.bias -= model.bias.grad * lr\n",
            ),
        ),
        "code-missing",
        "your program never asks the model for its parameters",
    ),
    "a parameter's name for a new tensor": (
        ("03", ("p -= p.grad * lr", "p = p - p.grad * lr")),
        "parameters-not-moved",
        "makes a new tensor and gives it the name `p`. The parameter stays as"
        " it is. `-=` changes it in its place.",
    ),
    "tensors that each epoch draws": (
        (
            "03-reverse",
            (
                "    weights = torch.randn(784, 10) / math.sqrt(784)\n"
                "    weights.requires_grad_()\n"
                "    bias = torch.zeros(10, requires_grad=True)\n",
                "",
            ),
            (
                "    def model(xb):\n        return xb @ weights + bias\n\n",
                "",
            ),
            (
                "    for epoch in range(epochs):\n",
                "    for epoch in range(epochs):\n"
                "        weights = torch.randn(784, 10) / math.sqrt(784)\n"
                "        weights.requires_grad_()\n"
                "        bias = torch.zeros(10, requires_grad=True)\n",
            ),
            ("model(xb)", "xb @ weights + bias"),
            ("model(x_valid)", "x_valid @ weights + bias"),
        ),
        "tensors-made-anew",
        "From epoch 2, batch 1 on your program learns other tensors",
    ),
    "a parameter for a tensor": (
        (
            "03-reverse",
            (
                "torch.randn(784, 10) / math.sqrt(784)\n"
                "    weights.requires_grad_()\n",
                "torch.nn.Parameter(torch.randn(784, 10) / math.sqrt(784))\n",
            ),
        ),
        "parameter-left",
        ": weights = torch.nn.Parameter(torch.randn(784, 10)",
    ),
    "weights that are scaled when they are used": (
        (
            "04-reverse",
            ("torch.randn(784, 10) / math.sqrt(784)", "torch.randn(784, 10)"),
            ("self.weights + ", "(self.weights / math.sqrt(784)) + "),
        ),
        "other-initial-weights",
        "as large.\nStill, the loss of the first batch is the same:"
        " these numbers are multiplied each time",
    ),
    "=- for -=": (
        (
            "05-reverse",
            ("p -= p.grad * lr", "p.data =- p.grad * lr"),
        ),
        "another-update",
        "assigns: `=-` puts a negative number in the place of what was there",
    ),
    "a return within the loop": (
        ("06-reverse", ("\n    return model", "\n        return model")),
        "other-number-of-epochs",
        "is within a loop, and returns in its first round.",
    ),
    "a loader without a batch size": (
        ("07", ("(train_ds, batch_size=batch_size)", "(train_ds)")),
        "other-images",
        "makes a `DataLoader` without a `batch_size`. Its batches have one",
    ),
    "a range from its start to its step": (
        (
            "07-reverse",
            (
                "(0, len(train_ds), batch_size)",
                "(0, batch_size, len(train_ds))",
            ),
        ),
        "images-left-out",
        "`range` takes where to start, where to end, and the step from",
    ),
    "a number of batches that is rounded down": (
        (
            "07-reverse",
            (
                "for start in range(0, len(train_ds), batch_size):\n",
                "for i in range(len(train_ds) // batch_size):\n"
                "            start = i * batch_size\n",
            ),
        ),
        "images-left-out",
        "counts batches with `//`, which rounds down",
    ),
    "images one by one, in a tuple": (
        (
            "07-reverse",
            (
                "xb, yb = train_ds[start : start + batch_size]",
                "pairs = zip(*[train_ds[start + i] for i in range(40)])\n"
                "            xb, yb = pairs",
            ),
        ),
        "no-tensor",
        "this is a tuple or a list of tensors. `torch.stack` makes one tensor",
    ),
    "a dimension that is lost": (
        ("02-reverse", ("(-1, keepdim=True)", "(-1)")),
        "tensors-do-not-fit",
        "`keepdim=True` keeps it, with one number in it.",
    ),
    "a forward pass that is not recorded": (
        (
            "05-reverse",
            (
                "            pred = model(xb)\n",
                "            with torch.no_grad():\n"
                "                pred = model(xb)\n",
            ),
        ),
        "nothing-recorded",
        "Line 32 switches recording off.\n  32: with torch.no_grad():",
    ),
    "a no_grad of its own": (
        (
            "08",
            (
                "    with torch.no_grad():\n        return model",
                "    torch.no_grad()\n    return model",
            ),
        ),
        "predictions-recorded",
        "has no effect: `with torch.no_grad():` is for the lines that are",
    ),
    "predictions without a no_grad": (
        (
            "08",
            (
                "    with torch.no_grad():\n        return model",
                "    return model",
            ),
        ),
        "predictions-recorded",
        ": return model(x_valid)",
    ),
    "a squeeze of the batch": (
        ("10", ("xb.flatten(1)", "xb.squeeze()")),
        "stops-at-one-image",
        "removes every dimension of size one: if a batch has one image, that",
    ),
    "all scores in one row": (
        ("10", ("xb.flatten(1)", "xb.flatten()")),
        "shapes-for-cross-entropy",
        "The scores of all images are in one row.",
    ),
    "a model that is no module": (
        ("10-reverse", ("class CNN(nn.Module)", "class CNN")),
        "no-module",
        "should be `class CNN(nn.Module):`.",
    ),
    "images of a batch whose size is written down": (
        ("10-reverse", ("xb.view(-1, 1,", "xb.view(64, 1,")),
        "shape-does-not-fit",
        "This batch has 8 images, the first had 64: not all are of one size.",
    ),
    "a side that is a float": (
        (
            "11",
            (
                "        return x.view(-1, 1, 28, 28), y\n",
                "        side = x.shape[1] ** 0.5\n"
                "        return x.view(-1, 1, side, side), y\n",
            ),
        ),
        "float-for-a-whole-number",
        "`side` is 28.0 there.",
    ),
    "a function for a layer that returns nothing": (
        (
            "10",
            ("Lambda(lambda xb: xb.flatten(1))", "Lambda(flat)"),
            (
                "def cnn():\n",
                "def flat(xb):\n    xb.flatten(1)\n\n\ndef cnn():\n",
            ),
        ),
        "nothing-for-a-tensor",
        "`flat` (line 17) returns nothing.",
    ),
    "images without their labels": (
        ("12-reverse", ("x.view(-1, 1, 28, 28), y", "x.view(-1, 1, 28, 28)")),
        "batch-is-no-pair",
        "An object of `WrappedDataLoader` hands out what its `__iter__`"
        " yields. A function that batches pass through has to return both,"
        " images and labels.\n  85: return x.view(-1, 1, 28, 28)",
    ),
    "images that the loop reshapes": (
        (
            "11-reverse",
            (
                "pred = model(xb)",
                "pred = model(xb.view(-1, 1, 28, 28))",
            ),
            ("        Lambda(lambda xb: xb.view(-1, 1, 28, 28)),\n", ""),
            ("model(x_valid)", "model(x_valid.view(-1, 1, 28, 28))"),
        ),
        "reshaped-outside-of-network",
        "reshape them itself.\n  31: pred = model(xb.view(-1, 1, 28, 28))",
    ),
    "predictions that stay, with their line": (
        ("12", ("return model(x_valid).cpu()", "return model(x_valid)")),
        "predictions-on-device",
        ": return model(x_valid)",
    ),
    "a function that multiplies for it": (
        (
            "04-reverse",
            (
                "xb @ self.weights + self.bias",
                "F.linear(xb, self.weights.T, self.bias)",
            ),
        ),
        "code-left",
        "`nn.Linear` should be gone, but line 16 calls `linear`.",
    ),
    "a range that ends one image early": (
        ("07-reverse", ("0, len(train_ds),", "0, len(train_ds) - 1,")),
        "one-image-left-out",
        "if only one image is left for the last batch, it is left out.",
    ),
    "a dimension that was lost a line before": (
        (
            "02-reverse",
            (
                "    return x - x.exp().sum(-1, keepdim=True).log()",
                "    total = x.exp().sum(-1)\n    return x - total.log()",
            ),
        ),
        "tensors-do-not-fit",
        "`keepdim=True` keeps it, with one number in it.",
    ),
    "a layer in a list": (
        (
            "04",
            (
                "self.linear = nn.Linear(784, 10)",
                "self.all = [nn.Linear(784, 10)]",
            ),
            ("self.linear(xb)", "self.all[0](xb)"),
        ),
        "loop-lacks-parameters",
        "`self.all` (line 10) is a plain Python list.",
    ),
    "an update after the batches": (
        (
            "05-reverse",
            (
                "            with torch.no_grad():\n"
                "                for p in model.parameters():\n"
                "                    p -= p.grad * lr\n"
                "                model.zero_grad()\n"
                "            log(loss)\n",
                "            log(loss)\n"
                "        with torch.no_grad():\n"
                "            for p in model.parameters():\n"
                "                p -= p.grad * lr\n"
                "            model.zero_grad()\n",
            ),
        ),
        "no-update",
        "nothing has been updated since the batch before",
    ),
    "slices of 64": (
        (
            "06-reverse",
            ("start : start + batch_size", "start : start + 64"),
        ),
        "argument-ignored",
        "has the number 64.\n  31: yb = y_train[start : start + 64]",
    ),
    "a slice of a tuple": (
        (
            "06-reverse",
            (
                "xb = x_train[start : start + batch_size]\n"
                "            yb = y_train[start : start + batch_size]\n",
                "xb, yb = (x_train, y_train)[start : start + batch_size]\n",
            ),
        ),
        "batch-is-no-pair",
        "A slice of a tuple is a tuple of some of its parts.",
    ),
    "a no_grad of its own, in the validation": (
        (
            "08",
            (
                "        with torch.no_grad():\n"
                "            for xb, yb in valid",
                "        torch.no_grad()\n        if True:\n"
                "            for xb, yb in valid",
            ),
        ),
        "recorded-in-validation",
        "has no effect: `with torch.no_grad():` is for the lines that are",
    ),
    "a maximum, with its line": (
        ("10", ("nn.AvgPool2d(4)", "nn.MaxPool2d(4)")),
        "code-missing",
        "In its place stands line 26:\n  26: nn.MaxPool2d(4)",
    ),
    "a class of another name": (
        (
            "10",
            (
                "def cnn():\n    return nn.Sequential(\n",
                "class Net(nn.Module):\n    def __init__(self):\n"
                "        super().__init__()\n"
                "        self.layers = nn.Sequential(\n",
            ),
            (
                "        Lambda(lambda xb: xb.flatten(1)),\n    )\n",
                "        Lambda(lambda xb: xb.flatten(1)),\n        )\n\n"
                "    def forward(self, xb):\n        return self.layers(xb)\n",
            ),
            ("model = cnn()", "model = Net()"),
        ),
        "code-left-in-other-words",
        "`CNN` should be gone, but line 17 still uses it",
    ),
    "batches that are made only once": (
        (
            "11",
            (
                "        self.dl = dl\n        self.func = func\n",
                "        self.all = [func(xb, yb) for xb, yb in dl]\n",
            ),
            (
                "        for xb, yb in self.dl:\n"
                "            yield self.func(xb, yb)\n",
                "        return iter(self.all)\n",
            ),
        ),
        "same-order-in-each-epoch",
        ": self.all = [func(xb, yb) for xb, yb in dl]",
    ),
    "a loader to validate with, made of the other": (
        (
            "11",
            (
                "valid_dl = WrappedDataLoader(valid_dl,",
                "valid_dl = WrappedDataLoader(train_dl,",
            ),
        ),
        "validation-on-training-images",
        ": valid_dl = WrappedDataLoader(train_dl, preprocess)",
    ),
    "an expression for a function": (
        ("11-reverse", ("lambda xb: xb.view(", "xb.view(")),
        "name-unknown",
        "Is it a function that should be handed on, `lambda xb: ...`?",
    ),
    "a division by the size of the first batch": (
        (
            "02-reverse",
            (
                "target].mean()",
                "target].sum() / 64",
            ),
        ),
        "divided-by-batch-size",
        ": return -log_probs[",
    ),
    "a model that each epoch makes": (
        (
            "03",
            ("    model = Logistic()\n\n", ""),
            (
                "(epochs):\n",
                "(epochs):\n        model = Logistic()\n",
            ),
        ),
        "model-made-anew",
        ": model = Logistic()",
    ),
    "one batch of a loader": (
        (
            "07",
            (
                "        for xb, yb in train_dl:\n",
                "        for xb, yb in [next(iter(train_dl))]:\n",
            ),
        ),
        "images-left-out",
        "takes one batch, with `next`. A `for` loop over the loader takes all",
    ),
    "a dataset that is gone": (
        ("06-reverse", ("len(x_train)", "len(train_ds)")),
        "name-unknown",
        "`train_ds` goes out in this exercise: remove what uses it, too.",
    ),
    "a loop over single images, with its line": (
        (
            "07",
            ("for xb, yb in train_dl:", "for xb, yb in train_ds:"),
            ("pred = model(xb)", "pred = model(xb[None])"),
            ("cross_entropy(pred, yb)", "cross_entropy(pred, yb[None])"),
        ),
        "code-missing",
        ": for xb, yb in train_ds:",
    ),
    "a dataset of images to validate on, with its line": (
        ("06", ("(x_train, y_train)", "(x_valid, y_valid)")),
        "dataset-of-validation-images",
        ": train_ds = TensorDataset(x_valid, y_valid)",
    ),
    "a sum that is divided as if all batches were full": (
        (
            "08",
            ("count += len(xb)", "count += 128"),
        ),
        "validation-as-if-full",
        "in the other the sum is divided by the number of batches times",
    ),
    "a loop over a number": (
        ("08-reverse", ("in range(epochs):", "in epochs:")),
        "not-iterable",
        "`epochs` is a number: `range(epochs)` counts up to it.",
    ),
    "a softmax, with its line": (
        (
            "09-reverse",
            ("self.linear(xb)", "F.softmax(self.linear(xb), dim=1)"),
        ),
        "softmax-twice",
        ": return F.softmax(self.linear(xb), dim=1)",
    ),
    "a model that is made at the top of the file": (
        (
            "10",
            ("    model = cnn()\n", ""),
            ("def loss_batch", "model = cnn()\n\n\ndef loss_batch"),
        ),
        "float32-alone",
        "makes what is learned before `train` is called.",
    ),
    "a function that the loop calls": (
        (
            "11",
            (
                "    train_dl = WrappedDataLoader(train_dl, preprocess)\n"
                "    valid_dl = WrappedDataLoader(valid_dl, preprocess)\n",
                "",
            ),
            (
                "    pred = model(xb)",
                "    pred = model(xb.view(-1, 1, 28, 28))",
            ),
        ),
        "reshaped-in-loop",
        ": pred = model(xb.view(-1, 1, 28, 28))",
    ),
    "a padding of the pooling": (
        ("11-reverse", ("nn.AvgPool2d(4)", "nn.AvgPool2d(4, padding=1)")),
        "other-padding",
        "has a padding of 1. In stage 11 it is 0",
    ),
    "a momentum that is lost": (
        ("12-reverse", (", momentum=momentum)", ")")),
        "optimizer-has-less",
        "the optimizer of stage 12 has `momentum=0.9`, that of your program",
    ),
    "the line of one parameter of two": (
        ("04-reverse", ("math.sqrt(784)", "784")),
        "other-initial-weights",
        "Look at the initial weights.\n  12: self.weights",
    ),
    "a sampler for the slices": (
        (
            "07-reverse",
            (
                "for start in range(0, len(train_ds), batch_size):\n",
                "for part in torch.arange(len(train_ds)).split(batch_size):\n",
            ),
            ("train_ds[start : start + batch_size]", "train_ds[part]"),
        ),
        "not-sliced",
        "Not every batch is a slice of the dataset.",
    ),
    "as many rows as the first batch has": (
        ("02-reverse", ("torch.arange(len(target))", "torch.arange(64)")),
        "indices-of-other-lengths",
        "Two tensors that pick numbers together have to be of one length.",
    ),
    "a class for a model": (
        ("03", ("model = Logistic()", "model = Logistic")),
        "other-arguments-than-it-takes",
        "Was an object of it to be called, as `Logistic()` makes one?\n  ",
    ),
    "a log-softmax that nothing asks for": (
        (
            "09-reverse",
            ("self.linear(xb)", "F.log_softmax(self.linear(xb), dim=1)"),
        ),
        "log-softmax-added",
        ": return F.log_softmax(self.linear(xb), dim=1)",
    ),
    "a nesterov momentum": (
        ("09", ("momentum=momentum)", "momentum=momentum, nesterov=True)")),
        "optimizer-has-more",
        "the optimizer has `nesterov=True`",
    ),
    "a layer in a function": (
        (
            "10",
            (
                "    return nn.Sequential(\n",
                f"    last = {CONV3}\n    return nn.Sequential(\n",
            ),
            (f"        {CONV3},\n", "        Lambda(lambda xb: last(xb)),\n"),
        ),
        "optimizer-lacks-parameters",
        ": last = nn.Conv2d(16, 10, kernel_size=3, stride=2, padding=1)",
    ),
    "as many batches as are full": (
        (
            "11",
            (
                "        for xb, yb in self.dl:\n"
                "            yield self.func(xb, yb)\n",
                "        batches = iter(self.dl)\n"
                "        for _ in range(len(self.dl.dataset) // 64):\n"
                "            yield self.func(*next(batches))\n",
            ),
        ),
        "images-left-out",
        "counts batches with `//`, which rounds down",
    ),
    "a total of whole numbers": (
        (
            "08",
            ("total, count = 0, 0", "total, count = torch.tensor(0), 0"),
        ),
        "whole-numbers-in-place",
        "Begin with a float, such as 0.0, or with a plain number of Python.\n"
        "`total` is set in line 36:",
    ),
    "tensors that are made at the top of the file": (
        (
            "03-reverse",
            (
                "    weights = torch.randn(784, 10) / math.sqrt(784)\n"
                "    weights.requires_grad_()\n"
                "    bias = torch.zeros(10, requires_grad=True)\n",
                "",
            ),
            (
                "weights -= weights.grad * lr\n"
                "                bias -= bias.grad * lr\n",
                "weights.sub_(weights.grad * lr)\n"
                "                bias.sub_(bias.grad * lr)\n",
            ),
            (
                "def train(",
                "weights = torch.randn(784, 10) / math.sqrt(784)\n"
                "weights.requires_grad_()\n"
                "bias = torch.zeros(10, requires_grad=True)\n\n\ndef train(",
            ),
        ),
        "float32-alone",
        "makes what is learned before `train` is called.",
    ),
    "a bias that is not registered": (
        (
            "03",
            (
                "nn.Parameter(torch.zeros(10))",
                "torch.zeros(10, requires_grad=True)",
            ),
        ),
        "loop-lacks-parameters",
        "`self.bias` (line 13) is a plain tensor, not an `nn.Parameter`",
    ),
    "a step before the gradients": (
        (
            "05",
            (
                "            loss.backward()\n            opt.step()\n",
                "            opt.step()\n            loss.backward()\n",
            ),
        ),
        "step-before-backward",
        ": opt.step()",
    ),
    "a name that is not imported": (
        ("07", ("import DataLoader, TensorDataset", "import TensorDataset")),
        "name-unknown",
        "It is not imported: `from torch.utils.data import DataLoader`.",
    ),
    "a loop over one pair": (
        (
            "07-reverse",
            (
                "xb, yb = train_ds[start : start + batch_size]\n",
                "for xb, yb in train_ds[start : start + batch_size]:\n"
                "                pass\n",
            ),
        ),
        "batch-is-no-pair",
        "A slice of a dataset is one pair of images and labels.",
    ),
    "a mode that nothing needs": (
        (
            "08-reverse",
            (
                "        for xb, yb in train_dl:\n",
                "        model.train()\n        for xb, yb in train_dl:\n",
            ),
        ),
        "code-left",
        "`model.train` should be gone, but line 32 still uses it",
    ),
    "images that are drawn with replacement": (
        (
            "08",
            (
                SHUFFLED,
                "DataLoader(train_ds, batch_size=batch_size, sampler="
                "torch.utils.data.RandomSampler(train_ds, replacement=True))",
            ),
        ),
        "not-each-image-once",
        "replacement=True",
    ),
    "scores that are a grid": (
        (
            "10-reverse",
            ("return xb.flatten(1)", "return xb"),
        ),
        "shapes-for-cross-entropy",
        "The scores are a grid of numbers for each image, of shape (64, 10, 1",
    ),
    "a device that is set anew": (
        (
            "12",
            (
                "    def preprocess(x, y):\n",
                '    device = torch.device("cpu")\n\n'
                "    def preprocess(x, y):\n",
            ),
        ),
        "device-ignored",
        'its argument `device`.\n  89: device = torch.device("cpu")',
    ),
    "a backward pass that is not recorded, either": (
        (
            "05-reverse",
            (
                "            pred = model(xb)\n"
                "            loss = F.cross_entropy(pred, yb)\n\n"
                "            loss.backward()\n"
                "            with torch.no_grad():\n",
                "            with torch.no_grad():\n"
                "                pred = model(xb)\n"
                "                loss = F.cross_entropy(pred, yb)\n"
                "                loss.backward()\n",
            ),
        ),
        "nothing-recorded",
        "Line 32 switches recording off.",
    ),
    "gradients that are cleared before the update": (
        (
            "03",
            (
                "            with torch",
                "            model.zero_grad()\n            with torch",
            ),
            ("                model.zero_grad()\n", ""),
        ),
        "none-in-operation",
        "clears the gradients between `backward` and this update.",
    ),
    "a device of another name, from outside": (
        (
            "12",
            ("device = torch", "DEVICE = torch"),
            ("device=device", "device=DEVICE"),
            (".to(device), y.to(device)", ".to(DEVICE), y.to(DEVICE)"),
        ),
        "moved-to-a-global",
        "uses a `device` from outside of `train`, not its argument.",
    ),
    "functions that are made in a loop": (
        (
            "10",
            (
                "def cnn():\n    return nn.Sequential(\n"
                "        Lambda(lambda xb: xb.view(-1, 1, 28, 28)),\n",
                "def cnn():\n"
                "    both = []\n"
                "    for shape in [(-1, 1, 28, 28), (-1, 10)]:\n"
                "        both.append(Lambda(lambda xb: xb.view(shape)))\n"
                "    return nn.Sequential(\n"
                "        both[0],\n",
            ),
            (
                "        Lambda(lambda xb: xb.flatten(1)),\n",
                "        both[1],\n",
            ),
        ),
        "shape-does-not-fit",
        "`lambda xb, shape=shape: ...` keeps that of now.",
    ),
    "a dataset that is removed, too": (
        (
            "07-reverse",
            (
                "xb, yb = train_ds[start : start + batch_size]",
                "xb = x_train[start : start + batch_size]\n"
                "            yb = y_train[start : start + batch_size]",
            ),
        ),
        "not-sliced",
        "No batch is taken from a `TensorDataset`, and that is to stay.",
    ),
    "a model and an optimizer that each epoch makes": (
        (
            "08-reverse",
            (
                "    model = Logistic()\n"
                "    opt = optim.SGD(model.parameters(), lr=lr)\n\n",
                "",
            ),
            (
                "(epochs):\n",
                "(epochs):\n        model = Logistic()\n"
                "        opt = optim.SGD(model.parameters(), lr=lr)\n",
            ),
        ),
        "optimizer-made-anew",
        "makes the model anew, too: what was learned is lost.",
    ),
    "steps of one name": (
        (
            "10",
            (
                "    return nn.Sequential(\n",
                "    from collections import OrderedDict\n\n    steps = [\n",
            ),
            (
                "        Lambda(lambda xb: xb.flatten(1)),\n    )\n",
                "        Lambda(lambda xb: xb.flatten(1)),\n    ]\n"
                "    return nn.Sequential(OrderedDict({\n"
                '        "view": steps[0], "conv1": steps[1],\n'
                '        "relu": steps[2], "conv2": steps[3],\n'
                '        "relu": steps[4], "conv3": steps[5],\n'
                '        "pool": steps[7], "flat": steps[8]}))\n',
            ),
        ),
        "other-step",
        "has the key `'relu'` once more. A dictionary holds each key once",
    ),
    "names of parameters": (
        (
            "05-reverse",
            (
                "for p in model.parameters()",
                "for name, p in model.parameters()",
            ),
        ),
        "batch-is-no-pair",
        "`model.parameters()` hands out the tensors alone, one by one.",
    ),
    "an update in a function of its own": (
        (
            "03-reverse",
            (
                "    for epoch in",
                "    def update():\n        weights -= weights.grad * lr\n\n"
                "    for epoch in",
            ),
            (
                "                weights -= weights.grad * lr\n",
                "                update()\n",
            ),
        ),
        "name-unknown",
        "The function assigns to `weights`, so the name is its own there",
    ),
    "a bias that is a plain tensor": (
        ("03", ("nn.Parameter(torch.zeros(10))", "torch.zeros(10)")),
        "parameters-missing",
        "`self.bias` (line 13) is a plain tensor, not an `nn.Parameter`",
    ),
    "a dataset beside two slices": (
        (
            "06",
            (
                "xb, yb = train_ds[start : start + batch_size]",
                "xb = x_train[start : start + batch_size]\n"
                "            yb = y_train[start : start + batch_size]",
            ),
        ),
        "code-missing",
        ": xb = x_train[start : start + batch_size]",
    ),
    "a hook that reshapes": (
        (
            "10",
            ("        Lambda(lambda xb: xb.view(-1, 1, 28, 28)),\n", ""),
            (
                "    model = cnn()\n",
                "    model = cnn()\n"
                "    model.register_forward_pre_hook(\n"
                "        lambda _, args: (args[0].view(-1, 1, 28, 28),)\n"
                "    )\n",
            ),
        ),
        "hook-of-sequential",
        ": model.register_forward_pre_hook(",
    ),
    "a wrapper of another name that hands on what it gets": (
        (
            "11-reverse",
            (
                "def loss_batch",
                "class Same:\n"
                "    def __init__(self, dl):\n"
                "        self.dl = dl\n\n"
                "    def __iter__(self):\n"
                "        yield from self.dl\n\n\n"
                "def loss_batch",
            ),
            (
                "    model = cnn()\n",
                "    train_dl, valid_dl = Same(train_dl), Same(valid_dl)\n"
                "    model = cnn()\n",
            ),
        ),
        "code-left",
        "`WrappedDataLoader` should be gone, but",
    ),
    "an update that makes a new tensor": (
        (
            "03-reverse",
            (
                "weights -= weights.grad * lr",
                "weights = weights - weights.grad * lr",
            ),
        ),
        "none-has-no-attribute",
        "makes a new tensor and gives it the name `weights`.",
    ),
    "a slice of the labels alone": (
        (
            "06-reverse",
            ("xb = x_train[start : start + batch_size]", "xb = x_train"),
        ),
        "tensors-do-not-fit",
        "The scores are those of 1000 images, the labels those of 64.",
    ),
    "a list of single pairs": (
        (
            "07-reverse",
            (
                "train_ds[start : start + batch_size]",
                "[train_ds[start + i] for i in range(40)]",
            ),
        ),
        "batch-is-no-pair",
        "This is a list of many pairs, each of one image and one label.",
    ),
    "a learning rate and a momentum in each other's place": (
        (
            "09",
            ("lr=lr, momentum=momentum)", "momentum, lr)"),
        ),
        "optimizer-set-otherwise",
        "has `momentum=0.9`, that of your program `momentum=0.1`.",
    ),
    "two epochs, whatever is asked for": (
        ("07", ("range(epochs)", "range(2)")),
        "argument-ignored",
        "not with another value of `epochs`, such as 3",
    ),
}


@pytest.mark.filterwarnings("ignore:The .grad attribute")
@some(WRONG, every=8)
def test_a_wrong_answer_is_refused_for_its_cause(name, check):
    answered, kind, words = WRONG[name]
    found = check(*answer(*answered))
    assert found != HELD
    assert (found.kind, words in str(found)) == (kind, True), str(found)
