"""What the judge says, all of it: by the kind of what is wrong.

`FINDINGS` has for each kind a phase of the loop, or a step of the check, and
a template; `LOOK` says what to look at in a phase. The constants are parts of
sentences, which templates take as fields, and what is said of a program that
holds. Nothing else in the workshop makes sentences of what it finds.
"""

from typing import NamedTuple


class Text(NamedTuple):
    """The phase that a kind of finding belongs to, and what to say of it."""

    phase: str
    template: str


# What to look at, by phase.
LOOK = {
    "data": "Look at how the batches are made.",
    "dataset": "Look at what the dataset is made of.",
    "loaders": (
        "Are datasets and loaders in the same order where they are made, where"
        " they are returned and where they are passed on?"
    ),
    "labels": "Look at how images and labels are kept together.",
    "model": "Look at what the model is made of.",
    "initial weights": "Look at the initial weights.",
    "forward pass": "Look at the forward pass: what the model computes.",
    "loss": "Look at the loss: how it is made of predictions and labels.",
    "forward pass or loss": "Look at the forward pass and at the loss.",
    "backward": "Look at the backward pass.",
    "zeroing": "Look at whether the gradients are cleared, and when.",
    "update": "Look at the update.",
    "epochs": "Look at the loop over the epochs.",
    "log": "Look at what is logged, and when.",
    "mode": "Look at the switches around learning and validation.",
    "validation": "Look at the validation.",
    "prediction": "Look at the predictions, what `train` returns.",
    "side effect": "Look at what your program changes that is not its own.",
    "device": "Look at what is moved, when, and where to.",
    "state": "Look at what lives outside `train`.",
    "arguments": "Look for a number where an argument of `train` belongs.",
}

# Parts of sentences.
PLACE = "epoch {epoch}, batch {batch}"
IN_LINE = "in line {line}"
SOMEWHERE = "somewhere"
ONCE = "once"
TIMES = "{n} times"
NOTHING = "nothing"
ONE_LINE = "line {numbers}"
LINES = "lines {numbers}"
COUNT = "{n}"
COUNT_IN_LINES = "{n} ({lines})"
CONVOLUTION = "convolution number {n}"
CONVOLUTION_IN_LINE = "convolution number {n} (line {line})"
INPUT = "the input"
POOLING = "the pooling"
POOLING_IN_LINE = "the pooling (line {line})"
NUMBERS = "the {n:,} numbers of shape {shape}"
ONE_NUMBER = "the one number of shape {shape}"
A_BIAS = "the bias, {numbers}"
NEXT = "{first}, {second}"
LAST = "{first} and {last}"
ONE_IMAGE = "image {number:,}"
IMAGES = "images {first:,} to {last:,}"
SOME_IMAGES = "{n} images, {numbers} and so on"
FEW_IMAGES = "images {numbers}"
STILL_USED = "it is still used"
LINE_CALLS = "line {line} calls `{name}`"
LINE_USES = "line {line} still uses it"
LINE_DEFINES = "line {line} still defines it"
# What a network computes, one step after another.
STEPS = {
    "conv2d": "a convolution",
    "linear": "a linear layer",
    "relu": "a ReLU",
    "mean": "a mean",
    "maximum": "a maximum",
    "softmax": "a softmax",
    "sigmoid": "a sigmoid",
    "tanh": "a tanh",
    "dropout": "a dropout",
    "batch_norm": "a batch normalization",
    None: "nothing more",
}
STEP_IN_LINE = "{step} (line {line})"
LAYERS = {"conv2d": "convolutions", "linear": "linear layers"}
LOSSES = (
    "At {place}, the loss of your program is {loss}, that of stage"
    " {stage} {usual}"
)

