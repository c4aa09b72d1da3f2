"""Say why a run gave other numbers than the published one.

The conditions of both are compared, then their losses, step by step. What is
not clear from that is tried: the stage is trained again with one thing
switched at a time.
"""

import json
import math
import os
from typing import NamedTuple

import torch
from rich.console import Console

from shared.data import mnist
from shared.data.source import UnavailableError
from shared.data.splits import N_TRAIN
from shared.errors import InputError, RunError
from shared.languages import clauses, local, say
from shared.proof import losses
from shared.proof.equivalence import ROUNDING, differences, meaning
from shared.results import published, tables
from shared.training import runner
from shared.training.log import Log

MOST_BYTES = 50_000_000  # of a metrics.json; that is 1,000 epochs
# Rounding in float32 changes the first loss that it changes by less: on MNIST,
# with 2, 3, 4 or 8 threads against one, by at most 1.2e-7 in stage 08 (seeds 0
# to 2) and, with 3 or 4, by 2.4e-7 in stage 09 (seed 0).
FIRST_BY_ROUNDING = 1e-5
# Differences between losses that rounding alone, not amplified, stays below.
AMPLIFIED = 1e-3
MOST_THREADS = 4 * (os.cpu_count() or 1)  # that are worth a trial

# What another value does to the numbers. The first few change nothing but
# how sums are rounded.
ROUNDS = {
    "threads": "sums are rounded in another order; it shows in float32",
    "device": "sums are rounded in another order, or less precisely",
    "torch": "another version may round otherwise",
}
EFFECTS = ROUNDS | {
    "data": "other images: all losses are different",
    "dtype": "other random numbers are drawn: all losses are different",
    "seed": "other weights to begin with, another order if images are"
    " shuffled: all losses are different",
    "epochs": "the steps that both have are the same",
    "batch_size": "other images in each batch: all losses are different",
    "lr": "longer or shorter steps: losses differ from step 2 on",
    "momentum": "steps of another length: losses differ from step 3 on",
}


class Parting(NamedTuple):
    """Where two trainings part first: in `what`, a "loss" for example.

    `step` counts from 0 and is None if it is not a loss; `by` is the
    difference there, `most` the largest of its kind.
    """

    what: str
    step: int | None
    by: float
    most: float


def parting(a, b, tolerance=0.0):
    """Compare two trainings as far as both go; None if they do not part.

    Each is a dict of `losses`, `valid_losses` and `accuracy`; the last may
    be None, if it was stopped. Accuracies count if both are of as many
    steps.
    """
    for kind, what in (("losses", "loss"), ("valid_losses", "validation")):
        apart = differences(a[kind], b[kind])
        for step, by in enumerate(apart):
            if not by <= tolerance:
                step = step if what == "loss" else None
                return Parting(what, step, by, max(apart))
    whole = len(a["losses"]) == len(b["losses"])
    if whole and None not in (a["accuracy"], b["accuracy"]):
        by = abs(a["accuracy"] - b["accuracy"])
        if by > 0:
            return Parting("accuracy", None, by, by)
    return None


def tolerance(dtype):
    """Return how far losses may differ that count as the same."""
    return ROUNDING if dtype == "float64" else 0.0


def read_run(stage):
    """Return what `metrics.json` of the last run of a stage holds.

    Raises InputError if there is none, or if it is not one of a whole run of
    this stage.
    """
    path = runner.RUNS / stage.target / "metrics.json"
    said = {
        "file": f"runs/{stage.target}/metrics.json",
        "command": f"make {stage.target}",
    }
    if not path.exists():
        raise InputError(
            say("there is no {file} yet: run `{command}` first", **said)
        )
    try:
        if path.stat().st_size > MOST_BYTES:
            raise ValueError
        run = json.loads(path.read_text(encoding="utf-8"))
        _check(run)
    except (OSError, ValueError, KeyError, TypeError, RecursionError) as error:
        raise InputError(
            say(
                "{file} is cut off or damaged, or not of a run: `{command}`"
                " writes a new one",
                **said,
            )
        ) from error
    if run["stage"] != stage.name:
        raise InputError(
            say(
                "{file} is of stage {found}, not {stage}: `{command}` writes"
                " a new one",
                found=run["stage"][:20],
                stage=stage.name,
                **said,
            )
        )
    return run


