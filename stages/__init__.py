"""The ladder: the one table of stages that everything else is made from.

Make targets, command line, tests and the README's tables read `LADDER`, the
twelve stages; no second list of stages exists. `PRELUDE` is what comes
before them, `ENCORES` what comes after, and `TABLE` all three.
"""

import ast
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import Literal

from shared.files import text_of
from stages.flags import RUN


@dataclass(frozen=True)
class Promise:
    """What a change claims to preserve.

    `exact` means bit for bit and `rounding` up to rounding errors; a
    `change` declares another behaviour. `precondition` names what must be
    made equal before the two can be compared; `shared.proof.preconditions`
    knows how. `adds` names what is promised besides, a key of `ADDS`.
    """

    kind: Literal["exact", "rounding", "change"]
    precondition: Literal["initial weights", "order of images"] | None = None
    adds: str | None = None

    def __str__(self):
        text = {
            "exact": "equal bit for bit",
            "rounding": "equal up to rounding",
            "change": "a declared change",
        }[self.kind]
        if self.precondition:
            text += f", given the same {self.precondition}"
        if self.adds:
            text += f"; {ADDS[self.adds]}"
        return text


ADDS = {
    "any lr": "at other learning rates up to rounding",
    "no less accurate": "another model, no less accurate",
    "any size": "images of other sizes now work",
    "any device": "on an accelerator up to rounding",
    "limit": "what the others converge to",
    "resume": "also when killed and resumed",
    "any data": "when it trains on the digits",
}


@dataclass(frozen=True)
class Stage:
    """One row of the table: a stage, a prelude or an encore.

    `swaps_in` lists the code that this stage is the first to use, `goes_out`
    the code that its parent used and it does not. `max_changed_lines` bounds
    the lines that the change from the parent adds and removes, blank ones
    and the docstring aside. `parent` and `promise` are None where there is
    nothing before.

    A stage trains on MNIST and promises equality, and so does a prelude or
    encore that says no more. `helper` names the module of `shared.extras`
    for one that differs: its `run(stage, **options)` runs the row, its
    `prove(stage, parent, start, data)` checks the promise; what it lacks is
    done as for a stage. `flags` are those of the command, by their names in
    `stages.flags`.
    """

    name: str
    title: str
    module: str
    parent: str | None
    swaps_in: tuple[str, ...]
    goes_out: tuple[str, ...]
    max_changed_lines: tuple[int, int]
    promise: Promise | None
    helper: str | None = None
    flags: tuple[str, ...] = RUN

    @property
    def origin(self):
        """The row that this one is a change of, or None."""
        return next((row for row in TABLE if row.name == self.parent), None)

    @property
    def target(self):
        """What make calls it: "stage-07", or else its name."""
        return f"stage-{self.name}" if self.name.isdigit() else self.name

    @property
    def label(self):
        """What a sentence calls it: "Stage 09, cnn", "Encore fast"."""
        if self.name.isdigit():
            return f"Stage {self.name}, {self.title}"
        return f"{self.name.partition('-')[0].capitalize()} {self.title}"

    @property
    def program_name(self):
        """The name of the program as a module."""
        return f"{__name__}.{self.module}"

    @property
    def program(self):
        """The program as an imported module."""
        return import_module(self.program_name)

    @property
    def path(self):
        """The source file of the program."""
        return Path(__file__).parents[1] / self.file

    @property
    def file(self):
        """Its path within the project: "stages/stage_09_cnn.py"."""
        return f"stages/{self.module.replace('.', '/')}.py"

    @property
    def source(self):
        """The whole program as text."""
        return text_of(self.path)

    @property
    def code(self):
        """The source of the program without its docstring."""
        return self.source.partition('"""\n')[2]

    @property
    def notes(self):
        """The docstring of the stage without its title, as Markdown."""
        docstring = ast.get_docstring(ast.parse(self.source))
        return docstring.partition("\n\n")[2]


EXACT = Promise("exact")
ROUNDING = Promise("rounding")

