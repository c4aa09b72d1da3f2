"""Train in several processes, started as `torchrun` starts them.

Rank 0 does what a run of a stage does; the other ranks only train.
"""

import logging
import os
import re
import signal
import sys

import torch
import torch.distributed as dist
from torch.distributed.elastic.multiprocessing.api import SignalException
from torch.distributed.elastic.multiprocessing.errors import ChildFailedError
from torch.distributed.launcher.api import LaunchConfig, elastic_launch

from shared.data import mnist
from shared.data.splits import N_TRAIN
from shared.errors import InputError, RunError
from shared.languages import say
from shared.proof.equivalence import ROUNDING, compare, load_train, record
from shared.proof.pool import Training
from shared.proof.prove import Claim
from shared.training import runner


def run(stage, nproc, **options):
    """Start the processes, or be one of those that torchrun started.

    Raises InputError for what can't be shared out evenly, RunError if a
    process dies.
    """
    if not dist.is_torchelastic_launched():
        _start(stage, nproc or 2, **options)
    elif nproc:
        raise InputError(
            say("argument --nproc: torchrun has --nproc-per-node")
        )
    else:
        _take_part(stage, **options)


def _start(stage, nproc, data, no_accel, dry_run, **options):
    """Check what can be checked beforehand, then start all processes.

    The data are looked for once, so that all will train on the same.
    """
    program = stage.program
    defaults = runner.options_of(program.train)
    try:
        batch_size = options["batch_size"] or defaults["batch_size"]
        program.share(batch_size, "images of a batch", nproc)
        program.share(N_TRAIN, "images", nproc)
    except ValueError as error:
        raise InputError(str(error)) from error
    kind = defaults["device"].type
    if kind != "cpu" and torch.accelerator.device_count() < nproc:
        print(
            say(
                "{n} processes need as many {kind} devices: on the CPU",
                n=nproc,
                kind=kind,
            )
        )
        no_accel = True
    options = runner.checked([stage], no_accel, options)
    options["data"] = mnist.flag(mnist.load(data).name)
    flags = ["--no-accel"] * no_accel + ["--dry-run"] * dry_run
    for name, value in options.items():
        flags += [f"--{name.replace('_', '-')}", str(value)]
    launch(nproc, sys.executable, "-m", "stages", stage.name, *flags)


def launch(nproc, entry, *args):
    """Run `entry` in `nproc` processes on this machine, as torchrun does.

    It is a program, or a function; returns what that returned, by rank.
    Raises RunError if one of them fails, and KeyboardInterrupt.
    """
    # What it logs of a death, in many lines, is said below in one.
    log = logging.getLogger("torch.distributed.elastic")
    log.addHandler(logging.NullHandler())
    log.propagate = False
    config = LaunchConfig(
        min_nodes=1,
        max_nodes=1,
        nproc_per_node=nproc,
        run_id="encore",
        rdzv_backend="c10d",
        rdzv_endpoint="127.0.0.1:0",
        local_addr="127.0.0.1",
        max_restarts=0,
        monitor_interval=0.5,  # seconds; the others can say what they lack
    )
    try:
        return elastic_launch(config, entry)(*args)
    except ChildFailedError as error:
        raise RunError(_obituary(error.failures)) from error
    except SignalException as error:
        raise KeyboardInterrupt from error


def _obituary(failures):
    """Say which process was the first to die, and of what.

    The others were ended with SIGTERM, or failed because one was missing.
    """
    rank, first = min(
        failures.items(),
        key=lambda item: (
            item[1].exitcode == -signal.SIGTERM,
            item[1].exitcode > 0,
        ),
    )
    if first.exitcode < 0:
        return say(
            "rank {rank} was killed by {signal}, and so the run has ended",
            rank=rank,
            signal=signal.Signals(-first.exitcode).name,
        )
    return say(
        "rank {rank} ended with exit code {code}, and so the run has ended",
        rank=rank,
        code=first.exitcode,
    )


def _take_part(stage, data, no_accel, dry_run, **options):
    """Train as one of several processes."""
    # Of Ctrl-C, every process dies; the one that started them says so.
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    if data == "auto" and int(os.environ["GROUP_WORLD_SIZE"]) > 1:
        raise InputError(
            say(
                "on several machines name the --data, so that all train on"
                " the same"
            )
        )
    options = runner.checked([stage], no_accel, options)
    splits = mnist.load(data)
    rank, n = (int(os.environ[name]) for name in ("RANK", "WORLD_SIZE"))
    options |= {"accel": not no_accel, "dry_run": dry_run}
    train = stage.program.train
    try:
        if rank == 0:
            conditions = {"processes": n}
            runner.run(stage, train, splits, conditions=conditions, **options)
        else:
            _follow(train, splits, **options)
    except ValueError as error:
        raise InputError(str(error)) from error
    except RuntimeError as error:
        # Without the line in the source of gloo, and without its advice.
        reason = re.sub(r"^\[\S+\] ", "", str(error)).partition(". ")[0]
        raise RunError(
            say("rank {rank} can't go on: {reason}", rank=rank, reason=reason)
        ) from error


def _follow(train, splits, *, seed, dtype, threads=runner.THREADS, **options):
    """Train as the other ranks do, without a word."""
    splits, options = runner.prepare(train, splits, **options)
    runner.predict(
        train,
        splits,
        _Silent(),
        seed=seed,
        dtype=getattr(torch, dtype),
        threads=threads,
        **options,
    )


class _Silent:
    def __call__(self, loss):
        pass

    def validation(self, loss):
        pass


def prove(stage, parent, start, data):
    """Compare the parent with several processes, every one of them."""
    alone = start(Training(parent.path)).result()
    claims = []
    for n in (2, 4):
        together = launch(
            n, _record, stage.path, stage.promise.precondition, data
        )
        reports = [
            compare(alone, together[rank], ROUNDING) for rank in range(n)
        ]
        worst = max(reports, key=lambda r: (not r.equal, r.pred or 0))
        claims.append(
            Claim(
                f"{n} processes: equal to stage {parent.name}, up to rounding",
                worst.reading if worst.pred is None else f"{worst.pred:.0e}",
                worst.equal,
            )
        )
    return claims


def _record(path, precondition, data):
    """Return what this process sees of a training in full."""
    return record(
        load_train(path), mnist.load(data), precondition=precondition
    )