# What follows, on a line of its own.
COMES_LATER = "Those should come at {place}."
CAME_BEFORE = "Your program had the same batch at {place}."
NEVER_COME = "Your program never learns from {images}."
GRID_LEFT = (
    "{n} = {channels} channels x {left}: {pooling} makes a grid of {left} out"
    " of one of {was}, and should leave one number of each channel."
)
WINDOW = "Its window should be the whole grid, {was}."
SIZE_RETURNED = (
    "`nn.AdaptiveAvgPool2d` is told the size of the grid that it returns, not"
    " that of the window."
)
DROPS_LAST = "Line {line} makes a `DataLoader` with `drop_last=True`."
WHERE_IT_ENDS = "Where does the loop over the batches end?"
WRONG_LABEL = "Image {number:,} is a {label}, to your program a {other}."
DRAWN_AGAIN = (
    "Line {line} changes them, after the layer has drawn its own: leave those"
    " as they are."
)
TIMES_AS_LARGE = "That is {times:.4g} times as large."
TIMES_AS_SMALL = "That is {times:.4g} times as small."
SQUARE_ROOT = "{root:g} is the square root of {n}."
NONE_NEGATIVE = (
    "None of them is negative: `torch.rand` draws from 0 to 1, `torch.randn`"
    " around 0."
)
IN_PLACE = (
    "Is there an update, and does it change the parameters in place, as `-=`"
    " does?"
)
CHANGES_IMAGES = "Line {line} changes images."
NO_PART = (
    "`{name}`, a parameter of the model, has no part in the loss: is it used"
    " in `forward`?"
)
NO_PART_ANY_MORE = (
    "The change is not complete: `{name}` (line {line}) is still a parameter"
    " of the model. Nothing uses it, so it gets no gradient. Remove it."
)
KEPT = {
    "result": (
        "Line {line} makes `{name}` by a calculation. Its result is a plain"
        " tensor, not an `nn.Parameter`: `model.parameters()` does not find"
        " it, and it is never updated. The first `backward` used up what was"
        " recorded of the calculation, so the second stops. Calculate first,"
        " and make an `nn.Parameter` of the result."
    ),
    "tensor": (
        "`{name}` (line {line}) is a plain tensor, not an `nn.Parameter`:"
        " `model.parameters()` does not find it."
    ),
}
LAYERS_KEPT = (
    "`{name}` (line {line}) is a plain Python {kind}. A module does not look"
    " into it for layers. Use `nn.ModuleList`, or give each layer an attribute"
    " of its own."
)
THE_ERROR = "The error itself: {error}."
NOT_USED_ANYWHERE = "`{name}` is not used anywhere."
CLASS_CALLED = (
    "The class `{name}` is called here, which makes an object. Was an object"
    " of it to be called, as `{name}()` makes one?"
)
SET_IN_LINE = "`{name}` is set in line {line}:"
COUNTS_UP = "`{name}` is a number: `range({name})` counts up to it."
MADE_AT_TOP = (
    "Line {line} makes what is learned before `train` is called. Each call of"
    " `train` makes its own, from new random numbers."
)
NOT_IMPORTED = "It is not imported: `{code}`."
ONE_PAIR = (
    "A slice of a dataset is one pair of images and labels. Give it two names,"
    " `xb, yb = ...`; do not loop over it."
)
NO_LAMBDA = (
    "`{name}` is what a function is given; here it is outside of one. Is it a"
    " function that should be handed on, `lambda {name}: ...`?"
)
SQUEEZED = (
    "Line {line} removes every dimension of size one: if a batch has one"
    " image, that of the images, too. Name those to be removed."
)
GRID_STAYS = (
    "The scores are a grid of numbers for each image, of shape {shape}."
    " Flatten it: `flatten(1)` makes one row for each image."
)
FLATTENED_ALL = (
    "The scores of all images are in one row. The first dimension, that of the"
    " images, has to stay: `flatten(1)` begins after it, and so does"
    " `nn.Flatten()`."
)
PAIRS_OF_LOADER = (
    "A `DataLoader` hands out pairs of images and labels. It counts them only"
    " with `enumerate`, as in `for i, (xb, yb) in enumerate(train_dl)`."
)
PAIRS_OF_OWN = (
    "An object of `{name}` hands out what its `__iter__` yields. A function"
    " that batches pass through has to return both, images and labels."
)
SLICED_TUPLE = (
    "A slice of a tuple is a tuple of some of its parts. Slice each tensor on"
    " its own."
)
OTHER_BATCH = (
    "This batch has {n} images, the first had {usual}: not all are of one"
    " size. With `-1` as the first number, `view` takes any number of images."
)
LACKS_RETURN = "`{name}` (line {line}) returns nothing."
NO_MODULE = "Line {line} should be `class {name}(nn.Module):`."
NO_GRAD_IN_VAIN = (
    "Line {line} has no effect: `with torch.no_grad():` is for the lines that"
    " are indented below it."
)
NEGATED = (
    "Line {line} assigns: `=-` puts a negative number in the place of what was"
    " there. `-=` subtracts."
)
RETURNS_IN_LOOP = (
    "Line {line} is within a loop, and returns in its first round. Should it"
    " come after the loop?"
)
BOUND_ANEW = (
    "Line {line} makes a new tensor and gives it the name `{name}`. The"
    " parameter stays as it is. `-=` changes it in its place."
)
LOADER_OF_ONE = (
    "Line {line} makes a `DataLoader` without a `batch_size`. Its batches have"
    " one image then."
)
TAKES_ONE = (
    "Line {line} takes one batch, with `next`. A `for` loop over the loader"
    " takes all of them."
)
ROUNDS_DOWN = (
    "Line {line} counts batches with `//`, which rounds down: a last batch"
    " that is smaller is left out."
)
RANGE = (
    "Line {line} counts where batches start: `range` takes where to start,"
    " where to end, and the step from one to the next."
)
SCORES_ALIKE = (
    "Still, the loss of the first batch is the same: these numbers are"
    " multiplied each time they are used, and so is their gradient. Multiply"
    " once, when they are drawn."
)
SEVERAL_TENSORS = (
    "A tensor is needed here, and this is a tuple or a list of tensors."
    " `torch.stack` makes one tensor of them; a slice of a dataset holds"
    " tensors already, one of images and one of labels."
)
KEEP_DIMENSION = (
    "What is computed over a dimension has that dimension no more, so it does"
    " not fit any longer. `keepdim=True` keeps it, with one number in it."
)
RECORDING_OFF = "Line {line} switches recording off."
SET_ONCE = (
    "Line {line} sets `{name}` once, before the loop over the epochs, so the"
    " next epoch begins where the last one ended, and makes no batch. Set it"
    " at the beginning of every epoch."
)
UNPACKED = (
    "The datasets are right, the two loaders are mixed up: `{name}` returns"
    " `{usual}`, but line {line} takes it as `{mine}`."
)
OUT_OF_THESE_LINES = "Remove all that belongs to `{name}`:"
PARAMETER = "`{name}` (line {line})"
OVER_CHANNELS = (
    "Line {line} pools over the channels; pool over the grid of each channel."
)
LEAVES_LOOP = "Line {line} leaves its loop with `break`."
BEFORE = "Already before: {text}"
ALSO_LEFT = "So should {codes}."
MADE_IN_LINE = "It is made in line {line}:"
THE_NUMBER = "Line {line} has the number {value:g}."
NOT_USED = "Line {line} makes a layer that is not used."
GIVEN_IN_VALIDATION = (
    "In training the model was given the shape {usual}, here, in the"
    " validation, {shape}. What reshapes the batches in training has to"
    " reshape them in the validation, too."
)
GIVEN_IN_PREDICTION = (
    "In training the model was given the shape {usual}, here, for the final"
    " predictions, {shape}. `x_valid` has to be reshaped, too."
)
GIVEN = "The last layer that was called was given the shape {shape}."
LEARNING_RATE = "The learning rate of its optimizer is {lr:g}."
INSTEAD = "In its place stands line {line}:"
DRAWN_ALIKE = (
    "They seem to be drawn in the same way, but are other random numbers: was"
    " a seed set, or were random numbers drawn before, or in another order? A"
    " loop over a `DataLoader` draws one, too."
)
A_TENTH = (
    "That is exactly a tenth: does a mean take in all ten numbers of a row?"
    " One number of each row belongs to the loss. Divide by the number of"
    " images alone."
)
DRAWN_EVENLY = (
    "They are drawn evenly, from -{most:.4g} to {most:.4g}. `nn.Linear` draws"
    " from -{usual:.4g} to {usual:.4g}, which is one over the square root of"
    " {n}."
)
LOOPS_OVER_DATASET = (
    "Line {line} takes images out of the dataset, one by one. It is the"
    " `DataLoader` that makes batches of them: loop over that."
)
ONE_OF_DATASET = (
    "Line {line} takes images out of the dataset, one by one. A slice takes a"
    " batch of them at once."
)
BEGINS_AFTER = (
    "Counted in images, the second batch begins {n} after the first. It should"
    " begin {usual} after it."
)
IN_VAIN = (
    "Line {line} calls `{name}` and drops what it returns. It leaves the"
    " tensor that it is given as it is."
)
NOT_REQUIRING = (
    "`{name}` does not require a gradient, so autograd keeps none for it. Ask"
    " for it where the tensor is made, with `requires_grad_()`."
)
CLEARED = (
    "Line {line} clears the gradients between `backward` and this update."
    " Update all parameters first, then clear the gradients."
)
SAME_KEY = (
    "Line {line} has the key `{key}` once more. A dictionary holds each key"
    " once, so this one takes the place of the first."
)
MODEL_TOO = "Line {line} makes the model anew, too: what was learned is lost."
NO_NAMES = (
    "`model.parameters()` hands out the tensors alone, one by one."
    " `model.named_parameters()` hands out pairs, of a name and a tensor."
)
OWN_NAME = (
    "The function assigns to `{name}`, so the name is its own there, and"
    " nothing is in it yet. `-=` assigns, too. Do it where the name was made,"
    " or declare it as `nonlocal`."
)
BATCHES_APART = (
    "The scores are those of {n} images, the labels those of {m}. Are both of"
    " the same batch?"
)
SINGLE_PAIRS = (
    "This is a list of many pairs, each of one image and one label. A slice of"
    " the dataset is one pair: of images, and of their labels."
)
LATE = (
    "This function is made in a loop. It looks for `{name}` when it is called,"
    " and then finds the last one of the loop. `lambda xb, {name}={name}: ...`"
    " keeps that of now."
)
NO_DATASET = "No batch is taken from a `TensorDataset`, and that is to stay."
ATTRIBUTE_OF_SELF = (
    "Line {line} makes it an attribute: write `self.{name}` to use it."
)
SELF_OUTSIDE = (
    "Line {line} defines `{name}` outside of a class, but with `self`: take"
    " `self` out of its arguments."
)
LACKS_SELF = (
    "Line {line} defines the method `{name}` without `self`, which is its"
    " first argument."
)
PARENT_ASKS = (
    "`super().__init__` is that of the parent class, {parent}: hand it what"
    " that takes."
)
IS_IN = "`{name}` is in `{module}`."
CALLED_IN_LINE = "That was called in line {line}:"
WAS_AT_LINE = "Then it was in line {line}:"
STILL_ROWS = (
    "Those are still rows of 784 pixels: nothing has made images of them, as"
    " `x.view(-1, 1, 28, 28)` does."
)
ONE_LOADER = (
    "A `DataLoader` is one thing, not a pair: to unpack it runs through all of"
    " its batches. Give it one name."
)
CHANNELS = (
    "Channels that {convolution} was made for: {usual}. Channels that it is"
    " given: {n}, as the one before it returns them."
)
STILL_IMAGES = (
    "Those are images, and a linear layer takes rows of pixels. They came as"
    " rows: has something reshaped them?"
)
NO_CHANNELS = (
    "The dimension of the channels is missing: a batch of grey images is"
    " (n, 1, height, width)."
)
LACKS_INIT = "It is missing in `{name}` (line {line})."
NAME_GONE = "`{name}` goes out in this exercise: remove what uses it, too."
# What a name in a line stands for.
VALUES = {
    "none": "`{name}` is None there.",
    "tensor": "`{name}` is a tensor of shape {shape} there.",
    "whole numbers": (
        "`{name}` is a tensor of shape {shape} there, of whole numbers."
    ),
    "empty": "`{name}` is empty there, a tensor of shape {shape}.",
    "value": "`{name}` is {value} there.",
    "class": "`{name}` is the class `{type}` there, not an object of it.",
    "function": "`{name}` is a function there.",
    "several": "`{name}` is a {type} of {n} there.",
    "object": "`{name}` is an object of `{type}` there.",
}
SAME_WEIGHTS = "The weights are the same."
SAME_BATCH = "The batch is the same, and so are the weights."
OF_WHAT_IS_RETURNED = (
    "The loss is the cross entropy of what the model returned."
)
ONLY_ONCE = (
    "A generator, or what `iter` returns, can be looped over only once. A"
    " `DataLoader`, or an object whose `__iter__` yields, begins anew in every"
    " epoch."
)
LOGGED = "By then, {place} was logged."
LOGGED_NOTHING = "By then, no batch had been logged."
LAST_RETURNED = (
    "By then, {place} was logged; the model had last returned {shape}."
)
FIRST_RETURNED = (
    "By then, no batch had been logged; the model had last returned {shape}."
)
EPOCH_LOGGED = (
    "By then, all batches of epoch {epoch} were logged: it is in what comes"
    " after them."
)
VALIDATION_LOGGED = (
    "By then, all batches of epoch {epoch} and its validation loss were"
    " logged: it is in what comes after them."
)
GRID = "{height} x {width}"
GRIDS = "After each convolution the grid is: {grids}."
GRIDS_OF_STAGE = (
    "After each convolution the grid is: {grids}; in stage {stage}: {usual}."
)
CHANGED_SETTING = "Before that, it changed torch's {setting}."
CHANGED_DATA = "Before that, it changed `{name}` in place."

