"""Follow a program while it trains: what it uses, and each phase of its loop.

Nothing is asked of the program. All is seen from outside, by the functions
of torch that it calls, so it does not matter how it names or arranges what
it does. Two programs that should do the same can then be compared phase by
phase, and the first that differs is the one to look at.
"""

import ast
import functools
import inspect
import math
import sys
from contextlib import ExitStack, contextmanager

import torch
import torch.nn.functional as F
from torch import nn
from torch.nn.modules import module as hooks
from torch.optim import SGD, Optimizer
from torch.optim.optimizer import register_optimizer_step_pre_hook
from torch.overrides import TorchFunctionMode
from torch.utils.data import DataLoader, RandomSampler, TensorDataset

from shared.workshop.signs import RELUS

PIXELS = 784

# Who calls a function of torch is the first that stands in none of these:
# they only pass the call on.
PASSING_ON = (
    __file__,
    "/torch/overrides.py",
    "/torch/_tensor.py",
    "/torch/functional.py",
    "/torch/nn/functional.py",
    "/torch/nn/init.py",
    "/torch/_jit_internal.py",
)

# The functions that see images first.
SEE_IMAGES = {"matmul", "mm", "addmm", "linear", "einsum", "conv2d"}

# Operators that change what stands on their left.
IN_PLACE = ("__setitem__", "__iadd__", "__isub__", "__imul__", "__itruediv__")

# What may have a part in a step of SGD besides gradient and learning rate.
BESIDES = ("momentum", "weight_decay", "dampening", "nesterov")

# What a network of convolutions computes, by the names of torch. Some go by
# one name here, because they compute the same.
STEPS = {
    **{
        name: name
        for name in (
            "conv2d",
            "linear",
            "softmax",
            "sigmoid",
            "tanh",
            "dropout",
            "batch_norm",
        )
    },
    **dict.fromkeys(RELUS, "relu"),
    **dict.fromkeys(("avg_pool2d", "adaptive_avg_pool2d", "mean"), "mean"),
    **dict.fromkeys(("max_pool2d", "adaptive_max_pool2d", "amax"), "maximum"),
}


