"""Compare the last stage with what people would use instead.

Every training is done by a new process, in `.venv-bench/`, an environment
with the other libraries. The programs are those in `shared/extras/peers/`,
and `worker` there is what the processes run.
"""

import json
import os
import subprocess
import tempfile
import time
from contextlib import ExitStack, contextmanager
from pathlib import Path
from statistics import median
from typing import NamedTuple

import torch
from matplotlib.figure import Figure
from tqdm import tqdm

from shared.data import mnist
from shared.errors import RunError
from shared.extras import fast
from shared.files import replacing
from shared.results.published import fingerprint, fingerprints
from shared.tokens import lines
from shared.training import plots

ROOT = Path(__file__).parents[2]
PEERS = Path(__file__).parent / "peers"
ENVIRONMENT = ROOT / ".venv-bench"
FAST = "fast"  # the helper of the encore that takes part


class Peer(NamedTuple):
    """Another way to write what the last stage trains."""

    package: str
    program: str  # a file in PEERS
    more: str  # what it does that the stage doesn't
    differs: str  # what it does differently


COMPARED = (
    Peer(
        "lightning",
        "with_lightning.py",
        "devices, precision, several GPUs, checkpoints, loggers, callbacks",
        "",
    ),
    Peer(
        "pytorch-ignite",
        "with_ignite.py",
        "handlers of events, metrics, checkpoints, loggers, several GPUs",
        "",
    ),
    Peer(
        "skorch",
        "with_skorch.py",
        "the interface of scikit-learn: pipelines, grid search; it prints a"
        " table, with an accuracy for each epoch",
        "",
    ),
    Peer(
        "keras",
        "with_keras.py",
        "the same program on TensorFlow or JAX; callbacks, saving a model",
        "draws other initial weights; rounds float64 to float32 in means, but"
        " not in this comparison",
    ),
)


class Condition(NamedTuple):
    """How the programs are timed."""

    name: str
    threads: int  # 0: one a core
    busy: bool  # beside another training with one thread a core
    rounds: int


CONDITIONS = (
    Condition("quiet", 1, False, 3),
    Condition("busy", 1, True, 2),
    Condition("all cores", 0, False, 2),
)


def report(table, data, output_dir):
    """Compare, in equality and in time; write `bench.json` and `bench.png`.

    Raises RunError if there is no environment with the other libraries, or
    if a program can't be run.
    """
    if not (ENVIRONMENT / "pyvenv.cfg").exists():
        raise RunError(
            f"there is no {ENVIRONMENT.name}/, where other libraries are"
            " installed: `make bench` makes it"
        )
    [encore] = [row for row in table if row.helper == FAST]
    rows = [encore.origin, encore]
    splits = mnist.load(data)
    programs = {row.name: row.path for row in rows}
    programs |= {peer.package: PEERS / peer.program for peer in COMPARED}
    with Workers(splits) as workers:
        sizes = {p.package: weight(p.package, workers) for p in COMPARED}
        apart = equality(rows[0].program.cnn, programs, workers)
        timed = {
            condition.name: times(programs, condition, workers)
            for condition in CONDITIONS
        }
        compiled = time_compiled(rows[0].code, workers)
    found = {
        "data": splits.name,
        "torch": torch.__version__,
        "threads": 1,
        "cores": os.cpu_count(),
        "code": fingerprints(rows),
        "peers": {
            p.package: {
                "code": fingerprint(_source(p)),
                "more": p.more,
                "differs": p.differs,
            }
            for p in COMPARED
        },
        "conditions": [c._asdict() for c in CONDITIONS],
        "programs": {
            name: {
                "lines": lines(path.read_text(encoding="utf-8")),
                **sizes.get(name, {}),
                "apart": apart[name],
                **{c: timed[c][name] for c in timed},
            }
            for name, path in programs.items()
        },
        "compiled": compiled,
    }
    found["goals"] = goals(found)
    with replacing(output_dir / "bench.json") as part:
        part.write_text(json.dumps(found, indent=1) + "\n")
    draw(found, output_dir / "bench.png")
    return found