def _check(run):
    """Raise ValueError, KeyError or TypeError if this is no run."""
    whole = {"threads": 1, "seed": 0, "epochs": 1, "batch_size": 1}
    for name, least in whole.items():
        if type(run[name]) is not int or not least <= run[name] < 2**63:
            raise ValueError(name)
    for name in ("stage", "data", "device", "dtype", "torch"):
        if type(run[name]) is not str:
            raise TypeError(name)
    if run["data"] not in ("MNIST", "stand-in"):
        raise ValueError("data")
    if run["dtype"] not in losses.DTYPES:
        raise ValueError("dtype")
    numbers = [run["lr"], run.get("momentum", 0), run["valid_accuracy"]]
    for number in (*numbers, *run["losses"], *run["valid_losses"]):
        if type(number) not in (int, float) or not math.isfinite(number):
            raise ValueError("a number")
    steps = math.ceil(N_TRAIN / run["batch_size"])
    if len(run["losses"]) != steps * run["epochs"]:
        raise ValueError("losses")


class Trial(NamedTuple):
    """A training that was tried, and how it compares.

    `from_published` and `from_run` are a `Parting`, None if they are equal,
    or `UNLIKE` if they can't be compared: the dtypes differ.
    """

    name: str
    accuracy: float | None
    from_published: Parting | str | None
    from_run: Parting | str | None


UNLIKE = "unlike"


class _StoppedError(Exception):
    """A training has parted from what it is compared with."""


class _Followed(Log):
    """A log that prints nothing, and may end a training where it parts.

    It does if it is handed the losses `expected`, a float a step.
    """

    def __init__(self, epochs, steps, expected=None):
        super().__init__(epochs, steps)
        self._expected = expected

    def validation(self, loss):
        self._read()
        self.valid_losses.append(float(loss))

    def _read(self):
        super()._read()
        if self._expected:
            apart = differences(self._expected, self.losses)
            if not max(apart, default=0) <= ROUNDING:
                raise _StoppedError

    def leave(self):
        """Take the bar away, whatever is still to be read."""
        self._bar.close()


