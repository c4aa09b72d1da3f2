"""The workshop tells a right answer from a wrong one, and says why.

Here programs train in this process, on a few digits. How they fare in one of
their own is in test_sandbox.py, the commands are in test_commands.py.
"""

import ast

import pytest
import torch

from shared.proof.equivalence import Record
from shared.proof.mutants import MUTANTS
from shared.tokens import words
from shared.workshop import check as check_
from shared.workshop import sandbox
from shared.workshop.answer import Answer
from shared.workshop.check import Check
from shared.workshop.exercises import ROOT, exercise, fill
from shared.workshop.signs import SIGNS
from stages import LADDER
from tests.support.solutions import (
    REWRITINGS,
    backward_by_function,
    functional_linear,
    other_names,
)

STAGES = {stage.name: stage for stage in LADDER}
EXERCISES = [
    exercise(stage, LADDER, reverse)
    for stage in LADDER[1:]
    for reverse in (False, True)
]
LEFT = ("code-left", "code-left-in-other-words")


def cases(names, values, every=1):
    """Run a test with each value; all but every so many-th are slow."""
    marked = []
    for i, value in enumerate(values):
        value = value if type(value) is tuple else (value,)
        marks = [pytest.mark.slow] if i % every else []
        marked.append(pytest.param(*value, marks=marks))
    return pytest.mark.parametrize(names, marked, ids=name_of)


def name_of(value):
    names = (getattr(value, name, "") for name in ("key", "name", "__name__"))
    return next(filter(None, names), str(value))


def bound(code):
    """Return the names that some code gives to something."""
    found = set()
    for node in ast.walk(ast.parse(code)):
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            found.add(node.id)
        elif isinstance(node, ast.FunctionDef | ast.ClassDef):
            found.add(node.name)
        elif isinstance(node, ast.arg):
            found.add(node.arg)
    return found


def test_each_piece_of_code_that_is_swapped_has_a_sign_or_is_our_own():
    swapped = set()
    for each in EXERCISES:
        stage = each.stage
        codes = {*stage.swaps_in, *stage.goes_out}
        ours = bound(stage.code) | bound(each.parent.code)
        for code in codes - set(SIGNS):
            assert ours & set(words(code)), code
        swapped |= codes
    assert set(SIGNS) <= swapped


@cases("exercise", EXERCISES)
def test_the_start_is_told_that_the_change_was_not_made(exercise, check):
    found = check(exercise, exercise.code())
    assert found.kind == "unchanged"


@cases("exercise", EXERCISES, every=11)
def test_other_names_alone_are_no_change(exercise, check):
    found = check(exercise, other_names(exercise.start.code))
    assert found.kind in {"code-missing", "part-missing", *LEFT}
    assert found.text.startswith("The change is not complete: ")


@cases("exercise", EXERCISES, every=11)
def test_the_real_stage_passes(exercise, check):
    assert check(exercise, exercise.target.code) == "held on 1,000 images"


ANSWERS = [
    (exercise, rewriting)
    for exercise in EXERCISES
    for rewriting in REWRITINGS
    if rewriting(exercise.target.code) != exercise.target.code
    # Which is to multiply by hand.
    and (exercise.key, rewriting) != ("04-reverse", functional_linear)
]


def test_there_are_at_least_five_right_answers_to_each_exercise():
    for each in EXERCISES:
        assert len([e for e, _ in ANSWERS if e is each]) >= 5


@cases("exercise, rewriting", ANSWERS, every=110)
def test_a_right_answer_may_look_different(exercise, rewriting, check):
    code = rewriting(exercise.target.code)
    assert check(exercise, code) == "held on 1,000 images"