PRELUDE = (
    Stage(
        name="prelude-autograd",
        title="autograd",
        module="prelude.autograd",
        parent=None,
        swaps_in=("requires_grad", "backward", "retain_grad", "jacobian"),
        goes_out=(),
        max_changed_lines=(0, 0),
        promise=None,
        helper="autograd",
        flags=(),
    ),
    Stage(
        name="prelude-linear-by-hand",
        title="linear by hand",
        module="prelude.linear_by_hand",
        parent=None,
        swaps_in=("k_grad", "b_grad"),
        goes_out=(),
        max_changed_lines=(0, 0),
        promise=None,
        helper="linear_regression",
        flags=("--points", "--epochs", "--lr"),
    ),
    Stage(
        name="prelude-linear-autograd",
        title="linear autograd",
        module="prelude.linear_autograd",
        parent="prelude-linear-by-hand",
        swaps_in=("torch.from_numpy", "loss.backward", "torch.no_grad"),
        goes_out=("k_grad", "b_grad"),
        max_changed_lines=(10, 5),
        promise=ROUNDING,
        helper="linear_regression",
        flags=("--points", "--epochs", "--lr"),
    ),
    Stage(
        name="prelude-linear-module",
        title="linear module",
        module="prelude.linear_module",
        parent="prelude-linear-autograd",
        swaps_in=("nn.Linear", "nn.MSELoss", "optim.SGD"),
        goes_out=("torch.no_grad", "k.grad", "b.grad"),
        max_changed_lines=(13, 12),
        promise=ROUNDING,
        helper="linear_regression",
        flags=("--points", "--epochs", "--lr"),
    ),
    Stage(
        name="prelude-linear-closed-form",
        title="linear closed form",
        module="prelude.linear_closed_form",
        parent="prelude-linear-module",
        swaps_in=("torch.linalg.lstsq",),
        goes_out=(
            "nn.Linear",
            "nn.MSELoss",
            "optim.SGD",
            "model",
            "loss_func",
            "opt",
            "for epoch in range(epochs)",
            "lr",
        ),
        max_changed_lines=(8, 18),
        promise=Promise("change", adds="limit"),
        helper="linear_regression",
        flags=("--points",),
    ),
)

LADDER = (
    Stage(
        name="01",
        title="from scratch",
        module="stage_01_from_scratch",
        parent=None,
        swaps_in=("torch", "log_softmax", "nll", "loss.backward"),
        goes_out=(),
        max_changed_lines=(0, 0),
        promise=None,
    ),
    Stage(
        name="02",
        title="cross entropy",
        module="stage_02_cross_entropy",
        parent="01",
        swaps_in=("F.cross_entropy",),
        goes_out=("log_softmax", "nll"),
        max_changed_lines=(3, 6),
        promise=ROUNDING,
    ),
    Stage(
        name="03",
        title="module",
        module="stage_03_module",
        parent="02",
        swaps_in=(
            "nn.Module",
            "nn.Parameter",
            "model.parameters",
            "model.zero_grad",
        ),
        goes_out=("requires_grad_", "weights.grad", "bias.grad"),
        max_changed_lines=(12, 9),
        promise=EXACT,
    ),
    Stage(
        name="04",
        title="linear",
        module="stage_04_linear",
        parent="03",
        swaps_in=("nn.Linear",),
        goes_out=("weights", "bias", "@"),
        max_changed_lines=(2, 4),
        promise=Promise("rounding", precondition="initial weights"),
    ),
    Stage(
        name="05",
        title="optim",
        module="stage_05_optim",
        parent="04",
        swaps_in=("optim.SGD", "opt.step", "opt.zero_grad"),
        goes_out=("torch.no_grad", "p.grad", "model.zero_grad"),
        max_changed_lines=(4, 6),
        promise=Promise("exact", adds="any lr"),
    ),
    Stage(
        name="06",
        title="tensor dataset",
        module="stage_06_tensor_dataset",
        parent="05",
        swaps_in=("TensorDataset",),
        goes_out=(
            "x_train[start : start + batch_size]",
            "y_train[start : start + batch_size]",
        ),
        max_changed_lines=(4, 3),
        promise=EXACT,
    ),
    Stage(
        name="07",
        title="dataloader",
        module="stage_07_dataloader",
        parent="06",
        swaps_in=("DataLoader",),
        goes_out=("start", "range(0, len(train_ds), batch_size)"),
        max_changed_lines=(3, 3),
        promise=EXACT,
    ),
    Stage(
        name="08",
        title="validation",
        module="stage_08_validation",
        parent="07",
        swaps_in=(
            "loss_batch",
            "fit",
            "get_data",
            "model.train",
            "model.eval",
            "log.validation",
            "shuffle=True",
        ),
        goes_out=(),
        max_changed_lines=(31, 10),
        promise=Promise("rounding", precondition="order of images"),
    ),
    Stage(
        name="09",
        title="cnn",
        module="stage_09_cnn",
        parent="08",
        swaps_in=("nn.Conv2d", "F.relu", "F.avg_pool2d", "momentum"),
        goes_out=("Logistic", "nn.Linear"),
        max_changed_lines=(14, 6),
        promise=Promise("change", adds="no less accurate"),
    ),
    Stage(
        name="10",
        title="sequential",
        module="stage_10_sequential",
        parent="09",
        swaps_in=("nn.Sequential", "Lambda", "nn.ReLU", "nn.AvgPool2d"),
        goes_out=("CNN", "F.relu", "F.avg_pool2d"),
        max_changed_lines=(17, 12),
        promise=EXACT,
    ),
    Stage(
        name="11",
        title="adaptive pool",
        module="stage_11_adaptive_pool",
        parent="10",
        swaps_in=("nn.AdaptiveAvgPool2d", "WrappedDataLoader", "preprocess"),
        goes_out=("nn.AvgPool2d", "Lambda(lambda xb: xb.view(-1, 1, 28, 28))"),
        max_changed_lines=(13, 2),
        promise=Promise("rounding", adds="any size"),
    ),
    Stage(
        name="12",
        title="accelerator",
        module="stage_12_accelerator",
        parent="11",
        swaps_in=("torch.accelerator", "device"),
        goes_out=(),
        max_changed_lines=(7, 3),
        promise=Promise("exact", adds="any device"),
    ),
)

