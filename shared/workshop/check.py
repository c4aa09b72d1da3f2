"""Judge what came of an exercise, from the file to the last prediction."""

import ast
import sys
from contextlib import ExitStack
from types import SimpleNamespace

from shared.data import mnist
from shared.proof.equivalence import ROUNDING, Record, compare
from shared.proof.statistics import EQUIVALENT
from shared.training import runner
from shared.workshop.sandbox import (
    MOST_MEMORY,
    OTHERWISE,
    Sandbox,
    Stopped,
    wait,
)
from shared.workshop.signs import Call
from shared.workshop.verdict import Finding, Seen, parting


class Check:
    """The check of the program in `path`, an answer to an `Exercise`.

    Trains on the digits of that `name`, "MNIST" or "stand-in". To be used in
    a `with`: it starts processes. `praise` is what to say if all holds.
    """

    def __init__(self, exercise, path, name):
        self.exercise, self.path = exercise, path
        self.praise = ""
        self._data = mnist.flag(name)
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
                    f"{self._quoted(stopped.line)}",
                )
            yield name, found
            if isinstance(found, Finding):
                return

    def _file(self):
        """Read the file, and what it imports."""
        try:
            self._code = self.path.read_text(encoding="utf-8")
            self._tree = _bare(ast.parse(self._code))
        except UnicodeDecodeError:
            return Finding("file", "It is no text in UTF-8.")
        except (SyntaxError, ValueError) as error:
            line = getattr(error, "lineno", None)
            where = f"line {line}" if line else "it"
            return Finding(
                "file",
                f"Python can't read {where}: {getattr(error, 'msg', error)}."
                f"{self._quoted(line)}",
            )
        for node in ast.walk(self._tree):
            for name in _imported(node):
                package = name.partition(".")[0]
                if package in ("torch", *sys.stdlib_module_names):
                    continue
                why = "a program imports torch and the standard library alone"
                if package in ("stages", "shared"):
                    why = "a program does its own work"
                return Finding(
                    "file",
                    f"Line {node.lineno} imports `{name}`, but {why}."
                    f"{self._quoted(node.lineno)}",
                )
        return "can be read"

    def _run(self):
        """Train on a few digits, unless nothing was changed."""
        exercise = self.exercise
        start = _bare(ast.parse(exercise.start.code))
        self._unchanged = ast.dump(start) == ast.dump(self._tree)
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
        both = {"few": precondition, "all": precondition}
        if self.exercise.other_model:
            both["all"] = None
        start = self._stack.enter_context
        self._stack.close()
        self._usual = start(Sandbox(self._like.path, self._data, both))
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
        said = ": ".join(filter(None, (error["type"], error["message"])))
        where = f"in line {error['line']}" if error["line"] else "somewhere"
        text = f"Your program stops {where}. {said}"
        memory = "allocate memory" in error["message"]
        if memory or error["type"] == "MemoryError":
            text = f"Your program stops {where}: it wants more than"
            text += f" {MOST_MEMORY // 2**30} gigabytes of memory"
        text = f"{text.rstrip('.')}.{self._quoted(error['line'])}"
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

    def _quoted(self, number):
        """Return a line of the program, to be shown below what is said."""
        lines = self._code.splitlines()
        if not number or number > len(lines):
            return ""
        return f"\n  {number}: {lines[number - 1].strip()}"

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
            whole = len(left) == len([c for c in uses if signs[c].left])
        else:
            left = self._left(stage.goes_out, seen)
            whole = not still
            for code in uses:
                if code not in still:
                    return Finding(
                        "change",
                        f"The change was {_made(whole)}: `{code}` is not in"
                        f" use; {signs[code].missing}.",
                    )
        for code, call in left.items():
            return Finding(
                "change",
                f"The change was {_made(whole)}: `{code}` should be gone, but"
                f" {_still(code, call)}.{self._quoted(call and call.line)}",
            )
        for code in exercise.kept:
            if not signs[code].used(seen):
                return Finding(
                    "change",
                    f"`{code}` was to stay, but is not in use any more;"
                    f" {signs[code].missing}.",
                )
        return self._defaults() or "made"

    def _defaults(self):
        """Compare the hyperparameters with those that there should be."""
        options = self._seen["parameters"]
        stage = f"stage {self.exercise.target.name}"
        for name, default in runner.options_of(
            self.exercise.target.program.train
        ).items():
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
        return None

    def _left(self, codes, seen):
        """Return which of these are still there, each with its `Call` if any.

        Code of our own is there if it stands as it stood in the start.
        """
        exercise, found = self.exercise, {}
        for code in codes:
            sign = exercise.signs.get(code)
            if sign and sign.left and (call := sign.left(seen)):
                found[code] = None if call is True else call
            elif not exercise.reverse and (line := self._stands(code)):
                found[code] = Call(line, code)
        return found

    def _stands(self, code):
        """Return the line at which code of our own still stands, or 0.

        That is a definition that is as it was, or a call or slice.
        """
        if code.isidentifier():
            start = ast.walk(ast.parse(self.exercise.start.code))
            old = [n for n in start if getattr(n, "name", "") == code]
        elif code.endswith((")", "]")):
            old = [ast.parse(code, mode="eval").body]
        else:
            return 0
        old = [ast.dump(node) for node in old]
        lines = [n.lineno for n in ast.walk(self._tree) if ast.dump(n) in old]
        return min(lines, default=0)

    def _promise(self):
        """Compare the training on a few digits, in every phase."""
        exercise = self.exercise
        found = self._parting()
        if found and exercise.stage.promise.precondition and exercise.reverse:
            # Who undoes a change may write by hand even what was made equal.
            self._train_few(None)
            if not self._parting():
                found = None
        return (
            found
            or self._again()
            or self._otherwise()
            or self._besides()
            or "held on 1,000 images"
        )

    def _parting(self):
        alike = not self.exercise.other_model
        a, b = (
            Seen(Record.from_dict(found["record"]), found["trace"])
            for found in (self._expected, self._seen)
        )
        if compare(a.record, b.record, ROUNDING).equal:
            return None
        name, n = f"stage {self._like.name}", len(a.record.losses)
        found = parting(a, b, name, alike)
        vague = not found or found.phase in ("", "epochs", "log")
        if self._seen["too many"] and vague:
            return Finding(
                "epochs",
                f"Your program goes on and on: {name} learns from {n} batches,"
                f" and it was stopped after {len(b.record.losses)}.",
            )
        return found

    def _again(self):
        first, again = self._seen, self._seen["again"]
        if compare(
            Record.from_dict(first["record"]),
            Record.from_dict(again["record"]),
        ).equal:
            return None
        return _kept("gives other results")

    def _otherwise(self):
        """Compare a training with other hyperparameters."""
        report = compare(
            Record.from_dict(self._expected["otherwise"]),
            Record.from_dict(self._seen["otherwise"]),
            float("inf") if self.exercise.other_model else ROUNDING,
        )
        if report.equal:
            return None
        asked = ", ".join(f"{k}={v}" for k, v in OTHERWISE.items())
        return Finding(
            "arguments",
            "As it stands your program does what it should, but not when"
            f" `train` is called with {asked}. What was found then:"
            f" {report.reading}.",
        )

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
        device = self._seen.get("device", "meta")
        if adds == "any device" and device not in ("meta", None):
            if device == "cpu":
                device = "its loss is on the CPU all the same"
            return Finding(
                "forward pass",
                f"`train` was told to work on another device. Then {device}.",
            )
        return None

    def _in_full(self):
        """Compare the training on all digits."""
        exercise = self.exercise
        if exercise.other_model:
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
            f" {f'equal to {most:.0e}' if most else 'equal, bit for bit'}:"
            f" the losses of {len(b.losses):,} steps, and ten"
            f" log-probabilities for each of {len(b.pred):,} images."
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
        usual = self._stack.enter_context(
            Sandbox(parent.path, self._data, nothing)
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
            f" {EQUIVALENT} below the other. The losses of another model"
            " can't be the same. The images of every batch are, and so is"
            " the validation."
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
    if a_name and call.name.isidentifier() and call.name not in code:
        return f"line {call.line} calls `{call.name}`"
    return f"line {call.line} still uses it"


def _made(whole):
    return "not made" if whole else "made only in part"


def _bare(tree):
    """Return a program without its notes, and without the tail of a stage."""
    body = [
        node
        for node in tree.body
        if not (
            isinstance(node, ast.If) and "__main__" in ast.unparse(node.test)
        )
    ]
    if body and ast.get_docstring(tree) is not None:
        body = body[1:]
    return ast.Module(body, [])


def _imported(node):
    """Return the names of the modules that a statement imports."""
    if isinstance(node, ast.Import):
        return [alias.name for alias in node.names]
    if isinstance(node, ast.ImportFrom):
        return [f"{'.' * node.level}{node.module or ''}"]
    return []