# Which kind of finding a mutant has to be, and with which words.
CAUSES = {
    "gradients never zeroed": (
        "gradients-left",
        "there still are gradients of",
    ),
    "gradient of the bias never zeroed": (
        "gradients-left",
        "of shape (10,) from",
    ),
    "bias never updated": (
        "parameters-not-moved",
        "does not move the 10 numbers",
    ),
    "update with the wrong sign": ("uphill", "goes uphill"),
    "lr applied twice": ("another-step-size", "goes 0.5 times as far"),
    "sum instead of mean in nll": ("sum-for-mean", "64 times as much"),
    "log_softmax over the images": ("softmax-of-columns", "each column"),
    "weights too large": ("other-initial-weights", "the norm 88.76"),
    "weights start at zero": ("other-initial-weights", "the norm 0 ("),
    "last batch dropped": (
        "images-left-out",
        "your program makes 15 of the 16 batches that stage",
    ),
    "last image of each batch cut off": (
        "other-images",
        "from images 1 to 63",
    ),
    "batches overlap by one image": ("other-images", "from images 64 to 127"),
    "labels shifted": ("other-labels", "Image 1 is a"),
    "an epoch too many": (
        "other-number-of-epochs",
        "3 times through the images",
    ),
    "softmax before F.cross_entropy": ("softmax-twice", "are probabilities"),
    "label smoothing slipped in": (
        "not-plain-cross-entropy",
        "Yet the plain cross entropy",
    ),
    "bias hidden in a plain list": (
        "loop-lacks-parameters",
        "the loop does not know",
    ),
    "parameters rebound, not changed": (
        "parameters-not-moved",
        "does not move the 10",
    ),
    "no bias": ("no-bias", "has one, the 10 numbers of shape (10,)"),
    "optimizer of another model": (
        "optimizer-of-another-model",
        "was given the parameters of another model",
    ),
    "optimizer lacks the bias": (
        "optimizer-lacks-parameters",
        "does not have the 10 numbers",
    ),
    "zero_grad between backward and step": (
        "cleared-before-step",
        "cleared before",
    ),
    "weight decay slipped in": (
        "optimizer-has-more",
        "the optimizer has `weight_decay=0.0001`",
    ),
    "x shuffled without y": (
        "images-without-their-labels",
        "the labels of images 1 to 64",
    ),
    "only the first epoch's worth of batches": (
        "other-number-of-epochs",
        "once through the images",
    ),
    "shuffled too early": ("shuffled", "your program from 64 images"),
    "a seed of its own for the shuffling": (
        "same-order-with-each-seed",
        "with another seed",
    ),
    "validation on training data": (
        "validation-on-training-images",
        "the training learns from",
    ),
    "validation loss unweighted": (
        "mean-over-batches",
        "the mean over the batches",
    ),
    "gradients recorded during validation": (
        "recorded-in-validation",
        "are recorded",
    ),
    "learns from the validation images": (
        "learns-from-validation-images",
        "learns from images",
    ),
    "predicts before training": ("predictions-too-early", "made before it"),
    "a fresh model is returned": (
        "predictions-of-another-model",
        "from another model",
    ),
    "momentum lost": ("optimizer-has-less", "At epoch 1, batch 2"),
    "a ReLU lost": ("other-step", "there is a ReLU in stage"),
    "largest instead of mean in the pooling": (
        "other-step",
        "in your program a maximum",
    ),
    "pooled over one axis only": (
        "not-ten-numbers",
        "returns 40 numbers for each",
    ),
    "pooled over the channels": (
        "too-few-scores",
        "the model had last returned (64, 1)",
    ),
    "preprocess applied to training only": (
        "no-images-for-convolution",
        "[128, 784]",
    ),
    "predicts images turned on their side": (
        "predictions-of-other-images",
        "other images",
    ),
    "every second batch skipped": (
        "other-images",
        "should come at epoch 1, batch 3",
    ),
    "labels not moved": ("labels-not-moved", "are not on the same device"),
    "model not moved": ("model-not-moved", "a model that is on the CPU"),
    "predictions stay on the device": (
        "predictions-on-device",
        "Return them on the CPU",
    ),
    # Harmless, but the task asks for the other order.
    "the model moves after the optimizer is made": (
        "optimizer-before-move",
        "Move the",
    ),
    "a model of its own for the optimizer": (
        "optimizer-of-another-model",
        "was given the parameters of another model",
    ),
}
# Where it is noticed earlier, because it is what the change is about.
PART_OF_THE_CHANGE = {
    (
        "02",
        "softmax before F.cross_entropy",
    ): ("code-left-in-other-words", "`log_softmax` should be gone, but"),
    (
        "02",
        "log_softmax left in the model",
    ): ("code-left-in-other-words", "`log_softmax` should be gone, but"),
    ("03", "gradients never zeroed"): (
        "code-missing",
        "`model.zero_grad` is not in use",
    ),
    ("08", "shuffling forgotten"): (
        "code-missing",
        "`shuffle=True` is not in use",
    ),
    ("08", "model.eval() left out"): (
        "code-missing",
        "`model.eval` is not in use",
    ),
    ("08", "model.train() left out"): (
        "code-missing",
        "`model.train` is not in use",
    ),
    ("08-reverse", "shuffled too early"): (
        "code-left",
        "`shuffle=True` should be gone, but",
    ),
    ("09", "momentum lost"): ("code-missing", "`momentum` is not in use"),
    ("09", "a ReLU lost"): ("relu-missing", "after convolution number"),
    ("09-reverse", "shuffling forgotten"): (
        "code-not-kept",
        "`shuffle=True` was to stay",
    ),
    ("09-reverse", "model.eval() left out"): (
        "code-not-kept",
        "`model.eval` was to stay",
    ),
    ("09-reverse", "model.train() left out"): (
        "code-not-kept",
        "`model.train` was to stay",
    ),
    ("03-reverse", "log_softmax left in the model"): (
        "log-softmax-added",
        "The predictions are log-probabilities",
    ),
    (
        "10",
        "largest instead of mean in the pooling",
    ): ("code-missing", "`nn.AvgPool2d` is not in use"),
}
BROKEN = [
    (exercise, mutant)
    for exercise in EXERCISES
    for mutant in MUTANTS
    if exercise.target is STAGES[mutant.stage]
]


