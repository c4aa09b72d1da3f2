"""Cards: programs, some of them broken, of which a reader says whether.

There is one for each stage as it is, and one for each mutant that was
measured. So the answers are those that the measurements gave.
"""

import ast
import hashlib
from typing import Any, NamedTuple

from shared.errors import RunError
from shared.proof.groups import groups, name_of
from shared.proof.mutants import MUTANTS, Mutant
from shared.results import published


class Card(NamedTuple):
    """A program, and all that was found of it.

    `number` never changes, and says nothing about the answer. `stage` is the
    row that the program is of, `code` the program without its docstring.
    Lines count from 0. `lines` are those to show: the functions and classes
    that any mutant of the stage changes, and `train`, so the choice says
    nothing about this card. `changed` are those that were changed, and where
    one was taken out, the lines beside the gap.

    `accuracy` is that of the program, `ours` that of the stage, both in
    float64 with seed 0; `floor` is what an accuracy check asks for.
    """

    number: int
    stage: Any
    name: str  # of the mutant; "" for a stage as it is
    code: str
    lines: tuple[int, ...]
    changed: frozenset[int]
    accuracy: float
    ours: float
    floor: float
    broken: bool  # so that somebody could tell
    caught: bool  # by the proof
    found: str  # what the proof says
    why: str  # a sentence, Markdown

    @property
    def passes(self):
        """Whether an accuracy check lets it pass."""
        return self.accuracy >= self.floor

    def is_right(self, line):
        """Tell whether an answer is right: a line, or None for "fine"."""
        if line is None or not self.broken:
            return line is None and not self.broken
        return line in self.changed

    @property
    def check_is_right(self):
        """Whether the accuracy check tells whether it is broken."""
        return self.passes != self.broken

    @property
    def proof_is_right(self):
        """Whether the proof tells whether it is broken."""
        return self.caught == self.broken


def deck(ladder, measured, proof, mutants=MUTANTS):
    """Return all cards in the order of their numbers.

    `measured` and `proof` are what `published.read` returns of "mutants" and
    "proof". A program that was not measured as it is now has no card. Raises
    RunError if a mutant says not why, or if the two were not measured under
    the same conditions.
    """
    for key in ("data", "torch", "threads"):
        if measured[key] != proof[key]:
            raise RunError(
                f"mutants.json and proof.json differ in {key!r}:"
                f" {published.AGAIN}"
            )
    for mutant in mutants:
        if not mutant.why:
            raise RunError(
                f"the mutant {mutant.name!r} of stage {mutant.stage} has no"
                " sentence that says why: add it in shared/proof/mutants.py"
            )
    found = {m["code"]: m for m in measured["mutants"]}
    cards = []
    for group in groups(ladder):
        # Of a group one stage stands for all: their results are the same.
        [ours, *_] = proof["accuracy"].get(name_of(group), [None])
        for stage in group:
            of_stage = [m for m in mutants if m.stage == stage.name]
            blocks = set().union(*(_touched(stage, m) for m in of_stage))
            for mutant in [_as_it_is(stage), *of_stage]:
                facts = (
                    found.get(published.fingerprint(mutant.code(ladder)))
                    if mutant.edits
                    else _of_stage(mutant, ladder, ours, proof)
                )
                if facts and ours is not None:
                    floor = measured["floor"]
                    cards.append(
                        _card(mutant, stage, blocks, facts, ours, floor)
                    )
    cards.sort(key=lambda card: card.number)
    if len({card.number for card in cards}) != len(cards):
        raise RunError("two cards have one number: rename one of the mutants")
    return cards


def _as_it_is(stage):
    """Return the mutant of a stage that changes nothing."""
    return Mutant(stage.name, "", (), why="Nothing was changed in it.")


def _of_stage(mutant, ladder, ours, proof):
    """Return what was found of a stage as it is, None if nothing was."""
    partner, _ = mutant.partner(ladder)
    stage = mutant.row(ladder)
    child = stage if partner.name == stage.parent else partner
    outcome = published.outcome(proof, child)
    return outcome and {
        "accuracy": ours,
        "harmless": True,
        "caught": False,
        "verdict": f"compared with stage {partner.name}: {outcome[0]}",
    }


def _card(mutant, stage, blocks, facts, ours, floor):
    code, changed = _edited(stage.code, mutant)
    lines = [n for n, name in enumerate(_blocks(code)) if name in blocks]
    return Card(
        number=_number(mutant),
        stage=stage,
        name=mutant.name,
        code=code,
        lines=tuple(lines),
        changed=frozenset(changed),
        accuracy=facts["accuracy"],
        ours=ours,
        floor=floor,
        broken=not facts["harmless"],
        caught=facts["caught"],
        found=facts["verdict"],
        why=mutant.why,
    )


def _touched(stage, mutant):
    """Return the names of the blocks that a mutant changes.

    And always "train", and "", what stands outside of functions and classes.
    """
    code, changed = _edited(stage.code, mutant)
    names = _blocks(code)
    return {"", "train", *(names[n] for n in changed)}


def _blocks(code):
    """Return for each line the name of the function or class it is in.

    "" outside of them; None in the tail, `if __name__ == "__main__"`.
    """
    names = [""] * len(code.splitlines())
    for node in ast.parse(code).body:
        name = getattr(node, "name", "")
        if isinstance(node, ast.If) and "__name__" in ast.unparse(node.test):
            name = None
        for n in range(node.lineno - 1, node.end_lineno):
            names[n] = name
    return names


def _edited(code, mutant):
    """Return the code of a mutant, and which of its lines were changed.

    Where lines were taken out, the nearest on both sides count.
    """
    lines, changed = code.splitlines(), set()
    for old, new in mutant.edits:
        after = "\n".join(lines).replace(old, new, 1).splitlines()
        head = _alike(lines, after)
        most = min(len(lines), len(after)) - head
        tail = min(_alike(lines[::-1], after[::-1]), most)
        end, more = len(after) - tail, len(after) - len(lines)
        changed = {n for n in changed if n < head} | {
            n + more for n in changed if n >= len(lines) - tail
        }
        changed.update(range(head, end))
        if head == end:
            written = [n for n, line in enumerate(after) if line.strip()]
            changed.add(max(n for n in written if n < head))
            changed.add(min(n for n in written if n >= end))
        lines = after
    return "\n".join(lines) + "\n", changed


def _alike(before, after):
    """Return how many lines at the beginning are the same."""
    pairs = enumerate(zip(before, after, strict=False))
    return next(
        (n for n, (a, b) in pairs if a != b), min(len(before), len(after))
    )


def _number(mutant):
    """Return a number of four digits that depends on nothing but the name."""
    digest = hashlib.sha256(f"{mutant.stage} {mutant.name}".encode())
    return 1000 + int(digest.hexdigest(), 16) % 9000
