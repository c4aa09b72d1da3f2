"""Commands do what they say; bad input gets one clear line."""

import json
import re
import signal
import subprocess
import sys

import pytest
import requests
import torch

from shared.data import mnist, source
from shared.training import runner
from stages import LADDER
from stages.__main__ import main, run_file

load = mnist.load


@pytest.fixture(autouse=True)
def folder(few, monkeypatch, tmp_path):
    """Load a few digits and write runs to a folder of the test's own."""
    monkeypatch.setattr(mnist, "load", lambda data: few)
    monkeypatch.setattr(runner, "RUNS", tmp_path)
    return tmp_path


@pytest.mark.parametrize(
    ("command", "complaint"),
    [
        ("0", "no stage '0'"),
        ("13", "no stage '13'"),
        ("seven", "no stage 'seven'"),
        ("07 --epochs 0", "--epochs: '0'"),
        ("07 --epochs -1", "--epochs: '-1'"),
        ("07 --epochs two", "--epochs: 'two'"),
        ("07 --epochs 1.5", "--epochs: '1.5'"),
        ("07 --epochs", "--epochs: expected one argument"),
        ("07 --batch-size 0", "--batch-size: '0'"),
        ("07 --batch-size 50001", "--batch-size: 50,001"),
        ("07 --lr -0.1", "--lr: '-0.1'"),
        ("07 --lr nan", "--lr: 'nan'"),
        ("07 --lr inf", "--lr: 'inf'"),
        ("07 --lr fast", "--lr: 'fast'"),
        ("07 --seed -1", "--seed: '-1'"),
        ("07 --seed 99999999999999999999", "--seed: '99999999999999999999'"),
        ("07 --threads 0", "--threads: '0'"),
        ("07 --data cifar", "--data: invalid choice: 'cifar'"),
        ("07 --dtype float16", "--dtype: invalid choice: 'float16'"),
        ("07 --bogus", "unrecognized arguments: --bogus"),
        ("07 --epoch 3", "unrecognized arguments: --epoch"),
        ("07 08", "unrecognized arguments: 08"),
        ("--epochs 3", "arguments are required: stage"),
        ("diff", "arguments are required: stage"),
        ("diff 13", "no stage '13'"),
        ("diff 3 4 5", "between two stages, not 03, 04, 05"),
        ("diff 7 07", "between two stages, not 07, 07"),
        ("diff 7 --plain --unified", "not allowed with argument --plain"),
        ("data now", "unrecognized arguments: now"),
    ],
)
def test_bad_input_gets_one_line_and_exit_code_2(command, complaint, capsys):
    assert main(command.split()) == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert err.count("\n") == 1
    assert err.startswith("error: ")
    assert complaint in err


@pytest.mark.parametrize("name", ["07", "7", "stage_07_dataloader"])
def test_a_stage_answers_to_its_number_and_to_its_module(name, capsys):
    assert main([name, "--dry-run"]) == 0
    assert "Stage 07, dataloader" in capsys.readouterr().out


def test_without_a_command_the_ladder_is_listed(capsys):
    assert main([]) == 0
    out = capsys.readouterr().out
    for stage in LADDER:
        assert f"{stage.name}  {stage.title}" in out


@pytest.mark.parametrize("flag", ["--help", "-h"])
def test_help_is_not_an_error(flag, capsys):
    for command in ([flag], ["07", flag]):
        with pytest.raises(SystemExit) as stopped:
            main(command)
        assert stopped.value.code == 0
        assert "usage: python -m stages" in capsys.readouterr().out


def imported_by(code):
    """Return the modules that Python has imported after running `code`."""
    code += "\nimport sys\nprint('\\n'.join(sys.modules))"
    done = subprocess.run(
        [sys.executable, "-c", code],
        capture_output=True,
        text=True,
        check=True,
    )
    return set(done.stdout.splitlines())


def test_nothing_slow_is_imported_to_list_to_help_or_to_find_an_error():
    imported = imported_by(
        "from contextlib import suppress\n"
        "from stages.__main__ import main\n"
        "for line in ('', '--help', '07 --help', '13', '07 --lr x', 'dif'):\n"
        "    with suppress(SystemExit):\n"
        "        main(line.split())"
    )
    slow = {"torch", "numpy", "matplotlib", "requests", "tqdm"}
    assert "stages.__main__" in imported
    assert not slow & imported


