"""The names of PyTorch in our programs: a sentence and a link for each.

`NAMES` has every one that a stage, a prelude or an encore uses, by its full
name; `uses` finds them in a program. A test holds the two together.
"""

import ast
from functools import cache
from typing import NamedTuple

DOCS = "https://docs.pytorch.org/docs/stable/"


class Name(NamedTuple):
    """What a name of PyTorch stands for, and where that is documented.

    `page` is the address below `DOCS`, "" for the usual one.
    """

    sentence: str
    page: str = ""


class Use(NamedTuple):
    """Where a name of PyTorch stands in a program: its last word alone.

    `line` counts from 1; [start, end) are columns, counted from 0. `name` is
    a key of `NAMES`.
    """

    line: int
    start: int
    end: int
    name: str


NAMES = {
    # Modules.
    "torch": Name(
        "PyTorch itself: tensors, and functions of tensors.", "torch.html"
    ),
    "torch.accelerator": Name(
        "Whatever accelerator there is, such as a GPU, under one name.",
        "accelerator.html",
    ),
    "torch.distributed": Name(
        "Lets several processes, on one machine or more, exchange tensors.",
        "distributed.html",
    ),
    "torch.linalg": Name(
        "Linear algebra: solving equations, decomposing matrices.",
        "linalg.html",
    ),
    "torch.nn": Name(
        "What networks are made of: layers, losses, and containers for them.",
        "nn.html",
    ),
    "torch.nn.functional": Name(
        "Layers and losses as plain functions, without parameters of their"
        " own; usually imported as F.",
        "nn.functional.html",
    ),
    "torch.nn.init": Name(
        "Functions that fill a tensor with initial values, in place.",
        "nn.init.html",
    ),
    "torch.optim": Name(
        "Optimizers: objects that update parameters by their gradients.",
        "optim.html",
    ),
    # Functions that make tensors.
    "torch.arange": Name(
        "A tensor of evenly spaced numbers, such as 0, 1, 2, up to but"
        " without the end."
    ),
    "torch.eye": Name(
        "The identity matrix: ones on the diagonal, else zeros."
    ),
    "torch.from_numpy": Name(
        "A tensor that shares its memory with a NumPy array: a change of one"
        " changes both."
    ),
    "torch.ones": Name("A tensor of ones, of the given shape."),
    "torch.ones_like": Name(
        "A tensor of ones, with the shape and dtype of another."
    ),
    "torch.randn": Name(
        "A tensor of random numbers from the normal distribution with mean 0"
        " and standard deviation 1."
    ),
    "torch.stack": Name(
        "Puts tensors of one shape together along a new dimension."
    ),
    "torch.tensor": Name(
        "A tensor with a copy of the given numbers, such as a list."
    ),
    "torch.zeros": Name("A tensor of zeros, of the given shape."),
    # Other functions and classes of torch itself.
    "torch.accelerator.current_accelerator": Name(
        "The device of the accelerator that this PyTorch was built for, or"
        " None."
    ),
    "torch.accelerator.is_available": Name(
        "Tells whether there is an accelerator that can be used."
    ),
    "torch.accelerator.set_device_index": Name(
        "Chooses one of several accelerators by its number."
    ),
    "torch.channels_last": Name(
        "An order in memory for images: all channels of a pixel lie side by"
        " side.",
        "tensor_attributes.html#torch.memory_format",
    ),
    "torch.device": Name(
        "Where a tensor lives, such as the CPU or a GPU.",
        "tensor_attributes.html#torch.device",
    ),
    "torch.device.type": Name(
        'The kind of a device as text, such as "cpu" or "cuda".',
        "tensor_attributes.html#torch.device",
    ),
    "torch.get_rng_state": Name(
        "The state of the random number generator of the CPU, as a tensor."
    ),
    "torch.initial_seed": Name(
        "The seed that the random numbers were last started with."
    ),
    "torch.linalg.lstsq": Name(
        "Solves a linear least-squares problem: it finds the best fit at once."
    ),
    "torch.load": Name(
        "Reads what `torch.save` wrote; with `weights_only=True` it accepts"
        " tensors and plain data alone."
    ),
    "torch.no_grad": Name(
        "Within it autograd records nothing: for updates of parameters, and"
        " where no gradient is needed."
    ),
    "torch.save": Name("Writes tensors, dictionaries and the like to a file."),
    "torch.set_rng_state": Name(
        "Puts the random number generator of the CPU back into a state."
    ),
    # Tensors.
    "torch.Tensor": Name(
        "The class of all tensors: arrays of numbers of one dtype, on one"
        " device.",
        "tensors.html",
    ),
    "torch.Tensor.T": Name(
        "A matrix with rows and columns exchanged; it shares the memory.",
        "tensors.html#torch.Tensor.T",
    ),
    "torch.Tensor.add": Name("The sum with something else, as a new tensor."),
    "torch.Tensor.add_": Name(
        "Adds something in place; the underscore at the end says so."
    ),
    "torch.Tensor.backward": Name(
        "Computes the gradient of this number with respect to every leaf that"
        " requires one, and adds it to the leaf's `grad`."
    ),
    "torch.Tensor.clone": Name("A copy with memory of its own."),
    "torch.Tensor.cpu": Name("The same tensor on the CPU."),
    "torch.Tensor.data": Name(
        "The numbers without autograd: it does not notice how they are"
        " changed, so new code uses `detach` or `torch.no_grad`.",
        "tensors.html",
    ),
    "torch.Tensor.data_ptr": Name(
        "The address in memory of the first number."
    ),
    "torch.Tensor.detach": Name(
        "The same numbers, in the same memory, but cut off from autograd."
    ),
    "torch.Tensor.dim": Name("The number of dimensions."),
    "torch.Tensor.dtype": Name(
        "The type of the numbers, such as `torch.float32`.",
        "tensor_attributes.html#torch.dtype",
    ),
    "torch.Tensor.exp": Name("The exponential of each number."),
    "torch.Tensor.fill_": Name("Sets all numbers to one value, in place."),
    "torch.Tensor.flatten": Name(
        "Joins dimensions into one; `flatten(1)` joins all but the first."
    ),
    "torch.Tensor.grad": Name(
        "The gradient that `backward` left here, or None; later calls add to"
        " it."
    ),
    "torch.Tensor.grad_fn": Name(
        "The operation that made this tensor, where autograd recorded it.",
        "notes/autograd.html",
    ),
    "torch.Tensor.is_leaf": Name(
        "Whether the tensor was made directly, and is no result of recorded"
        " operations."
    ),
    "torch.Tensor.item": Name(
        "The number in a tensor of one, as a number of Python."
    ),
    "torch.Tensor.log": Name("The natural logarithm of each number."),
    "torch.Tensor.long": Name("The same numbers as int64."),
    "torch.Tensor.mean": Name(
        "The mean of all numbers, or along some dimensions."
    ),
    "torch.Tensor.mv": Name("The product of this matrix with a vector."),
    "torch.Tensor.new_tensor": Name(
        "A tensor of the given numbers, with the dtype and device of this one."
    ),
    "torch.Tensor.numpy": Name(
        "The numbers as a NumPy array, which shares the memory."
    ),
    "torch.Tensor.requires_grad": Name(
        "Whether autograd records what is done with this tensor."
    ),
    "torch.Tensor.requires_grad_": Name(
        "Tells autograd to record from here on, in place."
    ),
    "torch.Tensor.reshape": Name(
        "The same numbers in another shape; copied where that is needed."
    ),
    "torch.Tensor.retain_grad": Name(
        "Asks `backward` to leave a gradient here too, although this is no"
        " leaf."
    ),
    "torch.Tensor.shape": Name("The size of each dimension."),
    "torch.Tensor.softmax": Name(
        "Turns scores into probabilities that add up to 1 along a dimension."
    ),
    "torch.Tensor.squeeze": Name(
        "The same tensor without dimensions of size 1."
    ),
    "torch.Tensor.sum": Name(
        "The sum of all numbers, or along some dimensions."
    ),
    "torch.Tensor.to": Name(
        "The same tensor with another dtype or on another device; it returns"
        " the result and does not change the tensor."
    ),
    "torch.Tensor.view": Name(
        "The same memory in another shape; -1 stands for what is left over."
    ),
    "torch.Tensor.zero_": Name("Sets all numbers to zero, in place."),
    # Autograd.
    "torch.autograd.Variable": Name(
        "What older code wraps around tensors; it is not needed any more.",
        "autograd.html#variable-deprecated",
    ),
    "torch.autograd.functional.jacobian": Name(
        "The derivatives of all outputs of a function with respect to all"
        " inputs."
    ),
    "torch.autograd.graph.Node.name": Name(
        "The name of a recorded operation, such as AddBackward0."
    ),
    # Networks.
    "torch.nn.AdaptiveAvgPool2d": Name(
        "Pools by means into a grid of a given size, whatever the size of the"
        " input."
    ),
    "torch.nn.AvgPool2d": Name(
        "Takes the mean of each window of a grid, as a layer."
    ),
    "torch.nn.Conv2d": Name(
        "A convolution: moves small filters over images; its parameters are"
        " the filters."
    ),
    "torch.nn.Flatten": Name(
        "Joins all dimensions but the first into one, as a layer."
    ),
    "torch.nn.Linear": Name(
        "A layer that computes weighted sums of its inputs and adds a bias."
    ),
    "torch.nn.MSELoss": Name(
        "The mean of the squared differences between predictions and targets."
    ),
    "torch.nn.Module": Name(
        "The base class of all layers and networks: it knows its parameters."
    ),
    "torch.nn.Module.eval": Name(
        "Switches all layers to evaluation mode.",
        "generated/torch.nn.Module.html#torch.nn.Module.eval",
    ),
    "torch.nn.Module.load_state_dict": Name(
        "Takes over parameters that `state_dict` returned.",
        "generated/torch.nn.Module.html#torch.nn.Module.load_state_dict",
    ),
    "torch.nn.Module.parameters": Name(
        "All parameters, those of inner modules too, one after the other.",
        "generated/torch.nn.Module.html#torch.nn.Module.parameters",
    ),
    "torch.nn.Module.state_dict": Name(
        "A dictionary of all parameters and buffers by name, to be saved.",
        "generated/torch.nn.Module.html#torch.nn.Module.state_dict",
    ),
    "torch.nn.Module.to": Name(
        "Moves all parameters to a device or dtype; it changes the module"
        " itself.",
        "generated/torch.nn.Module.html#torch.nn.Module.to",
    ),
    "torch.nn.Module.train": Name(
        "Switches all layers to training mode.",
        "generated/torch.nn.Module.html#torch.nn.Module.train",
    ),
    "torch.nn.Module.zero_grad": Name(
        "Clears the gradients of all parameters.",
        "generated/torch.nn.Module.html#torch.nn.Module.zero_grad",
    ),
    "torch.nn.Parameter": Name(
        "A tensor that a module finds among its parameters when it is an"
        " attribute; it requires a gradient.",
        "generated/torch.nn.parameter.Parameter.html",
    ),
    "torch.nn.ReLU": Name("Replaces negative numbers by zero, as a layer."),
    "torch.nn.Sequential": Name(
        "A network that calls its layers one after the other."
    ),
    "torch.nn.functional.avg_pool2d": Name(
        "Takes the mean of each window of a grid."
    ),
    "torch.nn.functional.cross_entropy": Name(
        "The loss of classification: log-softmax of the scores, then the"
        " mean negative log-probability of the right classes."
    ),
    "torch.nn.functional.relu": Name("Replaces negative numbers by zero."),
    "torch.nn.init.zeros_": Name(
        "Fills a tensor with zeros, in place.",
        "nn.init.html#torch.nn.init.zeros_",
    ),
    "torch.nn.parallel.DistributedDataParallel": Name(
        "Wraps a model so that several processes average their gradients"
        " during `backward`."
    ),
    # Optimizers.
    "torch.optim.Optimizer.load_state_dict": Name(
        "Takes over a state that `state_dict` returned."
    ),
    "torch.optim.Optimizer.state_dict": Name(
        "The state of the optimizer, such as its momentum, to be saved."
    ),
    "torch.optim.Optimizer.step": Name(
        "Updates all parameters once, by their gradients."
    ),
    "torch.optim.Optimizer.zero_grad": Name(
        "Clears the gradients of all parameters that it updates."
    ),
    "torch.optim.SGD": Name(
        "Gradient descent: moves each parameter against its gradient, by"
        " default without momentum."
    ),
    # Data.
    "torch.utils.data.BatchSampler": Name(
        "Groups the numbers that another sampler gives into batches.",
        "data.html#torch.utils.data.BatchSampler",
    ),
    "torch.utils.data.DataLoader": Name(
        "Loops over a dataset in batches, shuffled if asked to.",
        "data.html#torch.utils.data.DataLoader",
    ),
    "torch.utils.data.Dataset": Name(
        "The base class of datasets: it returns an item for an index.",
        "data.html#torch.utils.data.Dataset",
    ),
    "torch.utils.data.RandomSampler": Name(
        "Gives the numbers of all items in random order.",
        "data.html#torch.utils.data.RandomSampler",
    ),
    "torch.utils.data.SequentialSampler": Name(
        "Gives the numbers of all items in order.",
        "data.html#torch.utils.data.SequentialSampler",
    ),
    "torch.utils.data.Subset": Name(
        "A part of a dataset, given by the numbers of its items.",
        "data.html#torch.utils.data.Subset",
    ),
    "torch.utils.data.TensorDataset": Name(
        "A dataset of tensors of one length: for an index or a slice it"
        " returns that part of each.",
        "data.html#torch.utils.data.TensorDataset",
    ),
    "torch.utils.data.distributed.DistributedSampler": Name(
        "Gives each process its own share of the items.",
        "data.html#torch.utils.data.distributed.DistributedSampler",
    ),
    "torch.utils.data.distributed.DistributedSampler.set_epoch": Name(
        "Tells which epoch it is, so that each is shuffled in another way.",
        "data.html#torch.utils.data.distributed.DistributedSampler",
    ),
    # Several processes.
    "torch.distributed.HashStore": Name(
        "A store of values for processes that is kept in memory, for use"
        " within one process.",
        "distributed.html#torch.distributed.HashStore",
    ),
    "torch.distributed.all_reduce": Name(
        "Adds up a tensor over all processes; each has the sum afterwards.",
        "distributed.html#torch.distributed.all_reduce",
    ),
    "torch.distributed.destroy_process_group": Name(
        "Ends the group of processes.",
        "distributed.html#torch.distributed.destroy_process_group",
    ),
    "torch.distributed.get_default_backend_for_device": Name(
        "The usual way to exchange tensors of a device, such as gloo for the"
        " CPU.",
        "distributed.html",
    ),
    "torch.distributed.get_rank": Name(
        "The number of this process, from 0 on.",
        "distributed.html#torch.distributed.get_rank",
    ),
    "torch.distributed.get_world_size": Name(
        "How many processes there are.",
        "distributed.html#torch.distributed.get_world_size",
    ),
    "torch.distributed.init_process_group": Name(
        "Joins the group of processes, and waits for the others.",
        "distributed.html#torch.distributed.init_process_group",
    ),
    "torch.distributed.is_torchelastic_launched": Name(
        "Tells whether `torchrun` has started this process.",
        "distributed.html#torch.distributed.is_torchelastic_launched",
    ),
}

