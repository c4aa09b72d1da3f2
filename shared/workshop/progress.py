"""What a reader has tried and what held, kept in a file."""

import hashlib
import json

from shared.errors import InputError
from shared.files import replacing
from shared.languages import say
from shared.workshop import exercises

STATES = ("", "tried", "held", "held before")


class Progress:
    """What was tried and held, kept in `workshop/progress.json`.

    Raises InputError if that file is damaged.
    """

    def __init__(self):
        self.path = exercises.FOLDER / "progress.json"
        self.entries = {}
        if not self.path.exists():
            return
        try:
            self.entries = json.loads(self.path.read_text(encoding="utf-8"))
            for entry in self.entries.values():
                state, hints = entry["state"], entry["hints"]
                if state not in STATES or hints < 0:
                    raise ValueError(entry)
        except (ValueError, AttributeError, KeyError, TypeError) as error:
            raise InputError(
                say(
                    "{file} is damaged: remove it to begin anew",
                    file=exercises.shown(self.path),
                )
            ) from error

    def state(self, exercise):
        return self._entry(exercise)["state"] or "not started"

    def hints(self, exercise):
        """Return how many hints have been asked for."""
        return self._entry(exercise)["hints"]

    def kind(self, exercise):
        """Return the kind of what the latest check found, None if nothing."""
        return self._entry(exercise).get("kind")

    def checked(self, exercise, kind, code):
        """Remember what the latest check found, of this `code` as bytes.

        `kind` is that of a `Finding`, or None if all holds.
        """
        entry = self._entry(exercise) | {"kind": kind}
        if kind is None:
            entry |= {"state": "held", "code": _digest(code)}
        elif entry["state"] in ("held", "held before"):
            entry |= {"state": "held before"}
        else:
            entry |= {"state": "tried"}
        self._write(exercise, entry)

    def held(self, exercise, code):
        """Tell whether it was this code that held when it was last checked."""
        entry = self._entry(exercise)
        return entry["state"] == "held" and entry.get("code") == _digest(code)

    def hinted(self, exercise, most):
        """Count a hint; return how many have been asked for, up to `most`."""
        entry = self._entry(exercise)
        hints = min(self.hints(exercise) + 1, most)
        self._write(exercise, entry | {"hints": hints})
        return hints

    def _entry(self, exercise):
        return dict(self.entries.get(exercise.key, {"state": "", "hints": 0}))

    def _write(self, exercise, entry):
        self.entries[exercise.key] = entry
        with replacing(self.path) as part:
            part.write_text(json.dumps(self.entries, indent=1) + "\n")


def _digest(code):
    return hashlib.sha256(code).hexdigest()
