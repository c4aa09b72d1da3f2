"""Train programs in processes of their own, several at a time."""

import functools
import multiprocessing
import os
import signal
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

import torch

from shared.data import mnist
from shared.errors import RunError
from shared.proof.equivalence import load_train, record


class Training(NamedTuple):
    """What to train: a program's file and the conditions."""

    path: Path
    seed: int = 0
    dtype: str = "float64"
    precondition: str | None = None
    threads: int = 1


@contextmanager
def trainings(data):
    """Yield a function that starts a `Training` in another process.

    It returns at once; `result()` of what it returns waits for the record.
    The same training is never started twice. One process a core, each with
    one thread of torch, gets more done than one process with all of them.
    Raises RunError if a process dies.
    """
    processes = min(os.cpu_count(), 8)
    pool = ProcessPoolExecutor(
        processes,
        mp_context=multiprocessing.get_context("spawn"),
        initializer=_prepare,
        initargs=(data,),
    )
    try:
        yield functools.cache(lambda job: pool.submit(_train, job))
    except BrokenProcessPool as error:
        raise RunError(
            "a training process ended unexpectedly: is there enough memory?"
        ) from error
    finally:
        pool.shutdown(cancel_futures=True)


def _prepare(data):
    """Get a new process ready: it keeps the data; Ctrl-C just ends it."""
    global splits
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    splits = mnist.load(data)


def _train(job):
    torch.set_num_threads(job.threads)
    return record(
        load_train(job.path),
        splits,
        seed=job.seed,
        dtype=getattr(torch, job.dtype),
        precondition=job.precondition,
    )