@cases("exercise, mutant", BROKEN, every=20)
def test_what_is_broken_is_refused_for_the_right_cause(
    exercise, mutant, check
):
    found = check(exercise, mutant.code(LADDER))
    part = PART_OF_THE_CHANGE.get((exercise.key, mutant.name))
    if not part and mutant.harmless and mutant.name not in CAUSES:
        assert found == "held on 1,000 images"
    else:
        kind, words = part or CAUSES[mutant.name]
        assert found.kind == kind
        assert words in found.text


def test_every_mutant_is_an_answer_to_some_exercise():
    assert {m.name for _, m in BROKEN} == {m.name for m in MUTANTS}


def edited(code, *edits):
    """Return the code with each old text, which is there once, made new."""
    for old, new in edits:
        assert code.count(old) == 1, old
        code = code.replace(old, new)
    return code


STEP = "            opt.step()\n"
MODEL = "    model = Logistic()\n"
SEVEN = exercise(STAGES["07"], LADDER)
NINE = exercise(STAGES["09"], LADDER)
MISTAKES = {
    "no train": (
        ("def train(", "def trains("),
        "no-train",
        "There is no function `train` in it.",
    ),
    "an error on import": (
        ("class Logistic", "x = unknown\n\n\nclass Logistic"),
        "name-unknown",
        "The error itself: NameError: name 'unknown' is not defined.",
    ),
    "another argument": (
        ("    lr=0.5,", "    rate=0.5,"),
        "other-arguments",
        "`train` can't be called as that of a stage: got an unexpected",
    ),
    "another default": (
        ("epochs=2", "epochs=5"),
        "other-default",
        "The default of `epochs` is 5, in stage 07 it is 2.",
    ),
    "an exception in the middle": (
        (STEP, f"{STEP}            assert loss > 1\n"),
        "stops",
        "AssertionError.\n  38: assert loss > 1\n`loss` is a tensor",
    ),
    "nothing returned": (
        ("    return model(x_valid)\n", "    model(x_valid)\n"),
        "returns-nothing",
        "`train` returns nothing.",
    ),
    "predictions of another shape": (
        ("model(x_valid)", "model(x_valid).argmax(1)"),
        "predictions-not-usable",
        "its predictions are (200,), not (200, 10)",
    ),
    "predictions of another kind": (
        ("model(x_valid)", "model(x_valid).float()"),
        "predictions-not-usable",
        "its predictions are torch.float32",
    ),
    "no backward": (
        ("            loss.backward()\n", ""),
        "no-backward",
        "`backward` is never called",
    ),
    "no step": (
        (STEP, ""),
        "parameters-not-moved",
        "does not move the 10 numbers",
    ),
    "a nan": (
        ("lr=lr", "lr=lr * 1e200"),
        "another-step-size",
        "the update goes 1e+200 times as far",
    ),
    "something else logged": (
        ("log(loss)", "log(loss * 2)"),
        "other-loss-logged",
        "at epoch 1, batch 1 it logs",
    ),
    "nothing logged": (
        ("            log(loss)\n", ""),
        "other-number-of-losses",
        "Number of losses that your program logs: 0.",
    ),
    "changed images": (
        (MODEL, f"    x_train.mul_(2)\n{MODEL}"),
        "data-changed",
        "changes `x_train` in place in line 28.",
    ),
    "a changed setting": (
        (MODEL, f"    torch.use_deterministic_algorithms(True)\n{MODEL}"),
        "setting-changed",
        "it changed torch's use of deterministic algorithms",
    ),
    "a model that is kept": (
        (MODEL, "    kept.append(Logistic())\n    model = kept[0]\n"),
        "other-results-if-called-again",
        "Called a second time",
    ),
    "a model that can be made only once": (
        (MODEL, f"    assert not kept\n    kept.append(0)\n{MODEL}"),
        "stops-if-called-again",
        "`train` stops with AssertionError: something is kept",
    ),
    "a number for an argument": (
        (
            "DataLoader(train_ds, batch_size=batch_size",
            "DataLoader(train_ds, batch_size=64",
        ),
        "argument-ignored",
        "not with another value of `batch_size`, such as 40",
    ),
    "brighter images": (
        ("model(xb)", "model(xb * 2)"),
        "images-changed-in-line",
        "not among those to train on as they are: line 33 changes them.",
    ),
    "batches of one": (
        ("train_ds, batch_size=batch_size", "train_ds"),
        "other-images",
        "learns from images 1 to 64, your program from image 1.",
    ),
    "a seed that is set": (
        (MODEL, f"    torch.manual_seed(0)\n{MODEL}"),
        "seed-ignored",
        "not with another value of the seed, such as 1",
    ),
    "predictions that are made only once": (
        (MODEL, f"    if kept:\n        return\n    kept.append(0)\n{MODEL}"),
        "no-tensor-if-called-again",
        "`train` returns no tensor: something is kept",
    ),
    "no end": (
        ("range(epochs)", "iter(int, 1)"),
        "no-end",
        "does not end: stage 06 learns from 32 batches",
    ),
    "an unused import": (
        (
            "        for xb, yb in train_dl:\n",
            "        for start in range(0, len(train_ds), batch_size):\n"
            "            xb, yb = train_ds[start : start + batch_size]\n",
        ),
        "code-missing",
        "The change is not complete: `DataLoader` is not in use; no loop",
    ),
}