# Of a program that holds.
EQUAL = (
    "Your program and stage {stage} are {how}: the losses of {steps:,} steps,"
    " and ten log-probabilities for each of {images:,} images."
)
EQUAL_IN_VALIDATION = (
    "Your program and stage {stage} are {how}: the losses of {steps:,} steps,"
    " and ten log-probabilities for each of {images:,} images and the"
    " validation losses."
)
UP_TO = "equal up to {most:.0e}"
BIT_FOR_BIT = "equal, bit for bit"
FEW_EQUAL = (
    "On 1,000 images each batch, its gradients and the update are equal too,"
    " and so are trainings with other hyperparameters."
)
ROUNDED = (
    "The ladder promises bit for bit; the same sums, rounded in another"
    " order, will do."
)
ACCURATE = (
    "The accuracy of your program is {accuracy:.4f}, that of stage {parent}"
    " {usual:.4f}; by chance one may be {chance} below the other. On 1,000"
    " images, from the same initial weights, it trains as stage {stage} does:"
    " each batch, its gradients, the update, the validation."
)
OTHER_ORDER = (
    "Your program draws random numbers that the stage does not draw, so its"
    " images come in another order. They were compared given the same order."
)
OTHER_WEIGHTS = (
    "Your program draws random numbers before its weights that the stage does"
    " not draw, so the weights are other ones. They were compared given the"
    " same weights."
)

