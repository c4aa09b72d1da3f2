"""Right answers to the exercises of the workshop that do not look like ours.

Each is a stage written in other words. A rewriting that does not apply
returns the code as it is.
"""

import re


def other_names(code):
    """Name everything else; what `train` is called with stays."""
    names = {
        "model": "net",
        "pred": "scores",
        "loss": "error",
        "xb": "images",
        "yb": "digits",
        "opt": "optimizer",
        "weights": "w",
        "bias": "b",
        "train_ds": "data",
        "train_dl": "batches",
        "start": "first",
        "epoch": "e",
        "Logistic": "Net",
        "linear": "layer",
        "fit": "learn",
        "loss_batch": "one_batch",
        "get_data": "loaders",
        "preprocess": "to_images",
        "WrappedDataLoader": "Mapped",
        "Lambda": "Call",
        "log_softmax": "log_probabilities",
        "x_train": "x",
        "y_train": "y",
        "x_valid": "x2",
        "y_valid": "y2",
    }
    # Not where it is a name of PyTorch's: after a dot, or with a `=` to it.
    pattern = rf"(?<!F\.)(?<!nn\.)(?<!torch\.)\b({'|'.join(names)})\b(?!=[T(])"
    return re.sub(pattern, lambda m: names[m[1]], code)


def full_paths(code):
    """Import torch and nothing else of it."""
    code = re.sub(r"^(import torch|from torch).*\n", "", code, flags=re.M)
    code = re.sub(r"\bF\.", "torch.nn.functional.", code)
    code = re.sub(r"(?<!\.)\b(nn|optim)\.", r"torch.\1.", code)
    code = re.sub(
        r"(?<![.\w])(DataLoader|TensorDataset)\(",
        r"torch.utils.data.\1(",
        code,
    )
    return f"import torch\nimport torch.utils.data\n{code}"


def imported_names(code):
    """Import each class by its name."""
    names = sorted(set(re.findall(r"\bnn\.([A-Z]\w+)", code)))
    if not names:
        return code
    code = re.sub(r"\bnn\.([A-Z])", r"\1", code)
    code = code.replace("optim.SGD", "SGD")
    code = code.replace("F.cross_entropy", "cross_entropy")
    return (
        f"from torch.nn import {', '.join(names)}\n"
        "from torch.nn.functional import cross_entropy\n"
        f"from torch.optim import SGD\n{code}"
    )


def loss_as_a_layer(code):
    if "F.cross_entropy" not in code:
        return code
    code = code.replace("F.cross_entropy(", "loss_func(")
    code = re.sub(
        r"^(class|def) ",
        r"loss_func = CrossEntropyLoss()\n\n\n\1 ",
        code,
        count=1,
        flags=re.M,
    )
    return f"from torch.nn import CrossEntropyLoss\n{code}"


def cleared_first(code):
    """Clear the gradients before they are computed, not after."""
    for clear in ("opt.zero_grad()", "model.zero_grad()"):
        if clear in code:
            code = re.sub(rf"\n +{re.escape(clear)}", "", code)
            return code.replace("loss.backward()", f"{clear};loss.backward()")
    return code


def logged_first(code):
    """Log the loss before it is learned from."""
    if "loss_batch" in code:
        return code
    code = code.replace("            log(loss)\n", "")
    return code.replace("loss.backward()", "log(loss); loss.backward()")


def backward_by_function(code):
    code = code.replace("loss.backward()", "torch.autograd.backward(loss)")
    return f"import torch\n{code}"


def labels_by_name(code):
    return code.replace(
        "F.cross_entropy(pred, yb)", "F.cross_entropy(target=yb, input=pred)"
    )


def counted(code):
    """Count the batches, though nobody asks."""
    return re.sub(
        r"for xb, yb in (train_dl|valid_dl|self\.dl):",
        r"for i, (xb, yb) in enumerate(\1):",
        code,
    )