# What is found before a program runs.
FILES = {
    b"\xff": ("not-utf-8", "no text in UTF-8"),
    b"x = 1\0": ("not-python", "Python can't read it: source code"),
    b"x = 1\ndef train((\n": (
        "syntax-error",
        "Python can't read line 2: '(' was never closed.\n  2: def train((",
    ),
    b"import torch\nimport numpy as np\n": (
        "foreign-import",
        "Line 2 imports `numpy`, but a program imports torch and the standard"
        " library alone.\n  2: import numpy as np",
    ),
    b"from stages.stage_06_tensor_dataset import train\n": (
        "import-of-a-stage",
        "imports `stages.stage_06_tensor_dataset`, but a program does its own",
    ),
    b"opt.step\n": (
        "method-not-called",
        "Line 1 names `opt.step` and does not call it: `()` is missing.\n"
        "  1: opt.step",
    ),
}


@pytest.mark.parametrize("content", FILES, ids=str)
def test_a_file_is_read_before_it_runs(content, tmp_path, digits):
    path = tmp_path / "program.py"
    path.write_bytes(content)
    [(step, found)] = Check(SEVEN, path, digits).steps()
    kind, words = FILES[content]
    assert (step, found.phase, found.kind) == ("file", "file", kind)
    assert words in found.text


def a_record(**values):
    """Return the record of a training in full, of two steps."""
    record = Record(2, [2.0, 1.0], [], torch.zeros(2, 10), 0.9)
    return {"record": record.to_dict() | values, "error": None}


IN_FULL = {
    "a batch less": (
        SEVEN,
        {"losses": [2.0]},
        "not-on-all",
        "What was found: 2 losses against 1, equal as far as they go:",
    ),
    "another loss": (
        SEVEN,
        {"losses": [2.0, 1.5]},
        "not-on-all",
        "but not on all. What was found: parted at epoch 1, batch 2,",
    ),
    "a loss that becomes nan": (
        NINE,
        {"problems": [["not finite", "its loss becomes nan", "", ()]]},
        "problem-in-full",
        "Your program: its loss becomes nan",
    ),
    "an accuracy that is too low": (
        NINE,
        {"accuracy": 0.8},
        "less-accurate",
        "is 0.8000, that of stage 08 0.9000. Chance explains 0.03, not more.",
    ),
    "all the same": (SEVEN, {}, None, "are equal, bit for bit: the losses of"),
    "rounded": (
        SEVEN,
        {"losses": [2.0, 1.0 + 1e-14]},
        None,
        "are equal up to 1e-14: the losses of 2 steps, and ten",
    ),
    "with a validation": (
        SEVEN,
        {"valid_losses": [1.0]},
        None,
        "images and the validation losses.",
    ),
    "an accuracy": (
        NINE,
        {"accuracy": 0.88},
        None,
        "is 0.8800, that of stage 08 0.9000; by chance one may be 0.03 below",
    ),
}


