"""What messages of Python and torch mean, for someone who meets them first."""

import re

# The type of an exception, a pattern of its message, and what it means.
EXPLANATIONS = (
    (
        "TypeError",
        r"NoneType",
        "Something is None here. If it is a gradient: `backward` has not been"
        " called yet, or the tensor has no part in the loss, or it is the"
        " result of a calculation and not a parameter.",
    ),
    (
        "AttributeError",
        r"'NoneType' object has no attribute",
        "If it is a gradient: `backward` has not been called yet, or the"
        " tensor has no part in the loss, or it is the result of a"
        " calculation and not a parameter.",
    ),
    (
        "RuntimeError",
        r"backward through the graph a second time",
        "A part of the loss was computed before the loop over the batches,"
        " once. It has to be computed anew for every batch.",
    ),
    (
        "RuntimeError|NotImplementedError",
        r"not implemented for '(Long|Int)'",
        "Are the arguments swapped? The scores come first, then the labels.",
    ),
    (
        "RuntimeError",
        r"leaf Variable that requires grad.*in-place",
        "A parameter is changed in place where autograd records. The update"
        " belongs under `torch.no_grad()`.",
    ),
    (
        "RuntimeError",
        r"does not require grad and does not have a grad_fn",
        "The loss was computed from nothing that requires a gradient, or"
        " where nothing is recorded, as under `torch.no_grad()`.",
    ),
    (
        "RuntimeError",
        r"modified by an inplace operation",
        "A tensor that `backward` needs was changed in place before it was"
        " called.",
    ),
    (
        "RuntimeError",
        r"same dtype, but got (Long|Int)|expected .* but (got|found) Long",
        "Integers came where images should be, which are floats. Are images"
        " and labels swapped? The images come first.",
    ),
    (
        "AttributeError",
        r"before Module.__init__\(\) call",
        "`super().__init__()` has to be the first line of `__init__`.",
    ),
    (
        "TypeError",
        r"'(method|builtin_function_or_method|function)' object is not",
        "This is a function that was not called: `()` is missing.",
    ),
    (
        "TypeError",
        r"is not a Module subclass",
        "A step must be a layer, not its class or a function: `nn.ReLU()`,"
        " with `()`, makes one.",
    ),
    (
        "ValueError",
        r"(too many|not enough) values to unpack",
        "A batch is a pair of images and labels only if the dataset holds"
        " both. What is looped over or unpacked here?",
    ),
    (
        "AssertionError",
        r"Size mismatch between tensors",
        "The tensors of a dataset have to be of the same length: images and"
        " the labels that belong to them.",
    ),
    (
        "RuntimeError|ValueError",
        r"batches of spatial targets|Expected target size|multi-target not",
        "`F.cross_entropy` takes scores of the shape (n, 10) and labels of"
        " the shape (n,). Which shapes do they have here?",
    ),
    (
        "IndexError",
        r"out of range|out of bounds",
        "An index is larger than what it points into. Where does the last"
        " batch end, and are these really labels from 0 to 9?",
    ),
    (
        "RuntimeError",
        r"Output size is too small|Kernel size can't be greater",
        "The grid is smaller than the window of this layer. How large is it"
        " after each convolution?",
    ),
    (
        "AttributeError",
        r"object has no attribute 'validation'",
        "`log` has a method `validation`; has something else taken its name?",
    ),
    (
        "TypeError",
        r"takes .* positional arguments? but|unexpected keyword argument",
        "A function is called with other arguments than it takes.",
    ),
    (
        "RuntimeError",
        r"mat1 and mat2 shapes cannot be multiplied",
        "A linear layer gets rows of another length than it was made for.",
    ),
    (
        "RuntimeError",
        r"weight of size|Expected 3D .* or 4D|expected input.*channels",
        "A convolution takes images, (n, channels, height, width), with as"
        " many channels as it was made for.",
    ),
    (
        "RuntimeError",
        r"shape '.*' is invalid for input of size",
        "The tensor does not have as many numbers as this shape. Is it a"
        " batch of rows of 784 pixels?",
    ),
    (
        "RuntimeError|ValueError",
        r"batch_size.* to match|size of tensor .* must match",
        "Two tensors do not fit together. Are predictions and labels of the"
        " same batch? If rows are added up, is `keepdim=True` missing?",
    ),
    (
        "TypeError",
        r"missing \d+ required positional argument",
        "A function is called with too few arguments.",
    ),
    (
        "NameError|UnboundLocalError",
        r"",
        "The name is not known there: it is not imported, not defined yet, or"
        " belongs to another function.",
    ),
)


def explained(kind, message):
    """Return what an exception of this type and message means, or ""."""
    for kinds, pattern, text in EXPLANATIONS:
        if re.fullmatch(kinds, kind) and re.search(pattern, message):
            return text
    return ""
