"""A training that is killed and resumed ends as if it never had been."""

import io
import json
import math
import os
import pickle
import random
import re
import subprocess
import sys

import numpy as np
import pytest
import torch
from PIL import Image

from shared.data import mnist
from shared.extras import checkpoint, pictures
from shared.proof.equivalence import compare, load_train, record
from shared.training import runner
from stages import ENCORES, LADDER
from stages.__main__ import main

[ROW] = [row for row in ENCORES if row.helper == "checkpoint"]
ACCELERATOR = LADDER[-1]
CHECKPOINT = ROW.program


@pytest.fixture(scope="module")
def fewer(few):
    """So few digits that an epoch has four steps."""
    return few._replace(x_train=few.x_train[:200], y_train=few.y_train[:200])


@pytest.fixture
def folder(fewer, monkeypatch, tmp_path):
    """Load a few digits and write runs to a folder of the test's own."""
    monkeypatch.setattr(mnist, "load", lambda data: fewer)
    monkeypatch.setattr(runner, "RUNS", tmp_path)
    return tmp_path / "encore-checkpoint"


def save(path, fewer, epochs):
    """Train, and leave the checkpoint in this file."""
    path.parent.mkdir(exist_ok=True)
    runner.predict(
        CHECKPOINT.train,
        fewer,
        Log(),
        seed=0,
        dtype=torch.float32,
        path=path,
        epochs=epochs,
    )
    return path


@pytest.fixture
def saved(folder, fewer):
    """Return the path of the checkpoint of a training of one epoch."""
    return save(folder / f"{fewer.name}.pt", fewer, epochs=1)


def resume(*options):
    return main(["encore-checkpoint", "--resume", *options])


# Trains stage 12, then the encore once for each way to be killed, and
# resumes it. The processes are forked, so that torch is imported once.
KILLED = """
import os, signal, sys, torch
from pathlib import Path
from shared.proof.equivalence import load_train
torch.set_num_threads(1)
stage, encore, path = sys.argv[1:]
images, labels = torch.rand(200, 784), torch.randint(10, (200,))

def die(*_):
    os.kill(os.getpid(), signal.SIGKILL)

def train(program, kill_at=None, **options):
    seen = []
    class Log:
        def __call__(self, loss):
            seen.append(loss.item())
            if len(seen) == kill_at:
                die()
        validation = seen.append
    torch.manual_seed(1)
    pred = load_train(Path(program))(
        images, labels, images, labels, Log(), epochs=3, **options
    )
    return pred.detach(), torch.tensor(seen)

def killed(kill_at=None, patch=None, resume=False):
    child = os.fork()
    if child == 0:
        if patch:
            setattr(*patch, die)
        train(encore, kill_at, path=path, resume=resume)
        os._exit(0)
    assert os.WTERMSIG(os.waitpid(child, 0)[1]) == signal.SIGKILL

whole = train(stage)
# 4 steps and a validation an epoch: 5 calls of log.
for kill_at in ([6], [11], [9, 8, 14]):
    if os.path.exists(path):
        os.remove(path)
    for i, at in enumerate(kill_at):
        killed(at, resume=i > 0)
    ended = train(encore, path=path, resume=True)
    assert all(map(torch.equal, whole, ended)), kill_at
for patch in ((os, "replace"), (torch.serialization, "_save")):
    os.remove(path)
    killed(6)
    killed(patch=patch, resume=True)
    ended = train(encore, path=path, resume=True)
    assert all(map(torch.equal, whole, ended)), patch
print("equal")
"""


@pytest.mark.slow
@pytest.mark.skipif(
    sys.platform != "linux", reason="elsewhere torch does not survive a fork"
)
def test_killed_anywhere_after_the_first_epoch_it_ends_as_stage_12(tmp_path):
    paths = ACCELERATOR.path, ROW.path, tmp_path / "checkpoint.pt"
    done = subprocess.run(
        [sys.executable, "-c", KILLED, *paths],
        capture_output=True,
        text=True,
    )
    assert done.stdout == "equal\n", done.stderr


@pytest.mark.slow
def test_the_command_killed_and_resumed_ends_as_stage_12(digits):
    data = mnist.flag(digits.name)
    [claim] = checkpoint.prove(ROW, ACCELERATOR, None, data)
    assert claim.held, claim.found


class Stopped(Exception):
    pass


