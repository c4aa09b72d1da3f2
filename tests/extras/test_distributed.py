"""Several processes train as one does, or all of them end."""

import os
import signal
import subprocess
import sys
import time

import pytest
import torch

from shared.errors import RunError
from shared.extras import distributed
from shared.proof.equivalence import ROUNDING, compare, load_train, record
from shared.proof.pool import trainings
from stages import TABLE
from stages.__main__ import main

STAGES = {stage.name: stage for stage in TABLE}
ALONE, TOGETHER = STAGES["12"], STAGES["encore-distributed"]
PRECONDITION = TOGETHER.promise.precondition


def train_a_part(digits):
    """Train as one of several processes; return what it saw."""
    torch.set_num_threads(1)
    return record(load_train(TOGETHER.path), digits, precondition=PRECONDITION)


@pytest.mark.slow
def test_two_processes_train_as_one(few):
    few = few._replace(test=None)  # a function, which cannot be sent
    alone = record(load_train(ALONE.path), few)
    together = distributed.launch(2, train_a_part, few)
    assert sorted(together) == [0, 1]
    for found in together.values():
        report = compare(alone, found, ROUNDING)
        assert report.equal, report.reading


@pytest.mark.slow
@pytest.mark.usefixtures("on_mnist")
def test_so_do_two_and_four_on_all_of_mnist():
    with trainings("mnist") as start:
        claims = distributed.prove(TOGETHER, ALONE, start, "mnist")
    assert [claim.held for claim in claims] == [True, True]


def test_a_process_alone_trains_as_stage_12_bit_for_bit(few):
    alone, together = (
        record(load_train(stage.path), few, precondition=precondition)
        for stage, precondition in ((ALONE, None), (TOGETHER, PRECONDITION))
    )
    report = compare(alone, together)
    assert report.equal, report.reading


def test_without_help_every_epoch_has_an_order_of_its_own(few, losses):
    """Which, as the batches hold all of the data, differ in their losses."""
    ordered = few._replace(
        x_train=few.x_train[:128].double(),
        y_train=few.y_train[:128],
        x_valid=few.x_valid.double(),
    )
    torch.set_default_dtype(torch.float64)
    try:
        TOGETHER.program.train(*ordered[1:5], losses, epochs=3, lr=0.0)
    finally:
        torch.set_default_dtype(torch.float32)
    epochs = list(zip(losses[::2], losses[1::2], strict=True))
    assert len(set(epochs)) == 3
    for first, second in epochs:
        assert first + second == pytest.approx(sum(epochs[0]), abs=1e-12)


@pytest.mark.parametrize(
    ("flags", "complaint"),
    [
        ("--nproc 3", "64 images of a batch can't be shared evenly by 3"),
        ("--nproc 2 --batch-size 63", "63 images of a batch can't be shared"),
        ("--nproc 32", "50,000 images can't be shared evenly by 32"),
        ("--nproc 0", "--nproc: '0' is not a whole number of at least 1"),
        ("--batch-size 50002", "--batch-size: 50,002 is more than"),
    ],
)
def test_what_can_not_be_shared_evenly_is_refused(flags, complaint, capsys):
    assert main([TOGETHER.name, *flags.split()]) == 2
    out, err = capsys.readouterr()
    assert (out, err.count("\n")) == ("", 1)
    assert complaint in err


def train_and_die(kind):
    """Run the command as one of several processes, of which rank 1 dies."""
    if os.environ["RANK"] == "1":
        loss_batch = TOGETHER.program.loss_batch
        batches = []

        def fatal(*args):
            batches.append(args)
            if len(batches) == 4:
                if kind is None:
                    raise RuntimeError("no more images. None at all")
                os.kill(os.getpid(), kind)
            return loss_batch(*args)

        TOGETHER.program.loss_batch = fatal
    sys.exit(main([TOGETHER.name, "--data", "standin", "--dry-run"]))


@pytest.mark.slow
@pytest.mark.parametrize(
    ("kind", "obituary"),
    [
        (signal.SIGKILL, "rank 1 was killed by SIGKILL"),
        (signal.SIGSEGV, "rank 1 was killed by SIGSEGV"),
        (None, "ended with exit code 1"),
    ],
)
def test_if_one_process_dies_all_end_and_say_so(kind, obituary, capfd):
    started = time.monotonic()
    with pytest.raises(RunError, match=f"{obituary}, and so the run has end"):
        distributed.launch(2, train_and_die, kind)
    assert time.monotonic() - started < 30
    lines = capfd.readouterr().err.splitlines()
    assert [line for line in lines if "rank 0 can't go on: " in line]
    if kind is None:
        assert "error: rank 1 can't go on: no more images" in lines
    assert not [line for line in lines if "Traceback" in line]


@pytest.mark.slow
def test_a_process_that_no_longer_answers_is_given_up(capfd):
    """It is stopped; what started it then takes half a minute to clear up."""
    with pytest.raises(RunError, match="and so the run has ended"):
        distributed.launch(2, train_and_die, signal.SIGSTOP)
    assert "Timed out waiting 20000ms" in capfd.readouterr().err


def on_two_machines(*flags):
    """Run the command as on two machines; return (code, out, err) of each."""
    command = [sys.executable, "-m", "torch.distributed.run", "--nnodes=2"]
    command += ["--master-addr=127.0.0.1", "--master-port=29555"]
    program = ["-m", "stages", TOGETHER.name, "--dry-run", *flags]
    machines = [
        subprocess.Popen(
            [*command, f"--node-rank={rank}", *program],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            cwd=TOGETHER.path.parents[2],
        )
        for rank in (0, 1)
    ]
    texts = [machine.communicate(timeout=60) for machine in machines]
    return [
        (machine.returncode, *text)
        for machine, text in zip(machines, texts, strict=True)
    ]


@pytest.mark.slow
def test_on_two_machines_torchrun_runs_it_and_one_process_talks():
    first, second = on_two_machines("--data", "standin")
    assert (first[0], second[0]) == (0, 0)
    assert "processes 2\n" in first[1]
    assert second[1] == ""


@pytest.mark.slow
def test_on_two_machines_the_data_must_be_named():
    for code, out, err in on_two_machines():
        assert (code, out) == (1, "")
        assert "error: on several machines name the --data" in err
