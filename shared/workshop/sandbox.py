"""Run a program in a process of its own, within limits of time and memory.

`Sandbox` is used by whoever wants a program run; the process that it starts
runs `main` here and leaves what it saw in a folder, as JSON. This guards
against mistakes, such as a loop that never ends. It does not guard against
malice: a program can do what its user can.
"""

import builtins
import faulthandler
import functools
import inspect
import json
import os
import signal
import subprocess
import sys
import tempfile
import threading
import time
import traceback
import warnings
from contextlib import ExitStack, contextmanager, nullcontext, suppress
from pathlib import Path

import torch
from torch.optim.optimizer import register_optimizer_step_pre_hook

from shared.data import mnist
from shared.errors import RunError
from shared.files import replacing
from shared.proof.equivalence import load_train, record
from shared.proof.preconditions import given_weights
from shared.proof.variation import Elsewhere
from shared.training.runner import options_of
from shared.workshop.trace import Trace

try:
    import resource
except ImportError:  # Windows has none
    resource = None

ROOT = Path(__file__).parents[2]
N_TRAIN, N_VALID = 1000, 200  # of the first part; the second takes all
MOST_STEPS = {"few": 200, "all": 10_000}  # of one training
OTHERWISE = {
    "epochs": 3,
    "batch_size": 48,
    "lr": 0.05,
    "momentum": 0.5,  # where `train` takes it
    "seed": 1,
}

# A program has this many seconds for a part, or this many times as long as
# the stage that it is compared with, whichever is more.
LEAST = {"few": 5, "all": 30}
TIMES = {"few": 6, "all": 10}
MOST_OUTPUT = 4 * 2**20  # bytes
MOST_MEMORY = 4 * 2**30  # bytes, on top of torch and the data


class Stopped(Exception):
    """The program was stopped, or ended itself; `line` is where, if known.

    `kind` and `values` are those of a `Finding`.
    """

    def __init__(self, kind, line=None, **values):
        super().__init__(kind)
        self.kind, self.line, self.values = kind, line, values


# Processes that were started ahead, by their data: each has imported what it
# needs and read its images, and waits for a program.
AHEAD = {}


@contextmanager
def ahead(data):
    """Yield a function that starts a process for the next `Sandbox`.

    That has to have the same `data`. A process that was not used is killed
    at the end.
    """

    def prepare():
        if data not in AHEAD:
            AHEAD[data] = _start(data)

    try:
        yield prepare
    finally:
        for folder, process in AHEAD.values():
            process.kill()
            process.stdin.close()
            process.wait()
            folder.cleanup()
        AHEAD.clear()


def _start(data):
    """Start a process that waits for a program; return its folder and it."""
    folder = tempfile.TemporaryDirectory()
    env = os.environ | {"OMP_NUM_THREADS": "1"}
    if mnist_dir := env.get("MNIST_DIR"):  # may be relative to another place
        env["MNIST_DIR"] = os.path.abspath(mnist_dir)
    command = [sys.executable, "-m", __name__, folder.name, data]
    with open(Path(folder.name) / "output.txt", "wb") as output:
        process = subprocess.Popen(
            command,
            cwd=ROOT,
            env=env,
            stdin=subprocess.PIPE,
            stdout=output,
            stderr=output,
            start_new_session=True,
        )
    return folder, process


class Sandbox:
    """A process that trains the program in `path`: on a few digits, on all.

    `data` is as for `mnist.load`. `preconditions` has for "few" and "all"
    what is made equal first, a key of `preconditions.PRECONDITIONS`. To be
    used in a `with`; whatever still runs at its end is killed.
    """

    def __init__(self, path, data, preconditions):
        self.path = path.resolve()
        started = AHEAD.pop(data, None) or _start(data)
        self._folder, self.process = started
        self.folder = Path(self._folder.name)
        job = {"path": str(self.path), "preconditions": preconditions}
        (self.folder / "job.json").write_text(json.dumps(job))
        with suppress(BrokenPipeError):  # then `wait` tells how it ended
            self.process.stdin.write(b"\n")
            self.process.stdin.flush()

    def __enter__(self):
        return self

    def __exit__(self, *error):
        self.kill()
        self._folder.cleanup()

    def kill(self):
        """End the process, and those that it has started."""
        if hasattr(os, "killpg"):
            with suppress(ProcessLookupError, PermissionError):
                os.killpg(self.process.pid, signal.SIGKILL)
        else:
            self.process.kill()
        self.process.stdin.close()
        self.process.wait()

    def has(self, name):
        """Tell whether a part is done: "ready", "few" or "all"."""
        return (self.folder / f"{name}.json").exists()

    def result(self, part):
        """Return what came of a part."""
        return json.loads((self.folder / f"{part}.json").read_text())

    def output(self):
        """Return what the program has printed, up to `MOST_OUTPUT`."""
        with open(self.folder / "output.txt", "rb") as file:
            return file.read(MOST_OUTPUT).decode(errors="replace")

    def line(self):
        """Return the line of the program that it is at, None if unknown."""
        if not hasattr(signal, "SIGUSR1"):
            return None
        self.process.send_signal(signal.SIGUSR1)
        for _ in range(20):
            time.sleep(0.05)
            for frame in (self.folder / "where.txt").read_text().splitlines():
                if f'"{self.path}"' in frame:
                    return int(frame.split(", line ")[1].split(" ")[0])
        return None


