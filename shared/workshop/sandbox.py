"""Run a program in a process of its own, within limits of time and memory.

`Sandbox` is used by whoever wants a program run; a process that it starts
runs `main` here and leaves what it saw in a folder, as JSON. This guards
against mistakes, such as a loop that never ends. It does not guard against
malice: a program can do what its user can.
"""

import builtins
import faulthandler
import functools
import inspect
import json
import multiprocessing
import os
import pdb
import re
import signal
import sys
import tempfile
import threading
import time
import traceback
import warnings
from contextlib import ExitStack, nullcontext, suppress
from pathlib import Path
from typing import NamedTuple

import torch
from torch.optim.optimizer import register_optimizer_step_pre_hook

from shared.data import mnist
from shared.errors import RunError
from shared.files import replacing
from shared.proof.equivalence import load_train, record
from shared.proof.preconditions import given_weights
from shared.proof.variation import Elsewhere
from shared.training.runner import options_of
from shared.workshop import values
from shared.workshop.trace import Trace

try:
    import resource
except ImportError:  # Windows has none
    resource = None

N_TRAIN, N_VALID = 1000, 200  # of the first part; the second takes all


class Part(NamedTuple):
    """A training of a program, on a few digits or on all.

    `conditions` are those of a record, "few" has more than one. It may take
    `most_steps`, and `least` seconds or as many `times` as long as the stage
    that it is compared with, whichever is more.
    """

    conditions: dict
    most_steps: int
    least: float
    times: float


PARTS = {
    "few": Part({}, 200, 5, 6),
    # Whatever is true of all images, and not of a few, shows in one epoch.
    "all": Part({"epochs": 1}, 10_000, 30, 10),
    # As whoever runs a program sees it.
    "accuracy": Part({"dtype": torch.float32}, 10_000, 30, 10),
}
OTHERWISE = {
    "epochs": 3,
    "batch_size": 40,  # into which the images can be divided
    "lr": 0.05,
    "momentum": 0.5,  # where `train` takes it
    "seed": 1,
}

MOST_OUTPUT = 4 * 2**20  # bytes
MOST_MEMORY = 4 * 2**30  # bytes, on top of torch and the data


class Stopped(Exception):
    """The program was stopped, or ended itself; `line` is where, if known.

    `kind` and `values` are those of a `Finding`.
    """

    def __init__(self, kind, line=None, **values):
        super().__init__(kind)
        self.kind, self.line, self.values = kind, line, values


def _context():
    """Return how processes are made here: copies of this one, or new ones.

    A copy has torch and the images from the start. It is made on Linux
    alone, and not where there is an accelerator: what torch keeps for one
    does not survive it. The copy computes in one thread; this process must
    have done so, too.
    """
    copied = sys.platform == "linux" and not torch.accelerator.is_available()
    return multiprocessing.get_context("fork" if copied else "spawn")


class Sandbox:
    """Processes that train the program in `path`: on a few digits, on all.

    `splits` are the digits. `preconditions` has for each of the `PARTS` to
    train what is made equal first, a key of `PRECONDITIONS`. To be used in a
    `with`; whatever still runs at its end is killed.

    Each part has a process of its own, so that they go on at the same time,
    where processes are copied. Elsewhere each would load torch and the digits
    for itself, so there is one for all parts.
    """

    def __init__(self, path, splits, preconditions):
        self.path = path.resolve()
        self._folder = tempfile.TemporaryDirectory()
        self.folder = Path(self._folder.name)
        (self.folder / "output.txt").touch()
        context = _context()
        self._processes = {}
        if context.get_start_method() == "fork":
            if b"optim" in self.path.read_bytes():
                make_optimizer()
            for part, given in preconditions.items():
                self._start(context, splits, {part: given})
        else:
            self._start(context, mnist.flag(splits.name), preconditions)

    def _start(self, context, splits, preconditions):
        """Start a process that trains these parts."""
        process = context.Process(
            target=main, args=(self.folder, self.path, splits, preconditions)
        )
        with warnings.catch_warnings():  # of threads, such as a watcher has
            warnings.simplefilter("ignore", DeprecationWarning)
            process.start()
        self._processes |= dict.fromkeys(preconditions, process)

    def __enter__(self):
        return self

    def __exit__(self, *error):
        self.kill()
        self._folder.cleanup()

    def kill(self):
        """End the processes, and those that they have started."""
        for process in self._processes.values():
            if hasattr(os, "killpg"):
                with suppress(ProcessLookupError, PermissionError):
                    os.killpg(process.pid, signal.SIGKILL)
            process.kill()  # it may have no group of its own yet
            process.join()

    def ended(self, part):
        """Return the code that the process of a part ended with, or None."""
        return self._processes[part].exitcode

    def has(self, name):
        """Tell whether a part is done, or its process is "ready" for it."""
        return (self.folder / f"{name}.json").exists()

    def result(self, part):
        """Return what came of a part."""
        return json.loads((self.folder / f"{part}.json").read_text())

    def output(self):
        """Return what the program has printed, up to `MOST_OUTPUT`."""
        with open(self.folder / "output.txt", "rb") as file:
            return file.read(MOST_OUTPUT).decode(errors="replace")

    def line(self, part):
        """Return the line of the program that it is at, None if unknown."""
        if not hasattr(signal, "SIGUSR1"):
            return None
        process = self._processes[part]
        os.kill(process.pid, signal.SIGUSR1)
        where = self.folder / f"where-{process.pid}.txt"
        for _ in range(20):
            time.sleep(0.05)
            for frame in where.read_text().splitlines():
                if f'"{self.path}"' in frame:
                    return int(frame.split(", line ")[1].split(" ")[0])
        return None