class Explanation:
    """The search for what makes a run different from the published one."""

    def __init__(self, stage, run, found):
        self.stage = stage
        self.run = run | {"accuracy": run["valid_accuracy"]}
        self.found = found
        self.published = {
            "data": found["data"],
            "device": "cpu",
            "dtype": "float32",
            "threads": found["threads"],
            "seed": found["seed"],
            **found["stages"][stage.name]["options"],
            "torch": found["torch"],
        }
        self.chosen = [
            name
            for name, value in self.published.items()
            if self._of_run(name) != value
        ]
        # The published run that the losses are compared with.
        self.base = self.published | {"dtype": run["dtype"]}
        self.apart = parting(
            self.reference(run["dtype"]), self.run, tolerance(run["dtype"])
        )
        self.trials = []
        self._splits = {}

    def _of_run(self, name):
        """Return what the run had; None for what a run does not have."""
        value = self.run.get(name)
        return value.partition(":")[0] if name == "device" else value

    def reference(self, dtype):
        """Return what is published of the stage in this dtype."""
        return losses.of(self.found, self.stage.name, dtype)

    def differs(self, names):
        """Return those of the names that the run had another value of."""
        return [name for name in self.chosen if name in names]

    def place(self, step, batch_size):
        """Say which step of a training it is, counting from 1."""
        epoch, batch = divmod(step, math.ceil(N_TRAIN / batch_size))
        return say(
            "step {step:,} (epoch {epoch}, batch {batch})",
            step=step + 1,
            epoch=epoch + 1,
            batch=batch + 1,
        )

    def tell(self):
        """Print why the numbers are different, as far as it can be found."""
        reference = self.reference(self.run["dtype"])
        print(
            say(
                "{stage}: accuracy {yours:.4f} in your run, {published:.4f}"
                " published ({conditions}).",
                stage=local(self.stage.label),
                yours=self.run["accuracy"],
                published=reference["accuracy"],
                conditions=local(conditions(self.found, self.run["dtype"])),
            )
        )
        if published.stale(self.found, [self.stage]):
            print(
                say(
                    "{file} has changed since its numbers were published.",
                    file=self.stage.file,
                )
            )
        self._tell_conditions()
        if self.apart is None:
            print(self._without_parting())
            return
        print(self._tell_parting())
        print(f"\n{self._search()}")

    def _tell_conditions(self):
        if not self.chosen:
            print(say("The conditions are the same."))
            return
        rows = [
            (
                say("what differs"),
                say("your run"),
                say("published"),
                say("what it does"),
            )
        ]
        for name in self.chosen:
            values = (self.run.get(name, ""), self.published[name])
            effect = clauses(EFFECTS.get(name, ""))
            rows.append((name, *(local(str(v)) for v in values), effect))
        print()
        Console(highlight=False).print(tables.said(rows))
        print()

    def _without_parting(self):
        """Return the sentence for a run that equals the published one."""
        n = min(
            len(self.run["losses"]),
            len(self.reference(self.run["dtype"])["losses"]),
        )
        if self.differs(["epochs"]):
            return say(
                "The first {n:,} losses are the published ones. Only the"
                " number of epochs makes a difference.",
                n=n,
            )
        if self.differs(["dtype"]):  # what is published is float32
            return say(
                "All {n:,} losses and the accuracy are the published ones for"
                " float64, up to rounding. README.md shows those for float32,"
                " which begin with other random numbers.",
                n=n,
            )
        if self.chosen:
            return say(
                "All {n:,} losses and the accuracy are the published ones:"
                " {chosen} made no difference here.",
                n=n,
                chosen=_listed(self.chosen),
            )
        return say(
            "All {n:,} losses and the accuracy are the published ones.", n=n
        )

    def _tell_parting(self):
        if self.apart.step is None:
            return say(
                "All losses are the published ones, but the {kind} differs by"
                " {by:.1g}.",
                kind=_kind(self.apart),
                by=self.apart.by,
            )
        return say(
            "The losses part at {place}, by {by:.1g}. The largest difference"
            " of any step is {most:.1g}.",
            place=self.place(self.apart.step, self.run["batch_size"]),
            by=self.apart.by,
            most=self.apart.most,
        )

    def _search(self):
        """Train again, print what came of it, and return the conclusion."""
        try:
            if self.differs(EFFECTS.keys() - ROUNDS.keys() - {"dtype"}):
                conclusion = self._search_chosen()
            else:
                conclusion = self._search_rounding()
        except UnavailableError as error:
            conclusion = say("Nothing could be tried: {error}", error=error)
        if self.trials:
            print()
            Console(highlight=False).print(tables.said(self._rows()))
        return conclusion

    def _search_chosen(self):
        """Switch to what the run had, one thing at a time."""
        names = [name for name in self.chosen if self._can_switch(name)]
        as_published = self.try_(say("as published"))
        trials = {name: self._switched([name]) for name in names}
        if len(names) > 1:
            like_run = self._switched(names, say("all of these"))
        else:
            [like_run] = trials.values()
        if as_published.from_published is not None:
            exact = self._exact()
            if exact.from_published is not None:
                return self._not_rounding(exact)
        if like_run is None or like_run.from_run is not None:
            return self._not_reproduced()
        makers = [
            name
            for name, trial in trials.items()
            if trial is not None and trial.from_published is not None
        ]
        theirs = [f"{name} {self.published[name]}" for name in makers]
        yours = [f"{name} {self.run[name]}" for name in makers]
        return say(
            "It is {makers}: with {theirs} this program gives the published"
            " numbers, with {yours} yours.",
            makers=_listed(makers),
            theirs=_listed(theirs),
            yours=_listed(yours),
        )

    def _search_rounding(self):
        """Find out whether it is rounding; float64 is what decides that."""
        threads = self.differs(["threads"])
        exact = [self._exact()]
        if threads and exact[0].from_published is None:
            exact.append(self._exact(self.run["threads"]))
        for trial in exact:
            if trial is not None and trial.from_published is not None:
                return self._not_rounding(trial)
        tried = exact
        if self.run["dtype"] == "float32":
            tried = [self.try_(say("as published"))]
            if threads:
                tried.append(self._switched(["threads"]))
            else:
                for n in sorted({2, os.cpu_count()} - {1}):
                    tried.append(self.try_(f"threads {n}", threads=n))
        if accelerator() and "device" in runner.options_of(
            self.stage.program.train
        ):
            tried.append(self.try_(say("on the accelerator"), device=None))
        seed = self.found["seed"] + 1
        self.try_(f"seed {seed}", seed=seed)
        if not any(trial and trial.from_run is None for trial in tried):
            return self._not_reproduced()
        return say(
            "Rounding, amplified by training: in float64 both give"
            " {accuracy:.4f}."
            if self.apart.most > AMPLIFIED
            else "Rounding: in float64 both give {accuracy:.4f}.",
            accuracy=exact[0].accuracy,
        )

    def _exact(self, threads=1):
        """Train in float64; stop where the published losses are left."""
        name = "float64" if threads == 1 else f"float64, threads {threads}"
        expected = self.reference("float64")["losses"]
        return self.try_(name, expected, dtype="float64", threads=threads)

    def _not_rounding(self, exact):
        """Return the conclusion if float64 differs from what is published."""
        apart = exact.from_published
        if apart.step is None:
            return say(
                "This is not rounding: in float64 the {kind} differs by"
                " {by:.1g}, though the losses are the same. Look at the"
                " validation and at the prediction.",
                kind=_kind(apart),
                by=apart.by,
            )
        batch_size = self.base["batch_size"]
        steps = math.ceil(N_TRAIN / batch_size)
        return say(
            "This is not rounding: the losses differ at {place} by {by:.1g} in"
            " float64, {meaning}."
            if apart.step
            else "This is not rounding: the first loss differs by {by:.1g} in"
            " float64, {meaning}.",
            place=self.place(apart.step, batch_size),
            by=apart.by,
            meaning=local(meaning(apart.step, steps)),
        )

    def _not_reproduced(self):
        """Return the conclusion if nothing that was tried gives the run."""
        other = self.apart.step is None or self.apart.by > FIRST_BY_ROUNDING
        return say(
            "The program as it is now gives the published numbers, but nothing"
            " that was tried gives yours. The first {kind} that differs does"
            " so by {by:.1g}: that is not rounding. Your run is of another"
            " program, such as an edited copy, or this one before an edit. To"
            " run it as it is: {command}"
            if other
            else "The program as it is now gives the published numbers, but"
            " nothing that was tried gives yours. They part by {by:.1g}, as"
            " rounding begins: your run may come from another processor or"
            " another build of torch, or from the program before an edit. To"
            " run it as it is: {command}",
            kind=_kind(self.apart),
            by=self.apart.by,
            command=f"make {self.stage.target}",
        )

    def _can_switch(self, name):
        """Tell whether a training can be told this value of the run."""
        return name not in ("torch", "dtype") and name in self.run

    def _switched(self, names, title=None):
        """Try some things as they were in the run."""
        values = {name: self.run[name] for name in names}
        title = title or _listed([f"{k} {v}" for k, v in values.items()])
        if "device" in values:
            values["device"] = None
        return self.try_(title, **values)

    def try_(self, name, expected=None, **switched):
        """Train as published, but for what is `switched`; keep the `Trial`.

        A `device` of None is the accelerator. A training ends where it
        leaves the losses that are `expected`. Returns None, and says why, if
        this machine can't do it.
        """
        conditions = self.base | switched
        if conditions["threads"] > MOST_THREADS:
            print(
                say(
                    "not tried: {name}; this machine has fewer cores",
                    name=name,
                )
            )
            return None
        if conditions["device"] is None and not accelerator():
            print(
                say(
                    "not tried: {name}; this machine has no accelerator",
                    name=name,
                )
            )
            return None
        print(say("training: {name}", name=name), flush=True)
        seen = self._train(conditions, expected)
        dtype = conditions["dtype"]
        in_run = UNLIKE
        if dtype == self.run["dtype"]:
            in_run = parting(seen, self.run, tolerance(dtype))
        trial = Trial(
            name,
            seen["accuracy"],
            parting(self.reference(dtype), seen, tolerance(dtype)),
            in_run,
        )
        self.trials.append(trial)
        return trial

    def _train(self, conditions, expected):
        """Train the stage; return losses, validation losses and accuracy."""
        train = self.stage.program.train
        options = runner.options_of(train, conditions["device"] is None)
        for name in options:
            if name in conditions and name != "device":
                options[name] = conditions[name]
        data = conditions["data"]
        if data not in self._splits:
            self._splits[data] = mnist.load(mnist.flag(data))
        splits = self._splits[data]
        steps = math.ceil(len(splits.x_train) / options["batch_size"])
        log = _Followed(options["epochs"], steps, expected)
        accuracy = None
        try:
            pred = runner.predict(
                train,
                splits,
                log,
                seed=conditions["seed"],
                dtype=getattr(torch, conditions["dtype"]),
                threads=conditions["threads"],
                **options,
            )
            log.close()
            accuracy = runner.accuracy(pred, splits.y_valid)
        except (_StoppedError, RunError):
            pass  # it has left what is expected, or its loss became nan
        finally:
            log.leave()
        return {
            "losses": log.losses,
            "valid_losses": log.valid_losses,
            "accuracy": accuracy,
        }

    def _rows(self):
        """Return the trials as a table."""
        rows = [
            (
                say("tried"),
                say("accuracy"),
                say("against published"),
                say("against yours"),
            )
        ]
        for trial in self.trials:
            accuracy = say("stopped")
            if trial.accuracy is not None:
                accuracy = f"{trial.accuracy:.4f}"
            rows.append(
                (
                    trial.name,
                    accuracy,
                    _cell(trial.from_published),
                    _cell(trial.from_run),
                )
            )
        return rows


