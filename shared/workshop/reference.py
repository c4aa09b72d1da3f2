"""What a stage was seen to do, kept from one check to the next."""

import hashlib
import json
from pathlib import Path

import torch

from shared.files import replacing
from shared.proof import equivalence, preconditions
from shared.results.published import fingerprint
from shared.training import runner
from shared.workshop import sandbox, trace

# What a record depends on besides the stage, the data and torch.
RECORDERS = (sandbox, trace, equivalence, preconditions, runner)


class Reference:
    """The stage that a program is compared with, as a `Sandbox` shows it.

    It is trained in one, unless its training was seen before: by the same
    code on the same data, with the same torch. `preconditions` are as for a
    `Sandbox`, and `enter` is handed one, if there has to be one.
    """

    def __init__(self, row, splits, preconditions, enter):
        self.path = row.path
        self._sandbox = None
        self._kept = {
            part: _place(row, splits.name, part, given)
            for part, given in preconditions.items()
        }
        missing = {
            part: given
            for part, given in preconditions.items()
            if not self.has(part)
        }
        if missing:
            new = sandbox.Sandbox(row.path, splits, missing)
            self._sandbox = enter(new)

    def has(self, part):
        """Tell whether a part is known."""
        if self._kept[part].exists():
            return True
        if self._sandbox is None or not self._sandbox.has(part):
            return False
        with replacing(self._kept[part]) as path:
            path.write_text(json.dumps(self._sandbox.result(part)))
        return True

    def result(self, part):
        """Return what came of a part."""
        return json.loads(self._kept[part].read_text())

    def failed(self, part):
        """Return what a process printed that ended too early, or None."""
        if self.has(part) or self._sandbox.ended(part) is None:
            return None
        if self.has(part):  # it has ended just now, well
            return None
        return self._sandbox.output().strip()[-500:]


def _place(row, data, part, precondition):
    """Return the path of what is kept of a part of a stage's training."""
    key = [fingerprint(row.source), data, precondition, torch.__version__]
    digest = hashlib.sha256(json.dumps(key).encode())
    for module in RECORDERS:
        digest.update(Path(module.__file__).read_bytes())
    name = f"{row.name}-{part}-{digest.hexdigest()[:16]}.json"
    return runner.RUNS / "references" / name