def _source(peer):
    return (PEERS / peer.program).read_text(encoding="utf-8")


class Workers:
    """Starts processes in the other environment, and ends them.

    They work in a folder of their own, which is removed with what libraries
    have left there. It holds the data that they are to train on.
    """

    def __init__(self, splits):
        self._splits = splits

    def __enter__(self):
        self._stack = ExitStack()
        name = self._stack.enter_context(
            tempfile.TemporaryDirectory(ignore_cleanup_errors=True)
        )
        self.folder = Path(name)
        splits = self._splits
        self.save(
            "data.pt",
            [
                tensor.clone()
                for tensor in (
                    splits.x_train,
                    splits.y_train,
                    splits.x_valid,
                    splits.y_valid,
                )
            ],
        )
        return self

    def __exit__(self, *error):
        self._stack.close()

    def save(self, name, tensors):
        """Write tensors to a file in the folder; return its path as text."""
        path = self.folder / name
        torch.save(tensors, path)
        return str(path)

    def run(self, task, **job):
        """Do one task in a process, and return what it found.

        `seconds` is how long the process took. Raises RunError with the last
        line of what it printed if it fails.
        """
        started = time.perf_counter()
        process = self._start(task, job)
        try:
            out, err = process.communicate()
        finally:
            process.kill()  # if it is still there, as after Ctrl-C
            process.wait()
        seconds = time.perf_counter() - started
        if process.returncode:
            raise _failure(job, err)
        return json.loads(out.splitlines()[-1]) | {"seconds": seconds}

    @contextmanager
    def neighbour(self, program):
        """Keep the machine busy meanwhile: train over and over.

        The process ends with the block, and with this process if that dies.
        """
        job = {"program": str(program), "threads": os.cpu_count()}
        process = self._start("keep busy", job)
        try:
            for line in process.stdout:
                if line.strip() == "{}":
                    break
            else:
                raise _failure(job, process.stderr.read())
            yield
        finally:
            process.kill()
            process.communicate()

    def _start(self, task, job):
        threads = job.get("threads") or os.cpu_count()
        job = {
            "task": task,
            "data": str(self.folder / "data.pt"),
            **job,
            "threads": threads,
        }
        path = self.folder / f"{task.replace(' ', '-')}.json"
        path.write_text(json.dumps(job), encoding="utf-8")
        folder = "Scripts" if os.name == "nt" else "bin"
        home = str(self.folder)
        return subprocess.Popen(
            [ENVIRONMENT / folder / "python", PEERS / "worker.py", path],
            cwd=home,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            encoding="utf-8",
            env=os.environ
            | {
                "OMP_NUM_THREADS": str(threads),
                "CUDA_VISIBLE_DEVICES": "",
                "KERAS_TORCH_DEVICE": "cpu",
                "KERAS_HOME": home,
                "TORCHINDUCTOR_CACHE_DIR": str(self.folder / "compiled"),
                "PYTHONWARNINGS": "ignore",
            },
        )


def _failure(job, err):
    """Return a RunError that says what went wrong in a process."""
    last = (err.strip().splitlines() or ["it printed nothing"])[-1]
    what = Path(job.get("program", job.get("package", ""))).name
    return RunError(f"{what} in {ENVIRONMENT.name}/ failed: {last}")


def weight(package, workers):
    """Return `version` and `megabytes` of a package, and its `packages`."""
    found = workers.run("weigh", package=package)
    return {key: found[key] for key in ("version", "megabytes", "packages")}


def equality(cnn, programs, workers):
    """Return how far each program ends from the first, in float64.

    All start with the weights that `cnn()` draws and see the images in the
    same order. What is compared is the log-probabilities of all images to
    validate on; the result maps names to the largest difference.
    """
    before = torch.get_default_dtype()
    torch.set_default_dtype(torch.float64)
    try:
        torch.manual_seed(0)
        drawn = [p.detach() for p in cnn().parameters()]
    finally:
        torch.set_default_dtype(before)
    weights = workers.save("weights.pt", drawn)
    preds = {}
    for name, path in tqdm(programs.items(), "equal?", disable=None):
        pred = workers.folder / "pred.pt"
        workers.run(
            "predict",
            program=str(path),
            weights=weights,
            pred=str(pred),
            threads=1,
        )
        preds[name] = torch.load(pred, weights_only=True).log_softmax(1)
    first = next(iter(preds.values()))
    return {
        name: (pred - first).abs().max().item() for name, pred in preds.items()
    }


