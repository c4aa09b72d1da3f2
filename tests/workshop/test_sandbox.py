"""A learner's program can't take the checker with it, whatever it does."""

import multiprocessing
import os
import re
import signal
import subprocess
import sys
import time
import warnings

import pytest
import torch

from shared.data import mnist
from shared.workshop import sandbox
from shared.workshop.check import Check
from shared.workshop.exercises import exercise
from shared.workshop.finding import Finding
from stages import LADDER

SEVEN = exercise(LADDER[6], LADDER)
LINE = "            loss.backward()\n"


def broken(line):
    """Return stage 07 with one more line in its loop, line 36."""
    assert SEVEN.target.code.count(LINE) == 1
    return SEVEN.target.code.replace(LINE, f"            {line}\n{LINE}")


@pytest.fixture
def check(digits, tmp_path):
    """Check some code, in processes; return the end and what was printed."""

    def check(code, exercise=SEVEN):
        path = tmp_path / "program.py"
        path.write_text(code)
        with Check(exercise, path, digits) as checking:
            for _, found in checking.steps():
                if isinstance(found, Finding):
                    break
            return found, checking.printed()

    return check


def test_a_process_that_ends_all_at_once_is_reported(check):
    found, _ = check(broken("import os; os._exit(3)"))
    assert found.kind == "process-ended"
    assert "its process ended all at once, with code 3" in found.text


# What would hang or end a checker, and the kind of finding that it is.
HANGS = {
    "while True: pass": ("runs-too-long", "still running after"),
    "import time; time.sleep(999)": ("runs-too-long", "still running after"),
    "while True: print('word ' * 99)": ("prints-too-much", "than 4 megabytes"),
    "import sys; sys.exit()": ("exits", "it ends the whole process."),
    "loss = loss + loss.new_ones(10**9).sum()": (
        "out-of-memory",
        "4 gigabytes",
    ),
    "keep = bytearray(10**10)": ("out-of-memory", "4 gigabytes"),
    "input('Your name?')": ("waits-for-input", "`input()` waits for"),
    "import pdb; pdb.set_trace()": (
        "waits-for-input",
        "`pdb.set_trace()` waits for",
    ),
    "breakpoint()": ("waits-for-input", "`breakpoint()` waits for"),
    "(f := lambda: f())()": ("stops", "RecursionError"),
    "__import__('stages.stage_06_tensor_dataset')": (
        "no-such-module",
        "NotFoundErr",
    ),
    (
        "import torch; torch.set_num_threads(2); torch.rand(10**5).exp();"
        " raise ValueError"
    ): ("stops", "ValueError"),
}


@pytest.mark.slow
@pytest.mark.parametrize("line", HANGS)
def test_what_would_hang_or_end_a_checker_is_a_verdict(line, check):
    kind, words = HANGS[line]
    began = time.monotonic()
    found, _ = check(broken(line))
    assert found.kind == kind
    assert words in found.text
    assert f"\n  36: {line}" in found.text
    assert time.monotonic() - began < 60


@pytest.mark.slow
def test_a_default_that_is_changed_for_all_is_taken_back(check):
    found, _ = check(
        broken("import torch; torch.set_default_dtype(torch.half)")
    )
    assert found.kind == "setting-changed"
    assert "default dtype" in found.text


@pytest.mark.slow
def test_a_crash_of_python_itself_is_a_verdict(check):
    found, _ = check(broken("import ctypes; ctypes.string_at(0)"))
    assert "its process ended all at once, with code -11" in found.text


@pytest.mark.slow
def test_what_is_printed_is_kept_and_refuses_nothing(check):
    found, printed = check(broken("print('loss', loss.item())"))
    assert found == "held"
    assert re.fullmatch(r"(loss \d\.\d+\n)+", printed)
    assert len(printed.splitlines()) == 32  # of one training, on a few digits


@pytest.mark.slow
def test_a_warning_is_kept_whole_with_its_line(check):
    text = "this is not what you may think that it is"
    with warnings.catch_warnings():
        warnings.simplefilter("default")  # not an error, as in other tests
        _, printed = check(broken(f"import warnings; warnings.warn('{text}')"))
    assert f"line 36: UserWarning: {text}" in printed.splitlines()
    assert "shared/" not in printed