class Log:
    """A `log` that may stop the training after so many steps."""

    def __init__(self, steps=math.inf):
        self.left = steps

    def __call__(self, loss):
        if not self.left:
            raise Stopped
        self.left -= 1

    def validation(self, loss):
        pass


def stopped_and_resumed(train, digits, path):
    """Return the record of a training stopped in its second epoch."""
    log = Log(steps=6)
    options = {"seed": 0, "dtype": torch.float64, "path": path}
    with pytest.raises(Stopped):
        runner.predict(train, digits, log, **options)
    return record(train, digits, path=path, resume=True)


@pytest.fixture(scope="module")
def never_stopped(fewer):
    return record(ACCELERATOR.program.train, fewer)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("", ""),
        ('    model.load_state_dict(checkpoint["model"])\n', ""),
        ('    opt.load_state_dict(checkpoint["opt"])\n', ""),
        ('    torch.set_rng_state(checkpoint["random"])\n', ""),
        ("range(len(history), epochs)", "range(len(history) - 1, epochs)"),
        (
            "range(len(history), epochs)",
            "range(len(history) + resume, epochs)",
        ),
        ("range(len(history), epochs)", "range(epochs)"),
        ("in history:", "in []:"),
    ],
)
def test_whatever_is_forgotten_shows(old, new, fewer, never_stopped, tmp_path):
    code = ROW.code
    assert old in code
    path = tmp_path / "forgets.py"
    path.write_text(code.replace(old, new, 1))
    ended = stopped_and_resumed(
        load_train(path), fewer, tmp_path / "checkpoint.pt"
    )
    assert compare(never_stopped, ended).equal == (old == new)


def test_a_run_is_resumed_with_all_its_losses(saved, folder, capsys):
    assert resume("--epochs", "2") == 0
    assert "epoch 1: validation" in capsys.readouterr().out
    resumed = json.loads((folder / "metrics.json").read_text())
    main(["12"])
    path = runner.RUNS / "stage-12" / "metrics.json"
    whole = json.loads(path.read_text())
    for name in ("losses", "valid_losses", "valid_loss", "valid_accuracy"):
        assert resumed[name] == whole[name]
    assert resume("--epochs", "2") == 0  # though there is nothing to do
    assert (
        json.loads((folder / "metrics.json").read_text())["losses"]
        == (whole["losses"])
    )


def refused(capsys, *options):
    """Resume in vain; return the one line that says why."""
    capsys.readouterr()
    assert resume(*options) == 2
    err = capsys.readouterr().err
    assert err.startswith("error: ")
    assert err.count("\n") == 1
    return err


@pytest.mark.parametrize(
    ("options", "complaint"),
    [
        (["--seed", "1"], "with seed 0, not 1"),
        (["--batch-size", "32"], "with batch_size 64, not 32"),
        (["--lr", "0.01"], "with lr 0.1, not 0.01"),
        (["--dtype", "float64"], "with dtype torch.float32, not torch.float6"),
        (["--dry-run"], "there is no checkpoint"),
    ],
)
def test_a_checkpoint_goes_on_with_its_own_training_only(
    options, complaint, saved, capsys
):
    assert complaint in refused(capsys, *options)


def test_there_must_be_a_checkpoint_and_not_a_longer_one(
    folder, fewer, capsys
):
    assert "there is no checkpoint" in refused(capsys)
    save(folder / f"{fewer.name}.pt", fewer, epochs=2)
    assert "has 2 epochs already" in refused(capsys, "--epochs", "1")


class Evil:
    """What runs a command when it is unpickled."""

    def __init__(self, touched):
        self.touched = touched

    def __reduce__(self):
        return os.mkdir, (self.touched,)


