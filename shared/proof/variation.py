"""What one training, on the CPU and with one seed, can't show of a program.

On a machine without an accelerator nothing seems to be wrong if a program
forgets to move a tensor; and where the order of images is made equal from
outside, nothing if it does not come from the seed.
"""

from itertools import chain

import torch
from torch.overrides import TorchFunctionMode

from shared.data.splits import Splits
from shared.proof.preconditions import starting
from shared.training import runner
from shared.training.log import Kept

# What may be given tensors of two devices: copies, indices, `nn.Module.to`.
MAY_MIX = {
    "to",
    "copy_",
    "__getitem__",
    "__setitem__",
    "__set__",
    "_has_compatible_shallow_copy_type",
}


class Elsewhere(TorchFunctionMode):
    """Lets "meta" pass for an accelerator that this machine does not have.

    Every machine has that device; it knows shapes and keeps no numbers. Here
    tensors can be brought back from it, as zeros, and a function that is
    given tensors of both devices raises RuntimeError, as with CUDA; numbers
    (tensors without a dimension) may be on any device. `moved` is the length
    of the longest tensor that was moved there.
    """

    def __init__(self):
        super().__init__()
        self.moved = 0

    def __torch_function__(self, func, types, args=(), kwargs=None):
        kwargs = kwargs or {}
        name, given = func.__name__, [*args[1:], *kwargs.values()]
        if name in ("to", "cpu") and args[0].device.type == "meta":
            home = any(str(value) == "cpu" for value in given)
            if name == "cpu" or home:
                return torch.zeros(args[0].shape, dtype=args[0].dtype)
        if name == "new_tensor" and args[0].device.type == "meta":
            return args[0].new_zeros(len(args[1]))
        if name not in MAY_MIX:
            _check_devices(name, [*args, *kwargs.values()])
        result = func(*args, **kwargs)
        if name == "to" and args[0].dim() and result.device.type == "meta":
            self.moved = max(self.moved, len(result))
        return result


def _check_devices(name, arguments):
    """Raise RuntimeError if tensors of two devices are among these."""
    flat = chain.from_iterable(
        a if isinstance(a, list | tuple) else [a] for a in arguments
    )
    devices = {
        a.device.type for a in flat if isinstance(a, torch.Tensor) and a.dim()
    }
    if len(devices) > 1:
        raise RuntimeError(
            f"{name} is given tensors that are not on the same device, but on"
            f" {' and '.join(sorted(devices))}"
        )


def _digits():
    """Return images and labels drawn at random: 200 to train, 100 not."""
    random = torch.Generator().manual_seed(0)
    x = torch.rand(300, 784, generator=random)
    y = torch.randint(10, (300,), generator=random)
    few = x[:200], y[:200], x[200:], y[200:]
    return Splits("noise", *few, test=lambda: few[2:])


def on_another_device(train, **options):
    """Return what goes wrong if `train` is told another device, or "".

    "" as well if it does not take a device. `options` are other arguments.
    """
    if "device" not in runner.options_of(train):
        return ""
    meta, log = torch.device("meta"), Kept()
    try:
        with Elsewhere():
            pred = runner.predict(
                train,
                _digits(),
                log,
                seed=0,
                dtype=torch.float32,
                device=meta,
                **options,
            )
    except (RuntimeError, NotImplementedError) as error:
        message = str(error).partition("\n")[0]
        return f"on another device than the CPU: {message}"
    if any(loss.device != meta for loss in log):
        return "told another device than the CPU, it trains on the CPU"
    if pred.device == meta:
        return "told another device than the CPU, it leaves predictions there"
    return ""


def _weights_of_their_own_seed():
    """Let layers draw weights that are the same whatever the seed is."""

    def drawing_apart(reset_parameters):
        def reset(layer):
            with torch.random.fork_rng(devices=[]):
                torch.manual_seed(0)
                reset_parameters(layer)

        return reset

    return starting(drawing_apart)


def order_depends_on_seed(train):
    """Tell whether another seed changes more than the weights of layers."""
    losses = []
    with _weights_of_their_own_seed():
        for seed in (0, 1):
            log = Kept()
            options = runner.options_of(train, accel=False) | {"epochs": 1}
            runner.predict(
                train,
                _digits(),
                log,
                seed=seed,
                dtype=torch.float64,
                **options,
            )
            losses.append(torch.stack(log).tolist())
    return losses[0] != losses[1]
