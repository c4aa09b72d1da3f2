"""What must be made equal before two programs can be compared.

It is done from outside, by replacing a part of torch for the length of a
training, so that no stage carries a line that only the proofs need.
"""

import math
from contextlib import ExitStack, contextmanager, nullcontext

import torch
from torch import nn
from torch.utils.data import RandomSampler
from torch.utils.data.distributed import DistributedSampler


@contextmanager
def starting(replace, layers=(nn.Linear, nn.modules.conv._ConvNd)):
    """Let layers start as `replace` makes it of their `reset_parameters`."""
    with ExitStack() as stack:
        for layer in layers:
            original = layer.reset_parameters
            layer.reset_parameters = replace(original)
            stack.callback(setattr, layer, "reset_parameters", original)
        yield


def same_initial_weights():
    """Let `nn.Linear` start as stage 03 does, on the same random numbers.

    Stage 03 draws a (784, 10) matrix and starts the bias at zero;
    `nn.Linear` would draw both evenly, and keeps its weight transposed.
    """

    def reset_parameters(self):
        drawn = torch.randn(self.in_features, self.out_features)
        with torch.no_grad():
            self.weight.copy_((drawn / math.sqrt(self.in_features)).T)
            if self.bias is not None:
                self.bias.zero_()

    return starting(lambda original: reset_parameters, [nn.Linear])


@contextmanager
def same_order_of_images():
    """Let samplers put the images in the order of the parent's program.

    A RandomSampler, such as a `DataLoader` with `shuffle=True` builds, goes
    through the numbers in order. A DistributedSampler shares out what a
    RandomSampler would draw, from the same random numbers.
    """
    drawn, shared = RandomSampler.__iter__, DistributedSampler.__iter__

    def as_one_process_draws(sampler):
        order = list(drawn(RandomSampler(sampler.dataset)))
        return iter(order[sampler.rank :: sampler.num_replicas])

    RandomSampler.__iter__ = lambda self: iter(range(self.num_samples))
    DistributedSampler.__iter__ = as_one_process_draws
    try:
        yield
    finally:
        RandomSampler.__iter__ = drawn
        DistributedSampler.__iter__ = shared


def given_weights(values):
    """Let linear and convolutional layers start with these values.

    `values` are those of each layer's weight and bias, as nested lists, in
    the order in which the layers are made. A matrix may be transposed.
    """
    ahead = iter(values)

    def reset_parameters(self):
        with torch.no_grad():
            for p in self.parameters():
                value = torch.tensor(next(ahead), dtype=p.dtype)
                p.copy_(value if value.shape == p.shape else value.T)

    return starting(lambda original: reset_parameters)


def drawn_from(state):
    """Let the first layer draw its weights from this state of torch.

    `state` is what `torch.get_rng_state` returns, as a list; None leaves it.
    """
    ahead = [torch.tensor(state, dtype=torch.uint8)] if state else []

    def drawing(original):
        def reset_parameters(self):
            if ahead:
                torch.set_rng_state(ahead.pop())
            original(self)

        return reset_parameters

    return starting(drawing)


# By the name that a promise gives them.
PRECONDITIONS = {
    None: nullcontext,
    "initial weights": same_initial_weights,
    "order of images": same_order_of_images,
}
