"""Measure what a command does between Enter and its last picture.

As a program, this module runs another as `python -m` would, and writes down
what it took:

    python -m shared.extras.startup laps.json 1700000000.0 stages 05

The number is when it was started, as `time.time()` tells it.
"""

import functools
import json
import os
import runpy
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from shared.errors import RunError
from shared.files import replacing

try:
    import resource
except ImportError:  # Windows has none
    resource = None

ROOT = Path(__file__).parents[2]
STAGES = ("05", "12")  # the first that has an optimizer; the largest
RUNS = 5  # of each; the quickest counts
TORCH = ("import torch", "first optimizer")  # laps that are torch's own
PICTURES, END = "pictures", "end of Python"


class Laps:
    """Adds up seconds by the name of what they were spent on.

    `seconds` and `megabytes` map names to the time spent, and to the most
    memory that the process had taken by then. `clock` tells the time.
    """

    def __init__(self, started, clock=time.time):
        self.seconds, self.megabytes = {}, {}
        self._last, self._clock = started, clock

    def mark(self, name):
        """Say what the time since the last mark was spent on."""
        now = self._clock()
        spent = now - self._last
        self.seconds[name] = self.seconds.get(name, 0) + spent
        self.megabytes[name] = _peak()
        self._last = now

    def around(self, name, function, before="the rest"):
        """Return the same function, whose calls are a lap of this name.

        The time up to a call is spent on what `before` says.
        """

        @functools.wraps(function)
        def called(*args, **options):
            self.mark(before)
            try:
                return function(*args, **options)
            finally:
                self.mark(name)

        return called


def _peak():
    """Return the most megabytes that this process took, None if unknown."""
    try:  # Linux; there getrusage would count what the parent took, too
        status = Path("/proc/self/status").read_text()
        return round(int(status.partition("VmHWM:")[2].split()[0]) / 2**10)
    except OSError:
        pass
    if resource is None:
        return None
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    # In kilobytes, on a Mac in bytes.
    return round(peak / (2**20 if sys.platform == "darwin" else 2**10))


def follow(path, started, module, folder):
    """Run a module, its arguments being in `sys.argv`; write its laps.

    What torch would import later, it imports at once: so that is known
    apart. What the command writes goes to `folder`.
    """
    laps = Laps(started)
    laps.mark("Python")
    import torch

    laps.mark(TORCH[0])
    torch.optim.SGD([torch.zeros(1, requires_grad=True)])
    laps.mark(TORCH[1])

    from shared.data import mnist
    from shared.training import runner

    runner.RUNS = folder
    mnist.load = laps.around("data", mnist.load, before="other imports")
    runner.predict = laps.around("training", runner.predict)
    runner.write = laps.around(PICTURES, runner.write)
    try:
        runpy.run_module(module, run_name="__main__", alter_sys=True)
    finally:
        laps.mark("the rest")
        path.write_text(json.dumps([laps.seconds, laps.megabytes]))


def report(ladder, data, output_dir):
    """Measure some stages of `ladder`; write `startup.json` to the folder.

    On `data` as `mnist.load` takes it. Returns what was found.
    """
    import torch

    from shared.data import mnist
    from shared.results import published
    from shared.training import runner

    name = mnist.load(data).name
    rows = [row for row in ladder if row.name in STAGES]
    found = {
        "data": name,
        "torch": torch.__version__,
        "threads": runner.THREADS,
        "cores": os.cpu_count(),
        "runs": RUNS,
        "code": published.fingerprints(rows),
        "stages": {
            row.name: summary(
                measure(["stages", row.name, "--data", mnist.flag(name)])
            )
            for row in rows
        },
    }
    with replacing(output_dir / "startup.json") as part:
        part.write_text(json.dumps(found, indent=1) + "\n")
    return found


def summary(laps):
    """Return laps together with what they come to.

    That is: the seconds until the result is printed, the seconds in all, and
    how many of these are ours: neither torch's imports nor the training.
    """
    seconds = {name: lap["seconds"] for name, lap in laps.items()}
    total = sum(seconds.values())
    others = sum(seconds[name] for name in (*TORCH, "training"))
    return {
        "laps": laps,
        "result": round(total - seconds[PICTURES] - seconds[END], 3),
        "total": round(total, 3),
        "ours": round(total - others, 3),
    }


def measure(command, runs=RUNS):
    """Run a command, such as `["stages", "05"]`, several times.

    Returns the laps of the quickest run, {name: {"seconds": …,
    "megabytes": …}}, in the order of time. Raises RunError if it fails.
    """
    return min(
        (_once(command) for _ in range(runs)),
        key=lambda laps: sum(lap["seconds"] for lap in laps.values()),
    )


def _once(command):
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "laps.json"
        started = time.time()
        done = subprocess.run(
            [
                sys.executable,
                "-m",
                "shared.extras.startup",
                path,
                repr(started),
                *command,
            ],
            cwd=ROOT,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            text=True,
        )
        total = time.time() - started
        if done.returncode:
            reason = done.stderr.strip().rpartition("\n")[2]
            raise RunError(f"{' '.join(command)} failed: {reason}")
        seconds, megabytes = json.loads(path.read_text())
    seconds[END] = total - sum(seconds.values())
    megabytes[END] = megabytes[PICTURES]
    return {
        name: {
            "seconds": round(seconds[name], 3),
            "megabytes": megabytes[name],
        }
        for name in seconds
    }


def main():
    """Run what the command line says, and write down its laps."""
    _, path, started, module, *argv = sys.argv
    sys.argv = [module, *argv]
    path = Path(path)
    follow(path, float(started), module, path.parent)


if __name__ == "__main__":
    main()