def ends(pid):
    """Tell whether a process ends soon, however busy the machine is."""
    patience = time.monotonic() + 60
    while runs(pid) and time.monotonic() < patience:
        time.sleep(0.1)
    return not runs(pid)


def runs(pid):
    """Tell whether there is such a process, and not only its remains."""
    done = subprocess.run(
        ["ps", "-o", "stat=", "-p", str(pid)], capture_output=True, text=True
    )
    return done.stdout.strip() not in ("", "Z", "Zs")


@pytest.mark.slow
def test_what_a_program_starts_ends_with_it(check, tmp_path):
    note = tmp_path / "pid.txt"
    found, _ = check(
        broken(
            "import subprocess, pathlib;"
            f" pathlib.Path({str(note)!r}).write_text("
            "str(subprocess.Popen(['sleep', '99']).pid)); raise ValueError"
        )
    )
    assert "ValueError" in found.text
    assert ends(int(note.read_text()))


@pytest.mark.slow
def test_more_workers_are_no_mistake(check):
    code = SEVEN.target.code.replace(
        "batch_size=batch_size)", "batch_size=batch_size, num_workers=1)"
    )
    assert check(code)[0] == "held"


@pytest.mark.slow
def test_a_check_that_is_killed_leaves_nothing_running(tmp_path, digits):
    path = tmp_path / "program.py"
    path.write_text(broken("while True: pass"))
    code = (
        "import time; from pathlib import Path;"
        "from shared.data import mnist;"
        "from shared.workshop.sandbox import Sandbox;"
        f"splits = mnist.load({mnist.flag(digits.name)!r});"
        f"sandbox = Sandbox(Path({str(path)!r}), splits,"
        " {'few': None, 'all': None});"
        "print(*{p.pid for p in sandbox._processes.values()}, flush=True);"
        "\nwhile not sandbox.has('ready'): time.sleep(0.1)"
        "\nprint('ready', flush=True); time.sleep(999)"
    )
    parent = subprocess.Popen(
        [sys.executable, "-c", code], stdout=subprocess.PIPE, text=True
    )
    pids = parent.stdout.readline().split()
    assert parent.stdout.readline() == "ready\n"
    assert all(map(runs, pids))
    parent.kill()
    parent.communicate()
    assert all(map(ends, pids))


@pytest.mark.slow
def test_who_interrupts_a_check_leaves_nothing_running(tmp_path, digits):
    path, note = tmp_path / "stage_07.py", tmp_path / "pid.txt"
    path.write_text(
        broken(
            "import os;"
            f" open({str(note)!r}, 'a').write(f'{{os.getpid()}}\\n');"
            " exec('while True: pass')"
        )
    )
    checking = subprocess.Popen(
        [sys.executable, "-m", "stages", "check", str(path)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    while not (note.exists() and note.read_text().count("\n") == 2):
        assert checking.poll() is None
        time.sleep(0.1)
    os.killpg(checking.pid, signal.SIGINT)  # as a terminal does
    out, err = checking.communicate()
    assert checking.returncode == 130
    assert err == "interrupted\n"
    assert "Traceback" not in out
    assert not any(map(runs, note.read_text().split()))


@pytest.mark.slow
def test_it_does_as_well_where_no_process_is_copied(check, monkeypatch):
    spawn = multiprocessing.get_context("spawn")
    monkeypatch.setattr(sandbox, "_context", lambda: spawn)
    code = broken("print('loss', loss.item())")
    found, printed = check(code)
    assert found == "held"
    assert re.fullmatch(r"(loss \d\.\d+\n)+", printed)
    found, _ = check(code.replace("print(", "import os; os._exit(3); ("))
    assert "its process ended all at once, with code 3" in found.text


@pytest.mark.slow
def test_a_copy_of_a_process_that_computed_in_threads_computes_in_one(check):
    torch.set_num_threads(2)
    torch.rand(10**5).exp()
    torch.set_num_threads(1)
    assert check(SEVEN.target.code)[0] == "held"


@pytest.mark.slow
@pytest.mark.parametrize("reverse", [False, True])
@pytest.mark.parametrize("stage", LADDER[1:], ids=lambda stage: stage.name)
def test_the_real_stage_holds_in_full(stage, reverse, check):
    given = exercise(stage, LADDER, reverse)
    assert check(given.target.code, given)[0] == "held"