class Trace(TorchFunctionMode):
    """What a program in the file `path` was seen to do with some `Splits`.

    `own` holds the names of the functions of torch that the file itself
    called, each with a line; `inner` those that a layer or another part of
    torch called; `count` how often either did, what was called first before
    the rest. Methods that matter stand there as `Module.zero_grad`.

    `batches` has one dict for every call of `backward`, `validations` one
    for every `log.validation`, and `last` tells of the predictions. Images
    are numbered from 0, those to validate on after those to train on.
    `begun` is handed what was found after the first batch.
    """

    def __init__(self, path, splits, begun=lambda found: None):
        super().__init__()
        self._begun_to_learn = begun
        self.path = str(path)
        self.n_train, self.n_valid = len(splits.x_train), len(splits.x_valid)
        images = torch.cat([splits.x_train, splits.x_valid]).double()
        self._number = {
            image.tobytes(): i for i, image in enumerate(images.numpy())
        }
        self.own, self.inner, self.count = {}, set(), {}
        self.batches, self.validations = [], []
        self.start = None  # the values of all parameters before the first step
        self.random = None  # torch's state before the first layer is made
        self.backward_in = None  # what calls it: "train" or "a function"
        self.last = dict.fromkeys(
            ("images", "asked", "another model", "recorded")
        )
        self.step = None  # what the optimizer was about to do, the first time
        self.step_first = False  # whether it was, before any `backward`
        self.model = None  # the last that was called
        self.given = None  # the shape of what it was given
        self.given_to_layer = None  # and of what the last layer was
        self.shape = None  # of what it returned
        self.no_part = []  # its parameters that the loss does not depend on
        self.parameters = []  # name, line and shape of all of them
        self.moved = set()  # lines of the file that move something
        self.tensors_moved = set()  # those that move a tensor
        self.handed = {}  # name: tensor and its version, of the data
        tree = ast.parse(path.read_bytes())
        loops = [n for n in ast.walk(tree) if isinstance(n, ast.For)]
        self._for_lines = {n.iter.lineno for n in loops}
        self._train = None  # the code of that function
        self._depth = 0
        self._made = {}  # id: layer and line, of linear and convolutional
        self._modules = {}  # id: module and line, of all that are made
        self._registered = {}  # id: parameter and line, of all that are
        self._layer = None  # id of the layer that was entered last
        self._looking = False
        self._cleared = None  # the line that cleared gradients after backward
        self._learned = {}  # id: parameter, of all that were ever learned
        self._begin()

    def _begin(self):
        """Forget what was seen since the last batch or validation."""
        self._images, self._labels, self._losses = [], [], []
        self._probabilities = self._strange = False
        self._begun = 0  # how often a loop over a loader began
        self._begin_pass()
        self._picked = None  # of what the numbers are that the labels pick
        self._iterated = []  # whether an iterator made images of rows
        self._params = {}  # id: parameter, in the order of their use
        self._asked = set()  # ids of the parameters that images met

    def _begin_pass(self):
        """Forget what the last pass of the model computed."""
        self._steps = []  # what it computed, one step after another
        self._lines = []  # where the layer of each step is made, if known
        self._grids = []  # height and width of what each step returned
        self._windows = []  # of each step that pools, None for others
        self._convolved = None  # by the last step, if it was a convolution
        self._recorded = False  # whether autograd recorded any of it

    def _saw(self, name):
        """Enter a call, and its line if the file itself makes it."""
        frame = self._caller()
        self.count[name] = self.count.get(name, 0) + 1
        if frame:
            self.own.setdefault(name, frame.f_lineno)
            if name == "backward":
                in_train = frame.f_code is self._train
                self.backward_in = "train" if in_train else "a function"
        else:
            self.inner.add(name)

    def _caller(self):
        """Return the frame that makes a call, if it is one of the file."""
        frame = sys._getframe(1)
        while frame and frame.f_code.co_filename.endswith(PASSING_ON):
            frame = frame.f_back
        ours = frame and frame.f_code.co_filename == self.path
        return frame if ours else None

    def __torch_function__(self, func, types, args=(), kwargs=None):
        kwargs = kwargs or {}
        if self._looking:  # what we compute ourselves
            return func(*args, **kwargs)
        name = func.__name__
        if name in ("__get__", "__set__"):  # an attribute, such as `p.grad`
            name = func.__self__.__name__
            if name == "grad" and not args[0].is_leaf:
                self._saw("grad of a result")
        self._saw(name)
        result = func(*args, **kwargs)
        self._look_at_data()
        given = [*args, *kwargs.values()]
        tensors = [t for t in _flat(given) if isinstance(t, torch.Tensor)]
        leaves = {id(t): t for t in tensors if t.is_leaf and t.requires_grad}
        if isinstance(result, torch.Tensor) and result.grad_fn is not None:
            self._params |= leaves
            self._recorded = True
        if name in SEE_IMAGES:
            self._asked |= set(leaves)
            for t in tensors:
                if not t.requires_grad and t.dim() > 0:
                    self._see_images(t)
        self._see_labels(name, args, kwargs)
        if self._labels and name in ("__getitem__", "gather"):
            self._see_picked(args[0], result)
        if name in STEPS and self._depth:
            self._see_step_of_model(STEPS[name], result)
            self._see_window(STEPS[name], name, args, kwargs, result)
        elif self._is_relu(args, result):
            self._saw("relu")
            self._see_step_of_model("relu", self._convolved)
            self._windows.append(None)
        if self._see_move(name, given[1:]) and (frame := self._caller()):
            self.tensors_moved.add(frame.f_lineno)
        self._see_reshaping(tensors, result)
        self._see_change(tensors, result)
        self._see_initial(name, tensors)
        return result

    def _see_step_of_model(self, step, result):
        """Enter what the model computes next."""
        self._steps.append(step)
        self._lines.append(self._line_of_step())
        self._grids.append(list(result.shape[2:]))
        self._convolved = result.detach().clone() if step == "conv2d" else None

    def _is_relu(self, args, result):
        """Tell whether a call ends a ReLU that is written in other words."""
        if self._convolved is None:
            return False
        # What is changed in its place is not always returned.
        if not isinstance(result, torch.Tensor):
            result = args and args[0]
        return (
            isinstance(result, torch.Tensor)
            and result.shape == self._convolved.shape
            and result.is_floating_point()
            and torch.equal(result.detach(), self._convolved.clamp(min=0))
        )

    def _line_of_step(self):
        """Return the line that calls what runs, or that makes its layer."""
        if frame := self._caller():
            return frame.f_lineno
        return self._modules.get(self._layer, (None, None))[1]

    def _see_window(self, step, name, args, kwargs, result):
        """Enter over what a step takes a mean or maximum, and its padding.

        None if it takes none.
        """
        given, window = [*args, *kwargs.values()], None
        t = given[0]
        if step in ("mean", "maximum") and t.dim() == 4:
            window, padding = list(t.shape[2:]), 0
            if name in ("avg_pool2d", "max_pool2d"):
                size = given[1]
                window = [size] * 2 if isinstance(size, int) else list(size)
                padding = kwargs.get("padding", (*args, 0, 0, 0)[3])
            window.append(padding if type(padding) is int else max(padding))
            if t.shape[1] not in result.shape[1:2]:
                self._saw("over channels")
        self._windows.append(window)

    def _look_at_data(self):
        """Enter which line changes the data that `train` was handed."""
        for name, (data, version) in self.handed.items():
            if data._version != version:
                self.handed[name] = data, data._version
                self._saw(f"{name} changed")

    def _see_move(self, name, given):
        """Enter a tensor or a model that is moved to a device, if it is."""
        devices = [v for v in given if isinstance(v, torch.device | str)]
        moves = name in ("cpu", "cuda") or (name == "to" and devices)
        if moves:
            self._saw("moved")
            self.moved.add(self._line())
        return moves

    def _see_change(self, tensors, result):
        """Enter the line that makes other images of those that we know."""
        if (
            not isinstance(result, torch.Tensor)
            or not result.is_floating_point()
            or result.requires_grad
            or not tensors
            or result.numel() != tensors[0].numel()
            or not tensors[0].is_floating_point()
        ):
            return
        if self._known(tensors[0]) and not self._known(result):
            self._saw("images changed")

    def _see_initial(self, name, tensors):
        """Enter the line that changes what a layer has drawn, if one does."""
        in_place = name.endswith("_") and not name.endswith("__")
        if self.batches or name == "requires_grad_" or not tensors:
            return
        if (in_place or name in IN_PLACE) and self._caller():
            # By their place in memory, which `p.data` shares.
            drawn = [
                p.data_ptr()
                for layer, _ in self._made.values()
                for p in layer._parameters.values()
                if p is not None
            ]
            if tensors[0].data_ptr() in drawn:
                self._saw("initial values changed")

    def _known(self, t):
        """Tell whether the first image that a tensor may hold is known."""
        if t.numel() < PIXELS or t.numel() % PIXELS:
            return False
        image = t.detach().reshape(-1)[:PIXELS].double()
        return image.numpy().tobytes() in self._number

    def _see_reshaping(self, tensors, result):
        """Enter who makes images of the rows of a batch: an iterator?"""
        if (
            isinstance(result, torch.Tensor)
            and result.dim() == 4
            and tensors
            and tensors[0].dim() == 2
            and tensors[0].shape[1] == PIXELS
        ):
            self._iterated.append(self._in_an_iterator())
            if not self._depth:
                self._saw("images reshaped outside")

    def _in_an_iterator(self):
        """Tell whether what runs was asked for the next batch.

        Then it was called by a generator, by an iterator's method, by a
        `DataLoader`, or where a `for` begins.
        """
        frame = sys._getframe(1)
        while frame:
            code = frame.f_code
            if code.co_filename == self.path and (
                code.co_flags & inspect.CO_GENERATOR
                or code.co_name in ("__next__", "__iter__", "__getitem__")
                or frame.f_lineno in self._for_lines
            ):
                return True
            if "/torch/utils/data/" in code.co_filename:
                return True
            frame = frame.f_back
        return False

    def _see_images(self, t):
        """Keep which images a batch holds, if it holds any that we know."""
        if t.shape == (PIXELS,):
            t = t[None]
        if math.prod(t.shape[1:]) != PIXELS:
            return
        rows = t.reshape(len(t), PIXELS).double().numpy()
        numbers = [self._number.get(row.tobytes()) for row in rows]
        if None in numbers:
            self._strange = True
        else:
            self._images.append(numbers)

    def _see_labels(self, name, args, kwargs):
        """Keep the labels that a loss is computed with, however it is."""
        labels = None
        if name in ("cross_entropy", "nll_loss"):
            given = dict(zip(("input", "target"), args, strict=False)) | kwargs
            pred, labels = given["input"].detach(), given["target"]
            if name == "cross_entropy" and labels.dim() == 1:
                ones = pred.sum(1) - 1
                self._probabilities = bool(
                    (pred >= 0).all() and (ones.abs() < 1e-6).all()
                )
                plain = F.cross_entropy(pred, labels).item()
                self._losses.append((plain, len(pred)))
        elif name == "one_hot":
            labels = _flat([*args, *kwargs.values()])[0]
        elif name in ("gather", "take_along_dim"):
            labels = _flat([*args, *kwargs.values()])[-1]
        elif name == "__getitem__" and isinstance(args[1], tuple):
            labels = args[1][-1]
        if isinstance(labels, torch.Tensor) and labels.dtype == torch.int64:
            self._labels.append(labels.flatten().tolist())

    def _see_picked(self, scores, picked):
        """Keep what the labels pick numbers from, if it is not as it should.

        That is "columns" whose exponentials add up to one, where those of
        rows should, or "probabilities", or a "matrix" is what they pick.
        """
        if scores.dim() != 2 or not scores.requires_grad:
            return
        scores = scores.detach()

        def ones(sums):
            return bool((sums - 1).abs().max() < 1e-6)

        if picked.dim() == 2 and min(picked.shape) > 1:
            self._picked = "matrix"
        elif ones(scores.exp().sum(1)):
            self._picked = None
        elif ones(scores.exp().sum(0)):
            self._picked = "columns"
        elif (scores >= 0).all() and ones(scores.sum(1)):
            self._picked = "probabilities"

    @contextmanager
    def following(self):
        """Follow everything that is called meanwhile."""
        with ExitStack() as stack:
            enter = stack.enter_context
            for owner, name in (
                (nn.Module, "__init__"),
                (nn.Module, "parameters"),
                (nn.Module, "named_parameters"),
                (nn.Module, "zero_grad"),
                (nn.Module, "to"),
                (nn.Module, "cpu"),
                (Optimizer, "zero_grad"),
                (TensorDataset, "__getitem__"),
                (TensorDataset, "__init__"),
                (DataLoader, "__init__"),
                (Optimizer, "__init__"),
                (nn.Linear, "__init__"),
                (nn.Conv2d, "__init__"),
                (nn.Sequential, "__init__"),
                (nn.Sequential, "forward"),
                (torch, "manual_seed"),
                (torch.accelerator, "is_available"),
                (torch.accelerator, "current_accelerator"),
            ):
                called = f"{owner.__name__.rpartition('.')[2]}.{name}"
                spy = functools.partial(self._see_call, called)
                enter(_spying(owner, name, spy))
            enter(_spying(nn.Module, "train", self._see_mode))
            enter(_spying(nn.Module, "register_parameter", self._see_param))
            enter(_spying(DataLoader, "__iter__", self._see_loader))
            enter(
                _spying(
                    torch.autograd,
                    "backward",
                    self._ours(self._before_backward),
                    self._ours(self._after_backward),
                )
            )
            for handle in (
                register_optimizer_step_pre_hook(self._ours(self._see_step)),
                hooks.register_module_forward_pre_hook(
                    self._ours(self._enter_module)
                ),
                hooks.register_module_forward_hook(
                    self._leave_module, always_call=True
                ),
            ):
                stack.callback(handle.remove)
            enter(self)
            yield

    def _ours(self, look):
        """Return a function that looks around and is not seen itself."""

        @functools.wraps(look)
        def looking(*args, **kwargs):
            self._looking = True
            try:
                look(*args, **kwargs)
            finally:
                self._looking = False

        return looking

    def train(self, train, *data, **options):
        """Call `train` with a log that tells us when an epoch is over."""
        *data, log = data
        names = ("x_train", "y_train", "x_valid", "y_valid")
        self.handed = {
            name: (tensor, tensor._version)
            for name, tensor in zip(names, data, strict=True)
        }
        self._train = train.__code__
        pred = train(*data, _Log(self, log), **options)
        self._looking = True
        self.last = {
            "log-probabilities": _are_log_probabilities(pred),
            "images": self._images[-1] if self._images else None,
            "asked": bool(self._asked),
            "another model": bool(self._asked - set(self._learned)),
            "recorded": self._recorded,
        }
        self._looking = False
        return pred

    def found(self):
        """Return what was seen as what JSON can hold."""
        return {
            "n_train": self.n_train,
            "n_valid": self.n_valid,
            "own": self.own,
            "inner": sorted(self.inner),
            "count": self.count,
            "batches": self.batches,
            "validations": self.validations,
            "last": self.last,
            "step": self.step,
            "step first": self.step_first,
            "cleared": self._cleared,
            "shape": self.shape,
            "start": self.start,
            "random": self.random,
            "backward_in": self.backward_in,
            "model_kind": self._kind_of_model(),
            "model_class": type(self.model).__name__,
            "model_hooks": self._has_hooks(),
            "no part": self.no_part,
            "parameters": self.parameters,
            "kept": self._kept(),
            "given": self.given,
            "given to layer": self.given_to_layer,
            "layers": self._layers(),
            "moved": sorted(self.moved - {None}),
            "tensors moved": sorted(self.tensors_moved),
            "steps": self._steps,
            "grids": self._grids,
        }

    def _layers(self):
        """Return shape, line and use of each layer, in the order of making.

        `shape` is that of its weight; one that is not `used` was never
        learned. Of layers that `forward` makes there are only the first.
        """
        return [
            {
                "shape": list(layer.weight.shape),
                "line": line,
                "used": id(layer.weight) in self._learned,
            }
            for layer, line in list(self._made.values())[:20]
            if isinstance(getattr(layer, "weight", None), torch.Tensor)
        ]

    def _kept(self):
        """Return what attributes of modules keep out of its sight.

        A module registers neither what is computed from a parameter, a
        "result", nor a "tensor" that is none, nor layers in a "list", "tuple"
        or "dict". Each has the name of its attribute and what it is.
        """
        found = []
        for module, _ in self._modules.values():
            for name, value in vars(module).items():
                if name.startswith("_"):
                    continue
                if isinstance(value, torch.Tensor) and value.grad_fn:
                    found.append([name, "result"])
                elif isinstance(value, torch.Tensor) and (
                    value.is_floating_point()
                ):
                    found.append([name, "tensor"])
                if isinstance(value, list | tuple | dict):
                    in_dict = isinstance(value, dict)
                    parts = value.values() if in_dict else value
                    if any(isinstance(part, nn.Module) for part in parts):
                        found.append([name, type(value).__name__])
        return found

    def _has_hooks(self):
        """Tell whether something is called before or after the model."""
        hooks = ("_forward_pre_hooks", "_forward_hooks")
        return any(getattr(self.model, name, None) for name in hooks)

    def _kind_of_model(self):
        """Return what the model is: None, "sequential" or "own class".

        Or, if it is the first and has a `forward` of its own, "sequential
        with forward".
        """
        if self.model is None:
            return None
        if not isinstance(self.model, nn.Sequential):
            return "own class"
        plain = type(self.model).forward is nn.Sequential.forward
        return "sequential" if plain else "sequential with forward"

    def end_epoch(self, loss):
        """Enter what was seen since the last batch: the validation."""
        self._saw("log.validation")
        self.validations.append(
            {
                "after": len(self.batches),
                "images": [n for numbers in self._images for n in numbers],
                "losses": self._losses,
                "loss": float(torch.as_tensor(loss).detach()),
            }
        )
        self._begin()

    def _see_call(self, name, *args, **kwargs):
        if self._looking:
            return
        self._saw(name)
        if name.endswith(".zero_grad"):
            self._cleared = self._line()
        if name == "Optimizer.__init__":
            if "Optimizer.step" in self.count:
                self._saw("Optimizer made anew")
            if isinstance(args[0], SGD):
                self._saw("SGD")
        if name == "TensorDataset.__getitem__" and type(args[1]) is slice:
            self._saw("TensorDataset sliced")
        if name == "TensorDataset.__init__" and self.batches:
            self._saw("TensorDataset made anew")
        if name == "Module.__init__":
            self._modules[id(args[0])] = args[0], self._line()
        if name in ("Linear.__init__", "Conv2d.__init__"):
            self._see_layer(*args, **kwargs)
        if name == "DataLoader.__init__" and kwargs.get("drop_last"):
            self._saw("drop_last")
        if name == "DataLoader.__init__" and not (
            args[2:3] or kwargs.keys() & {"batch_size", "batch_sampler"}
        ):
            self._saw("batches of one")
        if name == "Module.to":
            self._see_move("to", [*args[1:], *kwargs.values()])
        if name == "Module.cpu":
            self._see_move("cpu", [])

    def _see_layer(self, layer, *args, bias=True, **kwargs):
        """Enter a layer that is about to be made."""
        if self.random is None:
            self.random = torch.get_rng_state().tolist()
        if self._depth:
            self._saw("layer made in forward")
        if not bias:
            self._saw("bias=False")
        self._made[id(layer)] = layer, self._line()

    def _line(self):
        """Return the line of the program that is at work, None if none is."""
        frame = sys._getframe(1)
        while frame and frame.f_code.co_filename != self.path:
            frame = frame.f_back
        return frame and frame.f_lineno

    def _see_mode(self, model, mode=True):
        self._saw("Module.train" if mode else "Module.eval")

    def _see_param(self, model, name, param):
        if param is not None:
            layer = any(
                kind.__module__.startswith("torch.") and kind is not nn.Module
                for kind in type(model).__mro__[:-1]
            )
            self._saw("Parameter of a layer" if layer else "Parameter")
            self._registered[id(param)] = param, self._line()

    def _see_loader(self, loader):
        self._saw("DataLoader")
        caller = sys._getframe(2).f_code  # of what spies on it
        if caller.co_filename == self.path and (
            caller.co_flags & inspect.CO_GENERATOR
            or caller.co_name == "__iter__"
        ):
            self._saw("DataLoader wrapped")
        self._begun += 1
        samplers = [loader.sampler, loader.batch_sampler]
        samplers += [getattr(sampler, "sampler", None) for sampler in samplers]
        if any(isinstance(sampler, RandomSampler) for sampler in samplers):
            self._saw("RandomSampler")
        tensors = getattr(loader.dataset, "tensors", None)
        if tensors and tensors[0].dim() > 2:
            self._saw("images in the dataset")

    def _enter_module(self, model, args):
        self._depth += 1
        self._layer = id(model)
        given = args[0] if args else None
        shape = tuple(given.shape) if isinstance(given, torch.Tensor) else None
        self.given_to_layer = shape
        if self._depth == 1 and next(model.parameters(), None) is not None:
            self.model = model
            self._begin_pass()
            self.given = shape
            if shape and len(shape) == 4:
                self._saw("images")

    def _leave_module(self, model, args, result):
        self._depth -= 1
        self._layer = None
        if model is self.model and isinstance(result, torch.Tensor):
            self.shape = tuple(result.shape)

    def _before_backward(self, tensors, *args, **kwargs):
        """Enter a batch: what it held, and where its gradients begin."""
        self._saw("backward")
        if not torch.is_grad_enabled():
            self._saw("backward without recording")
        loss = tensors if isinstance(tensors, torch.Tensor) else tensors[0]
        params = list(self._params.values())
        values = [p.detach().clone() for p in params]
        if self.batches:
            self._end_update(values)
        else:
            self.start = [v.tolist() for v in values]
            if self.model:
                self.parameters = [
                    [name, self._registered[id(p)][1], list(p.shape)]
                    for name, p in self.model.named_parameters()
                    if id(p) in self._registered
                ]
                self.no_part = [
                    name
                    for name, p in self.model.named_parameters()
                    if id(p) not in self._params
                ]
        another = bool(self._learned) and not set(self._params) & set(
            self._learned
        )
        self._learned |= self._params
        if any(isinstance(p, nn.Parameter) for p in params):
            self._saw("nn.Parameter learned")
        if self._iterated == [False]:  # more were made ahead
            self._saw("images reshaped in the loop")
        self._last, self._values, self._cleared = params, values, None
        self.batches.append(
            {
                "images": self._images[-1] if self._images else None,
                "strange": self._strange,
                "another model": another,
                "labels": self._labels[-1] if self._labels else None,
                "loaders begun": self._begun,
                "picked": self._picked,
                "steps": self._steps,
                "lines": self._lines,
                "grids": self._grids,
                "windows": self._windows,
                "given": self.given,
                "training": self.model is None or self.model.training,
                "loss": loss.detach().sum().item(),
                "plain loss": self._losses[-1][0] if self._losses else None,
                "probabilities": self._probabilities,
                "shapes": [list(p.shape) for p in params],
                "sizes": [v.norm().item() for v in values],
                "places": [_places(v) for v in values],
                "left": [list(p.shape) for p in params if _has_grad(p)],
            }
        )
        self._begin()

    def _after_backward(self, *args, **kwargs):
        """Enter the gradients of the batch."""
        self._grads = [
            torch.zeros_like(p) if p.grad is None else p.grad.clone()
            for p in self._last
        ]
        self.batches[-1]["gradients"] = [g.norm().item() for g in self._grads]
        if len(self.batches) == 1:
            self._begun_to_learn(self.found())

    def _end_update(self, values):
        """Enter how far the parameters went along their gradients.

        `values` are theirs now. The gradients would be those of a plain
        step, so a scalar product tells a longer step, a shorter one, and
        one uphill.
        """
        if [v.shape for v in values] == [v.shape for v in self._values]:
            steps = zip(values, self._values, self._grads, strict=True)
            self.batches[-1]["moves"] = [
                ((after - before) * g).sum().item()
                for after, before, g in steps
            ]

    def _see_step(self, opt, args, kwargs):
        """Look at an optimizer that is about to move its parameters."""
        self._saw("Optimizer.step")
        if isinstance(opt, SGD):
            self._saw("SGD")
        if any(group.get("momentum") for group in opt.param_groups):
            self._saw("momentum")
        if not self.batches:
            self.step_first = True
        if self.step is None and self.batches:
            params = [p for group in opt.param_groups for p in group["params"]]
            moved = {id(p): p for p in params}
            [group, *_] = opt.param_groups
            self.step = {
                "lr": group["lr"],
                "besides": {
                    name: group[name] for name in BESIDES if group.get(name)
                },
                "missing": [
                    list(p.shape) for p in self._last if id(p) not in moved
                ],
                "no gradients": not any(map(_has_grad, moved.values())),
            }