def wait(sandbox, reference, part):
    """Wait until both have done one of the `PARTS`; return the results.

    How long the one may take depends on how long the other takes, which is a
    `Reference`, so a slow machine gives it more time. Raises Stopped if it
    has to be, and RunError if something is wrong with the reference.
    """
    began = limit = None
    while not (sandbox.has(part) and reference.has(part)):
        time.sleep(0.02)
        if (failed := reference.failed(part)) is not None:
            raise RunError(
                f"{reference.path.name} could not be trained: {failed}"
            )
        if sandbox.has(part):
            continue
        code = sandbox.ended(part)
        if code is not None and not sandbox.has(part):
            raise Stopped("process-ended", code=code)
        if (sandbox.folder / "output.txt").stat().st_size > MOST_OUTPUT:
            raise Stopped(
                "prints-too-much",
                sandbox.line(part),
                megabytes=MOST_OUTPUT // 2**20,
            )
        if began is None and sandbox.has("ready"):
            began = time.monotonic()
        if limit is None and reference.has(part):
            usual = reference.result(part)["seconds"]
            limit = max(PARTS[part].least, PARTS[part].times * usual)
        if began and limit and time.monotonic() - began > limit:
            raise Stopped(
                "runs-too-long", sandbox.line(part), limit=limit, usual=usual
            )
    return sandbox.result(part), reference.result(part)


def main(folder, path, splits, preconditions):
    """Train a program; leave in `folder` what was seen, part by part.

    `splits` are the digits, or what `mnist.load` takes for them.
    """
    _live_no_longer_than_our_parent()
    _print_to(folder / "output.txt", os.O_APPEND)
    torch.set_num_threads(1)
    faulthandler.disable()  # what was inherited writes to another place
    if hasattr(signal, "SIGUSR1"):
        where = open(folder / f"where-{os.getpid()}.txt", "w")  # noqa: SIM115
        faulthandler.register(signal.SIGUSR1, where)
    if isinstance(splits, str):
        make_optimizer()
        splits = mnist.load(splits)
    if resource:
        _limit_memory()
    for name in ["stages", *sys.modules]:  # a program does its own work
        if name.partition(".")[0] == "stages":
            sys.modules[name] = None
    sys.breakpointhook = functools.partial(_refuse_to_wait, "breakpoint()")
    pdb.set_trace = functools.partial(_refuse_to_wait, "pdb.set_trace()")
    builtins.input = functools.partial(_refuse_to_wait, "input()")
    warnings.showwarning = functools.partial(_show_warning, path)

    def leave(name, found):
        with replacing(folder / f"{name}.json") as part:
            part.write_text(json.dumps(found))

    leave("ready", {})
    for part, precondition in preconditions.items():
        started = time.perf_counter()
        if part == "few":
            begun = functools.partial(leave, "first batch")
            found = try_few(path, splits, precondition, _print_no_more, begun)
        else:
            _print_no_more()  # it would be the same again
            found = try_all(path, splits, part, precondition)
        leave(part, found | {"seconds": time.perf_counter() - started})


def make_optimizer():
    """Make one: the first imports much, which is nobody's own time."""
    torch.optim.SGD([torch.zeros(1, requires_grad=True)])


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
    _print_to(os.devnull)