# Whose attribute it is, by the last word of what stands before the dot; that
# of a tensor otherwise. Our programs use these words for nothing else.
OWNERS = {
    "SGD()": "torch.optim.Optimizer",
    "cnn()": "torch.nn.Module",
    "device": "torch.device",
    "grad_fn": "torch.autograd.graph.Node",
    "model": "torch.nn.Module",
    "network()": "torch.nn.Module",
    "opt": "torch.optim.Optimizer",
    "pixels": "numpy.ndarray",
    "sampler": "torch.utils.data.distributed.DistributedSampler",
}


def link(name):
    """Return the address at which a name of `NAMES` is documented."""
    return DOCS + (NAMES[name].page or f"generated/{name}.html")


@cache  # a program stands on its page and on that of the next
def uses(code):
    """Return every `Use` of a name of PyTorch in a program, in order.

    Raises SyntaxError if the code is no Python.
    """
    return tuple(sorted(use for use in candidates(code) if use.name in NAMES))


def candidates(code):
    """Yield a `Use` for whatever may be a name of PyTorch, known or not.

    That is what is imported from torch, and each attribute of anything that
    is no module: of a tensor, if `OWNERS` does not tell otherwise.
    """
    tree, lines, imports = ast.parse(code), code.splitlines(), {}
    for node in ast.walk(tree):
        if isinstance(node, ast.Import | ast.ImportFrom):
            for alias in node.names:
                name = alias.name
                if isinstance(node, ast.ImportFrom):
                    name = f"{node.module}.{name}"
                imports[alias.asname or alias.name] = name
    if not any(map(_of_torch, imports.values())):
        return

    def use(line, end, written, name):
        # Columns of ast are counted in bytes.
        end = len(lines[line - 1].encode()[:end].decode())
        return Use(line, end - len(written.rpartition(".")[2]), end, name)

    for node in ast.walk(tree):
        if isinstance(node, ast.alias):
            name = imports[node.asname or node.name]
            end = node.col_offset + len(node.name)
            if _of_torch(name):
                yield use(node.lineno, end, node.name, name)
        elif isinstance(node, ast.Name | ast.Attribute):
            name = _imported(node, imports) or _attribute(node)
            if _of_torch(name):
                written = ast.unparse(node)
                yield use(node.end_lineno, node.end_col_offset, written, name)


def _of_torch(name):
    return name.partition(".")[0] == "torch"


def _imported(node, imports):
    """Return the full name of what is imported, "" of anything else."""
    if isinstance(node, ast.Name):
        return imports.get(node.id, "")
    if isinstance(node, ast.Attribute):
        before = _imported(node.value, imports)
        return before and f"{before}.{node.attr}"
    return ""


def _attribute(node):
    """Return the full name of an attribute of a value, "" of a variable."""
    if isinstance(node, ast.Name):
        return ""
    value, called = node.value, ""
    if isinstance(value, ast.Call):
        value, called = value.func, "()"
    word = getattr(value, "attr", None) or getattr(value, "id", "")
    return f"{OWNERS.get(word + called, 'torch.Tensor')}.{node.attr}"