def wait(sandbox, reference, part):
    """Wait until both have done a part, "few" or "all"; return the results.

    How long the one may take depends on how long the other takes, which is a
    `Reference`, so a slow machine gives it more time. Raises Stopped if it
    has to be, and RunError if something is wrong with the reference.
    """
    began = limit = None
    while not (sandbox.has(part) and reference.has(part)):
        time.sleep(0.02)
        failed = reference.failed()
        if failed is not None and not reference.has(part):
            raise RunError(
                f"{reference.path.name} could not be trained: {failed}"
            )
        if sandbox.has(part):
            continue
        if (code := sandbox.process.poll()) is not None and not sandbox.has(
            part
        ):
            raise Stopped("process-ended", code=code)
        if (sandbox.folder / "output.txt").stat().st_size > MOST_OUTPUT:
            raise Stopped(
                "prints-too-much",
                sandbox.line(),
                megabytes=MOST_OUTPUT // 2**20,
            )
        if began is None and sandbox.has("ready"):
            began = time.monotonic()
        if limit is None and reference.has(part):
            usual = reference.result(part)["seconds"]
            limit = max(LEAST[part], TIMES[part] * usual)
        if began and limit and time.monotonic() - began > limit:
            raise Stopped(
                "runs-too-long", sandbox.line(), limit=limit, usual=usual
            )
    return sandbox.result(part), reference.result(part)


def main(folder, data):
    """Train what `job.json` names; leave `few.json`, then `all.json`.

    That file is there when a byte comes in; if none comes, nobody waits.
    """
    torch.set_num_threads(1)
    if hasattr(signal, "SIGUSR1"):
        where = open(folder / "where.txt", "w")  # noqa: SIM115
        faulthandler.register(signal.SIGUSR1, where)
    # The first optimizer imports much, which is nobody's own time.
    torch.optim.SGD([torch.zeros(1, requires_grad=True)])
    splits = mnist.load(data)
    if not os.read(0, 1):
        return
    job = json.loads((folder / "job.json").read_text())
    path = Path(job["path"])
    _live_no_longer_than_our_parent()
    if resource:
        _limit_memory()
    sys.modules["stages"] = None  # a program does its own work
    sys.breakpointhook = functools.partial(_refuse_to_wait, "breakpoint()")
    builtins.input = functools.partial(_refuse_to_wait, "input()")
    warnings.showwarning = functools.partial(_show_warning, path)

    def leave(name, found):
        with replacing(folder / f"{name}.json") as part:
            part.write_text(json.dumps(found))

    leave("ready", {})
    started = time.perf_counter()
    train, few = try_few(
        path, splits, job["preconditions"]["few"], quiet=_print_no_more
    )
    leave("few", few | {"seconds": time.perf_counter() - started})
    if train:
        started = time.perf_counter()
        found = _record(
            train,
            path,
            splits,
            "all",
            precondition=job["preconditions"]["all"],
        )
        leave("all", found | {"seconds": time.perf_counter() - started})


class WaitingError(Exception):
    """The program waits for somebody to type, and nobody is there."""


def _refuse_to_wait(name, *args, **kwargs):
    raise WaitingError(name)


def _show_warning(path, message, category, filename, lineno, *_):
    """Print a warning in one line, with that of the program if it is."""
    where = f"line {lineno}: " if filename == str(path) else ""
    print(f"{where}{category.__name__}: {message}", file=sys.stderr)


def _print_no_more():
    """Let what is printed from here on go nowhere."""
    sys.stdout.flush()
    sys.stderr.flush()
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, 1)
    os.dup2(nowhere, 2)


def _live_no_longer_than_our_parent():
    """End with the parent, however it ends; and have nobody to ask."""
    parent = os.fdopen(os.dup(0), "rb")
    sys.stdin = open(os.devnull)  # noqa: SIM115
    os.dup2(sys.stdin.fileno(), 0)

    def wait():
        parent.read()
        os._exit(1)

    threading.Thread(target=wait, daemon=True).start()