def _print_to(path, flags=0):
    """Let what is printed from here on go to a file, whoever prints it."""
    sys.stdout.flush()
    sys.stderr.flush()
    file = os.open(path, os.O_WRONLY | flags)
    for number in (1, 2):
        os.dup2(file, number)
    os.close(file)
    # These may have been replaced, as by a test.
    sys.stdout = open(1, "w", encoding="utf-8", closefd=False)  # noqa: SIM115
    sys.stderr = open(2, "w", 1, encoding="utf-8", closefd=False)  # noqa: SIM115


def _live_no_longer_than_our_parent():
    """End with the parent, however it ends, and not by its Ctrl-C."""
    if hasattr(os, "setsid"):
        os.setsid()

    def wait():
        multiprocessing.parent_process().join()
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


def try_few(
    path, splits, precondition, quiet=lambda: None, begun=lambda found: None
):
    """Train a program on a few digits; return what was seen.

    That can be written as JSON: an `error`, or the `parameters` of
    `train` with their defaults, what `_record` returns, the same of a second
    training, `again`, which the `trace` tells of, the records of shorter ones
    with one other hyperparameter each, `otherwise`, and what some promises
    say besides. There is less if there is no use in more: it can't be
    trained, or takes far `too many` steps. `quiet` is called after the first
    training: what the program prints in others is the same again. `begun` is
    handed what the trace found after the first batch.
    """
    few = splits.first(N_TRAIN, N_VALID)
    trace = Trace(path, few, begun)
    try:
        with trace.following():
            train = load_train(path)
        options, missing = _signature(train)
    except (Exception, SystemExit) as error:
        return {"error": _error(error, path)}
    seen = {"parameters": options, "missing": missing}
    if missing:
        return seen

    given = {"precondition": precondition}
    seen |= _record(_followed(train, trace), path, few, "few", **given)
    quiet()
    seen["again"] = _record(train, path, few, "few", **given)
    seen["trace"] = trace.found()
    if seen["error"] or seen["too many"]:
        message = (seen["error"] or {}).get("message", "")
        if re.search(r"dtype|float|double", message, re.IGNORECASE):
            single = {"dtype": torch.float32} | given
            found = _record(train, path, few, "few", **single)
            seen["fine in float32"] = not found["error"]
        return seen
    names = [name for name in OTHERWISE if name == "seed" or name in options]
    seen["otherwise"] = otherwise(path, splits, precondition, names)
    # Of the last batch, one image is left.
    size = options.get("batch_size") or 64
    one_left = splits.first(3 * size + 1, N_VALID)
    seen["one left"] = _record(train, path, one_left, "few", epochs=1)
    if precondition == "order of images":
        seen["orders"] = _orders(train, path, few)
        seen["another order"] = _orders(train, path, few, seed=1, epochs=1)
    seen["chance"] = _answers_by_chance(trace.model, few)
    seen["any size"] = _takes_any_size(trace.model)
    if "device" in options:
        seen["device"] = _on_another_device(train, path, few)
        seen["defaults"] = [_default_device(path, it) for it in (True, False)]
    return seen


def try_all(path, splits, part, precondition):
    """Train a program on all digits; return what `_record` returns."""
    try:
        train = load_train(path)
    except (Exception, SystemExit) as error:
        return {"error": _error(error, path)}
    return _record(train, path, splits, part, precondition=precondition)


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
    most = PARTS[part].most_steps
    conditions = PARTS[part].conditions | conditions

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
    frames = [
        (frame, line)
        for frame, line in traceback.walk_tb(error.__traceback__)
        if frame.f_code.co_filename == str(path)
    ]
    frame, line = frames[-1] if frames else (None, None)
    return {
        "type": type(error).__name__,
        "message": message,
        "line": line,
        "called": frames[-2][1] if len(frames) > 1 else None,
        "values": values.named(frame, line) if frame else [],
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
    `met` is the last function that was called, with the device of what it
    was given first.
    """

    early, learning, met = 0, False, ""

    def __torch_function__(self, func, types, args=(), kwargs=None):
        name = func.__name__
        if name in ZEROS and args[0].device.type == "meta":
            return ZEROS[name]
        if args and isinstance(args[0], torch.Tensor):
            self.met = f"{name} {args[0].device.type}"
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
        found |= {"error": _error(error, path), "met": mode.met}
    finally:
        handle.remove()
    early = mode.early > options_of(train)["batch_size"]
    return found | {"moved": mode.moved, "moved early": early}
