"""Follow a training while it runs: its losses, and a progress bar."""

import math
import time

import torch
from tqdm.auto import tqdm

from shared.errors import RunError
from shared.languages import say

REFRESH = 0.25  # seconds between two looks at the losses


class Log:
    """What a stage calls with the loss of every batch.

    To read a loss as a number is to wait for it, on an accelerator for all
    work that is queued. So the losses are kept as tensors, detached from
    their graphs, and read a few times a second all at once; only then does
    the bar move, and only then is a nan noticed.

    `losses` and `valid_losses` are lists of floats, whole after `close()`;
    `seconds` have passed since the first loss came, which leaves out what
    torch imports when the first optimizer is built.
    """

    def __init__(self, epochs, steps):
        self.steps = steps  # in one epoch
        self.losses = []
        self.valid_losses = []
        self._unread = []
        self._started = None
        self._read_at = 0.0
        self._bar = tqdm(
            desc=say("training"),
            total=epochs * steps,
            unit=say("step"),
            disable=None,
            leave=False,
        )

    def __call__(self, loss):
        self._unread.append(loss.detach())
        now = time.perf_counter()
        if now >= self._read_at:
            if self._started is None:
                self._started = now
            self._read()
            self._read_at = time.perf_counter() + REFRESH

    def validation(self, loss):
        """Take the validation loss of the epoch that has just ended."""
        self._read()
        self.valid_losses.append(float(loss))
        tqdm.write(
            say(
                "epoch {epoch}: validation loss {loss:.4f}",
                epoch=len(self.valid_losses),
                loss=self.valid_losses[-1],
            )
        )

    def _read(self):
        """Turn the losses that came since the last time into numbers."""
        if not self._unread:
            return
        new = torch.stack(self._unread).tolist()
        self._unread.clear()
        for loss in new:
            self.losses.append(loss)
            if not math.isfinite(loss):
                epoch, batch = divmod(len(self.losses) - 1, self.steps)
                raise RunError(
                    say(
                        "the loss became {loss} at epoch {epoch}, batch"
                        " {batch}: try a smaller --lr",
                        loss=loss,
                        epoch=epoch + 1,
                        batch=batch + 1,
                    )
                )
        last = self.losses[-50:]
        said = say("loss {loss:.4f}", loss=sum(last) / len(last))
        self._bar.set_postfix_str(said, refresh=False)
        self._bar.update(len(new))

    @property
    def seconds(self):
        return time.perf_counter() - self._started

    def close(self):
        """Read what is left and take the bar away."""
        try:
            self._read()
        finally:
            self._bar.close()


class Kept(list):
    """A log that keeps the losses of both kinds, as tensors, in one list."""

    def __call__(self, loss):
        self.append(loss.detach())

    validation = __call__
