"""Every program trains on another device, and shuffles by its seed.

No accelerator is needed: the device "meta" passes for one.
"""

import pytest
import torch
import torch.distributed as dist
import torch.nn.functional as F
from torch import nn, optim

from shared.proof import variation
from stages import ENCORES, LADDER

STAGES = {stage.name: stage for stage in LADDER + ENCORES}
ON_A_DEVICE = ["12", *(row.name for row in ENCORES)]


class Alone(nn.Module):
    """Stands for DistributedDataParallel: the model of the one process."""

    def __init__(self, model):
        super().__init__()
        self.module = model

    def forward(self, xb):
        return self.module(xb)


@pytest.fixture
def one_process(monkeypatch):
    """Let processes talk that have nobody to talk to, on any device."""
    program = STAGES["encore-distributed"].program
    monkeypatch.setattr(program, "DistributedDataParallel", Alone)
    monkeypatch.setattr(dist, "all_reduce", lambda tensor: None)
    monkeypatch.setattr(
        dist, "get_default_backend_for_device", lambda device: "gloo"
    )


@pytest.fixture
def no_fused_optimizer(monkeypatch):
    """Take `fused=True` out: PyTorch has it for real devices only."""

    def plain(parameters, lr, momentum, fused=False):
        return SGD(parameters, lr=lr, momentum=momentum)

    SGD = optim.SGD
    monkeypatch.setattr(optim, "SGD", plain)


@pytest.mark.parametrize("name", ON_A_DEVICE)
def test_it_trains_on_another_device(
    name, one_process, no_fused_optimizer, tmp_path, monkeypatch
):
    monkeypatch.chdir(tmp_path)  # encore-checkpoint saves its checkpoint
    assert variation.on_another_device(STAGES[name].program.train) == ""


def edited(name, old, new):
    """Return the `train` of a stage after an edit."""
    code = STAGES[name].code
    assert code.count(old) == 1
    program = {"__name__": "edited"}
    exec(code.replace(old, new), program)
    return program["train"]


@pytest.mark.parametrize(
    ("old", "new", "words"),
    [
        ("y.to(device)", "y", "cross_entropy is given tensors that"),
        ("28).to(device)", "28)", "conv2d is given tensors that"),
        ("cnn().to(device)", "cnn()", "conv2d is given tensors that"),
        (".cpu()", "", "it leaves predictions there"),
        (
            "    def preprocess",
            '    device = torch.device("cpu")\n\n    def preprocess',
            "it trains on the CPU",
        ),
    ],
)
def test_what_is_not_moved_is_noticed(old, new, words):
    assert words in variation.on_another_device(edited("12", old, new))


def test_a_stage_that_takes_no_device_has_none_to_get_wrong():
    assert variation.on_another_device(STAGES["11"].program.train) == ""


def test_tensors_that_meet_must_be_on_one_device_as_with_cuda():
    there = torch.rand(3, device="meta")
    with variation.Elsewhere() as elsewhere:
        for meet in (
            lambda: there + torch.rand(3),
            lambda: torch.stack([there, torch.rand(3)]),
            lambda: F.mse_loss(input=there, target=torch.rand(3)),
        ):
            with pytest.raises(RuntimeError, match="on cpu and meta"):
                meet()
        assert (there * torch.tensor(2.0)).device.type == "meta"
        assert there[torch.tensor([0, 2])].shape == (2,)
        assert there.cpu().device.type == "cpu"
        assert torch.rand(5).to("meta").shape == (5,)
    assert elsewhere.moved == 5


@pytest.mark.parametrize("stage", LADDER[6:], ids=lambda stage: stage.name)
def test_the_order_of_images_depends_on_the_seed_from_08_on(stage):
    train = stage.program.train
    shuffles = stage.name >= "08"
    assert variation.order_depends_on_seed(train) == shuffles


def test_an_order_with_a_seed_of_its_own_is_noticed():
    own = "shuffle=True, generator=torch.Generator()"
    assert not variation.order_depends_on_seed(
        edited("08", "shuffle=True", own)
    )