# What messages of Python and torch mean, for someone who meets them first:
# `shared.workshop.explanations` tells which belongs to which.
EXPLANATIONS = {
    "none-in-operation": (
        "Something is None here. If it is a gradient: `backward` has not been"
        " called yet, or the tensor has no part in the loss, or an update that"
        " is not in place has replaced it, or it is itself the result of a"
        " calculation, such as a division. Then ask for the gradient of that"
        " result."
    ),
    "gradient-of-a-result": (
        "The tensor whose gradient is asked for is the result of a"
        " calculation, such as a division. Autograd stores gradients only in"
        " tensors that are no results. Calculate first, then call"
        " `requires_grad_()` on the result."
    ),
    "none-has-no-attribute": (
        "This is None. If it is a gradient: `backward` has not been called"
        " yet, or the tensor has no part in the loss, or an update that is not"
        " in place has replaced it, or it is itself the result of a"
        " calculation, such as a division. Then ask for the gradient of that"
        " result."
    ),
    "no-parameters": (
        "The optimizer gets no parameters: `model.parameters()` finds none."
    ),
    "backward-twice": (
        "A part of the loss was computed before the loop over the batches,"
        " once. It has to be computed anew for every batch."
    ),
    "arguments-swapped": (
        "Are the arguments swapped? The scores come first, then the labels."
    ),
    "update-recorded": (
        "A parameter is changed in place where autograd records. The update"
        " belongs under `torch.no_grad()`."
    ),
    "nothing-recorded": (
        "The loss was computed from nothing that requires a gradient, or"
        " where nothing is recorded, as under `torch.no_grad()`."
    ),
    "recorded-no-more": (
        "Before the first update the loss could be learned from, now nothing"
        " in it requires a gradient: the update has put new tensors in the"
        " place of the parameters. Change them in place, as `-=` does."
    ),
    "changed-before-backward": (
        "A tensor that `backward` needs was changed in place before it was"
        " called."
    ),
    "images-and-labels-swapped": (
        "Integers came where images should be, which are floats. Are images"
        " and labels swapped? The images come first."
    ),
    "init-not-called": (
        "`super().__init__()` has to be the first line of `__init__`."
    ),
    "function-not-called": (
        "This is a function that was not called: `()` is missing."
    ),
    "attribute-of-a-function": (
        "This is a function, which has nothing of that name. Either it was not"
        " called, and `()` is missing, or a function has taken the place of a"
        " module, with its `parameters` and `zero_grad`, or of an optimizer."
    ),
    "attribute-of-a-class": (
        "This is a class, not an object of it: to call the class makes one, as"
        " in `Model()`."
    ),
    "class-not-called": (
        "Its `self` is missing: a method is called on a class, not on an"
        " object of it. To call the class makes one, as in `Model()`."
    ),
    "truth-of-a-tensor": (
        "Python was to decide whether a whole tensor is true. Is there an"
        " `if`, an `and` or a setting, where only one number or True fits?"
        " `nn.CrossEntropyLoss`, for one, is a class: its settings come first,"
        " then what it makes is called, `nn.CrossEntropyLoss()(pred, yb)`."
    ),
    "pair-of-values-and-places": (
        "With a dimension, `max` and its like return a pair, the values and"
        " their places. Take `.values`, or use `amax`."
    ),
    "several-for-one": (
        "This is a tuple or a list, where one thing should be. `TensorDataset`"
        " takes its tensors one by one, without brackets around them; what a"
        " dataset or a loader returns is a pair of images and labels."
    ),
    "argument-given-twice": (
        "An argument is given twice, by its place and by its name. A"
        " `DataLoader` takes one dataset, which holds images and labels; its"
        " second argument already is the batch size."
    ),
    "too-many-indices": (
        "There are more indices, with commas between them, than the tensor has"
        " dimensions. A slice has a colon: `[start:end]`."
    ),
    "no-such-module": (
        "There is no such module, or it has nothing of that name."
    ),
    "indices-of-other-lengths": (
        "Two tensors that pick numbers together have to be of one length. A"
        " batch may have fewer images than the others: count them in each, as"
        " `torch.arange(len(target))` does."
    ),
    "gradient-is-no-tensor": (
        "A gradient is a tensor, or None if there is none. To clear it, set it"
        " to None, or to zero in its place, `grad.zero_()`."
    ),
    "whole-numbers-in-place": (
        "A tensor of whole numbers cannot take up floats in its place. Begin"
        " with a float, such as 0.0, or with a plain number of Python."
    ),
    "index-of-another-dimension": (
        "`gather` takes an index with as many dimensions as the tensor. For"
        " one number of each row that is a column, `target.unsqueeze(1)`."
    ),
    "float-for-a-whole-number": (
        "A whole number is needed here, and this is a float. In Python, `/`"
        " always makes a float, and so does a square root; `//` divides whole"
        " numbers and rounds down, so a smaller last batch is not counted."
    ),
    "no-whole-number": (
        "A whole number is needed here, and this is none. How many of"
        " something there are, `len` tells."
    ),
    "no-tensor": (
        "A tensor is needed here, and this is none. What does the loop hand"
        " out? A `DataLoader` gives a pair of images and labels; `enumerate`"
        " gives a number first, then the pair."
    ),
    "no-accelerator": (
        "`torch.accelerator.current_accelerator()` is None on a machine that"
        " has none. Ask `torch.accelerator.is_available()` first, and take the"
        " CPU otherwise."
    ),
    "backward-without-recording": (
        "`backward` is called under `torch.no_grad()`, where nothing is"
        " recorded: in a validation nothing is learned. Is it called where"
        " there is no optimizer, too, or is the optimizer passed on?"
    ),
    "layer-not-made": (
        "A step must be a layer, not its class or a function: `nn.ReLU()`,"
        " with `()`, makes one."
    ),
    "layers-in-a-list": (
        "`nn.Sequential` takes its layers one by one, not a list of them: a"
        " star unpacks the list, as in `nn.Sequential(*layers)`."
    ),
    "division-by-zero": (
        "Has a loop run over nothing, so that nothing was counted? A"
        " generator, or what `iter` returns, can be looped over only once. A"
        " `DataLoader`, or an object whose `__iter__` yields, begins anew in"
        " every epoch."
    ),
    "batch-is-no-pair": (
        "What is looped over or unpacked here has more parts than there are"
        " names, or fewer. A `DataLoader` hands out pairs of images and"
        " labels, and counts them only with `enumerate`; a slice of a dataset"
        " is such a pair itself, if the dataset holds both;"
        " `model.parameters()` hands out single tensors. A function that"
        " batches pass through has to return both parts."
    ),
    "tensors-of-other-lengths": (
        "The tensors of a dataset have to be of the same length: images and"
        " the labels that belong to them."
    ),
    "shapes-for-cross-entropy": (
        "`F.cross_entropy` takes scores of the shape (n, 10) and labels of"
        " the shape (n,). Which shapes do they have here?"
    ),
    "types-for-cross-entropy": (
        "`F.cross_entropy` takes ten scores for each image, floats, and the"
        " labels, whole numbers (int64). Is one of them turned into another"
        " type, or into digits, as by `argmax`?"
    ),
    "too-few-scores": (
        "The labels are digits from 0 to 9, so the loss needs ten scores for"
        " each image. How many numbers does the model return, and along which"
        " dimension?"
    ),
    "index-too-large": (
        "An index is larger than what it points into. Where does the last"
        " batch end, and are these really labels from 0 to 9?"
    ),
    "window-too-large": (
        "The grid is smaller than the window of this layer. Do the"
        " convolutions have the padding and the stride that the task asks for?"
    ),
    "log-replaced": (
        "`log` has a method `validation`; has something else taken its name?"
    ),
    "other-arguments-than-it-takes": (
        "A function is called with other arguments than it takes."
    ),
    "rows-of-another-length": (
        "A linear layer gets rows of another length than it was made for. It"
        " takes the number of its inputs first, then that of its outputs."
    ),
    "no-images-for-convolution": (
        "A convolution takes images, (n, channels, height, width), with as"
        " many channels as it was made for."
    ),
    "shape-does-not-fit": (
        "The tensor does not have as many numbers as this shape. Is it a"
        " batch of rows of 784 pixels?"
    ),
    "tensors-do-not-fit": (
        "Two tensors do not fit together. Are predictions and labels of the"
        " same batch? If rows are added up, is `keepdim=True` missing?"
    ),
    "too-few-arguments": (
        "A function is called with fewer arguments than it takes. The error"
        " names those that are missing."
    ),
    "no-module": (
        "A model is an object of a subclass of `nn.Module`, which brings"
        " `parameters` and all else that a model has."
    ),
    "no-forward": (
        "A module needs a method `forward`, spelled like this: to call the"
        " module calls it."
    ),
    "nothing-for-a-tensor": (
        "This is None where something else should be. Does a function, such as"
        " `forward`, lack its `return`?"
    ),
    "number-for-a-tensor": (
        "This is a number of Python, as `item()` returns it. Only a tensor"
        " knows how it was computed, so `backward` starts from one."
    ),
    "not-iterable": (
        "This cannot be looped over. An optimizer takes `model.parameters()`;"
        " an object of your own needs a method `__iter__`."
    ),
    "iter-without-yield": (
        "`__iter__` has to hand out the batches one after the other, with"
        " `yield`. A `return` ends it at the first."
    ),
    "device-not-there": (
        "This machine has no such device. `torch.accelerator` tells which one"
        " there is, if any."
    ),
    "name-unknown": (
        "The name is not known there: it is not imported, not defined yet, or"
        " belongs to another function."
    ),
}

# What is missing where code that should come in is not used.
MISSING = {
    "F.cross_entropy": "no loss is computed with it",
    "nn.Module": "your program makes no instance of a subclass of it",
    "nn.Parameter": (
        "no module has one as an attribute, and a plain tensor is not found"
        " by `model.parameters()`"
    ),
    "model.parameters": "your program never asks the model for its parameters",
    "model.zero_grad": "your program never calls it",
    "nn.Linear": "no such layer is called",
    "optim.SGD": "no SGD optimizer makes a step",
    "opt.step": "no optimizer makes a step",
    "opt.zero_grad": "it is never called",
    "TensorDataset": "no batch and no image is taken from one",
    "DataLoader": "no loop runs over one",
    "model.train": "it is never called",
    "model.eval": "it is never called",
    "log.validation": "it is never called",
    "shuffle=True": "no `DataLoader` shuffles its images",
    "nn.Conv2d": "no convolution is computed",
    "F.relu": "there are fewer ReLUs than convolutions",
    "momentum": "the optimizer has no momentum",
    "nn.Sequential": "no `nn.Sequential` is called",
    "nn.ReLU": "no such layer is called",
    "nn.AvgPool2d": "no such layer is called",
    "nn.AdaptiveAvgPool2d": "no such layer is called",
    "preprocess": "the network still gets rows of pixels, not images",
    "fit": (
        "the loop over the batches is still in `train` itself; move it into"
        " functions"
    ),
    "WrappedDataLoader": (
        "the images are reshaped before the loaders are made; wrap each"
        " loader, so that a batch is reshaped when it is needed"
    ),
    "torch.accelerator": (
        "your program never asks whether there is an accelerator"
    ),
}