def times(programs, condition, workers):
    """Time each program once a round, under one condition.

    Returns lists of seconds by name, one of each a round: of the `training`,
    of the `imports`, and of the `whole` process without reading the data.
    """
    found = {
        name: {"training": [], "imports": [], "whole": [], "accuracy": None}
        for name in programs
    }
    with ExitStack() as stack:
        if condition.busy:
            first = next(iter(programs.values()))
            stack.enter_context(workers.neighbour(first))
        rounds = tqdm(range(condition.rounds), condition.name, disable=None)
        for i in rounds:
            for name in _turn(list(programs), i):
                took = workers.run(
                    "clock",
                    program=str(programs[name]),
                    threads=condition.threads,
                    times=1,
                )
                entry = found[name]
                entry["training"].append(round(took["trainings"][0], 3))
                entry["imports"].append(round(took["imports"], 3))
                whole = took["seconds"] - took["reading"]
                entry["whole"].append(round(whole, 3))
                entry["accuracy"] = took["accuracy"]
    return found


def _turn(names, i):
    """Return the names beginning with the i-th: none always comes first."""
    i %= len(names)
    return names[i:] + names[:i]


def time_compiled(code, workers):
    """Time the code of a stage with its network compiled.

    Returns the seconds of a `first` training, which compiles, and of a
    `second` in the same process. Or `failed`, a reason: torch.compile needs a
    C++ compiler.
    """
    path = workers.folder / "compiled.py"
    path.write_text(fast.compiled(code), encoding="utf-8")
    try:
        took = workers.run("clock", program=str(path), threads=1, times=2)
    except RunError as error:
        return {"failed": str(error)}
    first, second = took["trainings"]
    return {"first": round(first, 3), "second": round(second, 3)}


def goals(found):
    """Return, by program and condition, its time beside the fastest peer's.

    Both the ratio of the medians and that of the least times of a training.
    """
    peers = list(found["peers"])
    others = [name for name in found["programs"] if name not in peers]
    ratios = {}
    for condition in (c["name"] for c in found["conditions"]):
        for kind, of in (("median", median), ("least", min)):
            seconds = {
                name: of(found["programs"][name][condition]["training"])
                for name in found["programs"]
            }
            fastest = min(seconds[name] for name in peers)
            for name in others:
                ratio = round(seconds[name] / fastest, 3)
                ratios.setdefault(name, {}).setdefault(condition, {})
                ratios[name][condition][kind] = ratio
    return ratios


def draw(found, path):
    """Draw how long each program trains: a dot a round, a bar to the median.

    One panel for each condition.
    """
    programs, conditions = found["programs"], found["conditions"]
    figure = Figure(
        figsize=(9, 0.6 + 0.4 * len(programs)), layout="constrained"
    )
    panels = figure.subplots(1, len(conditions), sharey=True, squeeze=False)
    names = list(programs)[::-1]
    ours = set(found["code"])
    for axes, condition in zip(panels[0], conditions, strict=True):
        for y, name in enumerate(names):
            seconds = programs[name][condition["name"]]["training"]
            color = plots.BLUE if name in ours else plots.GRAY
            axes.barh(y, median(seconds), color=color, alpha=0.6)
            axes.plot(seconds, [y] * len(seconds), "k.", markersize=4)
        axes.set(
            title=condition["name"],
            xlabel="seconds",
            yticks=range(len(names)),
            yticklabels=[_label(name, ours) for name in names],
        )
    plots.save(figure, path)


def _label(name, ours):
    """Return what a picture calls a program."""
    return f"stage {name}" if name in ours and name.isdigit() else name