def accelerator():
    """Tell whether this machine has one."""
    return torch.accelerator.is_available()


def _kind(apart):
    """Return what parts as a sentence has it."""
    return {
        "loss": say("loss"),
        "validation": say("validation loss"),
        "accuracy": say("accuracy"),
    }[apart.what]


def _cell(apart):
    """Return a parting as a cell of a table."""
    if apart is None:
        return say("the same")
    if apart == UNLIKE:
        return say("other dtype")
    if apart.step is None:
        return say("other {kind}, by {by:.1g}", kind=_kind(apart), by=apart.by)
    return say(
        "from step {step:,} on, by {by:.1g}",
        step=apart.step + 1,
        by=apart.by,
    )


def _listed(words):
    """Return "a", "a and b" or "a, b and c"."""
    *most, last = words
    if not most:
        return last
    return say("{most} and {last}", most=", ".join(most), last=last)


def conditions(found, dtype):
    """Say under which conditions losses were published, in English."""
    return published.conditions(found, dtype, f"seed {found['seed']}")


def explain(stage):
    """Print why the last run of a stage gave other numbers than published.

    Raises InputError if there is no run, or not a whole one, and RunError if
    nothing is published of the stage.
    """
    run = read_run(stage)
    found = published.read("losses")
    if stage.name not in found["stages"]:
        raise RunError(
            say(
                "nothing is published of it: {again}",
                again=local(published.AGAIN),
            )
        )
    Explanation(stage, run, found).tell()