def test_a_run_needs_no_matplotlib_before_its_pictures():
    imported = imported_by(
        "from shared.data import mnist\nfrom shared.training import runner"
    )
    assert "torch" in imported
    assert not {"matplotlib", "requests", "rich"} & imported


def test_the_result_is_printed_before_the_pictures_are_drawn(
    monkeypatch, capsys
):
    printed = []
    monkeypatch.setattr(
        runner, "write", lambda *_: printed.append(capsys.readouterr().out)
    )
    assert main(["02"]) == 0
    assert "accuracy" in printed[0]


def test_a_run_says_what_it_trains_on_what(capsys, digits):
    options = ["--batch-size", "50", "--lr", "0.25", "--seed", "3"]
    main(["08", "--epochs", "1", *options])
    out = capsys.readouterr().out
    assert (
        f"Stage 08, validation, on {digits.name}: 1,000 images to train on,"
        " 200 to validate on.\n"
        "cpu, 1 thread, float32, seed 3,"
        " epochs 1, batch_size 50, lr 0.25\n"
    ) in out
    assert re.search(r"^epoch 1: validation loss \d\.\d{4}$", out, re.M)
    assert re.search(
        r"^validation loss \d\.\d{4}, accuracy 0\.\d{4} over 200 images,"
        r" \d+\.\d s$",
        out,
        re.M,
    )


def test_a_run_writes_its_metrics_and_three_pictures(folder, digits):
    main(["09", "--batch-size", "100", "--seed", "3"])
    [run] = folder.iterdir()
    assert run.name == "stage-09"
    files = {path.name: path for path in run.iterdir()}
    pictures = {"loss.png", "predictions.png", "confusion.png"}
    assert set(files) == pictures | {"metrics.json"}
    for name in pictures:
        assert files[name].read_bytes().startswith(b"\x89PNG")

    metrics = json.loads(files["metrics.json"].read_text())
    assert metrics.pop("seconds") > 0
    assert len(metrics.pop("losses")) == 2 * 10
    valid_losses = metrics.pop("valid_losses")
    assert len(valid_losses) == 2
    assert metrics.pop("valid_loss") == pytest.approx(valid_losses[-1], 1e-5)
    assert 0 < metrics.pop("valid_accuracy") < 1
    assert metrics == {
        "stage": "09",
        "data": digits.name,
        "device": "cpu",
        "dtype": "float32",
        "threads": 1,
        "seed": 3,
        "epochs": 2,
        "batch_size": 100,
        "lr": 0.1,
        "momentum": 0.9,
        "torch": torch.__version__,
    }


@pytest.mark.parametrize(
    ("flags", "threads"), [([], 1), (["--threads", "3"], 3)]
)
def test_a_run_takes_one_thread_or_as_many_as_it_is_told(
    folder, few, flags, threads, monkeypatch, capsys
):
    """However many torch would take."""

    def train(x, y, x_valid, y_valid, log, epochs=1, batch_size=1000):
        log(torch.tensor(float(torch.get_num_threads())))
        return torch.zeros(200, 10)

    monkeypatch.setattr(LADDER[1].program, "train", train)
    before = torch.get_num_threads()
    torch.set_num_threads(2)
    try:
        assert main(["02", *flags]) == 0
        assert torch.get_num_threads() == 2
    finally:
        torch.set_num_threads(before)
    metrics = json.loads((folder / "stage-02" / "metrics.json").read_text())
    assert metrics["losses"] == [threads]
    assert metrics["threads"] == threads
    assert (
        f"{threads} thread{'s' * (threads > 1)}, " in capsys.readouterr().out
    )


def test_a_run_reports_what_the_stage_computed(folder, few, losses):
    main(["06", "--dtype", "float64", "--seed", "1"])
    metrics = json.loads((folder / "stage-06" / "metrics.json").read_text())
    train = LADDER[5].program.train
    pred = runner.predict(train, few, losses, seed=1, dtype=torch.float64)
    right = sum(
        p.argmax() == y for p, y in zip(pred, few.y_valid, strict=True)
    )
    assert metrics["losses"] == losses
    assert metrics["valid_accuracy"] == right / 200


def test_a_dry_run_is_short_and_writes_nothing(folder, capsys):
    main(["07", "--dry-run"])
    assert "320 images to train on" in capsys.readouterr().out
    assert list(folder.iterdir()) == []


def test_all_stages_run_and_are_compared(capsys):
    assert main(["all", "--dry-run"]) == 0
    *_, heading, table = re.split(r"(\nstage .*\n)", capsys.readouterr().out)
    assert "accuracy" in heading
    rows = [row.split()[0] for row in table.split("\n\n")[0].splitlines()]
    assert rows == [stage.name for stage in LADDER]