# Why code that is left must go, where its name does not say so.
WHY = {
    "F.cross_entropy": (
        "the task asks for the formula, written with operations on tensors"
    ),
    "log_softmax": (
        "`F.cross_entropy` takes the log-softmax itself, and `train` returns"
        " raw scores"
    ),
    "CNN": "an `nn.Sequential` itself takes the place of the class",
}

_STOPS = Text("run", "Your program stops {where}. {error}.")

FINDINGS = {
    # The file, before it runs.
    "not-utf-8": Text("file", "It is no text in UTF-8."),
    "syntax-error": Text("file", "Python can't read line {line}: {message}."),
    "not-python": Text("file", "Python can't read it: {message}."),
    "foreign-import": Text(
        "file",
        "Line {line} imports `{name}`, but a program imports torch and the"
        " standard library alone.",
    ),
    "import-of-a-stage": Text(
        "file",
        "Line {line} imports `{name}`, but a program does its own work.",
    ),
    "method-not-called": Text(
        "file",
        "Line {line} names `{code}` and does not call it: `()` is missing.",
    ),
    # What stops it.
    "process-ended": Text(
        "run",
        "Your program was stopped: its process ended all at once, with code"
        " {code}.",
    ),
    "prints-too-much": Text(
        "run",
        "Your program was stopped: it printed more than {megabytes}"
        " megabytes.",
    ),
    "runs-too-long": Text(
        "run",
        "Your program was stopped: it was still running after {limit:.0f}"
        " seconds, where {usual:.1f} are usual.",
    ),
    "no-train": Text("run", "There is no function `train` in it."),
    "other-arguments": Text(
        "run", "`train` can't be called as that of a stage: {error}."
    ),
    "returns-nothing": Text(
        "run",
        "`train` returns nothing. It is to return a tensor: ten numbers for"
        " each image to validate on.",
    ),
    "returns-no-tensor": Text(
        "run",
        "`train` returns a {type}. It is to return a tensor: ten numbers for"
        " each image to validate on.",
    ),
    "waits-for-input": Text(
        "run",
        "Your program stops {where}: `{name}` waits for somebody to type."
        " Nobody can in a check: take it out.",
    ),
    "waits-in-debugger": Text(
        "run",
        "Your program stops {where}: a debugger waits for somebody to type."
        " Nobody can in a check: take it out.",
    ),
    "float32-alone": Text(
        "run",
        "Your program stops {where}, in float64 alone: a check trains in"
        " float64. Something there is float32 whatever the images are: a"
        " tensor turned into it, or a model made before `train` is called.",
    ),
    "out-of-memory": Text(
        "run",
        "Your program stops {where}: it wants more than {gigabytes} gigabytes"
        " of memory.",
    ),
    "exits": Text(
        "run",
        "Your program stops {where}. SystemExit: it ends the whole process.",
    ),
    "stops": _STOPS,
    **dict.fromkeys(EXPLANATIONS, Text("run", "Your program stops {where}.")),
    # Whether the change was made.
    "unchanged": Text(
        "change",
        "The change was not made: this still is the program of stage {stage},"
        " word for word.",
    ),
    "parameter-hidden": Text(
        "change",
        "The change is not complete: line {line} makes an `nn.Parameter`, but"
        " no module has it as an attribute of its own. A module does not look"
        " into a list or a dictionary.",
    ),
    "loader-begun-anew": Text(
        "change",
        "A loop over the loader, or `iter`, begins anew for each batch, so"
        " that it returns the first batch each time. One `for` loop over the"
        " loader takes the place of the loop over `start`.",
    ),
    "code-missing": Text(
        "change",
        "The change is not complete: `{code}` is not in use; {missing}.",
    ),
    "part-missing": Text("change", "The change is not complete: {missing}."),
    "relu-missing": Text(
        "change",
        "The change is not complete: after {convolution}, nothing sets what is"
        " negative to zero. Apply a ReLU after each convolution.",
    ),
    "code-left": Text(
        "change",
        "The change is not complete: `{code}` should be gone, but {still}.",
    ),
    "code-left-in-other-words": Text(
        "change",
        "The change is not complete: `{code}` should be gone, but {still};"
        " {why}.",
    ),
    "code-not-kept": Text(
        "change",
        "`{code}` was to stay, but is not in use any more; {missing}.",
    ),
    "name-not-used": Text(
        "change", "`{name}` in line {line} is not used any more; remove it."
    ),
    "argument-left": Text(
        "change",
        "`train` still has the argument `{name}`, which stage {stage} does not"
        " have.",
    ),
    "argument-missing": Text(
        "change",
        "`train` has no argument `{name}` with a default. In stage {stage} it"
        " has one.",
    ),
    "other-default": Text(
        "change",
        "The default of `{name}` is {default}, in stage {stage} it is"
        " {usual}.",
    ),
    "device-not-last": Text(
        "change", "`device` is not the last argument of `train`."
    ),
    # What a task asks for besides: `shared.workshop.demands`.
    "optimizer-too-early": Text(
        "change",
        "An optimizer makes the update; it comes in later. Here the loop"
        " updates the parameters itself.",
    ),
    "optimizer-for-tensors": Text(
        "change",
        "An optimizer makes the update. The loop is to update each tensor by"
        " name.",
    ),
    "optimizer-made-anew": Text(
        "change",
        "The optimizer is made anew while the training goes on. Create it"
        " once, before the loops.",
    ),
    "dataset-made-anew": Text(
        "change",
        "A `TensorDataset` is made anew while the training goes on. Make one"
        " of all the data, before the loops.",
    ),
    "not-sliced": Text(
        "change",
        "Not every batch is a slice of the dataset. Compute where a batch"
        " starts, and slice the dataset from there.",
    ),
    "not-one-slice": Text(
        "change",
        "A batch is put together from more than one access to a dataset. One"
        " `TensorDataset` holds images and labels, and one slice of it returns"
        " both.",
    ),
    "initial-values-changed": Text(
        "change",
        "This line changes the initial values of a layer. The layer draws them"
        " itself, and the task leaves that as it is.",
    ),
    "forward-of-sequential": Text(
        "change",
        "Your `nn.Sequential` has a `forward` of its own. The task asks for a"
        " list of steps alone: what this one does is to be a layer, too.",
    ),
    "hook-of-sequential": Text(
        "change",
        "Your `nn.Sequential` has a hook, which is called with it. The task"
        " asks for a list of steps alone: what the hook does is to be a layer,"
        " too.",
    ),
    "parameter-left": Text(
        "change",
        "What is learned is still an `nn.Parameter`; a tensor that requires a"
        " gradient will do.",
    ),
    "loader-too-early": Text(
        "change",
        "A `DataLoader` makes the batches; it comes in with the next stage."
        " Take each batch from the dataset with one slice.",
    ),
    "predictions-recorded": Text(
        "change",
        "Autograd records the final predictions. Make them under"
        " `torch.no_grad()`.",
    ),
    "no-loop-in-train": Text(
        "change",
        "`train` has no loop. The loops over the epochs and over the batches"
        " are to be in `train` itself.",
    ),
    "reshaped-outside-of-network": Text(
        "change",
        "The network is handed images that were reshaped outside of it. It is"
        " to take rows of 784 pixels and reshape them itself.",
    ),
    "reshaped-in-loop": Text(
        "change",
        "The loop over the batches, or a function that it calls, reshapes the"
        " images. The object around a loader is to do that, before the loop"
        " gets the batch.",
    ),
    "still-moved": Text("change", "Something is still moved to a device."),
    # What is not the program's own.
    "data-changed": Text(
        "side effect",
        "Your program changes `{name}` in place {where}. The data are not its"
        " own: work on a copy.",
    ),
    "setting-changed": Text(
        "side effect", "Your program: it changed torch's {setting}."
    ),
    # The batches.
    "images-changed": Text(
        "data",
        "At {place}, your program learns from images that are not among those"
        " to train on as they are. Something changes them on the way: in the"
        " batches, or in the model before its first layer.",
    ),
    "images-changed-in-line": Text(
        "data",
        "At {place}, your program learns from images that are not among those"
        " to train on as they are: line {line} changes them.",
    ),
    "learns-from-validation-images": Text(
        "validation",
        "In the validation after epoch {epoch}, `backward` is called, so your"
        " program learns from images that it should only be measured on. Is"
        " the optimizer passed on there, too?",
    ),
    "dataset-of-validation-images": Text(
        "dataset",
        "At {place}, your program learns from images that it should only be"
        " measured on: `backward` is called for a batch of `x_valid`.",
    ),
    "loaders-mixed-up": Text(
        "loaders",
        "At {place}, your program learns from images that it should only be"
        " measured on, and is measured on those that it should learn from.",
    ),
    "images-without-their-labels": Text(
        "labels",
        "At {place}, your program has the labels of {usual}, as stage {stage}"
        " has, but with them {images}.",
    ),
    "batch-empty": Text(
        "data",
        "At {place}, stage {stage} learns from {usual}, but the batch of your"
        " program is empty. A slice goes from its start to its end:"
        " `[start : start + batch_size]`.",
    ),
    "images-left-out": Text(
        "data",
        "In each epoch your program makes {n} of the {usual} batches that"
        " stage {stage} makes. Left out at the end: {images}.",
    ),
    "shuffled": Text(
        "data",
        "At {place}, stage {stage} learns from {usual}, your program from"
        " {images}. It shuffles the images; their order has to stay.",
    ),
    "other-images": Text(
        "data",
        "At {place}, stage {stage} learns from {usual}, your program from"
        " {images}.",
    ),
    "other-labels": Text(
        "labels",
        "At {place}, your program learns from the same images as stage"
        " {stage}, but not with their labels.",
    ),
    "not-shuffled": Text(
        "data",
        "The images to train on are not shuffled: they come in their own order"
        " in every epoch. Is another loader shuffled instead?",
    ),
    "same-order-in-each-epoch": Text(
        "data",
        "The images come in the same order in every epoch. Each epoch should"
        " draw an order of its own: is a seed set, or are the batches made"
        " only once?",
    ),
    "same-order-with-each-seed": Text(
        "data",
        "The images come in the same order with another seed. The order"
        " should depend on the seed that torch is given: is another one set,"
        " or a generator made?",
    ),
    "not-each-image-once": Text(
        "data",
        "In epoch {epoch} your program does not learn from each image once.",
    ),
    # The model, before it learns.
    "model-made-anew": Text(
        "model",
        "From {place} on your program trains another model. Make it once,"
        " before the epochs, and its layers with it, in `__init__`.",
    ),
    "tensors-made-anew": Text(
        "initial weights",
        "From {place} on your program learns other tensors than before: they"
        " are made anew, so what was learned is lost. Make them once, before"
        " the epochs.",
    ),
    "layer-made-in-forward": Text(
        "model",
        "`forward` makes a new layer each time it is called, {where}, with new"
        " random weights, so what was learned is lost. Make the layer once, in"
        " `__init__`.",
    ),
    "no-bias": Text(
        "model",
        "The model of your program has no bias where that of stage {stage} has"
        " one, {missing}. Line {line} makes a layer with `bias=False`.",
    ),
    "parameters-missing": Text(
        "model",
        "The model of your program does not learn {missing}; that of stage"
        " {stage} does. What is not a parameter, requires no gradient or has"
        " no part in the loss is not learned.",
    ),
    "other-parameters": Text(
        "model",
        "The model of stage {stage} learns {n:,} numbers, that of your program"
        " learns {shapes}.",
    ),
    "other-layers": Text(
        "model",
        "In the order in which they are used, tensor number {number} that your"
        " model learns is of the shape {shape}; in stage {stage} it is of the"
        " shape {usual}. The weight of a convolution has four numbers:"
        " channels out, channels in, height and width of the kernel.",
    ),
    "other-linear-layer": Text(
        "model",
        "In your program, a linear layer goes from {size_in} to {size_out}, in"
        " stage {stage} from {usual_in} to {usual_out}.",
    ),
    "other-channels": Text(
        "model",
        "In your program, {convolution} goes from {channels_in} to"
        " {channels_out} channels, in stage {stage} from {usual_in} to"
        " {usual_out}.",
    ),
    "other-kernel": Text(
        "model",
        "In your program, {convolution} has a kernel of {kernel}, in stage"
        " {stage} of {usual}.",
    ),
    "other-number-of-layers": Text(
        "model",
        "Number of {layers} in your model: {n}. In that of stage {stage}:"
        " {usual}.",
    ),
    "layers-made-in-other-order": Text(
        "initial weights",
        "Each layer draws its initial weights when it is made, so the order"
        " matters. As number {number} your program makes one from"
        " {channels_in} to {channels_out}, {where}, stage {stage} one from"
        " {usual_in} to {usual_out}.",
    ),
    "other-initial-weights": Text(
        "initial weights",
        "Before the first step, {these} of your program have the norm"
        " {norm} (the square root of the sum of their squares), those of"
        " stage {stage} {usual}.",
    ),
    "not-zero-at-start": Text(
        "initial weights",
        "Before the first step there should be only zeros in {these}, as in"
        " stage {stage}: start it at zero, with `torch.zeros`.",
    ),
    "initial-weights-in-other-places": Text(
        "initial weights",
        "Before the first step the weights are as large as those of stage"
        " {stage}, but they are other numbers, or in other places.",
    ),
    "one-size-alone": Text(
        "model",
        "Images of other sizes do not work yet: for two images of 72 x 64"
        " pixels, the network does not return ten numbers each.",
    ),
    # Forward pass and loss.
    "not-ten-numbers": Text(
        "model",
        "The model of your program returns {n} numbers for each image, not"
        " 10.",
    ),
    "chance-in-model": Text(
        "model",
        "At {place}, the loss is not that of stage {stage}. Asked twice about"
        " the same images, your model answers differently: is there chance in"
        " it, as in dropout?",
    ),
    "softmax-twice": Text(
        "forward pass",
        "{losses}. What the loss is made of are probabilities, they add up to"
        " one: a softmax was taken already, and cross entropy takes its own.",
    ),
    "not-plain-cross-entropy": Text(
        "loss",
        "{losses}. Yet the plain cross entropy of what your model returned"
        " would be {plain}.",
    ),
    "divided-by-batch-size": Text(
        "loss",
        "{losses}. This batch has {n} images, the others {usual}. Divide the"
        " sum by the number of images in the batch, not by `batch_size`.",
    ),
    "sum-for-mean": Text(
        "loss",
        "{losses}: {n} times as much, and there are {n} images in the batch."
        " Is it their sum, where the mean is wanted?",
    ),
    "labels-pick-a-matrix": Text(
        "loss",
        "{losses}. The labels pick a whole matrix of numbers. One number from"
        " each row is needed: index with two tensors, the numbers of the rows"
        " and the labels.",
    ),
    "softmax-of-columns": Text(
        "loss",
        "{losses}. The exponentials of the log-softmax add up to one in each"
        " column. They should in each row, over the ten numbers of an image:"
        " along which dimension is the sum taken?",
    ),
    "no-logarithm": Text(
        "loss",
        "{losses}. The labels pick from probabilities, which add up to one in"
        " each row. The loss is made of their logarithms.",
    ),
    "other-step": Text(
        "forward pass",
        "After {after}, there is {usual} in stage {stage}, in your program"
        " {mine}.",
    ),
    "other-grid": Text(
        "forward pass",
        "After {convolution}, the grid is {mine}, in stage {stage} it is"
        " {usual}. Do its stride and its padding agree with the task?",
    ),
    "other-window": Text(
        "forward pass",
        "In your program, {pooling} has a window of {window}, in stage {stage}"
        " of {usual}.",
    ),
    "other-padding": Text(
        "forward pass",
        "In your program, {pooling} has a padding of {n}. In stage {stage} it"
        " is {usual}: zeros around the grid have no part in a mean.",
    ),
    "other-sign": Text("loss", "{losses}: it has the other sign."),
    "other-scores": Text(
        "forward pass",
        "At {place}, the loss of your program is {loss}, that of stage"
        " {stage} {usual}.",
    ),
    "other-loss": Text(
        "forward pass or loss",
        "At {place}, the loss of your program is {loss}, that of stage"
        " {stage} {usual}.",
    ),
    # Backward pass and gradients.
    "no-backward": Text(
        "backward", "`backward` is never called, so nothing is learned."
    ),
    "other-gradients": Text(
        "backward",
        "At {place}, the loss is that of stage {stage}, but its gradients are"
        " not.",
    ),
    "cleared-before-step": Text(
        "zeroing",
        "When the optimizer makes its step there are no gradients to follow:"
        " they were cleared before.",
    ),
    "gradients-left": Text(
        "zeroing",
        "At {place}, when `backward` is called, there still are gradients of"
        " {left} from the batch before. It adds to them.",
    ),
    # The update.
    "step-before-backward": Text(
        "update",
        "`step` is called before the first `backward`: there are no gradients"
        " yet.",
    ),
    "optimizer-of-another-model": Text(
        "update",
        "The optimizer was given the parameters of another model than the one"
        " that your program computes with. Each call of what makes a model"
        " makes a new one: call it once, and give the optimizer"
        " `model.parameters()`.",
    ),
    "optimizer-lacks-parameters": Text(
        "update",
        "The optimizer does not have {missing}, so they stay what they are.",
    ),
    "loop-lacks-parameters": Text(
        "update",
        "Neither the update nor the clearing of gradients reaches {left}: the"
        " loop does not know of them.",
    ),
    "no-update": Text(
        "update",
        "At {place}, when `backward` is called, nothing has been updated since"
        " the batch before, and no gradient has been cleared. Do both stand in"
        " the loop over the batches?",
    ),
    "parameters-not-moved": Text(
        "update",
        "At {place}, the gradients are those of stage {stage}, but the update"
        " does not move {still}.",
    ),
    "uphill": Text(
        "update",
        "At {place}, the gradients are those of stage {stage}, but the update"
        " goes uphill.",
    ),
    "whole-gradient": Text(
        "update",
        "At {place}, the gradients are those of stage {stage}, but the update"
        " moves the parameters by the whole gradient. It should be the"
        " gradient times the learning rate.",
    ),
    "another-step-size": Text(
        "update",
        "At {place}, the gradients are those of stage {stage}, but the update"
        " goes {times:.3g} times as far.",
    ),
    "optimizer-has-more": Text(
        "update",
        "At {place}, the gradients are those of stage {stage}, but the"
        " parameters move elsewhere: the optimizer has {besides}, which the"
        " update of stage {stage} has not.",
    ),
    "optimizer-set-otherwise": Text(
        "update",
        "At {place}, the gradients are those of stage {stage}, but the"
        " parameters move elsewhere: the optimizer of stage {stage} has"
        " {usual}, that of your program {mine}.",
    ),
    "optimizer-has-less": Text(
        "update",
        "At {place}, the gradients are those of stage {stage}, but the"
        " parameters move elsewhere: the optimizer of stage {stage} has"
        " {besides}, that of your program has not.",
    ),
    "another-update": Text(
        "update",
        "At {place}, the gradients are those of stage {stage}, but the"
        " parameters move elsewhere: something besides the gradient and the"
        " learning rate has a part in one of the updates.",
    ),
    # The epochs.
    "other-number-of-batches": Text(
        "epochs",
        "Stage {stage} learns from {usual} batches, your program from {n}. As"
        " far as both go they are equal.",
    ),
    "other-number-of-epochs": Text(
        "epochs",
        "Stage {stage} learns from {usual} batches, your program from {n}."
        " That is {times} through the images, not {epochs} times. As far as"
        " both go they are equal.",
    ),
    "no-end": Text(
        "epochs",
        "Your program does not end: stage {stage} learns from {usual} batches,"
        " and it was stopped after {n}.",
    ),
    # The modes, and what is logged.
    "eval-in-training": Text(
        "mode",
        "In training, from {place} on, `model.training` is False. Call"
        " `model.train()` in every epoch, before its batches.",
    ),
    "train-in-validation": Text(
        "mode", "In validation, model.training is True."
    ),
    "not-recorded-in-training": Text(
        "mode", "In training, gradients are not recorded."
    ),
    "recorded-in-validation": Text(
        "mode",
        "In validation, gradients are recorded. `torch.no_grad()` switches"
        " that off; `model.eval()` does not.",
    ),
    "other-number-of-losses": Text(
        "log",
        "Number of losses that your program logs: {n:,}. Stage {stage} logs"
        " {usual:,}.",
    ),
    "other-loss-logged": Text(
        "log",
        "Your program learns as stage {stage} does. But at {place} it logs"
        " {logged}, while its loss is {loss}.",
    ),
    # The validation.
    "validation-not-each-epoch": Text(
        "validation",
        "In {epochs} epochs of {steps} batches `log.validation` is called"
        " {times}, first after {first} of them. Call it once after each"
        " epoch.",
    ),
    "validation-on-training-images": Text(
        "validation",
        "After epoch {epoch}, the loss is measured on images that the training"
        " learns from, not on those to validate on. Which loader is handed to"
        " the validation, and of which images is it made?",
    ),
    "validation-images-missing": Text(
        "validation",
        "After epoch {epoch}, the loss is measured on {n:,} of the {usual:,}"
        " images to validate on.",
    ),
    "validation-loss-no-mean": Text(
        "validation",
        "After epoch {epoch}, the validation loss is given as {loss}. The"
        " mean over all images is {mean}.",
    ),
    "validations-added-up": Text(
        "validation",
        "After epoch {epoch}, the validation loss is given as {loss}. The mean"
        " over all images is {mean}; in the other is still what was added up"
        " in the epochs before. Begin with zero after each epoch.",
    ),
    "validation-not-weighted": Text(
        "validation",
        "After epoch {epoch}, the validation loss is given as {loss}. The mean"
        " over all images is {mean}. The losses of the batches were added up"
        " and divided by the number of images; but each is a mean already."
        " Multiply it by the number of its images before you add it.",
    ),
    "validation-as-if-full": Text(
        "validation",
        "After epoch {epoch}, the validation loss is given as {loss}. The mean"
        " over all images is {mean}; in the other the sum is divided by the"
        " number of batches times the size of the first. The last has fewer"
        " images: count them.",
    ),
    "validation-not-divided": Text(
        "validation",
        "After epoch {epoch}, the validation loss is given as {loss}. The mean"
        " over all images is {mean}; the other is the sum over all images,"
        " which has to be divided by their number.",
    ),
    "validation-of-one-batch": Text(
        "validation",
        "After epoch {epoch}, the validation loss is given as {loss}. The mean"
        " over all images is {mean}; the other is the loss of the last batch"
        " alone.",
    ),
    "mean-over-batches": Text(
        "validation",
        "After epoch {epoch}, the validation loss is given as {loss}. The"
        " mean over all images is {mean}; the other is the mean over the"
        " batches, as if all were of one size.",
    ),
    "other-validation-loss": Text(
        "validation",
        "The predictions are those of stage {stage}, but the last validation"
        " loss is {loss}, while the loss of what your program predicts is"
        " {true}. When is the validation loss computed, on which images"
        " and labels, and what is logged?",
    ),
    # The predictions.
    "predictions-not-usable": Text(
        "prediction",
        "What `train` returns cannot be used: its predictions are {found},"
        " not {wanted}.",
    ),
    "predictions-of-another-model": Text(
        "prediction",
        "The training is that of stage {stage}, but the predictions are not."
        " They come from another model than the one that was trained.",
    ),
    "log-softmax-added": Text(
        "prediction",
        "The predictions are log-probabilities: a log-softmax was taken. The"
        " task leaves the scores as they are, and `F.cross_entropy` takes the"
        " log-softmax itself.",
    ),
    "predictions-changed": Text(
        "prediction",
        "The training is that of stage {stage}, but the predictions are not."
        " The model is asked about the right images, but what it returns is"
        " changed, or the model is.",
    ),
    "predictions-of-other-images": Text(
        "prediction",
        "The training is that of stage {stage}, but the predictions are not."
        " The model is asked about other images than `x_valid`, or about"
        " images that were changed on the way.",
    ),
    "predictions-too-early": Text(
        "prediction",
        "The training is that of stage {stage}, but the predictions are not."
        " No image goes through the model after the training: they were made"
        " before it, or while it went on.",
    ),
    "otherwise": Text("", "What was found: {reading}."),
    # Called again, or with other arguments.
    "stops-if-called-again": Text(
        "state",
        "Called a second time, with the same data and the same seed, `train`"
        " stops with {error}: something is kept from one call to the next.",
    ),
    "no-tensor-if-called-again": Text(
        "state",
        "Called a second time, with the same data and the same seed, `train`"
        " returns no tensor: something is kept from one call to the next.",
    ),
    "other-results-if-called-again": Text(
        "state",
        "Called a second time, with the same data and the same seed, `train`"
        " gives other results: something is kept from one call to the next.",
    ),
    "one-batch-too-many": Text(
        "data",
        "As it stands your program does what it should, but not with a"
        " `batch_size` of {value}. With that the images make {usual} batches,"
        " all of one size; your program makes {n}.",
    ),
    "stops-at-one-image": Text(
        "data",
        "As it stands your program does what it should, but it stops {where}"
        " if only one image is left for the last batch. {error}.",
    ),
    "one-image-left-out": Text(
        "data",
        "As it stands your program does what it should, but if only one image"
        " is left for the last batch, it is left out. Where does the loop over"
        " the batches end?",
    ),
    "argument-ignored": Text(
        "arguments",
        "As it stands your program does what it should, but not with another"
        " value of `{name}`, such as {value}.",
    ),
    "seed-ignored": Text(
        "arguments",
        "As it stands your program does what it should, but not with another"
        " value of the seed, such as {value}. Is a seed set, or a generator"
        " made?",
    ),
    # Devices.
    "default-device-is-cpu": Text(
        "device",
        "The default of `device` is the CPU even where there is an"
        " accelerator. It should be the device that you found.",
    ),
    "default-device-is-fixed": Text(
        "device",
        "The default of `device` is {device}, whatever the machine has. It"
        " should be the device that you found.",
    ),
    "default-device-is-none": Text(
        "device",
        "Where there is no accelerator, the default of `device` is None. It"
        " should be the CPU then.",
    ),
    "not-on-one-device": Text(
        "device",
        "`train` was told to work on another device. Then two tensors meet"
        " {where} that are not on the same device: the model, the images or"
        " the labels were not moved, or what `to` returned was not used.",
    ),
    "moved-in-vain": Text(
        "device",
        "`train` was told to work on another device. Then two tensors meet"
        " {where} that are not on the same device. Line {line} calls `to` and"
        " drops what it returns; a tensor's `to` does not change the tensor.",
    ),
    "images-not-moved": Text(
        "device",
        "`train` was told to work on another device. Then images that are on"
        " the CPU meet a model that is not, {where}: move the images, too, and"
        " use what `to` returns.",
    ),
    "moved-to-a-global": Text(
        "device",
        "`train` was told to work on another device. Then images that are on"
        " the CPU meet a model that is not, {where}: line {line} uses a"
        " `device` from outside of `train`, not its argument.",
    ),
    "model-not-moved": Text(
        "device",
        "`train` was told to work on another device. Then a model that is on"
        " the CPU meets images that are not, {where}: move the model, too,"
        " before the optimizer is made.",
    ),
    "labels-not-moved": Text(
        "device",
        "`train` was told to work on another device. Then predictions and"
        " labels meet {where} that are not on the same device: move the labels"
        " of each batch, too, and use what `to` returns.",
    ),
    "device-ignored": Text(
        "device",
        "`train` was told to work on another device, but its loss is on the"
        " CPU all the same: it ignores its argument `device`.",
    ),
    "optimizer-before-move": Text(
        "device",
        "The optimizer is made before the model moves to the device. Move the"
        " model first.",
    ),
    "moved-at-once": Text(
        "device",
        "All images are moved to the device at once. Move each batch when it"
        " is needed.",
    ),
    "predictions-on-device": Text(
        "device",
        "The predictions stay on the device. Return them on the CPU.",
    ),
    # The training in full.
    "not-on-all": Text(
        "in full",
        "On the first 1,000 images your program does what it should, but not"
        " on all. What was found: {reading}.",
    ),
    "problem-in-full": Text("in full", "Your program: {problems}"),
    "less-accurate": Text(
        "in full",
        "The accuracy of your program is {accuracy:.4f}, that of stage"
        " {stage} {usual:.4f}. Chance explains {chance}, not more.",
    ),
}


def everything():
    """Return all texts and parts of texts, in the order in which they stand.

    `{field}` stands for a value, as for `str.format`.
    """
    found = []
    for name, value in globals().items():
        if name.startswith("_") or not name.isupper():
            continue
        found += value.values() if isinstance(value, dict) else [value]
    return [
        text.template if isinstance(text, Text) else text for text in found
    ]
