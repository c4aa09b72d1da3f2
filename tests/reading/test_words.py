"""The words of the notes are explained."""

from shared.reading import words
from stages import TABLE


def test_a_word_is_found_once_in_any_form_where_it_comes_first():
    text = "Batches of `loss.backward()`, a biased leaf, lr. A batch, a ReLU."
    assert [word for word, _ in words.used(text)] == [
        "batch",
        "loss",
        "backward",
        "leaf",
        "learning rate",
        "ReLU",
    ]


def test_every_word_is_one_of_some_program():
    used = {word for row in TABLE for word, _ in words.used(row.notes)}
    assert used == words.WORDS.keys()