def _limit_memory():
    """Let the process grow by `MOST_MEMORY`, where the system can count it."""
    try:
        pages = int(Path("/proc/self/statm").read_text().split()[0])
    except OSError:
        return
    most = pages * resource.getpagesize() + MOST_MEMORY
    resource.setrlimit(resource.RLIMIT_AS, (most, most))


def try_few(path, splits, precondition, quiet=lambda: None):
    """Train a program on a few digits; return its `train` and what was seen.

    What was seen can be written as JSON: an `error`, or the `parameters` of
    `train` with their defaults, what `_record` returns, the same of a second
    training, `again`, which the `trace` tells of, the records of shorter ones
    with one other hyperparameter each, `otherwise`, and what some promises
    say besides. `train` is None if there is no use in more: it can't be
    trained, or takes far `too many` steps. `quiet` is called after the first
    training: what the program prints in others is the same again.
    """
    few = splits.first(N_TRAIN, N_VALID)
    trace = Trace(path, few)
    try:
        with trace.following():
            train = load_train(path)
        options, missing = _signature(train)
    except (Exception, SystemExit) as error:
        return None, {"error": _error(error, path)}
    seen = {"parameters": options, "missing": missing}
    if missing:
        return None, seen

    given = {"precondition": precondition}
    seen |= _record(train, path, few, "few", **given)
    quiet()
    seen["again"] = _record(_followed(train, trace), path, few, "few", **given)
    seen["trace"] = trace.found()
    if seen["error"] or seen["too many"]:
        found = _record(train, path, few, "few", dtype=torch.float32, **given)
        seen["fine in float32"] = not found["error"]
        return None, seen
    names = [name for name in OTHERWISE if name == "seed" or name in options]
    seen["otherwise"] = otherwise(path, splits, precondition, names)
    if precondition == "order of images":
        seen["orders"] = _orders(train, path, few)
        seen["another order"] = _orders(train, path, few, seed=1, epochs=1)
    seen["chance"] = _answers_by_chance(trace.model, few)
    seen["any size"] = _takes_any_size(trace.model)
    if "device" in options:
        seen["device"] = _on_another_device(train, path, few)
        seen["defaults"] = [_default_device(path, it) for it in (True, False)]
    return train, seen


def follow(path, splits, precondition):
    """Train a program on a few digits; return its record and its trace."""
    few = splits.first(N_TRAIN, N_VALID)
    trace = Trace(path, few)
    train = _followed(load_train(path), trace)
    found = _record(train, path, few, "few", precondition=precondition)
    return {"record": found["record"], "trace": trace.found()}