def bad_files(good, touched):
    """Yield a name and the content of files that `save` did not write."""
    for length in (0, 1, 100, len(good) // 2, len(good) - 1):
        yield f"the first {length} bytes", good[:length]
    yield "a picture", b"\x89PNG\r\n\x1a\n" * 100
    yield "a pickle", pickle.dumps(Evil(touched))
    for what, zipped in (
        (Evil(touched), True),
        (Evil(touched), False),
        ({"settings": {}, "model": Evil(touched)}, True),
        (torch.nn.Linear(2, 2), True),  # a whole model
        (torch.nn.Linear(2, 2).state_dict(), True),
        (torch.ones(3), True),
        ([], True),
        ({"settings": {}}, True),
    ):
        file = io.BytesIO()
        torch.save(what, file, _use_new_zipfile_serialization=zipped)
        yield f"{type(what)}", file.getvalue()


def test_what_is_no_checkpoint_gets_one_line_and_is_not_unpickled(
    saved, capsys, tmp_path
):
    touched = str(tmp_path / "touched")
    for name, content in bad_files(saved.read_bytes(), touched):
        saved.write_bytes(content)
        for options in ([], ["--predict", str(picture(tmp_path))]):
            err = refused(capsys, *options)
            assert "is cut off, or no checkpoint of this program" in err, name
        assert saved.read_bytes() == content
    assert not os.path.exists(touched)
    pickle.loads(pickle.dumps(Evil(touched)))
    assert os.path.exists(touched)  # it would have been noticed


def test_a_flipped_bit_is_noticed_or_changes_nothing(saved, fewer):
    good = saved.read_bytes()

    def resumed():
        return runner.predict(
            CHECKPOINT.train,
            fewer,
            Log(),
            seed=0,
            dtype=torch.float32,
            path=saved,
            resume=True,
            epochs=1,
        )

    pred = resumed()
    flips = random.Random(0)
    noticed = 0
    for _ in range(100):
        bad = bytearray(good)
        bad[flips.randrange(len(bad))] ^= 1 << flips.randrange(8)
        saved.write_bytes(bad)
        try:
            assert torch.equal(resumed(), pred)
        except CHECKPOINT.CheckpointError:
            noticed += 1
    assert noticed > 50


def test_a_checkpoint_that_cannot_be_written_ends_the_run(
    saved, capsys, fewer
):
    (saved.parent / f"{saved.name}.part").mkdir()
    assert main(["encore-checkpoint", "--epochs", "2", "--resume"]) == 1
    err = capsys.readouterr().err
    assert re.fullmatch(r"error: .*\.pt\.part.*\n", err)


def test_who_interrupts_it_is_told_how_to_continue(
    folder, monkeypatch, capsys
):
    def interrupted(*_, **__):
        raise KeyboardInterrupt

    monkeypatch.setattr(runner, "run", interrupted)
    assert main(["encore-checkpoint"]) == 130
    out, err = capsys.readouterr()
    assert 'make encore-checkpoint ARGS="--resume"' in out
    assert err == "interrupted\n"


def test_a_dry_run_writes_nothing(folder):
    assert main(["encore-checkpoint", "--dry-run"]) == 0
    assert not folder.exists()


def picture(folder):
    """Write a PNG file of a 7, dark on light; return its path."""
    grey = np.full((60, 80), 220, np.uint8)
    grey[10:16, 20:50] = 20
    grey[16:50, 44:50] = 20
    path = folder / "$7_$.png"
    Image.fromarray(grey).save(path)
    return path


def test_pictures_are_read_by_the_model_that_was_saved(
    saved, folder, tmp_path, capsys
):
    capsys.readouterr()
    path = str(picture(tmp_path))
    flags = ["--predict", path, "--predict", path]
    assert main(["encore-checkpoint", *flags]) == 0
    out = capsys.readouterr().out
    digits = re.findall(
        r"^\$7_\$\.png: (\d), with probability (.*)", out, re.M
    )
    image = pictures.prepare(pictures.read(tmp_path / "$7_$.png"))
    [p] = CHECKPOINT.predict(image[None], saved)
    assert p.sum().item() == pytest.approx(1)
    assert digits == [(f"{p.argmax()}", f"{p.max():.3f}")] * 2
    written = (folder / "pictures.png").read_bytes()
    assert written.startswith(b"\x89PNG")


def test_predictions_are_those_of_the_training(saved, fewer):
    model = CHECKPOINT.cnn()
    checkpoint = torch.load(saved, weights_only=True)
    model.load_state_dict(checkpoint["model"])
    wanted = model(fewer.x_valid.view(-1, 1, 28, 28)).softmax(1)
    assert torch.equal(CHECKPOINT.predict(fewer.x_valid, saved), wanted)


def test_there_must_be_a_model_to_read_pictures(folder, tmp_path, capsys):
    path = str(picture(tmp_path))
    assert main(["encore-checkpoint", "--predict", path]) == 2
    assert "there is no model yet: `make" in capsys.readouterr().err


def test_what_is_no_picture_gets_one_line(saved, tmp_path, capsys):
    path = tmp_path / "notes.png"
    path.write_text("not a picture")
    assert main(["encore-checkpoint", "--predict", str(path)]) == 2
    assert capsys.readouterr().err == f"error: {path} is no PNG file\n"
