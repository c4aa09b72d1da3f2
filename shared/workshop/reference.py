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
    code on the same data, with the same torch. `last` is the last part that
    will be asked for, and `enter` is handed the sandbox, if there is one.
    """

    def __init__(self, row, data, preconditions, last, enter):
        self.path = row.path
        recorders = [
            Path(module.__file__).read_bytes() for module in RECORDERS
        ]
        key = [fingerprint(row.source), data, preconditions, torch.__version__]
        digest = hashlib.sha256(json.dumps(key).encode())
        for code in recorders:
            digest.update(code)
        name = f"{row.name}-{digest.hexdigest()[:16]}"
        self._folder = runner.RUNS / "references" / name
        self._sandbox, self._last = None, last
        if not self.has(last):
            new = sandbox.Sandbox(row.path, data, preconditions)
            self._sandbox = enter(new)

    def has(self, part):
        """Tell whether a part is known: "few" or "all"."""
        if self._kept(part).exists():
            return True
        if self._sandbox is None or not self._sandbox.has(part):
            return False
        with replacing(self._kept(part)) as path:
            path.write_text(json.dumps(self._sandbox.result(part)))
        if part == self._last:
            self._sandbox.kill()
        return True

    def result(self, part):
        """Return what came of a part."""
        return json.loads(self._kept(part).read_text())

    def failed(self):
        """Return what a process printed that ended too early, or None."""
        if self._sandbox is None or self._sandbox.process.poll() is None:
            return None
        return self._sandbox.output().strip()[-500:]

    def _kept(self, part):
        return self._folder / f"{part}.json"