def otherwise(path, splits, precondition, names, weights=None):
    """Train a program once with another value of each of `names`.

    From these initial `weights`, if they are given, in the form that
    `given_weights` takes. Returns {name: a record as a dict}.
    """
    train = load_train(path)
    fewer = splits.first(N_TRAIN // 5, N_VALID)
    found = {}
    for name in names:
        chosen = {name: OTHERWISE[name], "precondition": precondition}
        with given_weights(weights) if weights else nullcontext():
            seen = _record(train, path, fewer, "few", **chosen)
        found[name] = seen["record"]
    return found


def _followed(train, trace):
    """Return `train`, followed by a trace."""

    @functools.wraps(train)
    def followed(*data, **options):
        with trace.following():
            return trace.train(train, *data, **options)

    return followed


def _orders(train, path, few, **conditions):
    """Return the order of images in each epoch, as the program shuffles.

    A list of the numbers of images for each; None if they are not known.
    """
    trace = Trace(path, few)
    _record(_followed(train, trace), path, few, "few", **conditions)
    batches = [batch["images"] for batch in trace.batches]
    if None in batches:
        return None
    numbers = sum(batches, [])  # noqa: RUF017, a few lists
    n = len(few.x_train)
    return [numbers[i : i + n] for i in range(0, len(numbers), n)]


def _answers_by_chance(model, few):
    """Tell whether a model in training answers differently if asked twice."""
    if model is None:
        return False
    images = few.x_train[:64].double()
    model.train()
    for asked in (images, images.view(-1, 1, 28, 28)):
        try:
            with torch.no_grad():
                return not torch.equal(model(asked), model(asked))
        except Exception:  # in the wrong shape for this model
            continue
    return False


def _signature(train):
    """Return the hyperparameters of `train`, and what is wrong with it."""
    signature = inspect.signature(train)
    options = {
        p.name: p.default if isinstance(p.default, (int, float)) else None
        for p in signature.parameters.values()
        if p.default is not p.empty
    }
    try:
        asked = {
            name: OTHERWISE[name] for name in ("epochs", "batch_size", "lr")
        }
        signature.bind(*["data"] * 4, "log", **asked)
    except TypeError as error:
        return options, str(error)
    return options, ""


def _record(train, path, splits, part, **conditions):
    """Return the record of a training, and the error if it raised one."""
    errors, too_many = [], []
    most = MOST_STEPS[part]

    @functools.wraps(train)
    def caught(*data, **options):
        *data, log = data
        try:
            pred = train(*data, _Counted(log, most), **options)
        except _TooManyError:
            too_many.append(True)
            raise
        except (Exception, SystemExit) as error:
            errors.append(_error(error, path))
            raise RuntimeError from error
        if not isinstance(pred, torch.Tensor):
            what = None if pred is None else type(pred).__name__
            errors.append({"returned": what})
            raise RuntimeError
        return pred

    found = record(caught, splits, **conditions)
    return {
        "record": found.to_dict(),
        "error": errors[0] if errors else None,
        "too many": bool(too_many),
    }


class _TooManyError(Exception):
    """More losses were logged than any right program would."""


class _Counted:
    """A `log` that ends a training of far too many steps."""

    def __init__(self, log, most):
        self._log, self._left = log, most
        self.validation = log.validation

    def __call__(self, loss):
        self._left -= 1
        if self._left < 0:
            raise _TooManyError
        self._log(loss)


def _error(error, path):
    """Describe an exception for someone who knows only the program."""
    message = str(error).partition("\n")[0]
    lines = [
        frame.lineno
        for frame in traceback.extract_tb(error.__traceback__)
        if frame.filename == str(path)
    ]
    return {
        "type": type(error).__name__,
        "message": message,
        "line": lines[-1] if lines else None,
    }


def _takes_any_size(model):
    """Tell whether a model reads images of another size; None without one.

    On a grid of 9 x 8, pooling over windows of 4 x 4 would return 40 numbers.
    """
    if model is None:
        return None
    try:
        with torch.no_grad():
            pred = model(torch.rand(2, 1, 72, 64, dtype=torch.float64))
    except Exception:
        return False
    return tuple(pred.shape) == (2, 10)


def _default_device(path, accelerator):
    """Return the default of `device` as text, with an accelerator or none.

    The accelerator that there seems to be is "meta".
    """
    device = torch.device("meta") if accelerator else None
    with ExitStack() as stack:
        for name, found in (
            ("is_available", accelerator),
            ("current_accelerator", device),
            ("device_count", int(accelerator)),
        ):
            original = getattr(torch.accelerator, name)
            stack.callback(setattr, torch.accelerator, name, original)
            setattr(
                torch.accelerator, name, lambda *_, found=found, **__: found
            )
        try:
            default = options_of(load_train(path))["device"]
        except Exception:  # a machine that there is none of: benefit of doubt
            return ""
    return str(default)


class _Accelerator(Elsewhere):
    """Also lets numbers be read, as zeros; knows what moved `early`.

    That is the length of the longest tensor moved before a loss was logged.
    """

    early, learning = 0, False

    def __torch_function__(self, func, types, args=(), kwargs=None):
        name = func.__name__
        if name in ZEROS and args[0].device.type == "meta":
            return ZEROS[name]
        result = super().__torch_function__(func, types, args, kwargs)
        if not self.learning:
            self.early = self.moved
        return result


# What reads a number out of a tensor, and a zero of that type.
ZEROS = {
    "item": 0.0,
    "__float__": 0.0,
    "__int__": 0,
    "__bool__": False,
    "__format__": "0",
}


def _on_another_device(train, path, digits):
    """Return how a program trains that is told to work on "meta".

    Every machine has that device; it keeps no data. Found are the devices of
    what the `optimizer` moves and of the `prediction`, how many images were
    `moved` at once and whether more than a batch was `moved early`, and an
    `error` about devices.
    """
    found = {"optimizer": None, "prediction": None}
    mode = _Accelerator()

    class Log:
        def __call__(self, loss):
            mode.learning = True

        def validation(self, loss):
            pass

    def look(opt, args, kwargs):
        [first, *_] = opt.param_groups[0]["params"]
        found["optimizer"] = found["optimizer"] or first.device.type

    data = [digits.x_train, digits.y_train, digits.x_valid, digits.y_valid]
    handle = register_optimizer_step_pre_hook(look)
    try:
        with mode:
            pred = train(*data, Log(), epochs=1, device=torch.device("meta"))
        found["prediction"] = pred.device.type
    except Exception as error:
        found["error"] = _error(error, path)
    finally:
        handle.remove()
    early = mode.early > options_of(train)["batch_size"]
    return found | {"moved": mode.moved, "moved early": early}


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2])
