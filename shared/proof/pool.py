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
from shared.training import runner


class Training(NamedTuple):
    """What to train: a program's file and the conditions.

    Without `threads`, as many as `trainings` was told.
    """

    path: Path
    seed: int = 0
    dtype: str = "float64"
    precondition: str | None = None
    threads: int | None = None


@contextmanager
def trainings(data, threads=runner.THREADS):
    """Yield a function that starts a `Training` in another process.

    It returns at once; `result()` of what it returns waits for the record.
    The same training is never started twice. One process a core, each with
    one of the `threads` of torch, gets more done than one process with all
    of them. Raises RunError if a process dies.
    """
    processes = max(1, min(os.cpu_count() // threads, 8))
    pool = ProcessPoolExecutor(
        processes,
        mp_context=multiprocessing.get_context("spawn"),
        initializer=_prepare,
        initargs=(data,),
    )
    try:
        start = functools.cache(lambda job: pool.submit(_train, job))
        yield lambda job: start(job._replace(threads=job.threads or threads))
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
    return record(
        load_train(job.path),
        splits,
        seed=job.seed,
        dtype=getattr(torch, job.dtype),
        threads=job.threads,
        precondition=job.precondition,
    )
