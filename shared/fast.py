"""Measure what each change from stage 12 to the fast encore is worth."""

import json
import os
import tempfile
import time
from pathlib import Path
from statistics import median

import torch
from tqdm import tqdm

from shared import mnist, runner
from shared.equivalence import load_train
from shared.files import replacing
from shared.proof import Claim, fingerprint, markdown_table, same_predictions

PAIRS = 7  # of trainings, one of them the parent's
AT_MOST = 0.8  # of the time of the parent

# Each gain is what it replaces in the parent's code, and with what; all of
# them turn that into the code of the encore.
GAINS = {
    "batches fetched whole": (
        (
            "from torch.utils.data import DataLoader, TensorDataset\n",
            "from torch.utils.data import (\n"
            "    DataLoader,\n"
            "    RandomSampler,\n"
            "    SequentialSampler,\n"
            "    TensorDataset,\n"
            ")\n",
        ),
        (
            "def loss_batch(",
            "class Batches:\n"
            "    def __init__(self, sampler, batch_size):\n"
            "        self.sampler = sampler\n"
            "        self.batch_size = batch_size\n"
            "\n"
            "    def __iter__(self):\n"
            "        indices = torch.tensor(list(self.sampler))\n"
            "        yield from indices.split(self.batch_size)\n"
            "\n\n"
            "def loss_batch(",
        ),
        (
            "    train_dl = DataLoader(train_ds, batch_size=batch_size,"
            " shuffle=True)\n"
            "    valid_dl = DataLoader(valid_ds, batch_size=batch_size * 2)\n",
            "    shuffled = Batches(RandomSampler(train_ds), batch_size)\n"
            "    in_order = Batches("
            "SequentialSampler(valid_ds), batch_size * 16)\n"
            "    train_dl = DataLoader("
            "train_ds, sampler=shuffled, batch_size=None)\n"
            "    valid_dl = DataLoader("
            "valid_ds, sampler=in_order, batch_size=None)\n",
        ),
    ),
    "data prepared once": (
        (
            "class WrappedDataLoader:\n"
            "    def __init__(self, dl, func):\n"
            "        self.dl = dl\n"
            "        self.func = func\n"
            "\n"
            "    def __iter__(self):\n"
            "        for xb, yb in self.dl:\n"
            "            yield self.func(xb, yb)\n"
            "\n\n",
            "",
        ),
        (
            "TensorDataset(x_train, y_train)",
            "TensorDataset(*preprocess(x_train, y_train))",
        ),
        (
            "TensorDataset(x_valid, y_valid)",
            "TensorDataset(*preprocess(x_valid, y_valid))",
        ),
        ("    train_dl = WrappedDataLoader(train_dl, preprocess)\n", ""),
        ("    valid_dl = WrappedDataLoader(valid_dl, preprocess)\n", ""),
    ),
    "channels last": (
        (
            "cnn().to(device)",
            "cnn().to(device, memory_format=torch.channels_last)",
        ),
    ),
    "activations in place": tuple(
        (f"nn.ReLU(),  # {shape}", f"nn.ReLU(inplace=True),  # {shape}")
        for shape in ("(n, 16, 14, 14)", "(n, 16, 7, 7)", "(n, 10, 4, 4)")
    ),
    "fused optimizer": (
        ("momentum=momentum)", "momentum=momentum, fused=True)"),
    ),
}
ALL = "all of these, the encore"
COMPILE = "only torch.compile, which the encore leaves out"
COMPILED = (("cnn().to(device)", "torch.compile(cnn().to(device))"),)


def edited(code, edits):
    """Return code in which each old text, there once, is the new one."""
    for old, new in edits:
        if code.count(old) != 1:
            raise ValueError(f"not there exactly once: {old!r}")
        code = code.replace(old, new)
    return code


def run(stage, *, measure, into, data, no_accel, **options):
    """Train as a stage does, or measure the gains and write them down."""
    if measure:
        into = into or runner.RUNS / stage.target
        print(text(report(stage, data, into)))
        print(f"wrote speed.json to {into}")
        return
    digits, options = runner.ready([stage], data, no_accel, options)
    train = stage.program.train
    runner.run(stage, train, digits, accel=not no_accel, **options)