@pytest.mark.parametrize("lr", ["1e30", "1e38"])
def test_a_loss_that_is_no_number_stops_the_run(folder, capsys, lr):
    assert main(["09", "--lr", lr]) == 1
    out, err = capsys.readouterr()
    assert "accuracy" not in out
    assert re.fullmatch(
        r"error: the loss became (nan|inf) at epoch 1, batch \d:"
        r" try a smaller --lr\n",
        err,
    )
    assert list(folder.iterdir()) == []


def test_a_folder_that_cannot_be_written_to_is_one_line(folder, capsys):
    (folder / "stage-02").write_text("in the way")
    assert main(["02", "--epochs", "1"]) == 1
    assert re.fullmatch(r"error: .*stage-02.*\n", capsys.readouterr().err)


def test_a_wrong_mnist_dir_is_bad_input(monkeypatch, tmp_path, capsys):
    monkeypatch.setattr(mnist, "load", load)
    monkeypatch.setenv("MNIST_DIR", str(tmp_path / "nowhere"))
    assert main(["07"]) == 2
    out, err = capsys.readouterr()
    assert out == ""
    assert re.fullmatch(
        r"error: MNIST_DIR is not MNIST: .*nowhere is not a folder\n", err
    )


def test_insisting_on_mnist_that_is_not_to_be_had_is_an_error(
    monkeypatch, tmp_path, capsys
):
    def get(*_, **__):
        raise requests.ConnectionError

    monkeypatch.setattr(mnist, "load", load)
    monkeypatch.setattr(source, "CACHE", tmp_path)
    monkeypatch.setattr(requests, "get", get)
    monkeypatch.delenv("MNIST_DIR", raising=False)
    for command in (["07", "--data", "mnist"], ["data"]):
        assert main(command) == 1
        out, err = capsys.readouterr()
        assert out == ""
        assert re.fullmatch(r"error: MNIST is not available: .*\n", err)


@pytest.mark.slow
def test_a_stage_runs_as_a_module(digits):
    stage = LADDER[3]
    data = mnist.flag(digits.name)
    module = f"stages.{stage.module}"
    out = subprocess.run(
        [sys.executable, "-m", module, "--dry-run", "--data", data],
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    assert "Stage 04, linear" in out
    assert "accuracy" in out


def test_a_copy_of_a_stage_runs_as_a_file_and_trains_what_it_says(
    digits, tmp_path
):
    data = mnist.flag(digits.name)
    copy = tmp_path / LADDER[3].path.name
    copy.write_text(LADDER[3].source.replace("epochs=2", "epochs=7"))
    out = subprocess.run(
        [sys.executable, copy, "--data", data, "--batch-size", "50000"],
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    assert "seed 0, epochs 7, batch_size 50000" in out
    assert "accuracy" in out


def test_another_program_does_not_pass_for_a_stage(tmp_path, capsys):
    other = tmp_path / "mine.py"
    other.write_text(LADDER[3].source.replace("epochs=2", "epochs=7"))
    with pytest.raises(SystemExit) as stopped:
        run_file(other)
    assert stopped.value.code == 2
    assert re.fullmatch(
        r"error: mine\.py has not the name of a stage, .*\n",
        capsys.readouterr().err,
    )


def test_ctrl_c_ends_with_one_line_and_exit_code_130(digits):
    data = mnist.flag(digits.name)
    run = subprocess.Popen(
        [sys.executable, "-m", "stages", "09", "--data", data],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert "Stage 09" in run.stdout.readline()
    run.send_signal(signal.SIGINT)
    _, err = run.communicate(timeout=30)
    assert run.returncode == 130
    assert err == "interrupted\n"


@pytest.mark.parametrize(
    ("command", "code", "said"),
    [
        ("07", 1, "has no"),
        ("", 1, "has no rich: use make, or activate .venv"),
        ("explain 13", 2, "no stage '13'"),
    ],
)
def test_a_python_without_the_packages_is_told_what_to_do(command, code, said):
    """With -S it finds none that are installed."""
    done = subprocess.run(
        [sys.executable, "-S", "-m", "stages", *command.split()],
        cwd=LADDER[0].path.parents[1],
        capture_output=True,
        text=True,
    )
    assert done.returncode == code
    [line] = done.stderr.splitlines()
    assert line.startswith("error: ")
    assert said in line
