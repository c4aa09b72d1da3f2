"""Judge what came of an exercise, from the file to the last prediction."""

import ast
from contextlib import ExitStack

from shared.languages import clauses, say
from shared.proof.equivalence import ROUNDING, Record, compare
from shared.proof.preconditions import drawn_from, given_weights
from shared.proof.statistics import EQUIVALENT
from shared.tokens import contains
from shared.training.runner import options_of
from shared.workshop import (
    change,
    device,
    explanations,
    places,
    slips,
    texts,
)
from shared.workshop.answer import Answer, bound
from shared.workshop.finding import Finding, Words, where
from shared.workshop.phases import (
    Seen,
    agreeing,
    data,
    layer,
    number_of_layers,
    other_grid,
    start,
)
from shared.workshop.reference import Reference
from shared.workshop.sandbox import (
    N_TRAIN,
    OTHERWISE,
    Sandbox,
    Stopped,
    follow,
    otherwise,
    wait,
)
from shared.workshop.validation import validations
from shared.workshop.verdict import parting


class Check:
    """The check of the program in `path`, an answer to an `Exercise`.

    Trains on these `splits`, of MNIST or the stand-in. To be used in a
    `with`: it starts processes. `praise` is what to say if all holds, a list
    of paragraphs.
    """

    def __init__(self, exercise, path, splits):
        self.exercise, self.path = exercise, path
        self.praise = []
        self._splits = splits
        self._remarks = []  # on what was made equal because it needs it
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
                    stopped.kind, *self._stopped(stopped), **stopped.values
                )
            yield name, found
            if isinstance(found, Finding):
                return

    def _file(self):
        """Read the file, and what it imports."""
        try:
            self._answer = Answer(self.path.read_text(encoding="utf-8"))
        except UnicodeDecodeError:
            return Finding("not-utf-8")
        except SyntaxError as error:
            if not error.lineno:
                return Finding("not-python", message=error.msg)
            code = self.path.read_text(encoding="utf-8").splitlines()
            line, quoted = error.lineno, code[error.lineno - 1].strip()
            return Finding(
                "syntax-error",
                f"  {line}: {quoted}",
                line=line,
                message=error.msg,
            )
        except ValueError as error:
            return Finding("not-python", message=error)
        for line, name in self._answer.foreign_imports():
            ours = name.partition(".")[0] in ("stages", "shared")
            return Finding(
                "import-of-a-stage" if ours else "foreign-import",
                self._answer.quoted(line),
                line=line,
                name=name,
            )
        if found := slips.not_called(self._answer):
            line, code = found
            return Finding(
                "method-not-called",
                self._answer.quoted(line),
                line=line,
                code=code,
            )
        return say("can be read")

    def _stopped(self, stopped):
        """Yield words for where a program was stopped, and what it did."""
        if stopped.line:
            yield Words(texts.WAS_AT_LINE, line=stopped.line)
            yield self._answer.quoted(stopped.line)
        began = "first batch"
        if stopped.kind == "runs-too-long" and self._sandbox.has(began):
            # Of what is much slower, large grids are the first to suspect.
            b = self._sandbox.result(began)["batches"][0]
            usual = self._usual.result("few")["trace"]["batches"][0]
            if found := other_grid(self._like, usual, b):
                yield Words(texts.BEFORE, text=found.text)

    def _run(self):
        """Train on a few digits, unless nothing was changed."""
        exercise = self.exercise
        was, now = Answer(exercise.start.code).tree, self._answer.tree
        self._unchanged = ast.dump(was) == ast.dump(now)
        if self._unchanged:
            return say("as before")
        precondition = exercise.stage.promise.precondition
        if exercise.other_model:
            precondition = "order of images"
        self._train_few(precondition)
        return (
            self._signature()
            or self._error(self._seen.get("error"))
            or self._second_error()
            or say("trains on 1,000 images")
        )

    def _train_few(self, precondition):
        """Train the program beside the stage that it is compared with."""
        self._given = precondition
        ours = theirs = {"few": precondition, "all": precondition}
        if self.exercise.other_model:
            ours = {"few": precondition}
            theirs = ours | {"accuracy": None}
        start = self._stack.enter_context
        self._stack.close()
        self._usual = Reference(self._like, self._splits, ours, start)
        self._sandbox = start(Sandbox(self.path, self._splits, theirs))
        self._seen, self._expected = wait(self._sandbox, self._usual, "few")

    def _signature(self):
        """Compare the arguments of `train` with those that it should have."""
        if "parameters" not in self._seen:
            return None  # it could not be imported
        if missing := self._seen["missing"]:
            return Finding("other-arguments", error=missing)
        return None

    def _error(self, error):
        """Return the finding of an exception in the program."""
        if not error:
            return None
        usual = self._training(self._expected)
        found = explanations.stop(
            error, self._seen, self._answer, usual, self._gone()
        )
        if found.kind == "backward-without-recording":
            return found
        if found.kind in explanations.OF_SHAPES:
            found.and_also(*places.in_vain(self._answer))
        if "trace" in self._seen and self._same_order():
            b = self._training(self._seen)
            for i in range(min(len(usual.batches), len(b.batches))):
                if earlier := data(usual, b, i):
                    before = Words(texts.BEFORE, text=earlier.text)
                    return found.and_also(before)
        return found

    def _gone(self):
        """Return the code that the program should not have any more."""
        exercise = self.exercise
        kinds = ("nn.Parameter", "nn.Linear", "nn.Conv2d")
        mine, usual = (
            options_of(stage.program.train)
            for stage in (exercise.start, exercise.target)
        )
        was, to_be = (
            Answer(stage.code) for stage in (exercise.start, exercise.target)
        )
        return [
            *exercise.gone,
            *(bound(was.tree).keys() - bound(to_be.tree).keys()),
            *(mine.keys() - usual.keys()),
            *(
                code
                for code in kinds
                if contains(exercise.start.code, code)
                and not contains(exercise.target.code, code)
            ),
        ]

    def _same_order(self):
        """Tell whether both see the images in the same order."""
        shuffles = "RandomSampler" in self._expected["trace"]["count"]
        return not shuffles or self._given == "order of images"

    def _second_error(self):
        """Return the finding of an exception in the second training alone."""
        error = self._seen["again"]["error"]
        if not error:
            return None
        if "returned" in error:
            return Finding("no-tensor-if-called-again")
        return Finding("stops-if-called-again", error=error["type"])

    def _change(self):
        """Find out whether the change was made, all of it."""
        if self._unchanged:
            return Finding("unchanged", stage=self.exercise.start.name)
        # Signs of another network would say less.
        layers = self.exercise.other_model and number_of_layers(*self._both())
        return layers or self._missing() or say("made")

    def _missing(self):
        """Look for what is missing of the change."""
        found = change.missing(self.exercise, self._answer, self._seen)
        return found and self._placed(found)

    def _placed(self, found):
        """Return a finding with what the file shows of its cause."""
        answer, trace = self._answer, self._seen["trace"]
        loops = "DataLoader" in self.exercise.target.code
        causes = places.of_cause(found.kind, answer, trace, loops)
        stages = self.exercise.start, self.exercise.target
        others = [Answer(stage.code) for stage in stages]
        lines = places.to_look_at(found.kind, answer, trace, others)
        return found.and_also(*causes).look_at(*lines)

    def _promise(self):
        """Compare the training on a few digits, in every phase."""
        exercise = self.exercise
        promised = exercise.stage.promise.precondition
        if exercise.other_model and (found := self._give_weights()):
            return found
        found = self._parting()
        if found and promised and exercise.reverse:
            # Who undoes a change may write by hand even what was made equal.
            start = agreeing(*self._both())
            self._train_few(None)
            drawn = self._parting()
            if not drawn or agreeing(*self._both()) > start:
                found = drawn
        shuffles = "RandomSampler" in self._expected["trace"]["count"]
        if found and found.phase == "data" and shuffles and not promised:
            # Random numbers that were drawn besides change the order alone.
            self._train_few("order of images")
            self._remarks = [Words(texts.OTHER_ORDER)]
            found = self._parting()
        if found and found.phase == "initial weights" and self._looked():
            # They may have been drawn before the weights, too.
            given = "order of images" if shuffles else promised
            if given != self._given:
                self._train_few(given)
            with drawn_from(self._seen["trace"]["random"]):
                anew = follow(self._like.path, self._splits, given)
            before, self._expected = self._expected, self._expected | anew
            self._drawn_anew = True
            self._remarks = [Words(texts.OTHER_WEIGHTS)]
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
            or self._log_probabilities()
            or self._one_left()
            or self._otherwise()
            or self._besides()
            or say("held on 1,000 images")
        )

    def _looked(self):
        """Tell whether a look at a batch may have drawn random numbers.

        A loop over a `DataLoader` does, if it comes before the layers. A
        seed that is set is no such look.
        """
        count = self._seen["trace"]["count"]
        if "torch.manual_seed" in count:
            return False
        seen = [
            n for n in count if n in ("DataLoader", "Parameter of a layer")
        ]
        return seen == ["DataLoader", "Parameter of a layer"]

    def _give_weights(self):
        """Train the stage anew, from the weights that the program drew.

        Returns a finding if they do not fit into its model.
        """
        batches = self._seen["trace"]["batches"]
        if not batches:
            return None
        usual = self._expected["trace"]["batches"][0]["shapes"]
        shapes = batches[0]["shapes"]
        pairs = zip(shapes, usual, strict=False)
        for number, (mine, other) in enumerate(pairs, 1):
            if sorted(mine) != sorted(other):
                return layer(*self._both(), number)
        if len(shapes) != len(usual):
            return start(*self._both())
        with given_weights(self._seen["trace"]["start"]):
            anew = follow(self._like.path, self._splits, "order of images")
        self._expected = self._expected | anew
        return None

    def _both(self):
        """Return what was seen of the stage and of the program."""
        return self._training(self._expected), self._training(self._seen)

    def _training(self, found):
        """Return as `Seen` what was found of a training on a few digits."""
        record = Record.from_dict(found["record"])
        return Seen(self._like.name, record, found["trace"])

    def _same_start(self):
        """Compare the initial weights, even where no number depends on it."""
        return start(*self._both())

    def _parting(self):
        a, b = self._both()
        if compare(a.record, b.record, ROUNDING).equal:
            found = validations(a, b)
            return found and self._placed(found)
        found = parting(
            a,
            b,
            chance=self._seen.get("chance"),
            only_once=slips.passes_once(self._answer),
            leaves=self._answer.leaves_loop(),
        )
        vague = not found or found.phase in ("", "epochs", "log")
        if self._seen["too many"] and vague:
            return Finding(
                "no-end",
                stage=a.name,
                usual=len(a.record.losses),
                n=len(b.record.losses),
            )
        return found and self._placed(found)

    def _orders(self):
        """Look at how the program shuffles, if that is what it is to do."""
        orders = self._seen.get("orders")
        if not orders or "shuffle=True" not in self.exercise.target.code:
            return None
        if orders[0] == list(range(N_TRAIN)):
            return self._placed(Finding("not-shuffled"))
        if len(orders) > 1 and orders[0] == orders[1]:
            return self._placed(Finding("same-order-in-each-epoch"))
        if orders[:1] == self._seen["another order"]:
            return Finding("same-order-with-each-seed")
        for epoch, order in enumerate(orders, 1):
            if sorted(order) != list(range(N_TRAIN)):
                found = Finding("not-each-image-once", epoch=epoch)
                return self._placed(found)
        return None

    def _again(self):
        first, again = self._seen, self._seen["again"]
        if compare(
            Record.from_dict(first["record"]),
            Record.from_dict(again["record"]),
        ).equal:
            return None
        return Finding("other-results-if-called-again")

    def _log_probabilities(self):
        """Look for a log-softmax that neither program of the exercise has."""
        exercise = self.exercise
        usual = exercise.start.code + exercise.target.code
        asked = self._seen["trace"]["last"]["log-probabilities"]
        if "log_softmax" in usual or not asked:
            return None
        return self._placed(Finding("log-softmax-added"))

    def _one_left(self):
        """Look at a training in which the last batch has one image."""
        left = self._seen["one left"]
        error, n = left["error"], len(left["record"]["losses"])
        if not error and n == 3:
            return self._placed(Finding("one-image-left-out"))
        if not error or "returned" in error:
            return None
        found = Finding(
            "stops-at-one-image",
            self._answer.quoted(error["line"]),
            where=where(error["line"]),
            error=f"{error['type']}: {error['message']}".rstrip("."),
        )
        return self._placed(found)

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
            if name == "seed":
                return Finding("seed-ignored", value=value)
            usual, n = len(expected.losses), len(seen.losses)
            if name == "batch_size" and n == usual + usual // expected.steps:
                return Finding(
                    "one-batch-too-many", value=value, usual=usual, n=n
                )
            return Finding(
                "argument-ignored",
                *self._number(name),
                name=name,
                value=value,
            )
        return None

    def _number(self, name):
        """Yield the line that has the default of an argument, as a number."""
        default = self._seen["parameters"][name]
        if default is None:
            return
        for line in self._answer.numbers(default)[: places.MOST]:
            yield Words(texts.THE_NUMBER, line=line, value=default)
            yield self._answer.quoted(line)

    def _besides(self):
        """Check what a promise says besides, of the later stage."""
        if self.exercise.reverse:
            return None
        adds = self.exercise.stage.promise.adds
        if adds == "any size" and not self._seen["any size"]:
            return Finding("one-size-alone")
        if adds == "any device":
            found = device.wrong(self._seen, self._answer, N_TRAIN)
            return found and self._placed(found)
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
            return Finding("not-on-all", reading=clauses(report.reading))
        most = max(report.loss, report.pred)
        how = texts.EQUAL_IN_VALIDATION if b.valid_losses else texts.EQUAL
        self.praise = [
            Words(
                how,
                stage=exercise.start.name,
                how=Words(
                    texts.UP_TO if most else texts.BIT_FOR_BIT, most=most
                ),
                steps=len(b.losses),
                images=len(b.pred),
            ),
            Words(texts.FEW_EQUAL),
            *self._remarks,
        ]
        if most and exercise.stage.promise.kind == "exact":
            self.praise.append(Words(texts.ROUNDED))
        return say("held")

    def _accuracy(self):
        """Compare the accuracy with that of the stage before the change."""
        parent, start = self.exercise.parent, self._stack.enter_context
        parts = {"accuracy": None}
        usual = Reference(parent, self._splits, parts, start)
        sandbox = self._sandbox
        if not self.exercise.other_model:
            sandbox = start(Sandbox(self.path, self._splits, parts))
        found, usual = wait(sandbox, usual, "accuracy")
        if found["error"]:
            return self._error(found["error"])
        a, b = (
            Record.from_dict(usual["record"]),
            Record.from_dict(found["record"]),
        )
        if b.problems:
            problems = "; ".join(map(str, b.problems))
            return Finding("problem-in-full", problems=problems)
        accuracies = {"accuracy": b.accuracy, "usual": a.accuracy}
        if b.accuracy < a.accuracy - EQUIVALENT:
            return Finding(
                "less-accurate",
                stage=parent.name,
                chance=EQUIVALENT,
                **accuracies,
            )
        self.praise = [
            Words(
                texts.ACCURATE,
                parent=parent.name,
                stage=self.exercise.target.name,
                chance=EQUIVALENT,
                **accuracies,
            ),
            *self._remarks,
        ]
        return say("held")