def report(stage, data, into):
    """Measure every gain by itself; write `speed.json` to the folder."""
    parent = stage.origin
    digits = mnist.load(data)
    codes = {gain: edited(parent.code, edits) for gain, edits in GAINS.items()}
    codes |= {ALL: stage.code, COMPILE: edited(parent.code, COMPILED)}
    found = {
        "data": digits.name,
        "torch": torch.__version__,
        "threads": torch.get_num_threads(),
        "cores": os.cpu_count(),
        "pairs": PAIRS,
        "parent": parent.name,
        "code": {row.name: fingerprint(row) for row in (parent, stage)},
        "gains": measure(parent.code, codes, digits),
    }
    with replacing(into / "speed.json") as part:
        part.write_text(json.dumps(found, indent=1) + "\n")
    return found


def measure(code, codes, digits, pairs=PAIRS):
    """Time programs against another, on the CPU, in pairs side by side.

    `code` is the other's, `codes` maps names to theirs. Returns for each its
    name, the median seconds of a training of it and of the other, and the
    median of their ratio; or `failed`, the reason why it can't be run, as
    `torch.compile` can't without a compiler.
    """
    found = []
    with tempfile.TemporaryDirectory() as folder:
        trains = []
        for i, text in enumerate((code, *codes.values())):
            path = Path(folder) / f"program_{i}.py"
            path.write_text(text)
            trains.append(load_train(path))
        other, *trains = trains
        for gain, train in zip(codes, trains, strict=True):
            bar = tqdm(range(pairs), gain, disable=None, leave=False)
            try:
                times = [_pair(other, train, digits, i % 2) for i in bar]
            except RuntimeError as error:
                reason = str(error).partition("\n")[0]
                found.append({"gain": gain, "failed": reason})
                continue
            found.append(
                {
                    "gain": gain,
                    "parent": round(median(a for a, _ in times), 3),
                    "seconds": round(median(b for _, b in times), 3),
                    "ratio": round(median(b / a for a, b in times), 3),
                }
            )
    return found


def _pair(a, b, digits, swapped):
    """Return the seconds of one training of each, run one after another."""
    if swapped:
        return _pair(b, a, digits, False)[::-1]
    return _seconds(a, digits), _seconds(b, digits)


def _seconds(train, digits):
    torch.compiler.reset()  # forgets what it compiled
    options = runner.options_of(train, accel=False)
    started = time.perf_counter()
    runner.predict(
        train, digits, _Kept(), seed=0, dtype=torch.float32, **options
    )
    return time.perf_counter() - started


class _Kept(list):
    """Keeps losses as the log of a run does, and shows nothing."""

    def __call__(self, loss):
        self.append(loss.detach())

    validation = __call__


def table(found):
    """Return what was measured as rows of strings."""
    rows = [("gain", f"seconds, of stage {found['parent']}'s", "ratio")]
    for gain in found["gains"]:
        seconds, ratio = "not measured", gain.get("failed", "")
        if not ratio:
            seconds = f"{gain['seconds']:.1f} of {gain['parent']:.1f}"
            ratio = f"{gain['ratio']:.2f}"
        rows.append((gain["gain"], seconds, ratio))
    return rows


def text(found):
    """Return what was measured as lines for a terminal."""
    return "\n".join(
        f"{gain:50}{seconds:32}{ratio}"
        for gain, seconds, ratio in table(found)
    )


def markdown(found):
    """Return what was measured as a Markdown table, and how."""
    return (
        f"{markdown_table(table(found))}\nMedians of {found['pairs']} pairs of"
        f" trainings side by side, on {found['data']}, with"
        f" {found['threads']} threads on {found['cores']} cores.\n"
    )


def prove(stage, parent, start, data):
    """Compare predictions, and the time of two epochs."""
    digits = mnist.load(data)
    [found] = measure(parent.code, {ALL: stage.code}, digits)
    return [
        *same_predictions(stage, parent, start, data),
        Claim(
            f"at most {AT_MOST} of the time of {parent.name}",
            f"{found['ratio']:.2f}",
            found["ratio"] <= AT_MOST,
        ),
    ]