def with_notes(code):
    """Mention what went away, where nothing is done with it."""
    gone = "range(0, len(train_ds), batch_size), nll, F.relu, p.grad, @"
    return code.replace(
        "def train(", f'GONE = "{gone}"  # {gone}\n\n\ndef train('
    )


def numbered_batches(code):
    """Count batches, and work out where each begins."""
    return re.sub(
        r"( +)for start in range\(0, (len\(\w+\)), batch_size\):",
        r"\1for number in range(-(-\2 // batch_size)):\n"
        r"\1    start = number * batch_size",
        code,
    )


def while_loop(code):
    return re.sub(
        r"( +)for start in range\(0, (len\(\w+\)), batch_size\):",
        r"\1start = -batch_size\n"
        r"\1while start + batch_size < \2:\n"
        r"\1    start += batch_size",
        code,
    )


def functional_linear(code):
    """Equal to rounding, where nothing else is promised or asked."""
    for weights, bias in (("weights", "bias"), ("self.weights", "self.bias")):
        code = code.replace(
            f"xb @ {weights} + {bias}",
            f"torch.nn.functional.linear(xb, {weights}.T, {bias})",
        )
    return code


def new_tensors(code):
    """Replace the weights at each step, instead of changing them."""
    for name in ("weights", "bias"):
        code = code.replace(
            f"{name} -= {name}.grad * lr",
            f"{name} = ({name} - {name}.grad * lr).requires_grad_()",
        )
        code = code.replace(f"                {name}.grad.zero_()\n", "")
    return code


def added_product(code):
    return re.sub(
        r"xb @ ([\w.]+) \+ ([\w.]+)", r"torch.addmm(\2, xb, \1)", code
    )


def parameters_in_a_list(code):
    return code.replace(
        "optim.SGD(model.parameters()",
        "optim.SGD([{'params': list(model.parameters())}]",
    )


def epochs_from_one(code):
    return code.replace(
        "for epoch in range(epochs)", "for epoch in range(1, epochs + 1)"
    )


def own_sampler(code):
    """Shuffle by a sampler made by hand."""
    code = code.replace(
        "shuffle=True", "sampler=torch.utils.data.RandomSampler(train_ds)"
    )
    return code


def flatten_layers(code):
    """PyTorch has layers that reshape."""
    code = code.replace(
        "Lambda(lambda xb: xb.view(-1, 1, 28, 28))",
        "nn.Unflatten(1, (1, 28, 28))",
    )
    return code.replace("Lambda(lambda xb: xb.flatten(1))", "nn.Flatten()")


def generator(code):
    """A loader that is wrapped by a function with a yield."""
    if "WrappedDataLoader" not in code:
        return code
    code = re.sub(r"class Wrapped(.|\n)*?(?=\n\n\ndef)", WRAPPED, code)
    return re.sub(
        r"WrappedDataLoader\((\w+), preprocess\)",
        r"Wrapped(lambda dl=\1: wrapped(dl, preprocess))",
        code,
    )


WRAPPED = """def wrapped(dl, func):
    for xb, yb in dl:
        yield func(xb, yb)


class Wrapped:
    def __init__(self, batches):
        self.batches = batches

    def __iter__(self):
        return self.batches()"""


def sequential_class(code):
    """A class of its own that is a Sequential."""
    if "return nn.Sequential(" not in code:
        return code
    code = code.replace(
        "def cnn():\n    return nn.Sequential(", "def cnn():\n    return Net("
    )
    return code.replace(
        "def cnn()", "class Net(nn.Sequential):\n    pass\n\n\ndef cnn()"
    )


REWRITINGS = (
    other_names,
    full_paths,
    imported_names,
    loss_as_a_layer,
    cleared_first,
    logged_first,
    backward_by_function,
    labels_by_name,
    counted,
    with_notes,
    numbered_batches,
    while_loop,
    functional_linear,
    new_tensors,
    added_product,
    parameters_in_a_list,
    epochs_from_one,
    own_sampler,
    flatten_layers,
    generator,
    sequential_class,
)
