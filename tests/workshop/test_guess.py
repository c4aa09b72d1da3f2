"""`python -m stages guess`: cards in a terminal."""

import os
import re
import subprocess
import sys

import pytest

from shared.proof import cards
from shared.results import published
from stages import LADDER
from stages.__main__ import main


@pytest.fixture
def guess(results, monkeypatch, capsys):
    """Play with these answers, a list; return the code and what is shown."""

    def play(answers, *flags):
        left = iter(answers)

        def answer(*_, **__):
            try:
                given = next(left)
            except StopIteration:
                raise EOFError from None
            if given is KeyboardInterrupt:
                raise KeyboardInterrupt
            return given

        monkeypatch.setattr("builtins.input", answer)
        code = main(["guess", *flags])
        return code, capsys.readouterr().out

    return play


@pytest.fixture
def deck(results):
    read = published.read("mutants"), published.read("proof")
    return {c.number: c for c in cards.deck(LADDER, *read)}


def dealt(shown, deck):
    """Return the cards that were shown, in their order."""
    return [deck[int(n)] for n in re.findall(r"card (\d{4}):", shown)]


def numbered(shown):
    """Return the numbers of lines that were shown, and their text."""
    return re.findall(r"^ *(\d+) [ +-] (.*?) *$", shown, re.M)


def right_answer(card):
    return str(min(card.changed) + 1) if card.broken else "fine"


def test_right_answers_are_right_for_every_card_of_a_deck(guess, deck):
    _, shown = guess(["fine"] * 99, "--deck", "8", "--seed", "1")
    order = dealt(shown, deck)
    assert {c.number for c in order} == {
        number for number, c in deck.items() if c.stage.name == "08"
    }
    answers = [right_answer(card) for card in order]
    code, shown = guess(answers, "--deck", "08", "--seed", "1")
    assert code == 0
    assert dealt(shown, deck) == order
    n, check = len(order), sum(c.check_is_right for c in order)
    assert check < n
    said = f"Right, of {n}: you {n}, an accuracy check {check}, the proof {n}."
    assert said in " ".join(shown.split())


def test_a_wrong_answer_is_told_with_what_the_proof_found(guess, deck):
    _, shown = guess(["q"], "--seed", "3")
    [card] = dealt(shown, deck)
    first = next(number for number, text in numbered(shown) if text)
    wrong = "fine" if card.broken else first
    _, shown = guess([wrong, "q"], "--seed", "3")
    shown = " ".join(shown.split())
    assert "No: it is" in shown
    assert card.found in shown
    assert "you 0," in shown


def test_every_number_of_a_line_means_the_line_shown_beside_it(guess, deck):
    _, shown = guess([], "--seed", "5")
    [card] = dealt(shown, deck)
    lines = card.code.splitlines()
    assert numbered(shown)
    for number, text in numbered(shown):
        assert lines[int(number) - 1].strip() == text.strip()


@pytest.mark.parametrize("answer", ["", "0", "999", "five", "-1"])
def test_what_is_no_answer_is_asked_again_and_not_counted(answer, guess):
    code, shown = guess([answer, "q"], "--deck", "01")
    assert code == 0
    assert f'"{answer}" is not the number of a line' in shown
    assert "No card was answered." in shown


def test_the_score_is_shown_at_the_end_of_input_and_after_ctrl_c(guess):
    code, shown = guess(["fine"])
    assert code == 0
    assert "Right, of 1: you" in shown
    code, shown = guess(["fine", KeyboardInterrupt])
    assert code == 130
    assert "Right, of 1: you" in shown


def test_a_deck_is_that_of_a_stage(results, capsys):
    assert main(["guess", "--deck", "13"]) == 2
    assert "there is no stage '13'" in capsys.readouterr().err


@pytest.mark.slow
@pytest.mark.skipif(os.name != "posix", reason="needs a pty")
def test_in_a_terminal_it_has_colours_and_q_ends_it():
    import pty

    parent, child = pty.openpty()
    with subprocess.Popen(
        [sys.executable, "-m", "stages", "guess", "--seed", "1"],
        stdin=child,
        stdout=child,
        stderr=child,
        env=os.environ | {"TERM": "xterm-256color"},
    ) as process:
        os.close(child)
        os.write(parent, b"fine\nq\n")
        shown = b""
        while True:
            try:
                part = os.read(parent, 4096)
            except OSError:  # the other end is closed
                break
            if not part:
                break
            shown += part
    os.close(parent)
    assert process.returncode == 0
    assert b"\x1b[" in shown
    assert b"Right, of 1: you" in shown
