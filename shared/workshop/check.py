"""Judge what came of an exercise, from the file to the last prediction."""

import ast
from contextlib import ExitStack
from types import SimpleNamespace

from shared.data import mnist
from shared.proof.equivalence import ROUNDING, Record, compare
from shared.proof.preconditions import given_weights
from shared.proof.statistics import EQUIVALENT
from shared.training import runner
from shared.workshop.answer import Answer
from shared.workshop.demands import DEMANDS
from shared.workshop.explanations import explained
from shared.workshop.reference import Reference
from shared.workshop.sandbox import (
    MOST_MEMORY,
    N_TRAIN,
    OTHERWISE,
    Sandbox,
    Stopped,
    follow,
    otherwise,
    wait,
)
from shared.workshop.signs import Call
from shared.workshop.verdict import (
    Finding,
    Seen,
    parting,
    start,
    these,
    validations,
)


class Check:
    """The check of the program in `path`, an answer to an `Exercise`.

    Trains on these `splits`, of MNIST or the stand-in. To be used in a
    `with`: it starts processes. `praise` is what to say if all holds.
    """

    def __init__(self, exercise, path, splits):
        self.exercise, self.path = exercise, path
        self.praise = ""
        self._splits = splits
        self._data = mnist.flag(splits.name)
        self._remark = ""  # what was made equal because the program needs it
        self._drawn_anew = False  # whether the weights were, for that reason
        self._stack = ExitStack()
        # What its training has to be like, as far as that goes.
        another = exercise.other_model
        self._like = exercise.target if another else exercise.start
        self._sandbox = self._usual = None

    def __enter__(self):
        return self

    def __exit__(self, *error):
        self._stack.close()

    def printed(self):
        """Return what the program has printed so far."""
        return self._sandbox.output() if self._sandbox else ""

    def steps(self):
        """Yield the name of each step and what came of it, in words.

        The last may be a `Finding` instead, of what is wrong.
        """
        for name, step in (
            ("file", self._file),
            ("run", self._run),
            ("change", self._change),
            ("promise", self._promise),
            ("in full", self._in_full),
        ):
            try:
                found = step()
            except Stopped as stopped:
                found = Finding(
                    "run",
                    f"Your program was stopped: {stopped}."
                    f"{self._answer.quoted(stopped.line)}",
                )
            yield name, found
            if isinstance(found, Finding):
                return

    def _file(self):
        """Read the file, and what it imports."""
        try:
            self._answer = Answer(self.path.read_text(encoding="utf-8"))
        except UnicodeDecodeError:
            return Finding("file", "It is no text in UTF-8.")
        except (SyntaxError, ValueError) as error:
            line = getattr(error, "lineno", None)
            where = f"line {line}" if line else "it"
            code = self.path.read_text(encoding="utf-8").splitlines()
            quoted = f"\n  {line}: {code[line - 1].strip()}" if line else ""
            return Finding(
                "file",
                f"Python can't read {where}: {getattr(error, 'msg', error)}."
                f"{quoted}",
            )
        for line, name in self._answer.foreign_imports():
            why = "a program imports torch and the standard library alone"
            if name.partition(".")[0] in ("stages", "shared"):
                why = "a program does its own work"
            return Finding(
                "file",
                f"Line {line} imports `{name}`, but {why}."
                f"{self._answer.quoted(line)}",
            )
        if found := self._answer.not_called():
            line, code = found
            return Finding(
                "file",
                f"Line {line} names `{code}` and does not call it: `()` is"
                f" missing.{self._answer.quoted(line)}",
            )
        return "can be read"

    def _run(self):
        """Train on a few digits, unless nothing was changed."""
        exercise = self.exercise
        self._start = Answer(exercise.start.code)
        self._unchanged = ast.dump(self._start.tree) == ast.dump(
            self._answer.tree
        )
        if self._unchanged:
            return "as before"
        precondition = exercise.stage.promise.precondition
        if exercise.other_model:
            precondition = "order of images"
        self._train_few(precondition)
        return (
            self._signature()
            or self._error(self._seen.get("error"))
            or self._second_error()
            or "trains on 1,000 images"
        )

    def _train_few(self, precondition):
        """Train the program beside the stage that it is compared with."""
        self._given = precondition
        both = {"few": precondition, "all": precondition}
        if self.exercise.other_model:
            both["all"] = None
        start = self._stack.enter_context
        self._stack.close()
        last = "few" if self.exercise.other_model else "all"
        self._usual = Reference(self._like, self._data, both, last, start)
        self._sandbox = start(Sandbox(self.path, self._data, both))
        self._seen, self._expected = wait(self._sandbox, self._usual, "few")

    def _signature(self):
        """Compare the arguments of `train` with those that it should have."""
        if "parameters" not in self._seen:
            return None  # it could not be imported
        if missing := self._seen["missing"]:
            return Finding(
                "run",
                f"`train` can't be called as that of a stage: {missing}.",
            )
        return None

    def _error(self, error):
        """Return the finding of an exception in the program."""
        if not error:
            return None
        if "returned" in error:
            return Finding(
                "run",
                f"`train` returns {error['returned']}. It is to return a"
                " tensor: ten numbers for each image to validate on.",
            )
        if error["type"] == "AttributeError" and not error["line"]:
            return Finding("run", "There is no function `train` in it.")
        where = f"in line {error['line']}" if error["line"] else "somewhere"
        quoted = self._answer.quoted(error["line"])
        if error["type"] in ("WaitingError", "BdbQuit"):
            waits = error["message"] or "a debugger waits for somebody to type"
            return Finding(
                "run",
                f"Your program stops {where}: {waits}. Nobody can in a check:"
                f" take it out.{quoted}",
            )
        if self._seen.get("fine in float32"):
            return Finding(
                "run",
                f"Your program stops {where}, in float64 alone: a check"
                " trains in float64. Something there is float32 whatever the"
                " images are: a tensor turned into it, or a model made before"
                f" `train` is called.{quoted}",
            )
        said = ": ".join(filter(None, (error["type"], error["message"])))
        text = f"Your program stops {where}. {said}"
        memory = "allocate memory" in error["message"]
        if memory or error["type"] == "MemoryError":
            text = f"Your program stops {where}: it wants more than"
            text += f" {MOST_MEMORY // 2**30} gigabytes of memory"
        text = f"{text.rstrip('.')}.{quoted}"
        if why := explained(error["type"], error["message"]):
            text += f"\n{why}"
        if "record" in self._seen:
            record = Record.from_dict(self._seen["record"])
            n = len(record.losses)
            last = f"{record.place(n - 1)} was" if n else "no batch had been"
            text += f"\nBy then, {last} logged"
            if shape := self._seen["trace"]["shape"]:
                text += f"; the model had last returned {tuple(shape)}"
            text += "."
            if problem := record.has("setting", "data"):
                text += f"\nBefore that, {problem}."
        return Finding("run", text)

    def _second_error(self):
        """Return the finding of an exception in the second training alone."""
        if error := self._seen["again"]["error"]:
            return _kept(f"stops with {error.get('type', 'no predictions')}")
        return None

    def _change(self):
        """Find out whether the change was made, all of it."""
        exercise = self.exercise
        if self._unchanged:
            return Finding(
                "change",
                "The change was not made: this still is the program of"
                f" stage {exercise.start.name}, word for word.",
            )
        seen = SimpleNamespace(**self._seen["trace"])
        signs, stage = exercise.signs, exercise.stage
        rows = {code: signs.get(code) for code in stage.swaps_in}
        uses = [code for code, sign in rows.items() if sign and sign.used]
        still = [code for code in uses if signs[code].used(seen)]
        if exercise.reverse:
            left = self._left(stage.swaps_in, seen)
            seeable = [
                c for c in stage.swaps_in if c in signs and signs[c].left
            ]
            whole = all(code in left for code in seeable)
        else:
            left = self._left(stage.goes_out, seen)
            whole = not still
            for code in uses:
                if code not in still:
                    missing = signs[code].missing
                    if not signs[code].ours:
                        missing = f"`{code}` is not in use; {missing}"
                    return Finding(
                        "change", f"The change was {_made(whole)}: {missing}."
                    )
        for code, call in left.items():
            why = signs[code].why if code in signs else ""
            return Finding(
                "change",
                f"The change was {_made(whole)}: `{code}` should be gone, but"
                f" {_still(code, call)}{f'; {why}' if why else ''}."
                f"{self._answer.quoted(call and call.line)}",
            )
        for code in exercise.kept:
            if not signs[code].used(seen):
                return Finding(
                    "change",
                    f"`{code}` was to stay, but is not in use any more;"
                    f" {signs[code].missing}.",
                )
        return self._defaults() or self._demands(seen) or "made"

    def _demands(self, seen):
        """Look at what the task asks for besides."""
        for demand in DEMANDS.get(self.exercise.key, ()):
            if line := demand.broken(seen, self._answer):
                where = f"in line {line}, " if type(line) is int else ""
                text = f"{where}{demand.text}."
                return Finding(
                    "change",
                    f"{text[0].upper()}{text[1:]}{self._answer.quoted(line)}",
                )
        target = Answer(self.exercise.target.code)
        if found := self._answer.unused(self._start, target):
            line, name = found
            return Finding(
                "change",
                f"`{name}` in line {line} is not used any more; remove it."
                f"{self._answer.quoted(line)}",
            )
        return None

    def _defaults(self):
        """Compare the hyperparameters with those that there should be."""
        options = self._seen["parameters"]
        stage = f"stage {self.exercise.target.name}"
        wanted = runner.options_of(self.exercise.target.program.train)
        for name in runner.options_of(self.exercise.start.program.train):
            if name in options and name not in wanted:
                return Finding(
                    "change",
                    f"`train` still has the argument `{name}`, which {stage}"
                    " does not have.",
                )
        for name, default in wanted.items():
            if name not in options:
                return Finding(
                    "change",
                    f"`train` has no argument `{name}` with a default, that"
                    f" of {stage} has.",
                )
            if isinstance(default, (int, float)) and options[name] != default:
                return Finding(
                    "change",
                    f"The default of `{name}` is {options[name]}, in"
                    f" {stage} it is {default}.",
                )
        if "device" in wanted and list(options)[-1] != "device":
            return Finding(
                "change", "`device` is not the last argument of `train`."
            )
        return None

    def _left(self, codes, seen):
        """Return which of these are still there, each with its `Call` if any.

        Code of our own is there if it stands as it stood in the start.
        """
        found = {}
        for code in codes:
            sign = self.exercise.signs.get(code)
            if sign and sign.left and (call := sign.left(seen)):
                line = self._answer.named(code)
                found[code] = Call(line, code) if call is True else call
            elif line := self._answer.stands(code, self._start):
                found[code] = Call(line, code)
        return found

    def _promise(self):
        """Compare the training on a few digits, in every phase."""
        exercise = self.exercise
        promised = exercise.stage.promise.precondition
        if exercise.other_model and (found := self._give_weights()):
            return found
        found = self._parting()
        if found and promised and exercise.reverse:
            # Who undoes a change may write by hand even what was made equal.
            self._train_few(None)
            if not self._parting():
                found = None
        shuffles = "RandomSampler" in self._expected["trace"]["count"]
        if found and found.phase == "data" and shuffles and not promised:
            # Random numbers that were drawn besides change the order alone.
            self._train_few("order of images")
            self._remark = (
                " Your program draws random numbers that the stage does not"
                " draw, so its images come in another order. They were"
                " compared given the same order."
            )
            found = self._parting()
        if found and found.phase == "initial weights" and self._looked():
            # They may have been drawn before the weights, too.
            given = "order of images" if shuffles else promised
            if given != self._given:
                self._train_few(given)
            with given_weights(self._seen["trace"]["start"]):
                anew = follow(self._like.path, self._splits, given)
            before, self._expected = self._expected, self._expected | anew
            self._drawn_anew = True
            self._remark = (
                " Your program draws random numbers before its weights that"
                " the stage does not draw, so the weights are other ones."
                " They were compared given the same weights."
            )
            anew = self._parting()
            if anew and anew.phase == "initial weights":
                self._expected = before
            else:
                found = anew
        return (
            found
            or self._orders()
            or self._again()
            or self._same_start()
            or self._otherwise()
            or self._besides()
            or "held on 1,000 images"
        )

    def _looked(self):
        """Tell whether a look at a batch may have drawn random numbers.

        A loop over a `DataLoader` does. A seed that is set is no such look.
        """
        count = self._seen["trace"]["count"]
        layers = "Parameter of a layer" in count
        return (
            layers
            and "DataLoader" in count
            and not count.get("torch.manual_seed")
        )

    def _give_weights(self):
        """Train the stage anew, from the weights that the program drew.

        Returns a finding if they do not fit into its model.
        """
        batches = self._seen["trace"]["batches"]
        if not batches:
            return None
        usual = self._expected["trace"]["batches"][0]["shapes"]
        shapes = batches[0]["shapes"]
        if [sorted(shape) for shape in shapes] != list(map(sorted, usual)):
            return Finding(
                "model",
                f"Your model learns {these(shapes)}. In the order in which"
                f" they are used, those of stage {self._like.name} are"
                f" {these(usual)}.",
            )
        with given_weights(self._seen["trace"]["start"]):
            anew = follow(self._like.path, self._splits, "order of images")
        self._expected = self._expected | anew
        return None

    def _both(self):
        """Return what was seen of the stage and of the program."""
        return (
            Seen(Record.from_dict(found["record"]), found["trace"])
            for found in (self._expected, self._seen)
        )

    def _same_start(self):
        """Compare the initial weights, even where no number depends on it."""
        return start(*self._both(), f"stage {self._like.name}")

    def _parting(self):
        a, b = self._both()
        name, n = f"stage {self._like.name}", len(a.record.losses)
        if compare(a.record, b.record, ROUNDING).equal:
            return validations(a, b)
        found = parting(a, b, name, chance=self._seen.get("chance"))
        vague = not found or found.phase in ("", "epochs", "log")
        if self._seen["too many"] and vague:
            return Finding(
                "epochs",
                f"Your program does not end: {name} learns from {n} batches,"
                f" and it was stopped after {len(b.record.losses)}.",
            )
        if found and found.phase == "epochs" and self._answer.passes_once():
            return found._replace(
                text=f"{found.text} A generator can be looped over only once;"
                " an object whose `__iter__` yields can be, in every epoch."
            )
        return found

    def _orders(self):
        """Look at how the program shuffles, if that is what it is to do."""
        orders = self._seen.get("orders")
        if not orders or "shuffle=True" not in self.exercise.target.code:
            return None
        if len(orders) > 1 and orders[0] == orders[1]:
            return Finding(
                "data",
                "The images come in the same order in every epoch. Each epoch"
                " should draw an order of its own: is a seed set, or are the"
                " batches made only once?",
            )
        if orders[:1] == self._seen["another order"]:
            return Finding(
                "data",
                "The images come in the same order with another seed. The"
                " order should depend on the seed that torch is given: is"
                " another one set, or a generator made?",
            )
        for epoch, order in enumerate(orders, 1):
            if sorted(order) != list(range(N_TRAIN)):
                return Finding(
                    "data",
                    f"In epoch {epoch} your program does not learn from each"
                    " image once.",
                )
        return None

    def _again(self):
        first, again = self._seen, self._seen["again"]
        if compare(
            Record.from_dict(first["record"]),
            Record.from_dict(again["record"]),
        ).equal:
            return None
        return _kept("gives other results")

    def _otherwise(self):
        """Compare trainings with one other hyperparameter each."""
        others = self._expected["otherwise"]
        if self.exercise.other_model or self._drawn_anew:
            names = [n for n in others if n in self._seen["otherwise"]]
            others = otherwise(
                self._like.path,
                self._splits,
                self._given,
                [name for name in names if name != "seed"],
                self._seen["trace"]["start"],
            )
        for name, value in OTHERWISE.items():
            if name not in others or name not in self._seen["otherwise"]:
                continue
            expected, seen = (
                Record.from_dict(found[name])
                for found in (others, self._seen["otherwise"])
            )
            if compare(expected, seen, ROUNDING).equal:
                continue
            asked = "the seed" if name == "seed" else f"`{name}`"
            return Finding(
                "arguments",
                "As it stands your program does what it should, but not with"
                f" another value of {asked}, such as {value}. What was found"
                f" then: {compare(expected, seen, ROUNDING).reading}.",
            )
        return None

    def _besides(self):
        """Check what a promise says besides, of the later stage."""
        if self.exercise.reverse:
            return None
        adds = self.exercise.stage.promise.adds
        if adds == "any size" and not self._seen["any size"]:
            return Finding(
                "model",
                "Images of other sizes do not work yet: for two images of 72 x"
                " 64 pixels, the network does not return ten numbers each.",
            )
        if adds == "any device":
            return self._device(self._seen["device"])
        return None

    def _device(self, seen):
        """Look at how the program trained that was told another device."""
        with_one, with_none = self._seen["defaults"]
        if with_one == with_none == "cpu":
            return Finding(
                "device",
                "The default of `device` is the CPU even where there is an"
                " accelerator. It should be the device that you found.",
            )
        if with_one != with_none == "None":
            return Finding(
                "device",
                "Where there is no accelerator, the default of `device` is"
                " None. It should be the CPU then.",
            )
        n = len(self._splits.first(N_TRAIN, 0).x_train)
        error = seen.get("error")
        if error and "device" in error["message"]:
            line = error["line"]
            where = f" in line {line}" if line else ""
            return Finding(
                "device",
                "`train` was told to work on another device. Then two tensors"
                f" meet{where} that are not on the same device: the model, the"
                " images or the labels were not moved, or what `to` returned"
                f" was not used.{self._answer.quoted(line)}",
            )
        if seen["optimizer"] == "cpu" and not seen["moved"]:
            return Finding(
                "device",
                "`train` was told to work on another device, but its loss is"
                " on the CPU all the same: it ignores its argument `device`.",
            )
        if seen["optimizer"] == "cpu":
            return Finding(
                "device",
                "The optimizer is made before the model moves to the device."
                " Move the model first.",
            )
        if seen["moved"] >= n or seen["moved early"]:
            return Finding(
                "device",
                "All images are moved to the device at once. Move each batch"
                " when it is needed.",
            )
        if seen["prediction"] == "meta":
            return Finding(
                "device",
                "The predictions stay on the device. Return them on the CPU.",
            )
        return None

    def _in_full(self):
        """Compare the training on all digits."""
        exercise = self.exercise
        if exercise.other_model or self._drawn_anew:
            return self._accuracy()
        found, usual = wait(self._sandbox, self._usual, "all")
        if found["error"]:
            return self._error(found["error"])
        a, b = (
            Record.from_dict(usual["record"]),
            Record.from_dict(found["record"]),
        )
        report = compare(a, b, ROUNDING)
        if not report.equal:
            return Finding(
                "in full",
                "On the first 1,000 images your program does what it should,"
                f" but not on all. What was found: {report.reading}.",
            )
        most = max(report.loss, report.pred)
        self.praise = (
            f"Your program and stage {exercise.start.name} are"
            f" {f'equal up to {most:.0e}' if most else 'equal, bit for bit'}:"
            f" the losses of {len(b.losses):,} steps, and ten"
            f" log-probabilities for each of {len(b.pred):,} images"
            f"{' and the validation losses' if b.valid_losses else ''}."
            " On 1,000 images each batch, its gradients and the update are"
            " equal too, and so are trainings with other hyperparameters."
            f"{self._remark}"
        )
        if most and exercise.stage.promise.kind == "exact":
            self.praise += (
                " The ladder promises bit for bit; the same sums, rounded in"
                " another order, will do."
            )
        return "held"

    def _accuracy(self):
        """Compare the accuracy with that of the stage before the change."""
        parent = self.exercise.parent
        nothing = {"few": None, "all": None}
        usual = Reference(
            parent, self._data, nothing, "all", self._stack.enter_context
        )
        found, usual = wait(self._sandbox, usual, "all")
        if found["error"]:
            return self._error(found["error"])
        a, b = (
            Record.from_dict(usual["record"]),
            Record.from_dict(found["record"]),
        )
        if b.problems:
            problems = "; ".join(map(str, b.problems))
            return Finding("in full", f"Your program: {problems}")
        if b.accuracy < a.accuracy - EQUIVALENT:
            return Finding(
                "in full",
                f"The accuracy of your program is {b.accuracy:.4f}, that of"
                f" stage {parent.name} {a.accuracy:.4f}. Chance explains"
                f" {EQUIVALENT}, not more.",
            )
        self.praise = (
            f"The accuracy of your program is {b.accuracy:.4f}, that of stage"
            f" {parent.name} {a.accuracy:.4f}; by chance one may be"
            f" {EQUIVALENT} below the other. On 1,000 images, from the same"
            f" initial weights, it trains as stage {self.exercise.target.name}"
            " does: each batch, its gradients, the update, the validation."
            f"{self._remark}"
        )
        return "held"


def _kept(what):
    return Finding(
        "state",
        "Called a second time, with the same data and the same seed, `train`"
        f" {what}: something is kept from one call to the next.",
    )


def _still(code, call):
    """Say where code that should be gone is still used, and by what name."""
    if call is None:
        return "it is still used"
    a_name = code.replace(".", "_").isidentifier()
    own = code.rpartition(".")[2]
    if a_name and call.name.isidentifier() and call.name != own:
        return f"line {call.line} calls `{call.name}`"
    return f"line {call.line} still uses it"


def _made(whole):
    return "not made" if whole else "made only in part"