class _Log:
    """The `log` of a program that is followed."""

    def __init__(self, trace, log):
        self._trace, self._log = trace, log

    def __call__(self, loss):
        self._log(loss)

    def validation(self, loss):
        self._trace.end_epoch(loss)
        self._log.validation(loss)


def _flat(values):
    """Return the values, with those in lists and tuples one level down."""
    flat = []
    for value in values:
        flat += value if isinstance(value, (list, tuple)) else [value]
    return flat


def _places(values):
    """Return a number that changes when values change their places.

    A matrix and its transpose have the same.
    """
    if values.dim() == 2 and values.shape[0] < values.shape[1]:
        values = values.T
    return (values.flatten() * torch.arange(values.numel())).sum().item()


def _are_log_probabilities(pred):
    """Tell whether the exponentials of each row add up to one."""
    if not isinstance(pred, torch.Tensor) or pred.dim() != 2:
        return False
    if not pred.is_floating_point():
        return False
    return bool((pred.detach().logsumexp(1).abs() < 1e-6).all())


def _has_grad(p):
    return p.grad is not None and bool(p.grad.any())


@contextmanager
def _spying(owner, name, before, after=None):
    """Let others see the arguments of a function when it is called."""
    original = getattr(owner, name)
    inside = False

    @functools.wraps(original)
    def replacement(*args, **kwargs):
        nonlocal inside
        if inside:  # it calls itself
            return original(*args, **kwargs)
        inside = True
        try:
            before(*args, **kwargs)
            result = original(*args, **kwargs)
            if after:
                after(*args, **kwargs)
            return result
        finally:
            inside = False

    setattr(owner, name, replacement)
    try:
        yield
    finally:
        setattr(owner, name, original)