ENCORES = (
    Stage(
        name="encore-checkpoint",
        title="checkpoint",
        module="encore.checkpoint",
        parent="12",
        swaps_in=(
            "torch.save",
            "torch.load",
            "state_dict",
            "torch.get_rng_state",
            "resume",
        ),
        goes_out=(),
        max_changed_lines=(81, 3),
        promise=Promise("exact", adds="resume"),
        helper="checkpoint",
        flags=(*RUN, "--resume", "--predict"),
    ),
    Stage(
        name="encore-distributed",
        title="distributed",
        module="encore.distributed",
        parent="12",
        swaps_in=(
            "DistributedDataParallel",
            "DistributedSampler",
            "set_epoch",
            "dist.init_process_group",
            "dist.all_reduce",
        ),
        goes_out=("shuffle=True",),
        max_changed_lines=(44, 6),
        promise=Promise("rounding", precondition="order of images"),
        helper="distributed",
        flags=(*RUN, "--nproc"),
    ),
    Stage(
        name="encore-fast",
        title="fast",
        module="encore.fast",
        parent="12",
        swaps_in=(
            "BatchSampler",
            "batch_size=None",
            "torch.channels_last",
            "inplace=True",
            "fused=True",
        ),
        goes_out=("WrappedDataLoader", "shuffle=True"),
        max_changed_lines=(23, 18),
        promise=ROUNDING,
        helper="fast",
        flags=(*RUN, "--measure", "--output-dir"),
    ),
    Stage(
        name="encore-fashion",
        title="fashion",
        module="encore.fashion",
        parent="12",
        swaps_in=(
            "Dataset",
            "__getitem__",
            "transform",
            "num_workers",
            "drop_last",
            "mlp",
        ),
        goes_out=("TensorDataset",),
        max_changed_lines=(61, 9),
        promise=Promise("exact", adds="any data"),
        helper="fashion",
        flags=(
            *(flag for flag in RUN if flag != "--data"),
            "--network",
            "--num-workers",
            "--drop-last",
        ),
    ),
)

TABLE = PRELUDE + LADDER + ENCORES