@pytest.mark.parametrize("name", IN_FULL)
def test_a_training_in_full_is_compared(name, monkeypatch, tmp_path, digits):
    exercise, values, kind, words = IN_FULL[name]
    usual, found = a_record(), a_record(**values)
    monkeypatch.setattr(check_, "Reference", lambda *_: None)
    monkeypatch.setattr(check_, "wait", lambda *_: (found, usual))
    checking = Check(exercise, tmp_path / "program.py", digits)
    finding = checking._in_full()
    if kind:
        assert finding.kind == kind
        assert words in finding.text
    else:
        assert finding == "held"
        assert words in "\n".join(map(str, checking.praise))


@cases("mistake", MISTAKES, every=3)
def test_a_mistake_is_named(mistake, check):
    edit, kind, words = MISTAKES[mistake]
    code = edited(SEVEN.target.code, edit)
    if "torch." in edit[1]:
        code = f"import torch\n{code}"
    if "kept" in edit[1]:
        code = code.replace("class Logistic", "kept = []\n\n\nclass Logistic")
    found = check(SEVEN, code)
    assert found.kind == kind
    assert words in found.text


def test_the_place_is_right_however_backward_is_called(check):
    old = "batch_size=batch_size)"
    code = edited(SEVEN.target.code, (old, f"{old[:-1]}, drop_last=True)"))
    found = check(SEVEN, backward_by_function(code))
    assert found.kind == "images-left-out"
    assert "Left out at the end: images 961 to 1,000." in found.text


def test_who_undoes_a_layer_may_draw_its_weights_as_it_does(check):
    undo = exercise(STAGES["04"], LADDER, reverse=True)
    drawn = "torch.empty({}).uniform_(-1 / 28, 1 / 28)"
    code = edited(
        undo.target.code,
        ("torch.randn(784, 10) / math.sqrt(784)", drawn.format("10, 784")),
        ("torch.zeros(10)", drawn.format("10")),
        ("xb @ self.weights", "xb @ self.weights.T"),
    )
    assert check(undo, code) == "held on 1,000 images"
    found = check(undo, code.replace("/ 28)", "/ 27)"))
    assert found.kind == "other-initial-weights"


def test_the_same_weights_in_other_places_are_others(check):
    undo = exercise(STAGES["04"], LADDER, reverse=True)
    found = check(
        undo,
        edited(undo.target.code, ("randn(784, 10)", "randn(10, 784).T")),
    )
    assert found.kind == "initial-weights-in-other-places"


def test_the_readme_shows_what_is_said(check):
    [given] = [e for e in EXERCISES if e.key == "07"]
    program = (
        given.code()
        .replace("import TensorDataset", "import DataLoader, TensorDataset")
        .replace(
            "    model = Logistic()\n",
            "    train_dl = DataLoader(train_ds, batch_size=batch_size,"
            " drop_last=True)\n    model = Logistic()\n",
        )
        .replace(
            "start in range(0, len(train_ds), batch_size):\n"
            "            xb, yb = train_ds[start : start + batch_size]\n",
            "xb, yb in train_dl:\n",
        )
    )
    said = "\n".join(map(fill, check(given, program).text.splitlines()))
    assert f"\n\n{said}\n\nThis took" in (ROOT / "README.md").read_text()


def test_a_program_that_is_too_slow_is_compared_in_its_first_batch(
    few, digits, monkeypatch, tmp_path
):
    [given] = [e for e in EXERCISES if e.key == "10"]
    path = tmp_path / "program.py"
    path.write_text(
        given.target.code.replace(
            "16, kernel_size=3, stride=2", "16, kernel_size=3, stride=1"
        )
    )
    monkeypatch.setattr(sandbox, "N_TRAIN", 200)
    begun = []
    sandbox.try_few(path, digits, None, begun=begun.append)
    usual = few(given.start.path, None)

    class Slow:
        def has(self, name):
            return True

        def result(self, name):
            return begun[0] if name == "first batch" else usual

    checked = Check(given, path, digits)
    checked._sandbox = checked._usual = Slow()
    checked._answer = Answer(path.read_text())
    stopped = sandbox.Stopped("runs-too-long", 3, limit=6, usual=1)
    text = "\n".join(map(str, checked._stopped(stopped)))
    assert text.startswith("Then it was in line 3:\n  3:")
    assert "(line 20), the grid is 28 x 28, in stage 09 it is 14 x 14" in text
