"""Every stage keeps the contract: one function from data to predictions."""

import inspect
import shutil
import subprocess
import sys

import pytest
import torch

from shared.training import runner
from stages import LADDER

each_stage = pytest.mark.parametrize(
    "stage", LADDER, ids=lambda stage: stage.name
)


def predict(stage, digits, log, dtype=torch.float32, **options):
    train = stage.program.train
    options = runner.options_of(train, accel=False) | options
    return runner.predict(train, digits, log, seed=0, dtype=dtype, **options)


@each_stage
def test_train_takes_data_log_and_the_hyperparameters_of_its_stage(stage):
    parameters = list(inspect.signature(stage.program.train).parameters)
    wanted = ["x_train", "y_train", "x_valid", "y_valid", "log"]
    wanted += ["epochs", "batch_size", "lr"]
    if stage.name >= "09":
        wanted += ["momentum"]
    if stage.name == "12":
        wanted += ["device"]
    assert parameters == wanted

    options = runner.options_of(stage.program.train)
    assert (options["epochs"], options["batch_size"]) == (2, 64)
    assert options["lr"] == (0.5 if stage.name < "09" else 0.1)
    assert options.get("momentum", 0.9) == 0.9


@each_stage
def test_each_batch_is_logged_and_the_last_smaller_one_too(stage, few, losses):
    predict(stage, few, losses, epochs=3, batch_size=64)
    assert len(losses) == 3 * 16  # 1,000 = 15 * 64 + 40


@each_stage
def test_from_08_on_each_epoch_ends_with_a_validation_loss(stage, few, losses):
    predict(stage, few, losses, epochs=3)
    assert len(losses.valid) == (3 if stage.name >= "08" else 0)


@each_stage
@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_predictions_are_ten_numbers_an_image_in_the_dtype_of_the_images(
    stage, few, losses, dtype
):
    pred = predict(stage, few, losses, dtype, epochs=1)
    assert pred.shape == (200, 10)
    assert pred.dtype == dtype
    assert pred.device == torch.device("cpu")
    assert pred.isfinite().all()


@each_stage
def test_a_stage_leaves_the_data_alone_and_prints_nothing(
    stage, few, losses, capsys
):
    before = [t.clone() for t in few[1:5]]
    predict(stage, few, losses, epochs=1)
    assert all(map(torch.equal, before, few[1:5]))
    assert capsys.readouterr() == ("", "")


@each_stage
def test_the_same_seed_gives_the_same_predictions(stage, few, losses):
    first, second = (predict(stage, few, losses, epochs=1) for _ in range(2))
    assert torch.equal(first, second)


def test_the_files_alone_in_an_empty_folder_import_and_train(tmp_path):
    for stage in LADDER:
        shutil.copy(stage.path, tmp_path)
    modules = [stage.module for stage in LADDER]
    subprocess.run(
        [sys.executable, "-c", ALONE, *modules], cwd=tmp_path, check=True
    )


ALONE = """
import importlib, sys
sys.modules["stages"] = sys.modules["shared"] = None  # can't be imported
import torch
class Log:
    def __call__(self, loss): pass
    def validation(self, loss): pass
x, y = torch.rand(100, 784), torch.randint(10, (100,))
for module in sys.argv[1:]:
    train = importlib.import_module(module).train
    assert train(x, y, x, y, Log()).shape == (100, 10)
"""


def test_log_softmax_and_nll_are_cross_entropy():
    program = LADDER[0].program
    torch.manual_seed(1)
    scores = torch.randn(7, 10, dtype=torch.float64) * 3
    target = torch.randint(10, (7,))
    by_hand = -sum(
        float(scores[i, target[i]] - sum(scores[i].exp()).log())
        for i in range(7)
    )
    loss = program.nll(program.log_softmax(scores), target)
    assert loss.item() == pytest.approx(by_hand / 7, abs=1e-12)


def test_log_softmax_overflows_where_its_docstring_says():
    log_softmax = LADDER[0].program.log_softmax
    assert log_softmax(torch.tensor([88.7, 0.0])).isfinite().all()
    assert not log_softmax(torch.tensor([88.8, 0.0])).isfinite().all()


def test_the_cnn_has_half_the_parameters_of_the_linear_model():
    stages = {stage.name: stage.program for stage in LADDER}

    def size(model):
        return sum(p.numel() for p in model.parameters())

    assert size(stages["08"].Logistic()) == 7850
    assert size(stages["09"].CNN()) == 3930
    assert size(stages["10"].cnn()) == size(stages["11"].cnn()) == 3930
